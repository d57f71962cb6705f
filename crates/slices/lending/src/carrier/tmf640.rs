//! A carrier's system that speaks the "Service Activation and Configuration" interface (TM Forum TMF640 v4), the part of it that lines
//! need: `GET /service` lists them, `PATCH /service/ICCID` with a `state` changes one. See `docs/lending.md`.

use super::{Answer, Carrier, Page, Place, Reply, http, observed};
use crate::rules::order::Act;
use crate::rules::state::Observed;
use crate::rules::usage::Counting;
use evenfield_gap::inventory::service::{PAGE, parse_services};
use evenfield_gap::inventory::usage::Used;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::header;

/// The client.
pub struct Tmf640 {
    http: reqwest::Client,
    /// The address before `/service`.
    base: String,
    token: String,
}

impl Tmf640 {
    /// A client of the system at this address, with its token.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn new(base: &str, token: &str) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http::client()?,
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        })
    }

    async fn services(&self, offset: u64) -> Result<Page, String> {
        let path = format!("{}/service?fields=id,state&offset={offset}&limit={PAGE}", self.base);
        let answer = self.http.get(path).bearer_auth(&self.token).send().await;
        let answer = answer.map_err(|error| error.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(format!("status {}", answer.status().as_u16()));
        }
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let total = text("x-total-count").and_then(|n| n.parse().ok()).ok_or("no X-Total-Count")?;
        let as_of = text("x-as-of").map(|time| time.parse::<Timestamp>().map_err(|_| "X-As-Of is no time"));
        let as_of_ms = as_of.transpose()?.map(Timestamp::as_millisecond);
        let bytes = http::body(answer).await?;
        let lines = parse_services(&bytes)?.into_iter().map(|seen| (seen.iccid, observed(seen.state)));
        let after = offset + PAGE as u64;
        let next = (after < total).then_some(Place::Offset(after));
        Ok(Page { lines: lines.collect(), as_of_ms, total: Some(total), next })
    }
}

impl Carrier for Tmf640 {
    const AT_ONCE: usize = 16;
    const TELLS_ONE: bool = false;
    const COUNTING: Option<Counting> = None;

    async fn page(&self, place: &Place) -> Result<Page, String> {
        match place {
            Place::Offset(offset) => self.services(*offset).await,
            Place::After(_) => Err("no such page".to_owned()),
        }
    }

    async fn one(&self, _: &str) -> Result<Option<Observed>, String> {
        Ok(None)
    }

    async fn order(&self, id: &str, card: &str, act: Act) -> Reply {
        let state = match act {
            Act::Activate => "active",
            Act::Suspend => "inactive",
            Act::End => "terminated",
        };
        let sent = self
            .http
            .patch(format!("{}/service/{card}", self.base))
            .bearer_auth(&self.token)
            .header(header::CONTENT_TYPE, "application/merge-patch+json")
            .header("idempotency-key", id)
            .body(serde_json::json!({ "state": state }).to_string())
            .send()
            .await;
        let status = sent.map(|answer| answer.status().as_u16()).map_err(|error| error.to_string());
        Reply::of(Answer::of_status(status))
    }

    async fn usage(&self, _: &str, _: Date) -> Result<Vec<Used>, String> {
        Ok(Vec::new())
    }
}
