//! Files that were uploaded and reviewed, but not accepted yet.

use crate::bulk;
use crate::db::Write;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sqlx::{AnyPool, Row};

/// How many bytes of a file stand in one row.
const PART: usize = 384 * 1024;

/// An upload to keep until somebody accepts it.
pub struct Staged<'a> {
    /// Its id.
    pub id: &'a str,
    /// When, milliseconds since 1970 UTC.
    pub staged_ms: i64,
    /// When it is forgotten.
    pub expires_ms: i64,
    /// The account's id.
    pub staged_by: &'a str,
    /// SHA-256 of both files.
    pub digest: &'a str,
    /// The roster: its name and bytes.
    pub file: (&'a str, &'a [u8]),
    /// The second file, with addresses.
    pub side: Option<(&'a str, &'a [u8])>,
    /// What was found in it, as JSON.
    pub review_json: &'a str,
}

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The roster.
    Roster,
    /// The file with addresses.
    Side,
}

/// Keeps an upload.
///
/// # Errors
/// The database's.
pub async fn stage(tx: &mut Write, district: &str, upload: &Staged<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO roster_staged (district_id, id, staged_ms, expires_ms, staged_by, digest, file_name, \
         side_name, review_json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(district)
    .bind(upload.id)
    .bind(upload.staged_ms)
    .bind(upload.expires_ms)
    .bind(upload.staged_by)
    .bind(upload.digest)
    .bind(upload.file.0)
    .bind(upload.side.map(|(name, _)| name))
    .bind(upload.review_json)
    .execute(&mut **tx)
    .await?;
    let files = [(0_i64, Some(upload.file.1)), (1, upload.side.map(|(_, bytes)| bytes))];
    let parts =
        files.into_iter().filter_map(|(side, bytes)| Some((side, bytes?))).flat_map(|(side, bytes)| {
            bytes.chunks(PART).zip(0_i64..).map(move |(chunk, part)| {
                vec![
                    district.into(),
                    upload.id.into(),
                    side.into(),
                    part.into(),
                    (&STANDARD.encode(chunk)).into(),
                ]
            })
        });
    let insert = "INSERT INTO roster_staged_part (district_id, staged_id, side, part, body) VALUES";
    bulk::run(tx, insert, "", parts).await.map(|_| ())
}

/// A kept upload without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedRow {
    /// SHA-256 of both files.
    pub digest: String,
    /// The roster's name.
    pub file_name: String,
    /// The second file's name.
    pub side_name: Option<String>,
    /// What was found in it, as JSON.
    pub review_json: String,
    /// When it is forgotten.
    pub expires_ms: i64,
}

/// An upload of this district that has not expired.
///
/// # Errors
/// The database's.
pub async fn staged(
    pool: &AnyPool,
    district: &str,
    id: &str,
    now_ms: i64,
) -> sqlx::Result<Option<StagedRow>> {
    let row = sqlx::query(
        "SELECT digest, file_name, side_name, review_json, expires_ms FROM roster_staged \
         WHERE district_id = $1 AND id = $2 AND expires_ms > $3",
    )
    .bind(district)
    .bind(id)
    .bind(now_ms)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(StagedRow {
            digest: row.try_get(0)?,
            file_name: row.try_get(1)?,
            side_name: row.try_get(2)?,
            review_json: row.try_get(3)?,
            expires_ms: row.try_get(4)?,
        })
    })
    .transpose()
}

/// Keeps what was found in an upload anew, as JSON.
///
/// # Errors
/// The database's.
pub async fn set_review(tx: &mut Write, district: &str, id: &str, review_json: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE roster_staged SET review_json = $3 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .bind(review_json)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The bytes of one of an upload's files; empty when there is no such file.
///
/// # Errors
/// The database's; a body that is not base64 is a decoding error.
pub async fn staged_file(pool: &AnyPool, district: &str, id: &str, which: Part) -> sqlx::Result<Vec<u8>> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM roster_staged_part WHERE district_id = $1 AND staged_id = $2 AND side = $3 \
         ORDER BY part",
    )
    .bind(district)
    .bind(id)
    .bind(i64::from(which == Part::Side))
    .fetch_all(pool)
    .await?;
    let mut bytes = Vec::new();
    for body in bodies {
        STANDARD.decode_vec(body, &mut bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    }
    Ok(bytes)
}

/// Forgets one upload, accepted or refused.
///
/// # Errors
/// The database's.
pub async fn remove_staged(tx: &mut Write, district: &str, id: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM roster_staged_part WHERE district_id = $1 AND staged_id = $2",
        "DELETE FROM roster_staged WHERE district_id = $1 AND id = $2",
    ] {
        sqlx::query(sql).bind(district).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Forgets the uploads of all districts that nobody accepted in time.
///
/// # Errors
/// The database's.
pub async fn forget_expired(tx: &mut Write, now_ms: i64) -> sqlx::Result<u64> {
    sqlx::query(
        "DELETE FROM roster_staged_part WHERE EXISTS (SELECT 1 FROM roster_staged s \
         WHERE s.district_id = roster_staged_part.district_id AND s.id = roster_staged_part.staged_id \
         AND s.expires_ms <= $1)",
    )
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query("DELETE FROM roster_staged WHERE expires_ms <= $1")
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
