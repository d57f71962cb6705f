//! What families wrote back.

use crate::db::{Write, new_id};
use sqlx::AnyPool;

type Result<T> = sqlx::Result<T>;

/// The longest that is kept, characters.
pub const SAID: usize = 1_000;
/// So many of a household that nobody has read are kept; more of them nobody reads either.
const UNREAD: i64 = 20;

/// What a family wrote back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FromFamily {
    /// Its id.
    pub id: String,
    /// One of the students whose household it is.
    pub student_id: String,
    /// What they said.
    pub said: String,
    /// When, ms since 1970 UTC.
    pub got_ms: i64,
    /// When somebody had dealt with it.
    pub read_ms: Option<i64>,
    /// The student's family name; empty when the roster has her no more.
    pub family_name: String,
    /// The given name.
    pub given_name: String,
}

/// Keeps what a family wrote back, for people to read. Whether it was kept.
///
/// # Errors
/// The database's.
pub async fn put_reply(
    tx: &mut Write,
    district: &str,
    (student, said): (&str, &str),
    ms: i64,
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO message_reply (district_id, id, student_id, said, got_ms) SELECT $1, $2, $3, $4, CAST($5 AS BIGINT) \
         WHERE (SELECT COUNT(*) FROM message_reply WHERE district_id = $1 AND student_id = $3 AND read_ms IS NULL) < $6",
    )
    .bind(district)
    .bind(new_id())
    .bind(student)
    .bind(said.chars().take(SAID).collect::<String>())
    .bind(ms)
    .bind(UNREAD)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What families wrote back, what nobody has dealt with first, the newest first; at most so many.
///
/// # Errors
/// The database's.
pub async fn replies(pool: &AnyPool, district: &str, at_most: i64) -> Result<Vec<FromFamily>> {
    sqlx::query_as(
        "SELECT r.id, r.student_id, r.said, r.got_ms, r.read_ms, COALESCE(s.family_name, '') AS family_name, \
         COALESCE(s.given_name, '') AS given_name FROM message_reply r \
         LEFT JOIN student s ON s.district_id = r.district_id AND s.id = r.student_id WHERE r.district_id = $1 \
         ORDER BY CASE WHEN r.read_ms IS NULL THEN 0 ELSE 1 END, r.got_ms DESC, r.id LIMIT $2",
    )
    .bind(district)
    .bind(at_most)
    .fetch_all(pool)
    .await
}

/// Somebody has dealt with what a family wrote back. The student's id, when nobody had before.
///
/// # Errors
/// The database's.
pub async fn deal_with_reply(
    tx: &mut Write,
    district: &str,
    id: &str,
    (by, ms): (&str, i64),
) -> Result<Option<String>> {
    sqlx::query_scalar(
        "UPDATE message_reply SET read_ms = $3, read_by = $4 WHERE district_id = $1 AND id = $2 AND read_ms IS NULL \
         RETURNING student_id",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .bind(by)
    .fetch_optional(&mut **tx)
    .await
}
