//! Lines and use by a Cisco IoT Control Center, which a double plays: it throttles, loses orders, does not answer, answers late, tells old states and leaves
//! lines out of its list.

use super::carrier::{Fleet, MINUTE, START, card};
use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;
use crate::carrier::control_center::ControlCenter;
use crate::carrier::sync::{Report, sync};
use crate::carrier::usage::{Asked, ask};
use crate::rules::standing::{DAY_MS, HOUR_MS};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Inside {
    rng: ChaCha8Rng,
    /// Of so many calls one goes wrong; 0: none does.
    faults: u64,
    lines: BTreeMap<String, String>,
    /// What it tells of lines while it is not up to date.
    old: Option<BTreeMap<String, String>>,
    /// Lines that the list leaves out.
    unlisted: HashSet<String>,
    usage: HashMap<String, Value>,
    /// How many calls are under way, and how many ever were at a time.
    under_way: (usize, usize),
    throttled: usize,
    statuses: HashSet<String>,
    usage_calls: usize,
}

#[derive(Clone)]
struct Center(Arc<Mutex<Inside>>);

impl Center {
    fn new(lines: impl IntoIterator<Item = (String, bool)>, faults: u64) -> Self {
        let of = |(card, works): (String, bool)| {
            (card, if works { "ACTIVATED" } else { "DEACTIVATED" }.to_owned())
        };
        Self(Arc::new(Mutex::new(Inside {
            rng: ChaCha8Rng::seed_from_u64(11),
            faults,
            lines: lines.into_iter().map(of).collect(),
            old: None,
            unlisted: HashSet::new(),
            usage: HashMap::new(),
            under_way: (0, 0),
            throttled: 0,
            statuses: HashSet::new(),
            usage_calls: 0,
        })))
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().expect("nothing panics with it")
    }

    fn works(&self, card: &str) -> bool {
        self.inside().lines.get(card).is_some_and(|status| status == "ACTIVATED")
    }

    async fn client(&self, key: &str, suspended: &str) -> ControlCenter {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/rws/api/v1/devices", get(list))
            .route("/rws/api/v1/devices/{card}", get(one).put(edit))
            .route("/rws/api/v1/devices/{card}/ctdUsages", get(usage))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let base = format!("http://{address}/rws/api/v1");
        let client = ControlCenter::new(&base, ("lena", key), suspended).expect("a client");
        client.with_pause(Duration::ZERO)
    }
}

/// What goes wrong with a call: 0 to 4, or nothing.
fn begin(center: &Center, headers: &HeaderMap) -> Result<u64, Box<Response>> {
    let mut inside = center.inside();
    // lena:key
    if headers.get("authorization").is_none_or(|said| said != "Basic bGVuYTprZXk=") {
        let error = json!({ "errorCode": "10000001", "errorMessage": "Invalid credentials" });
        return Err(Box::new((StatusCode::UNAUTHORIZED, error.to_string()).into_response()));
    }
    let fault = match inside.faults {
        0 => u64::MAX,
        faults => inside.rng.next_u64() % faults,
    };
    if fault == 0 {
        inside.throttled += 1;
        return Err(Box::new((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response()));
    }
    let now = inside.under_way.0 + 1;
    inside.under_way = (now, inside.under_way.1.max(now));
    Ok(fault)
}

async fn end(center: &Center) {
    // As long as a call may be under way beside another.
    tokio::task::yield_now().await;
    center.inside().under_way.0 -= 1;
}

async fn list(
    State(center): State<Center>,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let fault = match begin(&center, &headers) {
        Ok(fault) => fault,
        Err(response) => return *response,
    };
    let page: usize = asked["pageNumber"].parse().expect("a page");
    assert!(asked.contains_key("modifiedSince") && asked["pageSize"] == "50");
    let answer = {
        let inside = center.inside();
        let lines = inside.old.as_ref().unwrap_or(&inside.lines);
        let all: Vec<Value> = lines
            .iter()
            .filter(|(card, _)| !inside.unlisted.contains(*card))
            .map(|(card, status)| json!({ "iccid": card, "status": status, "ratePlan": "p" }))
            .collect();
        let here: Vec<Value> = all.iter().skip((page - 1) * 50).take(50).cloned().collect();
        json!({ "pageNumber": page, "lastPage": page * 50 >= all.len(), "devices": here })
    };
    end(&center).await;
    match fault {
        1 => StatusCode::BAD_GATEWAY.into_response(),
        _ => answer.to_string().into_response(),
    }
}

async fn one(State(center): State<Center>, headers: HeaderMap, Path(card): Path<String>) -> Response {
    if let Err(response) = begin(&center, &headers) {
        return *response;
    }
    let status = center.inside().lines.get(&card).cloned();
    end(&center).await;
    match status {
        Some(status) => json!({ "iccid": card, "status": status }).to_string().into_response(),
        None => (StatusCode::NOT_FOUND, "{}").into_response(),
    }
}

async fn edit(
    State(center): State<Center>,
    headers: HeaderMap,
    Path(card): Path<String>,
    body: String,
) -> Response {
    let fault = match begin(&center, &headers) {
        Ok(fault) => fault,
        Err(response) => return *response,
    };
    let asked: Value = serde_json::from_str(&body).expect("a body");
    let status = asked["status"].as_str().expect("a status").to_owned();
    {
        let mut inside = center.inside();
        inside.statuses.insert(status.clone());
        // Lost though it was taken, or not carried out and not answered.
        if ![1, 2].contains(&fault) {
            inside.lines.insert(card.clone(), status);
        }
    }
    end(&center).await;
    match fault {
        2 | 3 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        4 => (StatusCode::BAD_REQUEST, "{\"errorCode\":\"10000024\"}").into_response(),
        _ => json!({ "iccid": card }).to_string().into_response(),
    }
}

async fn usage(State(center): State<Center>, headers: HeaderMap, Path(card): Path<String>) -> Response {
    if let Err(response) = begin(&center, &headers) {
        return *response;
    }
    let said = {
        let mut inside = center.inside();
        inside.usage_calls += 1;
        inside.usage.get(&card).cloned()
    };
    end(&center).await;
    match said {
        Some(said) => said.to_string().into_response(),
        None => (StatusCode::NOT_FOUND, "{}").into_response(),
    }
}

#[tokio::test]
async fn each_line_is_right_at_the_end_and_one_call_is_made_at_a_time() {
    each(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 130, 3).await;
        let center = Center::new((0..130).map(|n| (card(n), n % 3 == 0)), 12);
        center.inside().unlisted = (0..130).step_by(10).map(card).collect();
        let client = center.client("key", "INVENTORY").await;
        let (mut now_ms, mut report) = (START, Report::default());
        for round in 0..30 {
            if round < 6 {
                fleet.change(db, 20, now_ms).await;
            }
            // Now and then it tells for a while what was.
            if round % 5 == 2 {
                let lines = center.inside().lines.clone();
                center.inside().old = Some(lines);
            } else if round % 5 == 4 {
                center.inside().old = None;
            }
            report = sync(db, &client, (HERE, "Blue"), || now_ms).await.expect("stored");
            now_ms += 2 * HOUR_MS;
            if round > 10 && report.is_met() && center.inside().old.is_none() && fleet.wrong_by(|card| center.works(card)) == 0 {
                break;
            }
        }
        assert_eq!(fleet.wrong_by(|card| center.works(card)), 0, "{report:?}");
        {
            let inside = center.inside();
            assert_eq!(inside.under_way.1, 1, "one at a time");
            assert!(inside.throttled > 0, "it was throttled");
            assert_eq!(inside.statuses, HashSet::from(["ACTIVATED".to_owned(), "INVENTORY".to_owned()]));
        }
        let most = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM carrier_order GROUP BY line_id, asked_ms / 86400000) AS days";
        assert!(number(db, most).await <= 5, "no more than five in a day");
    })
    .await;
}

