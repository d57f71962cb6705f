//! Interfaces to carriers' own systems. A carrier without one is asked by people, at its site.

pub mod sync;
pub mod tmf640;

use super::rules::order::Act;
use super::rules::state::Observed;
use crate::App;
use crate::db::now_ms;
use std::future::Future;
use std::time::Duration;

/// How often carriers are asked.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// Makes the lines of all carriers with an interface what they are wanted to be, again and again. It never ends.
pub async fn keep(app: App) {
    loop {
        for carrier in &app.config.carriers {
            let of = (carrier.district.as_str(), carrier.name.as_str());
            match tmf640::Tmf640::new(&carrier.url, &carrier.token) {
                Ok(client) => match sync::sync(&app.db, &client, of, now_ms).await {
                    Ok(report) => {
                        tracing::info!(district = of.0, carrier = of.1, ?report, "lines were looked at")
                    }
                    Err(error) => {
                        tracing::error!(district = of.0, carrier = of.1, %error, "lines could not be stored")
                    }
                },
                Err(error) => tracing::error!(%error, "no client for a carrier"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A page of a carrier's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each card with what its line is.
    pub lines: Vec<(String, Observed)>,
    /// As of when, ms since 1970 UTC; none when the carrier does not say: then it is not newer than the question.
    pub as_of_ms: Option<i64>,
    /// How many lines the carrier has in all.
    pub total: u64,
}

/// What a carrier said to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It carries it out, now or later.
    Taken,
    /// It does not.
    Refused,
    /// There was no answer, or none that says what happens.
    Unclear,
}

/// A carrier's system.
pub trait Carrier: Sync {
    /// The lines from the one with this number on, as many as one answer holds.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn page(&self, offset: u64) -> impl Future<Output = Result<Page, String>> + Send;

    /// Asks for something. The same order twice is to be carried out once.
    fn order(&self, id: &str, card: &str, act: Act) -> impl Future<Output = Answer> + Send;
}
