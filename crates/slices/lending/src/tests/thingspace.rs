//! Lines and use by a Verizon ThingSpace, which a double plays: what it is asked for it does later and tells, perhaps twice, never, or in another order; its
//! sessions end, it throttles, and suspended lines resume by themselves.

use super::carrier::{Fleet, START, card};
use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;
use crate::carrier::sync::{Report, sync};
use crate::carrier::thingspace::ThingSpace;
use crate::carrier::usage::{Asked, ask};
use crate::config::carriers::{CarrierInterface, Interface, ThingSpace as Settings};
use crate::db::now_ms;
use crate::rules::standing::{DAY_MS, HOUR_MS};
use crate::testing::Reply;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

const SECRET: &str = "0123456789abcdef";
const ACCOUNT: &str = "0000123456-00001";
/// So many lines stand on a page of the double.
const PAGE: usize = 40;

struct Inside {
    rng: ChaCha8Rng,
    /// Of so many actions one goes wrong; 0: none does.
    faults: u64,
    lines: BTreeMap<String, &'static str>,
    /// What it has yet to do: the request, the card, the state.
    due: Vec<(String, String, &'static str)>,
    /// What it has to tell.
    tells: Vec<Value>,
    session: usize,
    logins: usize,
    /// How many calls a session lasts.
    lasts: usize,
    calls: usize,
    requests: usize,
    actions: HashMap<String, usize>,
    history: Vec<Value>,
}

#[derive(Clone)]
struct Space(Arc<Mutex<Inside>>);

fn settings(begins: bool) -> Settings {
    Settings {
        key: "app".to_owned(),
        user: ("lena".to_owned(), "word".to_owned()),
        account: ACCOUNT.to_owned(),
        begins: begins.then(|| ("m2m4G".to_owned(), "98801".to_owned())),
        callback: Some(SECRET.to_owned()),
    }
}

/// A portal whose carrier Blue has this interface.
async fn each_with_space<F, Fut>(test: F)
where
    F: Fn(Kit) -> Fut,
    Fut: Future<Output = ()>,
{
    let test = &test;
    harness::each(|db| async move {
        let mut config = Config::local(db.url());
        config.carriers.push(CarrierInterface {
            district: HERE.to_owned(),
            name: "Blue".to_owned(),
            url: "https://thingspace.example/api".to_owned(),
            token: "hush".to_owned(),
            interface: Interface::ThingSpace(Box::new(settings(false))),
        });
        let kit = Kit::on(db, config);
        kit.district(HERE, "Shore").await;
        kit.district(THERE, "Elsewhere").await;
        test(kit).await;
    })
    .await;
}

impl Space {
    fn new(lines: impl IntoIterator<Item = (String, &'static str)>, faults: u64) -> Self {
        Self(Arc::new(Mutex::new(Inside {
            rng: ChaCha8Rng::seed_from_u64(5),
            faults,
            lines: lines.into_iter().collect(),
            due: Vec::new(),
            tells: Vec::new(),
            session: 0,
            logins: 0,
            lasts: 25,
            calls: 0,
            requests: 0,
            actions: HashMap::new(),
            history: Vec::new(),
        })))
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().expect("nothing panics with it")
    }

    fn works(&self, card: &str) -> bool {
        self.inside().lines.get(card) == Some(&"active")
    }

    async fn client(&self, secret: &str, begins: bool) -> ThingSpace {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/api/ts/v1/oauth2/token", post(token))
            .route("/api/m2m/v1/session/login", post(login))
            .route("/api/m2m/v1/devices/actions/{action}", post(action))
            .route("/api/m2m/v1/devices/usage/actions/list", post(usage))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        ThingSpace::new(&format!("http://{address}/api"), secret, &settings(begins)).expect("a client")
    }

    /// Does what it was asked for, and says what there is to tell of it.
    fn carry_out(&self) {
        let mut inside = self.inside();
        for (request, card, state) in std::mem::take(&mut inside.due) {
            inside.lines.insert(card.clone(), state);
            inside.tells.push(message(&request, &card, SECRET, true));
        }
    }
}

fn message(request: &str, card: &str, secret: &str, is_done: bool) -> Value {
    json!({
        "username": "", "password": secret, "requestId": request, "deviceIds": [{ "id": card, "kind": "iccid" }],
        "deviceResponse": {}, "faultResponse": if is_done { Value::Null } else { json!({ "faultstring": "no" }) },
        "status": if is_done { "Success" } else { "Failed" }
    })
}

async fn tell(kit: &Kit, message: &Value) -> Reply {
    let request = Request::post("/hooks/carrier").header("content-type", "application/json");
    kit.browser().send(request.body(Body::from(message.to_string())).expect("a request")).await
}

async fn token(headers: HeaderMap, body: String) -> Response {
    // app:hush
    if headers["authorization"] != "Basic YXBwOmh1c2g=" || body != "grant_type=client_credentials" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    json!({ "access_token": "bearer", "token_type": "Bearer", "expires_in": 3600 })
        .to_string()
        .into_response()
}

async fn login(State(space): State<Space>, headers: HeaderMap, body: String) -> Response {
    let said: Value = serde_json::from_str(&body).expect("a body");
    if headers["authorization"] != "Bearer bearer"
        || said != json!({ "username": "lena", "password": "word" })
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut inside = space.inside();
    inside.logins += 1;
    inside.session += 1;
    inside.calls = 0;
    json!({ "sessionToken": format!("session-{}", inside.session) }).to_string().into_response()
}

/// Whether the session holds.
fn is_in(inside: &mut Inside, headers: &HeaderMap) -> Option<Response> {
    inside.calls += 1;
    let holds = headers
        .get("vz-m2m-token")
        .is_some_and(|said| said == format!("session-{}", inside.session).as_str());
    if holds && headers["authorization"] == "Bearer bearer" && inside.calls <= inside.lasts {
        return None;
    }
    let error = json!({ "errorCode": "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired", "errorMessage": "Log in" });
    Some((StatusCode::BAD_REQUEST, error.to_string()).into_response())
}

fn list(inside: &Inside, said: &Value) -> Response {
    let minute = |n: usize| format!("2020-01-01T{:02}:{:02}:00Z", n / 60, n % 60);
    let all: Vec<(usize, (&String, &&str))> = inside.lines.iter().enumerate().collect();
    let one = said["deviceId"]["id"].as_str();
    let after = said["earliest"].as_str().unwrap_or_default();
    let found: Vec<_> = all
        .into_iter()
        .filter(|(n, (card, _))| one.is_none_or(|one| one == card.as_str()) && minute(*n).as_str() > after)
        .collect();
    if one.is_some() && found.is_empty() {
        return (StatusCode::BAD_REQUEST, "{\"errorCode\":\"NOT_FOUND\"}").into_response();
    }
    let devices: Vec<Value> = found
        .iter()
        .take(PAGE)
        .map(|(n, (card, state))| {
            json!({ "accountName": ACCOUNT, "createdAt": minute(*n), "carrierInformations": [{ "state": state }],
                "deviceIds": [{ "id": "350000000000000", "kind": "imei" }, { "id": card, "kind": "iccid" }] })
        })
        .collect();
    json!({ "hasMoreData": found.len() > PAGE, "devices": devices }).to_string().into_response()
}

async fn action(
    State(space): State<Space>,
    headers: HeaderMap,
    Path(action): Path<String>,
    body: String,
) -> Response {
    let mut inside = space.inside();
    let said: Value = serde_json::from_str(&body).expect("a body");
    if let Some(response) = is_in(&mut inside, &headers) {
        return response;
    }
    let fault = match inside.faults {
        0 => u64::MAX,
        faults => inside.rng.next_u64() % faults,
    };
    if fault == 0 {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response();
    }
    if action == "list" {
        return list(&inside, &said);
    }
    assert_eq!(said["accountName"], ACCOUNT);
    let card = said["devices"][0]["deviceIds"][0]["id"].as_str().expect("a card").to_owned();
    let (from, to) = match action.as_str() {
        "suspend" => ("active", "suspend"),
        "restore" => ("suspend", "active"),
        "activate" => ("preactive", "active"),
        _ => ("active", "deactive"),
    };
    *inside.actions.entry(action).or_default() += 1;
    inside.requests += 1;
    let request = format!("r-{}", inside.requests);
    if inside.lines.get(&card) != Some(&from) {
        // It takes it, and tells later that it could not.
        inside.tells.push(message(&request, &card, SECRET, false));
    } else if fault != 1 {
        inside.due.push((request.clone(), card, to));
    }
    match fault {
        2 => StatusCode::GATEWAY_TIMEOUT.into_response(),
        _ => json!({ "requestId": request }).to_string().into_response(),
    }
}

async fn usage(State(space): State<Space>, headers: HeaderMap, body: String) -> Response {
    let mut inside = space.inside();
    if let Some(response) = is_in(&mut inside, &headers) {
        return response;
    }
    let said: Value = serde_json::from_str(&body).expect("a body");
    let from = said["earliest"].as_str().expect("a time");
    let found: Vec<&Value> = inside
        .history
        .iter()
        .filter(|record| record["timestamp"].as_str().is_some_and(|time| time >= from))
        .collect();
    let page: Vec<&Value> = found.iter().take(3).copied().collect();
    json!({ "hasMoreData": found.len() > 3, "usageHistory": page }).to_string().into_response()
}

#[tokio::test]
async fn each_line_is_right_at_the_end_whatever_is_told_when() {
    each_with_space(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 100, 9).await;
        let space = Space::new((0..100).map(|n| (card(n), if n % 3 == 0 { "active" } else { "suspend" })), 14);
        let client = space.client("hush", false).await;
        let mut rng = ChaCha8Rng::seed_from_u64(21);
        let mut now_ms = now_ms() - 60 * DAY_MS;
        let mut report = Report::default();
        for round in 0..40 {
            if round < 6 {
                fleet.change(db, 20, now_ms).await;
            }
            report = sync(db, &client, (HERE, "Blue"), || now_ms).await.expect("stored");
            space.carry_out();
            let mut tells = std::mem::take(&mut space.inside().tells);
            // Some are never told, some twice, and in another order.
            tells.retain(|_| rng.next_u64() % 4 != 0);
            for at in 0..tells.len() {
                let other = rng.next_u64() as usize % tells.len();
                tells.swap(at, other);
            }
            for message in tells.iter().chain(tells.iter().take(3)) {
                assert_eq!(tell(&kit, message).await.status, 204);
            }
            // A suspension ends by itself.
            if round == 8 {
                let first = card(1);
                space.inside().lines.insert(first, "active");
            }
            now_ms += 5 * HOUR_MS;
            if round > 12 && report.is_met() && fleet.wrong_by(|card| space.works(card)) == 0 {
                break;
            }
        }
        assert_eq!(fleet.wrong_by(|card| space.works(card)), 0, "{report:?}");
        assert!(space.inside().logins > 3, "sessions ended, and others were begun");
        let most = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM carrier_order GROUP BY line_id, asked_ms / 86400000) AS days";
        assert!(number(db, most).await <= 5, "five in 24 hours");
        assert!(number(db, "SELECT COUNT(*) FROM carrier_order WHERE told_ms IS NOT NULL").await > 10);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_believed_with_the_secret_and_about_the_last_order_of_a_line_of_that_carrier() {
    each_with_space(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 1, 1).await;
        let space = Space::new([(card(0), "suspend")], 0);
        let client = space.client("hush", false).await;
        let start = now_ms() - 2 * DAY_MS;
        fleet.change(db, 1, start).await;
        sync(db, &client, (HERE, "Blue"), || start).await.expect("stored");
        let seen = || text(db, "SELECT observed FROM carrier_line");
        assert_eq!(seen().await, "suspended");
        assert_eq!(tell(&kit, &message("r-1", &card(0), "another secret!!", true)).await.status, 401);
        assert_eq!(tell(&kit, &json!({ "requestId": "r-1" })).await.status, 401);
        assert_eq!(tell(&kit, &json!([1])).await.status, 401);
        assert_eq!(tell(&kit, &message("r-9", &card(0), SECRET, true)).await.status, 204, "nobody asked for that");
        assert_eq!(tell(&kit, &message("r-1", &card(7), SECRET, true)).await.status, 204, "that is another line");
        assert_eq!(seen().await, "suspended");
        let told = |carrier: &'static str| async move {
            let mut tx = db.write().await.expect("a write");
            sqlx::query("UPDATE carrier_line SET carrier = $1").bind(carrier).execute(&mut *tx).await.expect("set");
            tx.commit().await.expect("stored");
        };
        told("Green").await;
        assert_eq!(tell(&kit, &message("r-1", &card(0), SECRET, true)).await.status, 204);
        assert_eq!(seen().await, "suspended", "another carrier's line");
        told("Blue").await;
        assert_eq!(tell(&kit, &message("r-1", &card(0), SECRET, true)).await.status, 204);
        assert_eq!(seen().await, "active");
        // What failed is refused, and waits; what was asked for before tells nothing of the line any more.
        let order = "INSERT INTO carrier_order (district_id, id, line_id, act, asked_ms, request_id) VALUES ($1, $2, $3, 'suspend', $4, $5)";
        for (id, request) in [("o-8", "r-8"), ("o-7", "r-7")] {
            let mut tx = db.write().await.expect("a write");
            sqlx::query(order)
                .bind(HERE)
                .bind(id)
                .bind(&fleet.ids[0].0)
                .bind(start - HOUR_MS)
                .bind(request)
                .execute(&mut *tx)
                .await
                .expect("an order");
            tx.commit().await.expect("stored");
        }
        assert_eq!(tell(&kit, &message("r-8", &card(0), SECRET, true)).await.status, 204);
        assert_eq!(seen().await, "active", "it was asked to work since");
        assert_eq!(tell(&kit, &message("r-7", &card(0), SECRET, false)).await.status, 204);
        assert_eq!(text(db, "SELECT id FROM carrier_order WHERE refused = 1").await, "o-7");
    })
    .await;
}

