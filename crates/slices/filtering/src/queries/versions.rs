//! The versions of the policy as a district's evidence tells them.

use crate::db::Write;
use crate::rules::kept::Kept;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A version, for a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistrictVersion {
    /// Its number.
    pub version: i64,
    /// The snapshot's digest, hexadecimal.
    pub digest: String,
    /// When it was made, seconds since 1970 UTC.
    pub created_s: i64,
    /// Name, category, version and number of names of each list, JSON.
    pub lists_json: String,
    /// The digest of the settings' text; empty for one of an earlier release.
    pub settings: String,
    /// The digest of the text of the answers in it.
    pub answers: String,
}

const COLUMNS: &str = "version, digest, created_s, lists_json, settings_id, answers_id";

fn from_row(row: &AnyRow) -> Result<DistrictVersion> {
    Ok(DistrictVersion {
        version: row.try_get("version")?,
        digest: row.try_get("digest")?,
        created_s: row.try_get("created_s")?,
        lists_json: row.try_get("lists_json")?,
        settings: row.try_get("settings_id")?,
        answers: row.try_get("answers_id")?,
    })
}

/// The versions of a district, the newest first; at most so many.
///
/// # Errors
/// The database's.
pub async fn versions(pool: &AnyPool, district: &str, at_most: i64) -> Result<Vec<DistrictVersion>> {
    let sql =
        format!("SELECT {COLUMNS} FROM filter_version WHERE district_id = $1 ORDER BY version DESC LIMIT $2");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(at_most).fetch_all(pool).await?;
    rows.iter().map(from_row).collect()
}

/// One version of a district.
///
/// # Errors
/// The database's.
pub async fn version(pool: &AnyPool, district: &str, number: i64) -> Result<Option<DistrictVersion>> {
    let sql = format!("SELECT {COLUMNS} FROM filter_version WHERE district_id = $1 AND version = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(number).fetch_optional(pool).await?;
    row.as_ref().map(from_row).transpose()
}

/// The body of a kept text.
///
/// # Errors
/// The database's.
pub async fn kept_text(pool: &AnyPool, district: &str, id: &str) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT body FROM filter_text WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// The highest number that any version has, of this installation or of a district that has moved here, and the latest time at which one was made.
///
/// # Errors
/// The database's.
pub async fn highest_version(pool: &AnyPool) -> Result<(i64, i64)> {
    let sql = "SELECT COALESCE(MAX(n), 0), COALESCE(MAX(s), 0) FROM \
               (SELECT MAX(version) AS n, MAX(created_s) AS s FROM policy_version \
               UNION ALL SELECT MAX(version) AS n, MAX(created_s) AS s FROM filter_version) AS numbers";
    sqlx::query_as(sql).fetch_one(pool).await
}

/// Writes a version down for a district with its texts, where it changed something for it: its lists, its texts, or (`measures`) what holds for its
/// devices.
///
/// # Errors
/// The database's.
pub async fn put_version(
    tx: &mut Write,
    district: &str,
    new: &DistrictVersion,
    texts: &[&Kept],
    measures: bool,
) -> Result<()> {
    let sql =
        format!("SELECT {COLUMNS} FROM filter_version WHERE district_id = $1 ORDER BY version DESC LIMIT 1");
    let last = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).fetch_optional(&mut **tx).await?;
    let last = last.as_ref().map(from_row).transpose()?;
    let of = |v: &DistrictVersion| (v.lists_json.clone(), v.settings.clone(), v.answers.clone());
    if !measures && last.is_some_and(|last| of(&last) == of(new)) {
        return Ok(());
    }
    for text in texts {
        let sql = "INSERT INTO filter_text (district_id, id, body) VALUES ($1, $2, $3) ON CONFLICT (district_id, id) DO NOTHING";
        sqlx::query(sql).bind(district).bind(&text.id).bind(&text.body).execute(&mut **tx).await?;
    }
    sqlx::query(
        "INSERT INTO filter_version (district_id, version, digest, created_s, lists_json, settings_id, answers_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(district)
    .bind(new.version)
    .bind(&new.digest)
    .bind(new.created_s)
    .bind(&new.lists_json)
    .bind(&new.settings)
    .bind(&new.answers)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Writes down for a district the version that one of its edges said it has, where it is not yet: it changed nothing for the district, so that its texts
/// are those of the version before.
///
/// # Errors
/// The database's.
pub(super) async fn saw_version(tx: &mut Write, district: &str, number: i64) -> Result<()> {
    let before =
        "FROM filter_version f WHERE f.district_id = $1 AND f.version < $2 ORDER BY f.version DESC LIMIT 1";
    let sql = format!(
        "INSERT INTO filter_version (district_id, version, digest, created_s, lists_json, settings_id, answers_id) \
         SELECT $1, v.version, v.digest, v.created_s, v.lists_json, \
         COALESCE((SELECT f.settings_id {before}), ''), COALESCE((SELECT f.answers_id {before}), '') \
         FROM policy_version v WHERE v.version = $2 ON CONFLICT (district_id, version) DO NOTHING"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(number).execute(&mut **tx).await.map(drop)
}
