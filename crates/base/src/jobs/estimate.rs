//! The wish for an estimate: what a slice that changes the data stores in the same transaction.

use super::{Job, Request, enqueue};
use crate::db::{Backend, Write, new_id, now_ms};
use serde::{Deserialize, Serialize};
use sqlx::AnyPool;

/// The kind of the job.
pub const KIND: &str = "estimate";

/// What the job is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The seed of all draws.
    pub seed: u64,
    /// The survey's term; without one, that which counts by the survey's rules.
    #[serde(default)]
    pub term: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { seed: 1, term: None }
    }
}

/// How long answers that come in one by one are gathered before an estimate begins, ms: it reads everything anew, and
/// families answer in the evenings of the same week.
pub const GATHER_MS: i64 = 10 * 60 * 1000;

/// Asks for an estimate, within the transaction that changes what it rests on. Returns the job's id. A wish that
/// no worker has begun on serves for this one as well, and so does one whose worker died before it stored anything:
/// whoever takes it up reads everything anew.
///
/// # Errors
/// The database's.
pub async fn request(write: &mut Write, district: &str, wanted: &Wanted) -> Result<String, sqlx::Error> {
    request_from(write, district, wanted, 0).await
}

/// Asks for an estimate after a single answer, as [`request`] does: it begins [`GATHER_MS`] after the first answer
/// that it is asked for, and serves for all that come until then.
///
/// # Errors
/// The database's.
pub async fn request_later(write: &mut Write, district: &str) -> Result<String, sqlx::Error> {
    request_from(write, district, &Wanted::default(), now_ms() + GATHER_MS).await
}

async fn request_from(
    write: &mut Write,
    district: &str,
    wanted: &Wanted,
    begin_ms: i64,
) -> Result<String, sqlx::Error> {
    let payload = serde_json::json!(wanted);
    if let Some(id) = join(write, district, &payload, begin_ms).await? {
        return Ok(id);
    }
    if Backend::of_connection(write) == Backend::Postgres {
        // Two may find none at the same moment: the second waits here until the first has stored its own.
        let sql = "SELECT id FROM district WHERE id = $1 FOR NO KEY UPDATE";
        sqlx::query(sql).bind(district).execute(&mut **write).await?;
        if let Some(id) = join(write, district, &payload, begin_ms).await? {
            return Ok(id);
        }
    }
    let key = format!("{district}:{}", new_id());
    enqueue(write, &Request { district_id: Some(district), kind: KIND, key: &key, payload, begin_ms }).await
}

/// The wish that serves for this one as well, which then begins no later than this one would. The row is written in
/// any case, so that no worker begins on it before what it is asked for is stored; the conditions stand twice for the
/// same reason as in the worker's claim.
async fn join(
    write: &mut Write,
    district: &str,
    payload: &serde_json::Value,
    begin_ms: i64,
) -> Result<Option<String>, sqlx::Error> {
    let open = "checkpoint IS NULL AND (state = 'waiting' OR (state = 'running' AND lease_until_ms < $4))";
    // Whoever asks for it at once wants it tried again, however often its process was killed before.
    let sql = sqlx::AssertSqlSafe(format!(
        "UPDATE job SET run_after_ms = CASE WHEN run_after_ms < $5 THEN run_after_ms ELSE $5 END, \
         attempts = CASE WHEN $5 <= $4 THEN 0 ELSE attempts END \
         WHERE id = (SELECT id FROM job WHERE district_id = $1 AND kind = $2 AND payload = $3 AND {open} \
           ORDER BY created_ms, id LIMIT 1) AND {open} RETURNING id"
    ));
    sqlx::query_scalar(sql)
        .bind(district)
        .bind(KIND)
        .bind(payload.to_string())
        .bind(now_ms())
        .bind(begin_ms)
        .fetch_optional(&mut **write)
        .await
}

/// The last of the district's estimates that are asked for and not made, if there is one: until then what came in
/// lately is not in its figures.
///
/// # Errors
/// The database's.
pub async fn awaited(pool: &AnyPool, district: &str) -> Result<Option<Job>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {} FROM job WHERE district_id = $1 AND kind = $2 AND state IN ('waiting', 'running') \
         ORDER BY run_after_ms DESC, id DESC LIMIT 1",
        Job::COLUMNS
    ));
    sqlx::query(sql)
        .bind(district)
        .bind(KIND)
        .fetch_optional(pool)
        .await?
        .as_ref()
        .map(Job::from_row)
        .transpose()
}