#[tokio::test]
async fn whom_the_carrier_does_not_know_changes_nothing() {
    each(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 5, 3).await;
        fleet.change(db, 3, START).await;
        let center = Center::new((0..5).map(|n| (card(n), false)), 0);
        let stranger = center.client("other", "DEACTIVATED").await;
        let report = sync(db, &stranger, (HERE, "Blue"), || START).await.expect("stored");
        assert_eq!((report.pages_missing, report.seen), (1, 0));
        assert!(report.orders[1] > 0 && report.orders[0] + report.orders[2] == 0, "{report:?}");
        assert!(center.inside().statuses.is_empty());
        let client = center.client("key", "DEACTIVATED").await;
        let now_ms = START + 70 * MINUTE;
        let report = sync(db, &client, (HERE, "Blue"), || now_ms).await.expect("stored");
        assert!(report.orders[0] > 0, "an hour later it is asked for again: {report:?}");
        assert_eq!(fleet.wrong_by(|card| center.works(card)), 0);
    })
    .await;
}

#[tokio::test]
async fn use_is_asked_for_once_a_day_and_what_is_not_told_is_unknown() {
    each(|kit| async move {
        let db = &kit.app.db;
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let carrier =
            text(db, "SELECT MAX(carrier) FROM carrier_line WHERE iccid = '8991101200003204514'").await;
        let center = Center::new([(CARD.to_owned(), true)], 0);
        let client = center.client("key", "DEACTIVATED").await;
        let go =
            async |now_ms: i64| ask(db, &client, (HERE, carrier.as_str()), now_ms).await.expect("stored");
        let told = |usage: Value| drop(center.inside().usage.insert(CARD.to_owned(), usage));
        let day = |n: i64| START + n * DAY_MS + 5 * HOUR_MS;
        told(json!({ "iccid": CARD, "ctdDataUsage": null }));
        assert_eq!(go(day(0)).await, Asked { lines: 1, amounts: 0, failed: 0 });
        assert_eq!(number(db, "SELECT COUNT(*) FROM carrier_usage").await, 0, "absent is unknown");
        assert_eq!(go(day(0) + HOUR_MS).await.lines, 0, "once a day");
        // Another line's answer is not believed.
        told(json!({ "iccid": OTHER_CARD, "ctdDataUsage": 5 }));
        assert_eq!(go(day(1)).await.amounts, 0);
        told(json!({ "iccid": CARD, "ctdDataUsage": 7_340_032 }));
        assert_eq!(go(day(2)).await.amounts, 1);
        assert_eq!(go(day(12)).await.amounts, 1, "the same since the cycle began: not used for ten days");
        let row = "SELECT counting || ' ' || octets FROM carrier_usage ORDER BY to_on LIMIT 1";
        assert_eq!(text(db, row).await, "since 7340032");
        assert_eq!(go(day(13)).await.amounts, 1);
        let calls = center.inside().usage_calls;
        center.inside().faults = 1;
        let asked = go(day(14)).await;
        assert_eq!(
            (asked.lines, asked.failed, center.inside().usage_calls),
            (0, 1, calls),
            "it throttles: nothing is known"
        );
        assert_eq!(number(db, "SELECT COUNT(*) FROM carrier_usage").await, 3);
        assert_eq!(number(db, "SELECT COUNT(*) FROM audit_entry WHERE action = 'usage.load'").await, 5);
    })
    .await;
}
