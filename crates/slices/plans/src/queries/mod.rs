//! SQL of the slice `plans`. It writes the tables of migration 0022 and reads the figures of the gap.

mod gap;
mod outbox;
mod runs;
mod scenarios;

pub use gap::{Available, Boundary, available, boundaries, gap};
pub use outbox::{Acceptance, Accepted, accept, accepted, accepted_plan, take_back};
pub use runs::{
    Now, Run, Rung, State as RunState, folder, insert_run, move_run, newest_run, proof, put_answer,
    put_folder, run, rungs, set_job, set_now, solved_at,
};
pub use scenarios::{
    File, Scenario, all_files, bring_back, check, copy, delete, file, files, insert, list, put_file, remove,
    remove_file, rename, scenario, update,
};

use crate::db::{Backend, Write};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Octets of a part of a file: its base64 stays far below what a row may hold.
const PART: usize = 768 * 1024;

/// The parts of a file as texts.
fn parts(bytes: &[u8]) -> impl Iterator<Item = (i64, String)> + '_ {
    (0_i64..).zip(bytes.chunks(PART)).map(|(part, chunk)| (part, STANDARD.encode(chunk)))
}

/// The file of these parts.
fn joined(bodies: &[String]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for body in bodies {
        STANDARD.decode_vec(body, &mut bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    }
    Ok(bytes)
}

/// JSON of a column.
fn read_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// JSON for a column.
fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(Box::new(e)))
}

/// Lets nobody else change a district's plans until the transaction is over. On SQLite nobody can.
///
/// # Errors
/// The database's.
pub async fn lock(write: &mut Write, district: &str) -> Result<()> {
    if Backend::of_connection(write) == Backend::Postgres {
        // Not FOR UPDATE: every row that refers to the district would wait, too.
        sqlx::query("SELECT id FROM district WHERE id = $1 FOR NO KEY UPDATE")
            .bind(district)
            .fetch_optional(&mut **write)
            .await?;
    }
    Ok(())
}
