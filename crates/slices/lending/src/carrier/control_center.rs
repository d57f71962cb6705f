//! A carrier's system that is a Cisco IoT Control Center: REST version 1, the user's name and API key by Basic authentication. It wants one call at a
//! time and no more than five in a second. See `docs/lending.md`.

use super::http::{self, Said};
use super::{Answer, Carrier, Page, Place, Reply, observed};
use crate::rules::interface::{center_order, center_page};
use crate::rules::order::Act;
use crate::rules::state::Observed;
use crate::rules::usage::Counting;
use evenfield_gap::inventory::control_center::{PAGE, parse_device, parse_devices, parse_usage};
use evenfield_gap::inventory::usage::Used;
use jiff::civil::Date;
use reqwest::RequestBuilder;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The time between two calls: four in a second.
const BETWEEN: Duration = Duration::from_millis(250);

/// The client.
pub struct ControlCenter {
    http: reqwest::Client,
    /// The address before `/devices`.
    base: String,
    user: String,
    key: String,
    /// The SIM status of a line that is not to work for a while.
    suspended: String,
    between: Duration,
    /// When the last call ended. Whoever has it is the one who calls.
    last: Mutex<Option<Instant>>,
}

impl ControlCenter {
    /// A client of the Control Center at this address.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(base: &str, (user, key): (&str, &str), suspended: &str) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http::client()?,
            base: base.trim_end_matches('/').to_owned(),
            user: user.to_owned(),
            key: key.to_owned(),
            suspended: suspended.to_owned(),
            between: BETWEEN,
            last: Mutex::new(None),
        })
    }

    /// The same, with another time between two calls.
    #[must_use]
    pub fn with_pause(self, between: Duration) -> Self {
        Self { between, ..self }
    }

    async fn call(&self, request: impl Fn() -> RequestBuilder) -> Result<Said, String> {
        let mut last = self.last.lock().await;
        if let Some(rest) = last.and_then(|last| self.between.checked_sub(last.elapsed())) {
            tokio::time::sleep(rest).await;
        }
        let said = http::ask(|| request().basic_auth(&self.user, Some(&self.key))).await;
        *last = Some(Instant::now());
        said
    }

    async fn get(&self, path: &str) -> Result<Said, String> {
        self.call(|| self.http.get(format!("{}{path}", self.base))).await
    }
}

impl Carrier for ControlCenter {
    const AT_ONCE: usize = 1;
    const TELLS_ONE: bool = true;
    const COUNTING: Option<Counting> = Some(Counting::Since);

    async fn page(&self, place: &Place) -> Result<Page, String> {
        let Place::Offset(offset) = place else { return Err("no such page".to_owned()) };
        let bytes = self.get(&center_page(offset / PAGE as u64 + 1)).await?.sound()?;
        let page = parse_devices(&bytes, &self.suspended)?;
        let lines = page.seen.into_iter().map(|seen| (seen.iccid, observed(seen.state)));
        let next = (!page.is_last).then_some(Place::Offset(offset + PAGE as u64));
        Ok(Page { lines: lines.collect(), as_of_ms: None, total: None, next })
    }

    async fn one(&self, card: &str) -> Result<Option<Observed>, String> {
        let said = self.get(&format!("/devices/{card}")).await?;
        if said.status == 404 {
            return Ok(None);
        }
        let seen = parse_device(&said.sound()?, &self.suspended)?.filter(|seen| seen.iccid == card);
        Ok(seen.map(|seen| observed(seen.state)))
    }

    async fn order(&self, _: &str, card: &str, act: Act) -> Reply {
        // The same status twice is the same: the order may be asked for again.
        let body = center_order(act, &self.suspended).to_string();
        let path = format!("{}/devices/{card}", self.base);
        let put = || self.http.put(&path).header("content-type", "application/json").body(body.clone());
        Reply::of(Answer::of_status(self.call(put).await.map(|said| said.status)))
    }

    async fn usage(&self, card: &str, today: Date) -> Result<Vec<Used>, String> {
        let said = self.get(&format!("/devices/{card}/ctdUsages")).await?;
        if said.status == 404 {
            return Ok(Vec::new());
        }
        let used = parse_usage(&said.sound()?, today)?.filter(|used| used.iccid == card);
        Ok(used.into_iter().collect())
    }
}
