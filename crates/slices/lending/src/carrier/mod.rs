//! Interfaces to carriers' own systems. A carrier without one is asked by people, at its site.

pub mod control_center;
mod http;
pub mod sync;
pub mod thingspace;
pub mod tmf640;
pub mod usage;

use super::rules::order::Act;
use super::rules::state::Observed;
use super::rules::usage::Counting;
use crate::App;
use crate::config::carriers::{CarrierInterface, Interface};
use crate::db::now_ms;
use control_center::ControlCenter;
use evenfield_gap::inventory::seen::LineState;
use evenfield_gap::inventory::usage::Used;
use jiff::civil::Date;
use std::future::Future;
use std::time::Duration;
use thingspace::ThingSpace;
use tmf640::Tmf640;

/// How often carriers are asked.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// A carrier's system by its interface.
enum Client {
    Tmf640(Tmf640),
    ControlCenter(ControlCenter),
    ThingSpace(Box<ThingSpace>),
}

impl Client {
    fn new(carrier: &CarrierInterface) -> Result<Self, reqwest::Error> {
        let (url, token) = (carrier.url.as_str(), carrier.token.as_str());
        Ok(match &carrier.interface {
            Interface::Tmf640 => Self::Tmf640(Tmf640::new(url, token)?),
            Interface::ControlCenter { user, suspended } => {
                Self::ControlCenter(ControlCenter::new(url, (user, token), suspended)?)
            }
            Interface::ThingSpace(settings) => {
                Self::ThingSpace(Box::new(ThingSpace::new(url, token, settings)?))
            }
        })
    }
}

/// Makes the lines of all carriers with an interface what they are wanted to be, again and again, and asks how much data they used. It never ends.
pub async fn keep(app: App) {
    let mut clients = Vec::new();
    for carrier in &app.config.carriers {
        match Client::new(carrier) {
            Ok(client) => clients.push((carrier, client)),
            Err(error) => tracing::error!(%error, "no client for a carrier"),
        }
    }
    loop {
        for (carrier, client) in &clients {
            let of = (carrier.district.as_str(), carrier.name.as_str());
            match client {
                Client::Tmf640(client) => go(&app, client, of).await,
                Client::ControlCenter(client) => go(&app, client, of).await,
                Client::ThingSpace(client) => go(&app, client.as_ref(), of).await,
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn go<C: Carrier>(app: &App, client: &C, of: (&str, &str)) {
    match sync::sync(&app.db, client, of, now_ms).await {
        Ok(report) => tracing::info!(district = of.0, carrier = of.1, ?report, "lines were looked at"),
        Err(error) => tracing::error!(district = of.0, carrier = of.1, %error, "lines could not be stored"),
    }
    match usage::ask(&app.db, client, of, now_ms()).await {
        Ok(report) => tracing::info!(district = of.0, carrier = of.1, ?report, "use was asked for"),
        Err(error) => tracing::error!(district = of.0, carrier = of.1, %error, "use could not be stored"),
    }
}

/// What a line's state is to us.
pub fn observed(state: LineState) -> Observed {
    match state {
        LineState::Active => Observed::Active,
        LineState::Suspended => Observed::Suspended,
        LineState::Ended => Observed::Ended,
        LineState::Unsaid => Observed::Unknown,
    }
}

/// From where on a carrier lists its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// From the one with this number on.
    Offset(u64),
    /// Those that came after this time, as the carrier writes it.
    After(String),
}

/// A page of a carrier's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each card with what its line is.
    pub lines: Vec<(String, Observed)>,
    /// As of when, ms since 1970 UTC; none when the carrier does not say: then it is not newer than the question.
    pub as_of_ms: Option<i64>,
    /// How many lines the carrier has in all, where it says so.
    pub total: Option<u64>,
    /// Where the next page begins, when there is one.
    pub next: Option<Place>,
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

impl Answer {
    /// What this status says.
    pub fn of_status(status: Result<u16, String>) -> Self {
        match status {
            Ok(200..300) => Self::Taken,
            // 408 and 425 say nothing of what becomes of it.
            Ok(status @ 400..500) if ![408, 425].contains(&status) => Self::Refused,
            _ => Self::Unclear,
        }
    }
}

/// What a carrier said to an order, and what it calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it said.
    pub answer: Answer,
    /// What it calls the order when it tells later what became of it.
    pub request: Option<String>,
}

impl Reply {
    /// Of a carrier that tells nothing later.
    pub fn of(answer: Answer) -> Self {
        Self { answer, request: None }
    }
}

/// A carrier's system.
pub trait Carrier: Sync {
    /// How many orders may be under way at a time.
    const AT_ONCE: usize;
    /// Whether it can be asked for one line.
    const TELLS_ONE: bool;
    /// How the amounts of data are meant that it tells; none when it tells none.
    const COUNTING: Option<Counting>;

    /// The lines from this place on, as many as one answer holds.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn page(&self, place: &Place) -> impl Future<Output = Result<Page, String>> + Send;

    /// One line; none when the carrier says nothing of it.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn one(&self, card: &str) -> impl Future<Output = Result<Option<Observed>, String>> + Send;

    /// Asks for something. The same order twice is to be carried out once.
    fn order(&self, id: &str, card: &str, act: Act) -> impl Future<Output = Reply> + Send;

    /// How much data a line used, as far as the carrier knows today. What it does not say is unknown.
    ///
    /// # Errors
    /// Why there is no answer, for the log.
    fn usage(&self, card: &str, today: Date) -> impl Future<Output = Result<Vec<Used>, String>> + Send;
}
