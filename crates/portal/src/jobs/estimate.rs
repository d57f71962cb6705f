//! The wish for an estimate: what a slice that changes the data stores in the same transaction.

use super::{Request, enqueue};
use crate::db::{Write, new_id, now_ms};
use serde::{Deserialize, Serialize};

/// The kind of the job.
pub const KIND: &str = "estimate";

/// What the job is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The seed of all draws.
    pub seed: u64,
    /// The survey's term; the latest when there is none.
    #[serde(default)]
    pub term: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { seed: 1, term: None }
    }
}

/// Asks for an estimate, within the transaction that changes what it rests on. Returns the job's id. A wish that
/// no worker has begun on serves for this one as well, and so does one whose worker died before it stored anything:
/// whoever takes it up reads everything anew.
///
/// # Errors
/// The database's.
pub async fn request(write: &mut Write, district: &str, wanted: &Wanted) -> Result<String, sqlx::Error> {
    let payload = serde_json::json!(wanted);
    let waiting: Option<String> = sqlx::query_scalar(
        "SELECT id FROM job WHERE district_id = $1 AND kind = $2 AND payload = $3 AND checkpoint IS NULL \
         AND (state = 'waiting' OR (state = 'running' AND lease_until_ms < $4)) ORDER BY created_ms, id LIMIT 1",
    )
    .bind(district)
    .bind(KIND)
    .bind(payload.to_string())
    .bind(now_ms())
    .fetch_optional(&mut **write)
    .await?;
    match waiting {
        Some(id) => {
            // Whoever asks again wants it tried again, however often its process was killed before.
            sqlx::query("UPDATE job SET attempts = 0 WHERE id = $1").bind(&id).execute(&mut **write).await?;
            Ok(id)
        }
        None => {
            let key = format!("{district}:{}", new_id());
            enqueue(write, &Request { district_id: Some(district), kind: KIND, key: &key, payload }).await
        }
    }
}
