//! A carrier's system that is Verizon's ThingSpace: an OAuth2 token of the application and a session token of the user, which ends when it is not used for
//! twenty minutes. What it is asked for it does later, and tells (`pages/carrier_hook.rs`). See `docs/lending.md`.

use super::http::{self, Said};
use super::{Answer, Carrier, Page, Place, Reply, observed};
use crate::config::carriers::ThingSpace as Settings;
use crate::rules::interface::{thingspace_one, thingspace_order, thingspace_page, thingspace_usage};
use crate::rules::order::Act;
use crate::rules::state::Observed;
use crate::rules::usage::Counting;
use evenfield_gap::inventory::thingspace::{
    Device, is_session_over, parse_devices, parse_request, parse_token, parse_usage,
};
use evenfield_gap::inventory::usage::Used;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A session that was not used for so long is not used any more: the carrier ends it after 20 minutes.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// For so long an application's token holds when the carrier does not say.
const HOLDS: u64 = 3_600;
/// What a line used so many days ago is asked for again: the carrier corrects itself, days later.
const DAYS: i64 = 8;
/// So many pages of a line's use are read.
const PAGES: usize = 8;

#[derive(Clone)]
struct Session {
    bearer: String,
    token: String,
    used: Instant,
    until: Instant,
}

/// The client.
pub struct ThingSpace {
    http: reqwest::Client,
    /// The address before `/ts` and `/m2m`.
    base: String,
    secret: String,
    settings: Settings,
    session: tokio::sync::Mutex<Option<Session>>,
    /// The cards whose lines are new, by what the carrier listed last.
    new: Mutex<HashSet<String>>,
}

impl ThingSpace {
    /// A client of ThingSpace at this address, with the application's secret.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(base: &str, secret: &str, settings: &Settings) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http::client()?,
            base: base.trim_end_matches('/').to_owned(),
            secret: secret.to_owned(),
            settings: settings.clone(),
            session: tokio::sync::Mutex::new(None),
            new: Mutex::default(),
        })
    }

    fn new_cards(&self) -> MutexGuard<'_, HashSet<String>> {
        self.new.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self) -> Result<Session, String> {
        let path = format!("{}/ts/v1/oauth2/token", self.base);
        let (key, secret) = (&self.settings.key, &self.secret);
        let form = || {
            let post = self.http.post(&path).basic_auth(key, Some(secret));
            post.header("content-type", "application/x-www-form-urlencoded")
                .body("grant_type=client_credentials")
        };
        let began = Instant::now();
        let (bearer, holds) = parse_token(&http::ask(form).await?.sound()?, "access_token")?;
        let path = format!("{}/m2m/v1/session/login", self.base);
        let (user, password) = &self.settings.user;
        let body = json!({ "username": user, "password": password }).to_string();
        let login = || {
            let post = self.http.post(&path).bearer_auth(&bearer);
            post.header("content-type", "application/json").body(body.clone())
        };
        let (token, _) = parse_token(&http::ask(login).await?.sound()?, "sessionToken")?;
        // A minute less, so that a request on its way does not come too late.
        let until = began + Duration::from_secs(holds.unwrap_or(HOLDS).clamp(120, 86_400) - 60);
        Ok(Session { bearer, token, used: Instant::now(), until })
    }

    /// The session, begun anew when there is none that holds.
    async fn session(&self) -> Result<Session, String> {
        let mut kept = self.session.lock().await;
        let now = Instant::now();
        let holds = |session: &Session| session.used.elapsed() < IDLE && now < session.until;
        let session = match kept.take().filter(holds) {
            Some(session) => Session { used: now, ..session },
            None => self.begin().await?,
        };
        *kept = Some(session.clone());
        Ok(session)
    }

    /// Posts, once more in a new session when the carrier says that this one is over: then nothing was done.
    async fn post(&self, path: &str, body: &Value) -> Result<Said, String> {
        let path = format!("{}/m2m/v1{path}", self.base);
        let body = body.to_string();
        let mut is_again = false;
        loop {
            let session = self.session().await?;
            let post = || {
                let post =
                    self.http.post(&path).bearer_auth(&session.bearer).header("VZ-M2M-Token", &session.token);
                post.header("content-type", "application/json").body(body.clone())
            };
            let said = http::ask(post).await?;
            let is_over = said.status == 401 || (said.status >= 400 && is_session_over(&said.bytes));
            if !is_over || is_again {
                return Ok(said);
            }
            is_again = true;
            // Somebody else may have begun a new one meanwhile: that is left.
            let mut kept = self.session.lock().await;
            *kept = kept.take().filter(|now| now.token != session.token);
        }
    }

    fn keep(&self, devices: Vec<Device>) -> Vec<(String, Observed)> {
        let mut new = self.new_cards();
        let mut lines = Vec::new();
        for device in devices {
            if device.is_new {
                new.insert(device.iccid.clone());
            } else {
                new.remove(&device.iccid);
            }
            let state = observed(device.state);
            if state != Observed::Unknown {
                lines.push((device.iccid, state));
            }
        }
        lines
    }
}

