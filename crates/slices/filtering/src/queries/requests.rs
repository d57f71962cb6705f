//! Requests from the block page and what was answered.

use crate::db::Write;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A request to store.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// The category for which it is blocked; empty when by a rule, or not known.
    pub category: &'a str,
    /// The version of the policy; 0 when none is published.
    pub policy: i64,
    /// The school of the place that asks.
    pub school: Option<&'a str>,
    /// A short text.
    pub reason: &'a str,
    /// When, ms since 1970 UTC.
    pub ms: i64,
}

/// Stores a request.
///
/// # Errors
/// The database's.
pub async fn ask(tx: &mut Write, district: &str, asked: &Asked<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO filter_request (district_id, id, name, category, policy, school_id, reason, asked_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(district)
    .bind(asked.id)
    .bind(asked.name)
    .bind(asked.category)
    .bind(asked.policy)
    .bind(asked.school)
    .bind(asked.reason)
    .bind(asked.ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// How many requests are open in the district, and how many of them for this name.
///
/// # Errors
/// The database's.
pub async fn open_counts(tx: &mut Write, district: &str, name: &str) -> Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT COUNT(*), COUNT(CASE WHEN name = $2 THEN 1 END) FROM filter_request \
         WHERE district_id = $1 AND answer_id IS NULL",
    )
    .bind(district)
    .bind(name)
    .fetch_one(&mut **tx)
    .await
}

/// The open requests for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: String,
    /// The category of the newest.
    pub category: String,
    /// How many.
    pub requests: i64,
    /// How many schools they come from, of those whose school is known.
    pub schools: i64,
    /// When the first was asked, ms since 1970 UTC.
    pub first_ms: i64,
    /// When the last was.
    pub last_ms: i64,
}

/// Names with open requests, those that most ask for first; at most so many.
///
/// # Errors
/// The database's.
pub async fn groups(pool: &AnyPool, district: &str, at_most: i64) -> Result<Vec<Group>> {
    let rows = sqlx::query(
        "SELECT name, MAX(category) AS category, COUNT(*) AS requests, COUNT(DISTINCT school_id) AS schools, \
         MIN(asked_ms) AS first_ms, MAX(asked_ms) AS last_ms FROM filter_request \
         WHERE district_id = $1 AND answer_id IS NULL GROUP BY name ORDER BY requests DESC, last_ms DESC, name LIMIT $2",
    )
    .bind(district)
    .bind(at_most)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Group {
                name: row.try_get("name")?,
                category: row.try_get("category")?,
                requests: row.try_get("requests")?,
                schools: row.try_get("schools")?,
                first_ms: row.try_get("first_ms")?,
                last_ms: row.try_get("last_ms")?,
            })
        })
        .collect()
}

/// A request as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name.
    pub name: String,
    /// The category.
    pub category: String,
    /// The version of the policy.
    pub policy: i64,
    /// The school.
    pub school: Option<String>,
    /// The text.
    pub reason: String,
    /// When.
    pub asked_ms: i64,
}

/// Open requests, the newest first; for one name, or all.
///
/// # Errors
/// The database's.
pub async fn requests(pool: &AnyPool, district: &str, name: Option<&str>) -> Result<Vec<Request>> {
    let rows = sqlx::query(
        "SELECT name, category, policy, school_id, reason, asked_ms FROM filter_request \
         WHERE district_id = $1 AND answer_id IS NULL AND ($2 = '' OR name = $2) ORDER BY asked_ms DESC, id DESC",
    )
    .bind(district)
    .bind(name.unwrap_or_default())
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Request {
                name: row.try_get("name")?,
                category: row.try_get("category")?,
                policy: row.try_get("policy")?,
                school: row.try_get("school_id")?,
                reason: row.try_get("reason")?,
                asked_ms: row.try_get("asked_ms")?,
            })
        })
        .collect()
}

