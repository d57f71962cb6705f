//! The plan that a district goes by, and the facts of it for others.

use super::{Result, json};
use crate::db::Write;
use sqlx::Row;
use sqlx::any::AnyRow;

/// The kind of the facts of an accepted plan.
pub const ACCEPTED: &str = "plan.accepted";

/// An accepted plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Its id.
    pub id: String,
    /// The run.
    pub run: String,
    /// The budget's place in the ladder.
    pub step: i64,
    /// The facts of it.
    pub outbox: String,
    /// When, ms since 1970 UTC.
    pub accepted_ms: i64,
    /// Whether somebody has read the facts: then it cannot be taken back.
    pub is_read: bool,
}

/// The plan that the district goes by, if there is one.
///
/// # Errors
/// The database's.
pub async fn accepted(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    district: &str,
) -> Result<Option<Acceptance>> {
    let row = sqlx::query(
        "SELECT a.id, a.run_id, a.step, a.outbox_id, a.accepted_ms, o.read_ms FROM plan_acceptance a \
         JOIN outbox o ON o.district_id = a.district_id AND o.id = a.outbox_id \
         WHERE a.district_id = $1 AND a.undone_ms IS NULL ORDER BY a.accepted_ms DESC, a.id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(db)
    .await?;
    let read = |row: &AnyRow| {
        Ok(Acceptance {
            id: row.try_get("id")?,
            run: row.try_get("run_id")?,
            step: row.try_get("step")?,
            outbox: row.try_get("outbox_id")?,
            accepted_ms: row.try_get("accepted_ms")?,
            is_read: row.try_get::<Option<i64>, _>("read_ms")?.is_some(),
        })
    };
    row.as_ref().map(read).transpose()
}

/// Stores that a plan is accepted, with its facts.
///
/// # Errors
/// The database's.
pub async fn accept(
    write: &mut Write,
    district: &str,
    acceptance: &Acceptance,
    (by, body): (&str, &serde_json::Value),
) -> Result<()> {
    sqlx::query("INSERT INTO outbox (district_id, id, kind, body_json, made_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(district)
        .bind(&acceptance.outbox)
        .bind(ACCEPTED)
        .bind(json(body)?)
        .bind(acceptance.accepted_ms)
        .execute(&mut **write)
        .await?;
    sqlx::query(
        "INSERT INTO plan_acceptance (district_id, id, run_id, step, outbox_id, accepted_ms, accepted_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(district)
    .bind(&acceptance.id)
    .bind(&acceptance.run)
    .bind(acceptance.step)
    .bind(&acceptance.outbox)
    .bind(acceptance.accepted_ms)
    .bind(by)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Takes an acceptance back with its facts; false when somebody has read them.
///
/// # Errors
/// The database's.
pub async fn take_back(write: &mut Write, district: &str, acceptance: &Acceptance, ms: i64) -> Result<bool> {
    let sql = "UPDATE outbox SET undone_ms = $3 WHERE district_id = $1 AND id = $2 AND read_ms IS NULL AND undone_ms IS NULL";
    let done =
        sqlx::query(sql).bind(district).bind(&acceptance.outbox).bind(ms).execute(&mut **write).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let sql =
        "UPDATE plan_acceptance SET undone_ms = $3 WHERE district_id = $1 AND id = $2 AND undone_ms IS NULL";
    let done = sqlx::query(sql).bind(district).bind(&acceptance.id).bind(ms).execute(&mut **write).await?;
    Ok(done.rows_affected() == 1)
}
