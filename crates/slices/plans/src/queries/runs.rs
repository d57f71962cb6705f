//! Searches for plans, and the plans found.

use super::{Result, joined, json, parts, read_json};
use crate::bulk;
use crate::db::Write;
use crate::rules::answer::Answer;
use crate::rules::ladder::Step;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Asked for or at work.
    Open,
    /// Somebody wants it stopped.
    Stopping,
    /// It was stopped, and can go on.
    Stopped,
    /// All budgets are solved.
    Done,
    /// It cannot go on.
    Failed,
}

impl State {
    const ALL: [Self; 5] = [Self::Open, Self::Stopping, Self::Stopped, Self::Done, Self::Failed];

    /// The word in the table and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What is known of the budget at work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Now {
    /// Its place in the ladder.
    pub step: i64,
    /// Whether it is still looked for what every group can have.
    #[serde(default)]
    pub fair: bool,
    /// As in [`Answer`].
    pub floors: bool,
    /// Worth of the best plan so far.
    pub objective: f64,
    /// No plan is worth more.
    pub bound: f64,
    /// The gap between both.
    pub gap: f64,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its scenario.
    pub scenario: String,
    /// The revision of it.
    pub revision: i64,
    /// How far it is.
    pub state: State,
    /// The job that works on it.
    pub job: String,
    /// Seconds for each budget at most.
    pub seconds: i64,
    /// Whether every group is to have as much as every group can; known once the scenario is read.
    pub fair: bool,
    /// The budget at work.
    pub now: Option<Now>,
    /// When it was asked for, ms since 1970 UTC.
    pub made_ms: i64,
}

/// A budget of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// Its place in the ladder, from 0.
    pub step: i64,
    /// Whether it is the scenario's own.
    pub chosen: bool,
    /// Cents of each year.
    pub budget: Vec<u64>,
    /// Whether it is solved as well as asked for; a plan may be there before.
    pub finished: bool,
    /// What the plan gives, where there is one.
    pub answer: Option<Answer>,
    /// When the plan was stored, ms since 1970 UTC.
    pub solved_ms: Option<i64>,
}

impl Rung {
    /// Cents of all years.
    pub fn total(&self) -> u64 {
        self.budget.iter().fold(0, |sum, cents| sum.saturating_add(*cents))
    }
}

const COLUMNS: &str = "id, scenario_id, revision, state, job_id, seconds, fair, progress_json, made_ms";

fn read(row: &AnyRow) -> Result<Run> {
    let word: String = row.try_get("state")?;
    let state = State::ALL.into_iter().find(|state| state.word() == word);
    let now: Option<String> = row.try_get("progress_json")?;
    Ok(Run {
        id: row.try_get("id")?,
        scenario: row.try_get("scenario_id")?,
        revision: row.try_get("revision")?,
        state: state.ok_or_else(|| sqlx::Error::Decode(format!("no state {word}").into()))?,
        job: row.try_get("job_id")?,
        seconds: row.try_get("seconds")?,
        fair: row.try_get::<i64, _>("fair")? == 1,
        now: now.as_deref().map(read_json).transpose()?,
        made_ms: row.try_get("made_ms")?,
    })
}