/// An answer to store.
#[derive(Clone, Debug)]
pub struct NewAnswer<'a> {
    /// Its id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// `allow` or `keep`.
    pub ruling: &'a str,
    /// The school, when it is for one.
    pub school: Option<&'a str>,
    /// The section, when it is for one.
    pub section: Option<&'a str>,
    /// The end.
    pub ends_ms: Option<i64>,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub ms: i64,
    /// The account that answers.
    pub by: &'a str,
}

/// Stores an answer; gives how many open requests for its name it answers: for everybody all, for a school those from there.
/// Who asked for a section is not known, so an answer for one leaves them to whoever answers for all.
///
/// # Errors
/// The database's.
pub async fn insert_answer(tx: &mut Write, district: &str, answer: &NewAnswer<'_>) -> Result<i64> {
    let taken = sqlx::query(
        "UPDATE filter_request SET answer_id = $3 WHERE district_id = $1 AND name = $2 AND answer_id IS NULL \
         AND $4 = '' AND ($5 = '' OR school_id = $5)",
    )
    .bind(district)
    .bind(answer.name)
    .bind(answer.id)
    .bind(answer.section.unwrap_or_default())
    .bind(answer.school.unwrap_or_default())
    .execute(&mut **tx)
    .await?;
    let requests = i64::try_from(taken.rows_affected()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO filter_answer (district_id, id, name, ruling, school_id, section_id, ends_ms, reason, requests, \
         answered_ms, answered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(district)
    .bind(answer.id)
    .bind(answer.name)
    .bind(answer.ruling)
    .bind(answer.school)
    .bind(answer.section)
    .bind(answer.ends_ms)
    .bind(answer.reason)
    .bind(requests)
    .bind(answer.ms)
    .bind(answer.by)
    .execute(&mut **tx)
    .await?;
    Ok(requests)
}

/// An answer as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its id.
    pub id: String,
    /// The name.
    pub name: String,
    /// `allow` or `keep`.
    pub ruling: String,
    /// The school.
    pub school: Option<String>,
    /// The section.
    pub section: Option<String>,
    /// The end.
    pub ends_ms: Option<i64>,
    /// Why.
    pub reason: String,
    /// How many requests it answered.
    pub requests: i64,
    /// When.
    pub answered_ms: i64,
    /// The name of who answered; the account's id when there is no account any more.
    pub by: String,
    /// When it was undone.
    pub undone_ms: Option<i64>,
}

/// Answers, for one name or (with an empty one) all; those that open a name without an end first, then the newest; at most so many. With an account
/// only its own.
///
/// # Errors
/// The database's.
pub async fn answers(
    pool: &AnyPool,
    district: &str,
    of: Option<&str>,
    name: &str,
    at_most: i64,
) -> Result<Vec<Answered>> {
    let rows = sqlx::query(
        "SELECT a.id, a.name, a.ruling, a.school_id, a.section_id, a.ends_ms, a.reason, a.requests, a.answered_ms, \
         COALESCE((SELECT c.name FROM account c WHERE c.id = a.answered_by), a.answered_by) AS answerer, a.undone_ms \
         FROM filter_answer a WHERE a.district_id = $1 AND ($2 = '' OR a.answered_by = $2) AND ($4 = '' OR a.name = $4) \
         ORDER BY CASE WHEN a.undone_ms IS NULL AND a.ruling = 'allow' AND a.ends_ms IS NULL THEN 0 ELSE 1 END, \
         a.answered_ms DESC, a.id DESC LIMIT $3",
    )
    .bind(district)
    .bind(of.unwrap_or_default())
    .bind(at_most)
    .bind(name)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Answered {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                ruling: row.try_get("ruling")?,
                school: row.try_get("school_id")?,
                section: row.try_get("section_id")?,
                ends_ms: row.try_get("ends_ms")?,
                reason: row.try_get("reason")?,
                requests: row.try_get("requests")?,
                answered_ms: row.try_get("answered_ms")?,
                by: row.try_get("answerer")?,
                undone_ms: row.try_get("undone_ms")?,
            })
        })
        .collect()
}

