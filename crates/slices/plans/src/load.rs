//! A scenario with its files from disk: what the demo has, by the same statements as the pages.

use super::pages::{ask, check};
use super::queries::{self, Run, RunState};
use super::rules::form::Slot;
use super::rules::scenario::Settings;
use crate::App;
use crate::db::{new_id, now_ms};
use crate::exchange::digest;
use evenfield_model::Problems;
use evenfield_plan::scenario::read_prices;

/// Who loads, in the tables that ask.
const BY: &str = "evenfield demo";

/// A scenario.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// What people call it.
    pub name: String,
    /// The first school year.
    pub first_year: i16,
    /// What its pages say beside what a new scenario says, by the names of inputs.
    pub values: Vec<(String, String)>,
    /// Files by the words of their slots: the name and the bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// The file of prices.
    pub prices: Vec<u8>,
}

/// Why a scenario cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// Reading it failed.
    #[error("{0}")]
    Page(#[from] crate::error::Error),
    /// There is something wrong in its files.
    #[error("the scenario has {} problems: {:?}", .0.found(), .0.kept().first())]
    Problems(Problems),
}

/// Stores a scenario and asks for its plans; the job's id.
///
/// # Errors
/// [`Fault`]; the scenario is then stored all the same.
pub async fn load(app: &App, district: &str, given: &Given, seconds: i64) -> Result<String, Fault> {
    let mut settings = Settings::new(given.first_year);
    settings.values.extend(given.values.iter().cloned());
    settings.prices = read_prices("prices", &given.prices).map_err(Fault::Problems)?;
    let (id, ms) = (new_id(), now_ms());
    let mut write = app.db.write().await?;
    queries::insert(&mut write, district, (&id, &given.name), &settings, (BY, ms)).await?;
    for (word, name, bytes) in &given.files {
        let Some(slot) = Slot::from_word(word) else { continue };
        let sum = digest([bytes.as_slice()]);
        queries::put_file(&mut write, district, (&id, slot), (name, bytes, &sum), ms).await?;
    }
    write.commit().await?;
    let checked = check(app, district, (&id, 1), &settings).await?;
    if !checked.is_sound() {
        return Err(Fault::Problems(checked.problems));
    }
    let run = Run {
        fair: false,
        id: new_id(),
        scenario: id,
        revision: 1,
        state: RunState::Open,
        job: String::new(),
        seconds,
        now: None,
        made_ms: now_ms(),
    };
    let mut write = app.db.write().await?;
    queries::insert_run(&mut write, district, &run, BY).await?;
    let job = ask(&mut write, district, &run.id).await?;
    write.commit().await?;
    Ok(job)
}
