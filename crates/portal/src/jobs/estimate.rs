//! The wish for an estimate: what a slice that changes the data stores in the same transaction.

use super::{Request, enqueue};
use crate::db::{Write, new_id};
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
/// no worker has begun on serves for this one as well.
///
/// # Errors
/// The database's.
pub async fn request(write: &mut Write, district: &str, wanted: &Wanted) -> Result<String, sqlx::Error> {
    let payload = serde_json::json!(wanted);
    let waiting: Option<String> = sqlx::query_scalar(
        "SELECT id FROM job WHERE district_id = $1 AND kind = $2 AND state = 'waiting' AND payload = $3",
    )
    .bind(district)
    .bind(KIND)
    .bind(payload.to_string())
    .fetch_optional(&mut **write)
    .await?;
    match waiting {
        Some(id) => Ok(id),
        None => {
            let key = format!("{district}:{}", new_id());
            enqueue(write, &Request { district_id: Some(district), kind: KIND, key: &key, payload }).await
        }
    }
}
