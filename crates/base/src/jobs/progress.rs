//! How a handler says how far it is, and stores its steps.

use super::Failure;
use crate::db::{Db, Write, now_ms};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A handle on the running job; cheap to clone, and its [`Progress::set`] may be called from any thread.
#[derive(Clone)]
pub struct Progress(Arc<Inner>);

struct Inner {
    db: Db,
    job: String,
    owner: String,
    lease: Duration,
    now: Mutex<Now>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Now {
    done: i64,
    total: i64,
    note: Option<&'static str>,
}

impl Progress {
    pub(super) fn new(db: Db, job: &super::Job, owner: &str, lease: Duration) -> Self {
        let now = Now { done: job.done, total: job.total, note: None };
        Self(Arc::new(Inner {
            db,
            job: job.id.clone(),
            owner: owner.to_owned(),
            lease,
            now: Mutex::new(now),
        }))
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Says that `done` of `total` (0: not known) units are done, and the Fluent key of what is being done.
    /// Costs nothing; it is stored once a second, and with each step.
    pub fn set(&self, done: i64, total: i64, note: &'static str) {
        *self.now() = Now { done, total, note: Some(note) };
    }

    /// Stores where to go on, in the transaction that stores what was done so far: after a stop at any moment,
    /// both are there or neither is. Commit right after it.
    ///
    /// # Errors
    /// When another worker has taken the job over, or the database says no. Drop the transaction then.
    pub async fn step(&self, write: &mut Write, checkpoint: &str) -> Result<(), Failure> {
        if self.store(write, Some(checkpoint)).await? {
            return Ok(());
        }
        Err(Failure::for_now("job-error-taken-over", ""))
    }

    /// Renews the lease and stores the progress; false when the job is another worker's by now.
    pub(super) async fn renew(&self) -> Result<bool, sqlx::Error> {
        let mut write = self.0.db.write().await?;
        let ours = self.store(&mut write, None).await?;
        write.commit().await?;
        Ok(ours)
    }

    async fn store(&self, write: &mut Write, checkpoint: Option<&str>) -> Result<bool, sqlx::Error> {
        let now = *self.now();
        let changed = sqlx::query(
            "UPDATE job SET done = $1, total = $2, note = $3, lease_until_ms = $4, \
             attempts = CASE WHEN $5 IS NULL THEN attempts ELSE 0 END, checkpoint = COALESCE($5, checkpoint) \
             WHERE id = $6 AND lease_owner = $7 AND state = 'running'",
        )
        .bind(now.done)
        .bind(now.total)
        .bind(now.note)
        .bind(now_ms() + self.0.lease.as_millis() as i64)
        .bind(checkpoint)
        .bind(&self.0.job)
        .bind(&self.0.owner)
        .execute(&mut **write)
        .await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Renews until the job is lost; what [`renew`](Self::renew) cannot store now it tries again.
    pub(super) async fn keep(&self) {
        let beat = (self.0.lease / 4).min(Duration::from_secs(1));
        loop {
            tokio::time::sleep(beat).await;
            match self.renew().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, job = self.0.job, "a lease could not be renewed"),
            }
        }
    }
}