impl Carrier for ThingSpace {
    const AT_ONCE: usize = 4;
    const TELLS_ONE: bool = true;
    const COUNTING: Option<Counting> = Some(Counting::Within);

    async fn page(&self, place: &Place) -> Result<Page, String> {
        let after = match place {
            Place::Offset(_) => None,
            Place::After(time) => Some(time.as_str()),
        };
        let bytes = self
            .post("/devices/actions/list", &thingspace_page(&self.settings.account, after))
            .await?
            .sound()?;
        let page = parse_devices(&bytes)?;
        // A page that goes no further is the last one: what it leaves out is asked for by itself.
        let next = page.next.filter(|next| after != Some(next.as_str())).map(Place::After);
        Ok(Page { lines: self.keep(page.devices), as_of_ms: None, total: None, next })
    }

    async fn one(&self, card: &str) -> Result<Option<Observed>, String> {
        let body = thingspace_one(&self.settings.account, card);
        let said = self.post("/devices/actions/list", &body).await?;
        // It says so when it does not have the line.
        if [400, 404].contains(&said.status) {
            return Ok(None);
        }
        let lines = self.keep(parse_devices(&said.sound()?)?.devices);
        Ok(lines.into_iter().find(|(iccid, _)| iccid == card).map(|(_, state)| state))
    }

    async fn order(&self, _: &str, card: &str, act: Act) -> Reply {
        let is_new = self.new_cards().contains(card);
        let begins = self.settings.begins.as_ref().map(|(plan, zip)| (plan.as_str(), zip.as_str()));
        let Some(action) = thingspace_order((&self.settings.account, begins), (card, is_new), act) else {
            return Reply::of(Answer::Refused);
        };
        match self.post(&format!("/devices/actions/{}", action.path), &action.body).await {
            Ok(said) => {
                Reply { answer: Answer::of_status(Ok(said.status)), request: parse_request(&said.bytes) }
            }
            Err(error) => Reply::of(Answer::of_status(Err(error))),
        }
    }

    async fn usage(&self, card: &str, today: Date) -> Result<Vec<Used>, String> {
        // Long sessions are counted six hours late: yesterday is not known yet.
        let day = |days: i64| today.checked_sub(days.days()).map_err(|error| error.to_string());
        let (mut from, to) = (format!("{}T00:00:00Z", day(DAYS)?), day(2)?);
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let said = self.post("/devices/usage/actions/list", &thingspace_usage(card, &from, to)).await?;
            if [400, 404].contains(&said.status) {
                return Ok(Vec::new());
            }
            let (used, last) = parse_usage(&said.sound()?, card, to)?;
            all.extend(used);
            match last.filter(|last| *last != from) {
                Some(last) => from = last,
                None => break,
            }
        }
        // Of a day that stands on two pages the larger part is taken.
        all.sort_by_key(|used| (used.to, -used.octets));
        all.dedup_by_key(|used| used.to);
        Ok(all)
    }
}
