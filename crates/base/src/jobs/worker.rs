//! Takes jobs from the queue and does them.

use super::{Failure, Handler, Job, Outcome, Progress, State};
use crate::App;
use crate::db::{Db, new_id, now_ms};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Does jobs, one at a time.
#[derive(Clone)]
pub struct Worker {
    app: App,
    handlers: Arc<Vec<Handler>>,
    /// A kind of job that it alone takes, or that it leaves to others.
    lane: Option<(&'static str, bool)>,
    owner: String,
    /// How long a job stays this worker's without a sign of life.
    pub lease: Duration,
    /// How often to look for work when there was none.
    pub poll: Duration,
    /// Runs without a checkpoint before a job is given up.
    pub attempts: i64,
}

/// The wait before try `n` (from 1) after a failure: 1 s, 4 s, 16 s, … at most ten minutes.
pub fn wait_before(n: i64) -> Duration {
    let power = u32::try_from(n.clamp(1, 6) - 1).unwrap_or(0);
    Duration::from_secs(4u64.pow(power).min(600))
}

impl Worker {
    /// A worker that knows these handlers.
    pub fn with(app: App, handlers: Vec<Handler>) -> Self {
        Self {
            app,
            handlers: Arc::new(handlers),
            lane: None,
            owner: new_id(),
            lease: Duration::from_secs(15),
            poll: Duration::from_millis(500),
            attempts: 5,
        }
    }

    /// The same worker for this kind of job alone: what takes many minutes does not keep the rest waiting.
    #[must_use]
    pub fn only(self, kind: &'static str) -> Self {
        Self { lane: Some((kind, true)), ..self }
    }

    /// The same worker for all kinds but this one.
    #[must_use]
    pub fn without(self, kind: &'static str) -> Self {
        Self { lane: Some((kind, false)), ..self }
    }

