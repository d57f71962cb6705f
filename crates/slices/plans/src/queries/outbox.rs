//! The plan that a district goes by, and the facts of it for others.

use super::{Result, json, read_json};
use crate::db::{Write, new_id};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

/// The kind of the facts of an accepted plan.
pub const ACCEPTED: &str = "plan.accepted";
/// The kind of the facts that take these back.
pub const TAKEN_BACK: &str = "plan.taken_back";

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
}

/// The plan that a district goes by, with what people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The acceptance.
    pub acceptance: Acceptance,
    /// The scenario's id.
    pub scenario: String,
    /// Its name, or the id where it is no longer there.
    pub name: String,
    /// Cents of all years.
    pub total: u64,
}

impl Accepted {
    /// Whether it is the plan of this run and budget.
    pub fn is(&self, run: &str, step: i64) -> bool {
        self.acceptance.run == run && self.acceptance.step == step
    }
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
        "SELECT a.id, a.run_id, a.step, a.outbox_id, a.accepted_ms FROM plan_acceptance a \
         WHERE a.district_id = $1 AND a.undone_ms IS NULL ORDER BY a.accepted_ms DESC, a.id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Acceptance> {
    Ok(Acceptance {
        id: row.try_get("id")?,
        run: row.try_get("run_id")?,
        step: row.try_get("step")?,
        outbox: row.try_get("outbox_id")?,
        accepted_ms: row.try_get("accepted_ms")?,
    })
}

/// The same with its scenario and its budget, whatever was searched since.
///
/// # Errors
/// The database's.
pub async fn accepted_plan(db: &AnyPool, district: &str) -> Result<Option<Accepted>> {
    let row = sqlx::query(
        "SELECT a.id, a.run_id, a.step, a.outbox_id, a.accepted_ms, r.scenario_id, w.budget_json, \
         COALESCE(s.name, r.scenario_id) AS name FROM plan_acceptance a \
         JOIN plan_run r ON r.district_id = a.district_id AND r.id = a.run_id \
         JOIN plan_answer w ON w.district_id = a.district_id AND w.run_id = a.run_id AND w.step = a.step \
         LEFT JOIN plan_scenario s ON s.district_id = r.district_id AND s.id = r.scenario_id \
         WHERE a.district_id = $1 AND a.undone_ms IS NULL ORDER BY a.accepted_ms DESC, a.id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(db)
    .await?;
    let whole = |row: &AnyRow| {
        let budget: Vec<u64> = read_json(row.try_get("budget_json")?)?;
        Ok(Accepted {
            acceptance: read(row)?,
            scenario: row.try_get("scenario_id")?,
            name: row.try_get("name")?,
            total: budget.iter().fold(0, |sum, cents| sum.saturating_add(*cents)),
        })
    };
    row.as_ref().map(whole).transpose()
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
    leave(write, district, (&acceptance.outbox, ACCEPTED), body, acceptance.accepted_ms).await?;
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

/// Leaves facts for others.
async fn leave(
    write: &mut Write,
    district: &str,
    (id, kind): (&str, &str),
    body: &serde_json::Value,
    ms: i64,
) -> Result<()> {
    sqlx::query("INSERT INTO outbox (district_id, id, kind, body_json, made_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(district)
        .bind(id)
        .bind(kind)
        .bind(json(body)?)
        .bind(ms)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes an acceptance back; false when it was taken back before. Its facts stay, and are marked where nobody has read them yet; facts that
/// take them back follow in any case, so that whoever reads in order ends with what holds.
///
/// # Errors
/// The database's.
pub async fn take_back(write: &mut Write, district: &str, acceptance: &Acceptance, ms: i64) -> Result<bool> {
    let sql =
        "UPDATE plan_acceptance SET undone_ms = $3 WHERE district_id = $1 AND id = $2 AND undone_ms IS NULL";
    let done = sqlx::query(sql).bind(district).bind(&acceptance.id).bind(ms).execute(&mut **write).await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let sql = "UPDATE outbox SET undone_ms = $3 WHERE district_id = $1 AND id = $2 AND read_ms IS NULL AND undone_ms IS NULL";
    sqlx::query(sql).bind(district).bind(&acceptance.outbox).bind(ms).execute(&mut **write).await?;
    let body = serde_json::json!({
        "taken_back": acceptance.outbox, "run": acceptance.run, "step": acceptance.step,
    });
    leave(write, district, (&new_id(), TAKEN_BACK), &body, ms).await?;
    Ok(true)
}
