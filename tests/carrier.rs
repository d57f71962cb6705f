//! A carrier's system for tests and measurements: the part of the "Service Activation and Configuration" interface (TM Forum TMF640 v4)
//! that lines need, on a port of this machine, with a clock that its user sets and faults that follow from a seed.
//!
//! Faults of an order: it is lost though it was taken; there is no answer, whether it is carried out or not; it is carried out hours
//! later; it is carried out twice, the second time after others that came later; it is refused. Faults of the list: none comes; an old one
//! comes, which says of when it is.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

const HOUR_MS: i64 = 3_600_000;
/// The states that an order may ask for.
const STATES: [&str; 3] = ["active", "inactive", "terminated"];

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Taken, and forgotten.
    Lost,
    /// No answer, and not carried out.
    Mute,
    /// No answer, and carried out.
    Deaf,
    /// Carried out one to three hours later.
    Slow,
    /// Carried out now and 40 minutes later.
    Twice,
    /// Refused for now.
    Refused,
}

const FAULTS: [Fault; 6] = [Fault::Lost, Fault::Mute, Fault::Deaf, Fault::Slow, Fault::Twice, Fault::Refused];

struct Inside {
    rng: ChaCha8Rng,
    /// The share of orders and of lists that go wrong.
    faults: f64,
    now_ms: i64,
    /// What each line was from when on, the oldest first.
    lines: BTreeMap<String, Vec<(i64, &'static str)>>,
    /// What is carried out when.
    due: Vec<(i64, String, &'static str)>,
    keys: HashSet<String>,
    orders: u64,
    happened: BTreeMap<Fault, u64>,
}

/// The carrier.
#[derive(Clone)]
pub struct Carrier {
    inside: Arc<Mutex<Inside>>,
}

impl Carrier {
    /// A carrier with these lines, each with whether it works, of whose answers this share goes wrong.
    pub fn new(lines: impl IntoIterator<Item = (String, bool)>, seed: u64, faults: f64, now_ms: i64) -> Self {
        let of = |(card, works): (String, bool)| (card, vec![(now_ms, STATES[usize::from(!works)])]);
        let inside = Inside {
            rng: ChaCha8Rng::seed_from_u64(seed),
            faults,
            now_ms,
            lines: lines.into_iter().map(of).collect(),
            due: Vec::new(),
            keys: HashSet::new(),
            orders: 0,
            happened: BTreeMap::new(),
        };
        Self { inside: Arc::new(Mutex::new(inside)) }
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().expect("nothing panics with it")
    }

    /// Makes it this late, ms since 1970 UTC.
    pub fn set_clock(&self, now_ms: i64) {
        let mut inside = self.inside();
        inside.now_ms = now_ms;
        inside.carry_out();
    }

    /// What a line is, whatever was told of it.
    pub fn state(&self, card: &str) -> Option<&'static str> {
        self.inside().lines.get(card)?.last().map(|(_, state)| *state)
    }

    /// How many orders came, and how often which fault happened.
    pub fn counts(&self) -> (u64, BTreeMap<Fault, u64>) {
        let inside = self.inside();
        (inside.orders, inside.happened.clone())
    }

    /// Serves on a free port of this machine; the address before `/service`. It goes when the runtime does.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/tmf/service", get(list))
            .route("/tmf/service/{card}", patch(change))
            .with_state(self.clone());
        tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        format!("http://{address}/tmf")
    }
}

impl Inside {
    fn carry_out(&mut self) {
        let now = self.now_ms;
        let mut ripe: Vec<_> = self.due.extract_if(.., |(at, _, _)| *at <= now).collect();
        ripe.sort_by_key(|(at, _, _)| *at);
        for (at, card, state) in ripe {
            self.set(&card, state, at);
        }
    }

    fn set(&mut self, card: &str, state: &'static str, at: i64) {
        if let Some(line) = self.lines.get_mut(card) {
            // What has ended stays so.
            if line.last().is_none_or(|(_, last)| *last != "terminated") {
                line.push((at, state));
            }
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        let goes_wrong = self.rng.random_bool(self.faults);
        goes_wrong.then(|| FAULTS[self.rng.random_range(0..FAULTS.len())])
    }

    fn order(&mut self, card: &str, state: &'static str, key: &str) -> StatusCode {
        self.orders += 1;
        if !self.lines.contains_key(card) {
            return StatusCode::NOT_FOUND;
        }
        if !self.keys.insert(key.to_owned()) {
            return StatusCode::OK;
        }
        let fault = self.fault();
        let now = self.now_ms;
        if let Some(fault) = fault {
            *self.happened.entry(fault).or_insert(0) += 1;
        }
        match fault {
            Some(Fault::Lost | Fault::Mute | Fault::Refused) => {}
            Some(Fault::Slow) => {
                let later = now + self.rng.random_range(HOUR_MS..3 * HOUR_MS);
                self.due.push((later, card.to_owned(), state));
            }
            Some(Fault::Twice) => {
                self.set(card, state, now);
                self.due.push((now + HOUR_MS * 2 / 3, card.to_owned(), state));
            }
            None | Some(Fault::Deaf) => self.set(card, state, now),
        }
        match fault {
            Some(Fault::Mute | Fault::Deaf) => StatusCode::SERVICE_UNAVAILABLE,
            Some(Fault::Refused) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::ACCEPTED,
        }
    }
}

/// Whether whoever asks has shown the token.
fn is_known(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|token| token == "Bearer secret")
}

async fn list(
    State(carrier): State<Carrier>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if !is_known(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let number = |name: &str| asked.get(name).and_then(|n| n.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(100));
    let mut inside = carrier.inside();
    let as_of = match inside.fault() {
        Some(Fault::Lost | Fault::Mute | Fault::Refused) => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(_) => inside.now_ms - 2 * HOUR_MS,
        None => inside.now_ms,
    };
    let state_then = |line: &[(i64, &'static str)]| {
        let known = line.iter().rev().find(|(at, _)| *at <= as_of).or(line.first());
        known.map_or("inactive", |(_, state)| *state)
    };
    let services: Vec<Value> = inside
        .lines
        .iter()
        .skip(offset)
        .take(limit.min(1_000))
        .map(|(card, line)| json!({ "id": card, "href": format!("/tmf/service/{card}"), "state": state_then(line) }))
        .collect();
    let time = jiff::Timestamp::from_millisecond(as_of).expect("a time").to_string();
    let headers = [
        ("x-total-count", inside.lines.len().to_string()),
        ("x-as-of", time),
        ("content-type", "application/json".to_owned()),
    ];
    let mut response = Value::from(services).to_string().into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().expect("a header"));
    }
    response
}

async fn change(
    State(carrier): State<Carrier>,
    Path(card): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let state = STATES.into_iter().find(|state| asked["state"] == **state);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let status = match (state, key, is_known(&headers)) {
        (_, _, false) => StatusCode::UNAUTHORIZED,
        (Some(state), Some(key), true) => carrier.inside().order(&card, state, key),
        _ => StatusCode::BAD_REQUEST,
    };
    status.into_response()
}