    /// Works until `stop` is ready. The job under way then goes back into the queue at its last checkpoint.
    pub async fn run_until(&self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.run() => {}
        }
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "the job under way could not be given back; its lease will run out");
        }
    }

    async fn run(&self) {
        loop {
            match self.run_one(None).await {
                Ok(Some(_)) => {}
                Ok(None) => tokio::time::sleep(self.poll).await,
                Err(error) => {
                    tracing::error!(%error, "the queue of jobs could not be read");
                    tokio::time::sleep(self.poll * 10).await;
                }
            }
        }
    }

    /// Works on this job until it is over, whether this worker or another does it. `look` sees it a few times
    /// a second.
    ///
    /// # Errors
    /// The database's; `RowNotFound` when there is no such job.
    pub async fn finish(&self, id: &str, mut look: impl FnMut(&Job)) -> Result<Job, sqlx::Error> {
        let work = async {
            loop {
                if self.run_one(Some(id)).await?.is_none() {
                    tokio::time::sleep(self.poll).await;
                }
            }
        };
        let watch = async {
            loop {
                let job = super::get(self.app.db.read(), id).await?.ok_or(sqlx::Error::RowNotFound)?;
                look(&job);
                if job.is_over() {
                    return Ok(job);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            outcome = work => outcome,
            outcome = watch => outcome,
        }
    }

    /// Does one job that is due (or this one, if it is); none when there was none.
    ///
    /// # Errors
    /// The database's. A job that fails is no error here.
    pub async fn run_one(&self, only: Option<&str>) -> Result<Option<String>, sqlx::Error> {
        let Some(job) = self.claim(only).await? else { return Ok(None) };
        let id = job.id.clone();
        // A run that its process did not survive counts too, or a job that kills it would do so for ever.
        if job.attempts > self.attempts {
            let why = Failure::for_good("job-error-stopped", "");
            self.end(&job, Err(why)).await?;
            return Ok(Some(id));
        }
        let progress = Progress::new(self.app.db.clone(), &job, &self.owner, self.lease);
        let outcome = match self.handlers.iter().find(|h| h.kind == job.kind) {
            None => Err(Failure::for_good("job-error-unknown", job.kind.clone())),
            Some(handler) => {
                // A task of its own, so that a panic is a failure of this job alone.
                let running = tokio::spawn((handler.run)(self.app.clone(), job.clone(), progress.clone()));
                let stop_with_us = AbortOnDrop(running.abort_handle());
                let outcome = tokio::select! {
                    outcome = running => outcome.unwrap_or_else(|error| {
                        tracing::error!(%error, job = id, "a job's handler broke");
                        Err(Failure::for_now("job-error-internal", ""))
                    }),
                    () = progress.keep() => Err(Failure::for_now("job-error-taken-over", "")),
                };
                drop(stop_with_us);
                if outcome.is_ok() {
                    // The last figures of the handler.
                    progress.renew().await?;
                }
                outcome
            }
        };
        self.end(&job, outcome).await?;
        Ok(Some(id))
    }

    /// Takes the oldest job that is due and nobody else's. The conditions stand twice, because PostgreSQL checks
    /// the outer ones again on the row as another worker has left it.
    async fn claim(&self, only: Option<&str>) -> Result<Option<Job>, sqlx::Error> {
        let now = now_ms();
        if !is_any_due(&self.app.db, now).await? {
            return Ok(None);
        }
        let due =
            "((state = 'waiting' AND run_after_ms <= $1) OR (state = 'running' AND lease_until_ms < $1))";
        let sql = sqlx::AssertSqlSafe(format!(
            "UPDATE job SET state = 'running', lease_owner = $2, lease_until_ms = $3, attempts = attempts + 1, \
             started_ms = COALESCE(started_ms, $1) \
             WHERE id = (SELECT id FROM job WHERE {due} AND ($4 IS NULL OR id = $4) \
             AND ($5 IS NULL OR (kind = $5) = $6) ORDER BY created_ms, id LIMIT 1) \
             AND {due} RETURNING {}",
            Job::COLUMNS
        ));
        let mut write = self.app.db.write().await?;
        let row = sqlx::query(sql)
            .bind(now)
            .bind(&self.owner)
            .bind(now + self.lease.as_millis() as i64)
            .bind(only)
            .bind(self.lane.map(|(kind, _)| kind))
            .bind(self.lane.is_some_and(|(_, is_own)| is_own))
            .fetch_optional(&mut *write)
            .await?;
        let job = row.as_ref().map(Job::from_row).transpose()?;
        write.commit().await?;
        Ok(job)
    }

    async fn end(&self, job: &Job, outcome: Outcome) -> Result<(), sqlx::Error> {
        let now = now_ms();
        let mut write = self.app.db.write().await?;
        let attempts: Option<i64> = sqlx::query_scalar(
            "SELECT attempts FROM job WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
        )
        .bind(&job.id)
        .bind(&self.owner)
        .fetch_optional(&mut *write)
        .await?;
        // Another worker's by now: what becomes of it is no longer ours to say.
        let Some(attempts) = attempts else { return Ok(()) };
        let (state, why) = match outcome {
            Ok(()) => (State::Done, None),
            Err(why) if why.again && attempts < self.attempts => (State::Waiting, Some(why)),
            Err(why) => (State::Failed, Some(why)),
        };
        if let Some(why) = &why {
            tracing::warn!(
                job = job.id,
                kind = job.kind,
                error = why.key,
                state = state.as_str(),
                "a job stopped"
            );
        }
        sqlx::query(
            "UPDATE job SET state = $1, error = $2, error_detail = $3, run_after_ms = $4, finished_ms = $5, \
             lease_owner = NULL, lease_until_ms = NULL WHERE id = $6",
        )
        .bind(state.as_str())
        .bind(why.as_ref().map(|w| w.key))
        .bind(why.as_ref().map(|w| w.detail.as_str()))
        .bind(now + wait_before(attempts).as_millis() as i64)
        .bind((state != State::Waiting).then_some(now))
        .bind(&job.id)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }

    /// Gives back what this worker holds: the stop was not the job's fault.
    async fn release(&self) -> Result<(), sqlx::Error> {
        let mut write = self.app.db.write().await?;
        sqlx::query(
            "UPDATE job SET state = 'waiting', attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END, \
             lease_owner = NULL, lease_until_ms = NULL \
             WHERE lease_owner = $1 AND state = 'running'",
        )
        .bind(&self.owner)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }
}

/// Asked of a reader, so that an idle worker never holds up those who write.
async fn is_any_due(db: &Db, now: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar::<_, i64>(
        "SELECT COUNT(*) FROM job \
         WHERE (state = 'waiting' AND run_after_ms <= $1) OR (state = 'running' AND lease_until_ms < $1)",
    )
    .bind(now)
    .fetch_one(db.read())
    .await
    .map(|count| count > 0)
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