/// Takes an answer back, which opens its requests again; of another's answer only with `any`. Whether there was one.
///
/// # Errors
/// The database's.
pub async fn undo(
    tx: &mut Write,
    district: &str,
    id: &str,
    (by, any): (&str, bool),
    ms: i64,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE filter_answer SET undone_ms = $3, undone_by = $4 WHERE district_id = $1 AND id = $2 \
         AND undone_ms IS NULL AND ($5 = 1 OR answered_by = $4)",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .bind(by)
    .bind(i64::from(any))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("UPDATE filter_request SET answer_id = NULL WHERE district_id = $1 AND answer_id = $2")
        .bind(district)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

/// Takes back every answer of the district that opens a name, for one that keeps it blocked: their requests stay answered. How many there were.
///
/// # Errors
/// The database's.
pub async fn close(tx: &mut Write, district: &str, name: &str, by: &str, ms: i64) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE filter_answer SET undone_ms = $3, undone_by = $4 WHERE district_id = $1 AND name = $2 \
         AND ruling = 'allow' AND undone_ms IS NULL AND (ends_ms IS NULL OR ends_ms > $3)",
    )
    .bind(district)
    .bind(name)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets requests that were answered and asked before this; the answer keeps their number.
///
/// # Errors
/// The database's.
pub async fn forget_answered(tx: &mut Write, before_ms: i64) -> Result<u64> {
    let done = sqlx::query("DELETE FROM filter_request WHERE answer_id IS NOT NULL AND asked_ms < $1")
        .bind(before_ms)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Ids and names of the districts, by name; at most 500.
///
/// # Errors
/// The database's.
pub async fn districts(pool: &AnyPool) -> Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT id, name FROM district ORDER BY name, id LIMIT 500").fetch_all(pool).await
}

/// Ids and names of the district's schools, by name.
///
/// # Errors
/// The database's.
pub async fn schools(pool: &AnyPool, district: &str) -> Result<Vec<(String, String)>> {
    sqlx::query_as("SELECT id, name FROM school WHERE district_id = $1 ORDER BY name, id")
        .bind(district)
        .fetch_all(pool)
        .await
}

/// Ids and titles of the sections that the holder of this account teaches: her address is that of the roster.
///
/// # Errors
/// The database's.
pub async fn sections_taught(pool: &AnyPool, district: &str, account: &str) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT x.id, CASE WHEN COALESCE(x.period, '') = '' THEN x.title ELSE x.title || ' · ' || x.period END \
         FROM section x WHERE x.district_id = $1 AND EXISTS (SELECT 1 FROM enrollment e \
           JOIN staff s ON s.district_id = e.district_id AND s.id = e.person_id \
           JOIN account a ON a.email = s.email \
           WHERE e.district_id = x.district_id AND e.section_id = x.id AND e.teaches = 1 AND a.id = $2) \
         ORDER BY x.title, x.period, x.id",
    )
    .bind(district)
    .bind(account)
    .fetch_all(pool)
    .await
}

/// Ids and titles of the sections that any answer of the district is for.
///
/// # Errors
/// The database's.
pub async fn sections_answered(pool: &AnyPool, district: &str) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT x.id, CASE WHEN COALESCE(x.period, '') = '' THEN x.title ELSE x.title || ' · ' || x.period END \
         FROM section x WHERE x.district_id = $1 AND x.id IN \
         (SELECT a.section_id FROM filter_answer a WHERE a.district_id = $1) ORDER BY x.id",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// The school of a section, and its period where the roster says one.
///
/// # Errors
/// The database's.
pub async fn section(pool: &AnyPool, district: &str, id: &str) -> Result<Option<(String, Option<String>)>> {
    sqlx::query_as("SELECT school_id, period FROM section WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_optional(pool)
        .await
}