#[tokio::test]
async fn a_new_line_begins_with_a_plan_and_a_place_or_is_left_to_people() {
    each_with_space(|kit| async move {
        let db = &kit.app.db;
        let mut fleet = Fleet::new(db, 1, 1).await;
        fleet.change(db, 1, START).await;
        let space = Space::new([(card(0), "preactive")], 0);
        let without = space.client("hush", false).await;
        let report = sync(db, &without, (HERE, "Blue"), || START).await.expect("stored");
        assert_eq!(
            (report.seen, report.orders),
            (0, [0, 1, 0]),
            "nothing is said of it, and it is refused: {report:?}"
        );
        let with = space.client("hush", true).await;
        let later = START + 2 * HOUR_MS;
        let report = sync(db, &with, (HERE, "Blue"), || later).await.expect("stored");
        assert_eq!(report.orders, [1, 0, 0], "{report:?}");
        assert_eq!(space.inside().actions, HashMap::from([("activate".to_owned(), 1)]));
        let stranger = space.client("wrong", true).await;
        let report = sync(db, &stranger, (HERE, "Blue"), || later + HOUR_MS).await.expect("stored");
        assert_eq!((report.pages_missing, report.orders[0]), (1, 0), "{report:?}");
    })
    .await;
}

#[tokio::test]
async fn use_comes_day_by_day_in_pages_and_a_day_that_is_not_told_is_unknown() {
    each_with_space(|kit| async move {
        let db = &kit.app.db;
        inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let carrier = text(db, "SELECT MAX(carrier) FROM carrier_line WHERE iccid = '8991101200003204514'").await;
        let space = Space::new([(CARD.to_owned(), "active")], 0);
        space.inside().lasts = 2;
        let client = space.client("hush", false).await;
        // START is 4 October 2024.
        let record = |day: &str, octets: i64| json!({ "bytesUsed": octets, "source": "Raw Usage", "timestamp": format!("{day}T00:00:00Z") });
        let days = ["2024-09-27", "2024-09-28", "2024-09-29", "2024-10-01", "2024-10-02", "2024-10-03"];
        space.inside().history = days.iter().enumerate().map(|(n, day)| record(day, n as i64 % 2 * 4_096)).collect();
        let asked = ask(db, &client, (HERE, carrier.as_str()), START).await.expect("stored");
        assert_eq!(asked, Asked { lines: 1, amounts: 5, failed: 0 }, "the last day is not over");
        let row = "SELECT MIN(from_on) || ' ' || MAX(to_on) || ' ' || SUM(octets) || ' ' || MIN(counting) FROM carrier_usage";
        assert_eq!(text(db, row).await, "2024-09-27 2024-10-02 8192 within");
        assert_eq!(number(db, "SELECT COUNT(*) FROM carrier_usage WHERE to_on = '2024-09-30'").await, 0, "unknown");
        // The carrier corrects a day.
        space.inside().history[0] = record(days[0], 7);
        let later = START + DAY_MS;
        ask(db, &client, (HERE, carrier.as_str()), later).await.expect("stored");
        assert_eq!(number(db, "SELECT COUNT(*) FROM carrier_usage").await, 6, "a day once");
        assert_eq!(number(db, "SELECT octets FROM carrier_usage WHERE to_on = '2024-09-27'").await, 7);
    })
    .await;
}
