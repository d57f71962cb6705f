use super::counter::{inventory, scan};
use super::*;
use crate::access::Role;
use crate::hook;
use crate::pages::api::{OPERATIONS, Operation, SCOPES, document};
use crate::queries;
use crate::routes::Needs;
use crate::testing::{Browser, Reply};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

async fn ask(kit: &Kit, method: &str, path: &str, token: &str, key: &str, body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    kit.browser().send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

async fn get(kit: &Kit, path: &str, token: &str) -> (u16, Value) {
    let reply = ask(kit, "GET", &format!("/api/v1/{HERE}{path}"), token, "", "").await;
    (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
}

/// Makes a token for these scopes.
async fn token(staff: &Browser, scopes: &[&str]) -> String {
    let mut fields = vec![("act", "token"), ("name", "Warehouse")];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let page = staff.post(&format!("/d/{HERE}/lending/programs"), &fields).await;
    let at = page.body.split("class=\"secret\">").nth(1).expect("a secret");
    at.split('<').next().expect("its end").to_owned()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[tokio::test]
async fn a_program_sees_what_its_token_is_for_and_each_look_is_written_down() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let all = token(&staff, &["devices", "loans", "lines", "requests", "help"]).await;
        let few = token(&staff, &["devices", "everything"]).await;
        assert_eq!(get(&kit, "/devices", "").await.0, 401);
        assert_eq!(get(&kit, "/devices", "x").await.0, 401);
        assert_eq!(get(&kit, "/loans", &few).await.0, 403);
        let there = ask(&kit, "GET", &format!("/api/v1/{THERE}/devices"), &all, "", "").await;
        assert!(there.status == 401 && there.body.contains("\"status\":401"), "{}", there.body);
        let (status, devices) = get(&kit, "/devices?limit=2&offset=1&kind=", &few).await;
        assert_eq!((status, devices["found"].as_i64(), devices["items"].as_array().map(Vec::len)), (200, Some(3), Some(2)));
        assert_eq!(get(&kit, "/devices?limit=many", &few).await.0, 400);
        let id = devices["items"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(get(&kit, &format!("/devices/{id}"), &few).await.1["barcode"], devices["items"][0]["barcode"]);
        assert_eq!(get(&kit, "/devices/none", &few).await.0, 404);
        let (_, loans) = get(&kit, "/loans?open=true", &all).await;
        assert_eq!(loans["items"][0]["student"], "S1");
        assert!(!loans.to_string().contains("Cruz"), "ids, no names");
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'api.loans' AND account_id LIKE 'token:%' AND detail LIKE '%S1%'";
        assert_eq!(number(&kit.app.db, looks).await, 1);
        let stored = "SELECT COUNT(*) FROM api_token WHERE mark LIKE '%' || $1 || '%'";
        let stored: i64 = sqlx::query_scalar(stored).bind(&all).fetch_one(kit.app.db.read()).await.expect("a number");
        assert_eq!(stored, 0, "the token is stored nowhere");
        let id = text(&kit.app.db, "SELECT id FROM api_token WHERE scopes = 'devices'").await;
        let programs = format!("/d/{HERE}/lending/programs");
        assert_eq!(staff.post(&programs, &[("act", "revoke"), ("id", &id)]).await.status, 303);
        assert_eq!(get(&kit, "/devices", &few).await.0, 401);
        assert_eq!(staff.post(&programs, &[("act", "revoke"), ("id", &id)]).await.status, 404);
        assert_eq!(clerk.get(&programs).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_scan_with_the_same_key_is_done_once() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let token = token(&staff, &["scan"]).await;
        let path = format!("/api/v1/{HERE}/scans");
        let lend = "{\"student\":\"S1\",\"scan\":\"HS-1\"}";
        assert_eq!(ask(&kit, "POST", &path, &token, "", lend).await.status, 400, "without a key");
        assert_eq!(ask(&kit, "POST", &path, &token, "k", "{\"scan\":1}").await.status, 400);
        let first = ask(&kit, "POST", &path, &token, "k1", lend).await;
        let again = ask(&kit, "POST", &path, &token, "k1", lend).await;
        assert_eq!((first.status, first.body.as_str()), (again.status, again.body.as_str()));
        assert!(
            first.body.contains("\"said\":\"lent\"") && first.body.contains("\"done\":true"),
            "{}",
            first.body
        );
        assert_eq!(ask(&kit, "POST", &path, &token, "k1", "{\"scan\":\"HS-2\"}").await.status, 422);
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_loan").await, 1);
        super::counter::later(&kit).await;
        let back = ask(&kit, "POST", &path, &token, "k2", "{\"scan\":\"HS-1\"}").await;
        assert!(back.body.contains("\"said\":\"back\""), "{}", back.body);
        let entry =
            "SELECT COUNT(*) FROM audit_entry WHERE action = 'loan.out' AND account_id LIKE 'token:%'";
        assert_eq!(number(&kit.app.db, entry).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_document_says_what_the_routes_do() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let page = kit.browser().get("/api/v1/openapi.json").await;
        let described: Value = serde_json::from_str(&page.body).expect("JSON");
        assert_eq!(described, document());
        let routes: BTreeSet<&str> = crate::pages::routes()
            .iter()
            .filter(|r| r.needs == Needs::Proof)
            .map(|r| r.path)
            .filter(|p| p.starts_with("/api/"))
            .collect();
        let paths = keys(&described["paths"]);
        assert_eq!(routes.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), paths);
        // Something of each kind, so that each list has an item.
        scan(&clerk, "S1", "HS-1").await;
        let fields = [("act", "ask"), ("student", "S3"), ("access", "none"), ("barrier", "cost")];
        assert_eq!(clerk.post(&format!("/d/{HERE}/lending/requests"), &fields).await.status, 303);
        let loan = text(&kit.app.db, "SELECT id FROM lending_loan").await;
        let trouble = format!("/d/{HERE}/lending/loans/{loan}/trouble");
        assert_eq!(clerk.post(&trouble, &[("trouble", "slow")]).await.status, 303);
        let item = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'CB-1'").await;
        let token = token(&staff, &SCOPES).await;
        let lent = text(&kit.app.db, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        let line = text(&kit.app.db, "SELECT id FROM carrier_line ORDER BY iccid LIMIT 1").await;
        let today = crate::db::today();
        let sent = |operation: &Operation| match operation.path.trim_start_matches("/api/v1/{district}/") {
            "scans" => ("", "{\"scan\":\"S1\"}".to_owned()),
            "request-changes" => ("", "{\"student\":\"S3\",\"act\":\"withdraw\"}".to_owned()),
            "offers" => ("", "{\"count\":1}".to_owned()),
            "loan-changes" => ("", format!("{{\"device\":\"{lent}\",\"act\":\"renew\"}}")),
            "notices" => ("", "{\"loans\":[\"x\"],\"way\":\"call\"}".to_owned()),
            "line-changes" => ("", format!("{{\"line\":\"{line}\",\"act\":\"hold\",\"reason\":\"tests\"}}")),
            "files/devices" => ("?name=d.csv", "barcode,type\nCB-9,laptop\n".to_owned()),
            "files/lines" => ("as_of", format!("iccid,status\n{CARD},active\n")),
            "files/usage" => ("usage", format!("iccid,usage\n{CARD},1\n")),
            other => panic!("say here what is sent to {other}"),
        };
        for operation in &OPERATIONS {
            let path = operation.path.replace("{district}", HERE).replace("{item}", &item);
            let reply = match operation.method {
                "get" => ask(&kit, "GET", &path, &token, "", "").await,
                _ => {
                    let (query, body) = sent(operation);
                    let query = match query {
                        "as_of" => format!("?as_of={today}"),
                        "usage" => format!("?unit=mb&base=1000&counting=within&day={today}"),
                        query => query.to_owned(),
                    };
                    if operation.path.ends_with("/offers") {
                        // Somebody waits again.
                        assert_eq!(
                            clerk.post(&format!("/d/{HERE}/lending/requests"), &fields).await.status,
                            303
                        );
                    }
                    ask(&kit, "POST", &format!("{path}{query}"), &token, operation.path, &body).await
                }
            };
            assert_eq!(reply.status, 200, "{path}: {}", reply.body);
            let answer: Value = serde_json::from_str(&reply.body).expect("JSON");
            let one = if operation.is_list { &answer["items"][0] } else { &answer };
            let schema = &described["paths"][operation.path][operation.method]["responses"]["200"]["content"]
                ["application/json"]["schema"];
            let schema = if operation.is_list { &schema["properties"]["items"]["items"] } else { schema };
            assert_eq!(keys(one), keys(&schema["properties"]), "{path}");
            for (name, value) in one.as_object().expect("an object") {
                let kinds = schema["properties"][name]["type"].to_string();
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::String(_) => "string",
                    _ => "integer",
                };
                assert!(kinds.contains(kind), "{path} {name}: {kind} is not {kinds}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_program_changes_is_done_once_and_written_down() {
    each(|kit| async move {
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let reads = token(&staff, &["devices", "loans", "lines", "requests", "help"]).await;
        let writes = token(&staff, &["devices-write", "loans-write", "lines-write", "requests-write"]).await;
        let api = |path: &str| format!("/api/v1/{HERE}/{path}");
        let request = "{\"student\":\"S3\",\"act\":\"ask\",\"access\":\"none\",\"barrier\":\"cost\"}";
        assert_eq!(ask(&kit, "POST", &api("request-changes"), &reads, "k", request).await.status, 403);
        let wrong = "{\"student\":\"S3\",\"act\":\"ask\",\"colour\":1}";
        assert_eq!(ask(&kit, "POST", &api("request-changes"), &writes, "k", wrong).await.status, 400);
        for _ in 0..2 {
            let reply = ask(&kit, "POST", &api("request-changes"), &writes, "k1", request).await;
            assert_eq!((reply.status, reply.body.as_str()), (200, "{\"student\":\"S3\"}"));
        }
        assert_eq!(number(&kit.app.db, "SELECT COUNT(*) FROM lending_request").await, 1);
        assert_eq!(ask(&kit, "POST", &api("request-changes"), &writes, "k1", wrong).await.status, 422);
        assert_eq!(
            ask(&kit, "POST", &api("request-changes"), &writes, "k2", request).await.status,
            400,
            "asked already"
        );
        let offers = ask(&kit, "POST", &api("offers"), &writes, "k3", "{\"count\":1}").await;
        assert!(offers.body.contains("\"offers\":1"), "{}", offers.body);
        let device = text(&kit.app.db, "SELECT device_id FROM lending_loan").await;
        for (key, act, said) in [("k4", "lost", "lost"), ("k5", "found", "found"), ("k6", "renew", "renewed")]
        {
            let body = format!("{{\"device\":\"{device}\",\"act\":\"{act}\"}}");
            let reply = ask(&kit, "POST", &api("loan-changes"), &writes, key, &body).await;
            assert!(reply.body.contains(&format!("\"said\":\"{said}\"")), "{act}: {}", reply.body);
        }
        let told =
            ask(&kit, "POST", &api("notices"), &writes, "k7", "{\"loans\":[\"x\"],\"way\":\"email\"}").await;
        assert_eq!(told.status, 400, "a message is stored when it arrives");
        let line = text(&kit.app.db, "SELECT id FROM carrier_line WHERE wanted = 'parked' LIMIT 1").await;
        let hold = format!("{{\"line\":\"{line}\",\"act\":\"hold\",\"reason\":\"tests\"}}");
        let held = ask(&kit, "POST", &api("line-changes"), &writes, "k8", &hold).await;
        assert!(held.body.contains("\"wanted\":\"active\""), "{}", held.body);
        let other = "{\"line\":\"none\",\"act\":\"hold\",\"reason\":\"tests\"}";
        assert_eq!(ask(&kit, "POST", &api("line-changes"), &writes, "k9", other).await.status, 404);
        let file = "barcode,type\nCB-9,laptop\n";
        for _ in 0..2 {
            let reply = ask(&kit, "POST", &api("files/devices?name=d.csv"), &writes, "k10", file).await;
            assert!(reply.body.contains("\"new\":1"), "{}", reply.body);
        }
        let refused =
            ask(&kit, "POST", &api("files/devices?name=d.csv"), &writes, "k11", "barcode,type\nCB-9,phone\n")
                .await;
        assert!(refused.status == 400 && refused.body.contains("line 2"), "{}", refused.body);
        assert_eq!(
            ask(&kit, "POST", &api("files/lines?as_of=2999-01-01"), &writes, "k12", "x").await.status,
            400
        );
        for action in [
            "request.ask",
            "request.offer",
            "loan.lost",
            "loan.found",
            "loan.renew",
            "line.hold",
            "inventory.load",
        ] {
            let sql = "SELECT COUNT(*) FROM audit_entry WHERE action = $1 AND account_id LIKE 'token:%'";
            let noted: i64 =
                sqlx::query_scalar(sql).bind(action).fetch_one(kit.app.db.read()).await.expect("a number");
            assert_eq!(noted, 1, "{action}");
        }
    })
    .await;
}

/// What a receiver was told: headers and body.
type Told = Arc<Mutex<Vec<(HeaderMap, String)>>>;

async fn receiver(status: Arc<Mutex<u16>>) -> (Told, String) {
    let told = Told::default();
    let heard = told.clone();
    let router = axum::Router::new().route(
        "/hook",
        axum::routing::post(move |headers: HeaderMap, body: String| {
            let (heard, status) = (heard.clone(), status.clone());
            async move {
                heard.lock().expect("a lock").push((headers, body));
                axum::http::StatusCode::from_u16(*status.lock().expect("a lock")).expect("a status")
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
    (told, format!("http://{address}"))
}

#[tokio::test]
async fn a_receiver_is_told_in_order_signed_and_only_where_the_settings_allow() {
    harness::each(|db| async move {
        let status = Arc::new(Mutex::new(500));
        let (told, host) = receiver(status.clone()).await;
        let mut config = Config::local(db.url());
        config.webhook_hosts = vec![host.clone()];
        let kit = Kit::on(db, config);
        kit.district(HERE, "Shore").await;
        kit.district(THERE, "Elsewhere").await;
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        scan(&clerk, "S1", "HS-1").await;
        let programs = format!("/d/{HERE}/lending/programs");
        let make = async |url: &str| {
            let fields = [
                ("act", "webhook"),
                ("url", url),
                ("event", "loan.out"),
                ("event", "loan.in"),
                ("event", "student.see"),
            ];
            staff.post(&programs, &fields).await
        };
        for url in ["http://169.254.169.254/", "https://example.org/", "http://127.0.0.1:1/hook"] {
            assert_eq!(make(url).await.status, 400, "{url}");
        }
        let page = make(&format!("{host}/hook")).await;
        let secret = page
            .body
            .split("class=\"secret\">")
            .nth(1)
            .expect("a secret")
            .split('<')
            .next()
            .expect("its end")
            .to_owned();
        assert_eq!(text(&kit.app.db, "SELECT events FROM webhook").await, "loan.out loan.in");
        super::counter::later(&kit).await;
        scan(&clerk, "", "HS-1").await;
        scan(&clerk, "S3", "HS-2").await;
        hook::all(&kit.app).await.expect("told");
        assert_eq!(told.lock().expect("a lock").len(), 1, "it stops at the first that is not taken");
        hook::all(&kit.app).await.expect("told");
        assert_eq!(told.lock().expect("a lock").len(), 1, "and waits");
        *status.lock().expect("a lock") = 204;
        let mut tx = kit.app.db.write().await.expect("a write");
        sqlx::query("UPDATE webhook SET begin_ms = 0").execute(&mut *tx).await.expect("due");
        tx.commit().await.expect("stored");
        hook::all(&kit.app).await.expect("told");
        hook::all(&kit.app).await.expect("told");
        let told = told.lock().expect("a lock").clone();
        let events: Vec<Value> = told
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).expect("JSON")["event"].clone())
            .collect();
        assert_eq!(
            events,
            ["loan.in", "loan.in", "loan.out"],
            "what was from before it was made is not told"
        );
        let (headers, body) = &told[2];
        let said = headers["evenfield-signature"].to_str().expect("text");
        let seconds: i64 = said.split(['=', ',']).nth(1).and_then(|n| n.parse().ok()).expect("seconds");
        assert_eq!(hook::signature(&secret, seconds, body).as_deref(), Some(said));
        assert!(!body.contains("Cruz") && body.contains("\"district\":\"5100001\""), "{body}");
        // The settings no longer name the host: nothing goes there.
        let mut config = Config::local(kit.app.db.url());
        config.webhook_hosts = Vec::new();
        let other = Kit::on(kit.app.db.clone(), config);
        super::counter::later(&kit).await;
        scan(&clerk, "", "HS-2").await;
        hook::all(&other.app).await.expect("told");
        let hooks = queries::webhooks(kit.app.db.read(), HERE).await.expect("receivers");
        assert_eq!((hooks[0].failed, told.len()), (1, 3));
        let id = hooks[0].id.clone();
        assert_eq!(staff.post(&programs, &[("act", "stop"), ("id", &id)]).await.status, 303);
        assert_eq!(staff.post(&programs, &[("act", "stop"), ("id", &id)]).await.status, 404);
    })
    .await;
}
