//! A carrier's system that speaks the "Service Activation and Configuration" interface (TM Forum TMF640 v4), the part of it that lines
//! need: `GET /service` lists them, `PATCH /service/ICCID` with a `state` changes one. See `docs/lending.md`.

use super::{Answer, Carrier, Page};
use crate::rules::order::Act;
use crate::rules::state::Observed;
use evenfield_gap::inventory::seen::LineState;
use evenfield_gap::inventory::service::{PAGE, parse_services};
use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::header;
use std::time::Duration;

/// The largest answer, bytes: a thousand services with all their fields.
const ANSWER: usize = 8 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token: token.to_owned() })
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
        let mut bytes = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| error.without_url().to_string())?;
            if bytes.len() + piece.len() > ANSWER {
                return Err(format!("an answer of more than {ANSWER} bytes"));
            }
            bytes.extend_from_slice(&piece);
        }
        let lines = parse_services(&bytes)?.into_iter().map(|seen| (seen.iccid, observed(seen.state)));
        Ok(Page { lines: lines.collect(), as_of_ms, total })
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

impl Carrier for Tmf640 {
    async fn page(&self, offset: u64) -> Result<Page, String> {
        self.services(offset).await
    }

    async fn order(&self, id: &str, card: &str, act: Act) -> Answer {
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
        match sent.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Answer::Taken,
            // 408 and 425 say nothing of what becomes of it.
            Ok(status) if status.is_client_error() && ![408, 425].contains(&status.as_u16()) => {
                Answer::Refused
            }
            _ => Answer::Unclear,
        }
    }
}
