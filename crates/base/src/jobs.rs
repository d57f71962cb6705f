//! Work that takes long: a queue in the same database as the change that asks for it.
//!
//! [`enqueue`] writes a row in the caller's transaction, so the work is asked for exactly when the change is
//! stored. A [`worker`] in the server's process (or a command) takes the oldest job that is due, under a lease that it
//! renews; when the process dies, the lease runs out and another worker goes on from the last checkpoint.
//! A step that must happen once stores its result and its checkpoint in one transaction: [`Progress::step`].

pub mod estimate;
pub mod pages;
pub mod progress;
pub mod worker;

#[cfg(test)]
mod tests;

pub use progress::Progress;

use crate::App;
use crate::db::{Write, new_id, now_ms};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use std::future::Future;
use std::pin::Pin;

/// What a handler's run comes to.
pub type Outcome = Result<(), Failure>;
type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One row of the table.
pub struct Handler {
    /// The kind of job that it does.
    pub kind: &'static str,
    run: Box<dyn Fn(App, Job, Progress) -> Running + Send + Sync>,
}

/// Makes a row: `handler("estimate", estimate::run)`.
pub fn handler<F, Fut>(kind: &'static str, run: F) -> Handler
where
    F: Fn(App, Job, Progress) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    Handler { kind, run: Box::new(move |app, job, progress| Box::pin(run(app, job, progress))) }
}

/// Why a run stopped: a Fluent key for people, and a value that its message may show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} {detail}")]
pub struct Failure {
    /// The key of the message.
    pub key: &'static str,
    /// A file name, a count; never a person's data. Shown to people.
    pub detail: String,
    /// Whether trying again may help.
    pub again: bool,
}

impl Failure {
    /// Trying again does not help: the input is wrong.
    pub fn for_good(key: &'static str, detail: impl Into<String>) -> Self {
        Self { key, detail: detail.into(), again: false }
    }

    /// Trying again may help: a server did not answer.
    pub fn for_now(key: &'static str, detail: impl Into<String>) -> Self {
        Self { key, detail: detail.into(), again: true }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(%error, "a job's statement failed");
        Self::for_now("job-error-database", "")
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not begun, or to be tried again later.
    Waiting,
    /// A worker is on it, or was when it stopped.
    Running,
    /// Finished.
    Done,
    /// Given up.
    Failed,
}

impl State {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed].into_iter().find(|s| s.as_str() == word)
    }
}

/// A job as it is stored.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The district (LEAID); none for work of the whole installation.
    pub district_id: Option<String>,
    /// The kind, which names its handler.
    pub kind: String,
    /// What makes it the same job when it is asked for again.
    pub key: String,
    /// What the handler needs, as JSON.
    pub payload: String,
    /// How far it is.
    pub state: State,
    /// Runs begun since the last checkpoint.
    pub attempts: i64,
    /// Where to go on; none at the first run.
    pub checkpoint: Option<String>,
    /// Work done, in the handler's units.
    pub done: i64,
    /// All work; 0 when that is not known.
    pub total: i64,
    /// The Fluent key of what is being done.
    pub note: Option<String>,
    /// The Fluent key of why the last run stopped.
    pub error: Option<String>,
    /// A value for that message.
    pub error_detail: Option<String>,
    /// When it was asked for, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// Waiting, it does not begin before this.
    pub run_after_ms: i64,
    /// When the first run began.
    pub started_ms: Option<i64>,
    /// When it was done or given up.
    pub finished_ms: Option<i64>,
}

impl Job {
    const COLUMNS: &str = "id, district_id, kind, key, payload, state, attempts, checkpoint, done, total, note, \
                           error, error_detail, created_ms, run_after_ms, started_ms, finished_ms";

    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            district_id: row.try_get("district_id")?,
            kind: row.try_get("kind")?,
            key: row.try_get("key")?,
            payload: row.try_get("payload")?,
            state: State::from_word(&state)
                .ok_or_else(|| sqlx::Error::Decode(format!("no job state {state}").into()))?,
            attempts: row.try_get("attempts")?,
            checkpoint: row.try_get("checkpoint")?,
            done: row.try_get("done")?,
            total: row.try_get("total")?,
            note: row.try_get("note")?,
            error: row.try_get("error")?,
            error_detail: row.try_get("error_detail")?,
            created_ms: row.try_get("created_ms")?,
            run_after_ms: row.try_get("run_after_ms")?,
            started_ms: row.try_get("started_ms")?,
            finished_ms: row.try_get("finished_ms")?,
        })
    }

    /// Whether it will not run again.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Done | State::Failed)
    }

    /// The time left in milliseconds, if the rest goes as fast as what is done; none before there is any to
    /// judge by.
    pub fn left_ms(&self, now_ms: i64) -> Option<i64> {
        let spent = now_ms - self.started_ms?;
        (self.state == State::Running && self.done > 0 && self.total >= self.done && spent > 0)
            .then(|| (spent as f64 * (self.total - self.done) as f64 / self.done as f64) as i64)
    }
}

/// Work to ask for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The district (LEAID); none for work of the whole installation.
    pub district_id: Option<&'a str>,
    /// The kind, a row of [`table`].
    pub kind: &'a str,
    /// What makes it the same job when it is asked for again, such as the digest of its input. Jobs of all
    /// districts share the keys of a kind, so put the LEAID into it.
    pub key: &'a str,
    /// What the handler needs.
    pub payload: serde_json::Value,
    /// Not before this, in milliseconds since 1970 UTC; 0: at once.
    pub begin_ms: i64,
}

/// Asks for work in the caller's transaction; returns the job's id. Asked for again with the same kind and
/// key, it is the same job, whatever became of it.
///
/// # Errors
/// The database's.
pub async fn enqueue(write: &mut Write, request: &Request<'_>) -> Result<String, sqlx::Error> {
    let now = now_ms();
    sqlx::query(
        "INSERT INTO job (id, district_id, kind, key, payload, state, run_after_ms, created_ms) \
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7) ON CONFLICT (kind, key) DO NOTHING",
    )
    .bind(new_id())
    .bind(request.district_id)
    .bind(request.kind)
    .bind(request.key)
    .bind(request.payload.to_string())
    .bind(request.begin_ms.max(now))
    .bind(now)
    .execute(&mut **write)
    .await?;
    sqlx::query_scalar("SELECT id FROM job WHERE kind = $1 AND key = $2")
        .bind(request.kind)
        .bind(request.key)
        .fetch_one(&mut **write)
        .await
}

/// The job with this id, with its progress.
///
/// # Errors
/// The database's.
pub async fn get(pool: &AnyPool, id: &str) -> Result<Option<Job>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {} FROM job WHERE id = $1", Job::COLUMNS));
    sqlx::query(sql).bind(id).fetch_optional(pool).await?.as_ref().map(Job::from_row).transpose()
}

/// A district's jobs, the newest first.
///
/// # Errors
/// The database's.
pub async fn list(pool: &AnyPool, district_id: &str, at_most: i64) -> Result<Vec<Job>, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {} FROM job WHERE district_id = $1 ORDER BY created_ms DESC, id DESC LIMIT $2",
        Job::COLUMNS
    ));
    let rows = sqlx::query(sql).bind(district_id).bind(at_most).fetch_all(pool).await?;
    rows.iter().map(Job::from_row).collect()
}