/// Stores a run that is asked for.
///
/// # Errors
/// The database's.
pub async fn insert_run(write: &mut Write, district: &str, run: &Run, by: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO plan_run (district_id, id, scenario_id, revision, state, job_id, seconds, made_ms, made_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(district)
    .bind(&run.id)
    .bind(&run.scenario)
    .bind(run.revision)
    .bind(run.state.word())
    .bind(&run.job)
    .bind(run.seconds)
    .bind(run.made_ms)
    .bind(by)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// One run.
///
/// # Errors
/// The database's.
pub async fn run(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    district: &str,
    id: &str,
) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM plan_run WHERE district_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// The newest run of a scenario; with `solved` the newest that has a plan.
///
/// # Errors
/// The database's.
pub async fn newest_run(db: &AnyPool, district: &str, scenario: &str, solved: bool) -> Result<Option<Run>> {
    let with = "AND EXISTS (SELECT 1 FROM plan_answer a WHERE a.district_id = plan_run.district_id \
                AND a.run_id = plan_run.id AND a.certificate_json IS NOT NULL)";
    let sql = format!(
        "SELECT {COLUMNS} FROM plan_run WHERE district_id = $1 AND scenario_id = $2 {} \
         ORDER BY made_ms DESC, id DESC LIMIT 1",
        if solved { with } else { "" }
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(scenario).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Moves a run from one of these states to another; false when it is in none of them.
///
/// # Errors
/// The database's.
pub async fn move_run(
    write: &mut Write,
    district: &str,
    id: &str,
    (from, to): (&[State], State),
) -> Result<bool> {
    let words: Vec<String> = from.iter().map(|state| format!("'{}'", state.word())).collect();
    let sql = format!(
        "UPDATE plan_run SET state = $3, progress_json = NULL WHERE district_id = $1 AND id = $2 AND state IN ({})",
        words.join(", ")
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(id).bind(to.word());
    Ok(query.execute(&mut **write).await?.rows_affected() == 1)
}

/// Says which job works on a run.
///
/// # Errors
/// The database's.
pub async fn set_job(write: &mut Write, district: &str, id: &str, job: &str) -> Result<()> {
    let sql = "UPDATE plan_run SET job_id = $3 WHERE district_id = $1 AND id = $2";
    sqlx::query(sql).bind(district).bind(id).bind(job).execute(&mut **write).await?;
    Ok(())
}

/// Says how far the budget at work is.
///
/// # Errors
/// The database's.
pub async fn set_now(write: &mut Write, district: &str, id: &str, now: &Now) -> Result<()> {
    let sql = "UPDATE plan_run SET progress_json = $3 WHERE district_id = $1 AND id = $2";
    sqlx::query(sql).bind(district).bind(id).bind(json(now)?).execute(&mut **write).await?;
    Ok(())
}

/// Stores the folder of a run and its budgets, in the place of what is there.
///
/// # Errors
/// The database's.
pub async fn put_folder(
    write: &mut Write,
    district: &str,
    (run, revision): (&str, i64),
    fair: bool,
    (archive, ladder): (&[u8], &[(Step, String)]),
) -> Result<()> {
    for table in ["plan_run_part", "plan_answer"] {
        let sql = format!("DELETE FROM {table} WHERE district_id = $1 AND run_id = $2");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(run).execute(&mut **write).await?;
    }
    let sql = "UPDATE plan_run SET revision = $3, fair = $4 WHERE district_id = $1 AND id = $2";
    let query = sqlx::query(sql).bind(district).bind(run).bind(revision).bind(i64::from(fair));
    query.execute(&mut **write).await?;
    let rows =
        parts(archive).map(|(part, body)| vec![district.into(), run.into(), part.into(), (&body).into()]);
    bulk::run(write, "INSERT INTO plan_run_part (district_id, run_id, part, body) VALUES", "", rows).await?;
    for (at, (step, instance)) in (0_i64..).zip(ladder) {
        sqlx::query(
            "INSERT INTO plan_answer (district_id, run_id, step, chosen, budget_json, instance_toml, finished) \
             VALUES ($1, $2, $3, $4, $5, $6, 0)",
        )
        .bind(district)
        .bind(run)
        .bind(at)
        .bind(i64::from(step.chosen))
        .bind(json(&step.budget)?)
        .bind(instance)
        .execute(&mut **write)
        .await?;
    }
    Ok(())
}

/// The archive of a run.
///
/// # Errors
/// The database's.
pub async fn folder(db: &AnyPool, district: &str, run: &str) -> Result<Vec<u8>> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM plan_run_part WHERE district_id = $1 AND run_id = $2 ORDER BY part",
    )
    .bind(district)
    .bind(run)
    .fetch_all(db)
    .await?;
    joined(&bodies)
}

/// The budgets of a run, from the smallest.
///
/// # Errors
/// The database's.
pub async fn rungs(db: &AnyPool, district: &str, run: &str) -> Result<Vec<Rung>> {
    let rows = sqlx::query(
        "SELECT step, chosen, budget_json, finished, report_json, solved_ms FROM plan_answer \
         WHERE district_id = $1 AND run_id = $2 ORDER BY step",
    )
    .bind(district)
    .bind(run)
    .fetch_all(db)
    .await?;
    let rung = |row: &AnyRow| {
        let budget: String = row.try_get("budget_json")?;
        let answer: Option<String> = row.try_get("report_json")?;
        Ok(Rung {
            step: row.try_get("step")?,
            chosen: row.try_get::<i64, _>("chosen")? == 1,
            budget: read_json(&budget)?,
            finished: row.try_get::<i64, _>("finished")? == 1,
            answer: answer.as_deref().map(read_json).transpose()?,
            solved_ms: row.try_get("solved_ms")?,
        })
    };
    rows.iter().map(rung).collect()
}

/// The text of a budget's instance and its certificate, if it has one.
///
/// # Errors
/// The database's.
pub async fn proof(
    db: &AnyPool,
    district: &str,
    run: &str,
    step: i64,
) -> Result<Option<(String, Option<String>)>> {
    sqlx::query_as(
        "SELECT instance_toml, certificate_json FROM plan_answer WHERE district_id = $1 AND run_id = $2 AND step = $3",
    )
    .bind(district)
    .bind(run)
    .bind(step)
    .fetch_optional(db)
    .await
}

/// When a budget's plan was stored.
///
/// # Errors
/// The database's.
pub async fn solved_at(write: &mut Write, district: &str, run: &str, step: i64) -> Result<Option<i64>> {
    let sql = "SELECT solved_ms FROM plan_answer WHERE district_id = $1 AND run_id = $2 AND step = $3";
    let row: Option<Option<i64>> =
        sqlx::query_scalar(sql).bind(district).bind(run).bind(step).fetch_optional(&mut **write).await?;
    Ok(row.flatten())
}

/// Stores a proved plan of a budget, in the place of the one that is there, and the settings that it was found with where these are others than before. One that
/// the district goes by stays as it was accepted.
///
/// # Errors
/// The database's.
pub async fn put_answer(
    write: &mut Write,
    district: &str,
    (run, step): (&str, i64),
    ((certificate, settings), answer, finished): ((&str, Option<&str>), &Answer, bool),
    ms: i64,
) -> Result<()> {
    let sql = "UPDATE plan_answer SET finished = $4 WHERE district_id = $1 AND run_id = $2 AND step = $3";
    let query = sqlx::query(sql).bind(district).bind(run).bind(step).bind(i64::from(finished));
    query.execute(&mut **write).await?;
    sqlx::query(
        "UPDATE plan_answer SET certificate_json = $4, report_json = $5, solved_ms = $6, \
         instance_toml = COALESCE($7, instance_toml) WHERE district_id = $1 AND run_id = $2 AND step = $3 AND NOT EXISTS (SELECT 1 FROM plan_acceptance a \
         WHERE a.district_id = $1 AND a.run_id = $2 AND a.step = $3 AND a.undone_ms IS NULL)",
    )
    .bind(district)
    .bind(run)
    .bind(step)
    .bind(certificate)
    .bind(json(answer)?)
    .bind(ms)
    .bind(settings)
    .execute(&mut **write)
    .await?;
    Ok(())
}
