//! Requests through the whole router, with rows made for the test.

use super::limits::Limit;
use super::{Needs, Route, form_token, route, router_of};
use crate::access::{Action, Role};
use crate::account::testing::{Browser, Kit};
use crate::layout::Frame;
use axum::body::{Body, Bytes};
use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::{Request, header};
use axum::routing::{get, post};

const A: &str = "5100001";
const B: &str = "5100002";

async fn say(p: Frame) -> String {
    format!(
        "{} in {}",
        p.viewer.map_or("nobody".to_owned(), |v| v.name),
        p.district.map_or("-".to_owned(), |d| d.name)
    )
}

async fn length(body: Bytes) -> String {
    format!("{} bytes", body.len())
}

async fn files(mut form: Multipart) -> Result<String, MultipartError> {
    let mut seen = Vec::new();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await?;
        seen.push(format!("{name}={}", bytes.len()));
    }
    Ok(seen.join(" "))
}

async fn panic() -> String {
    panic!("as the test wants")
}

fn rows() -> Vec<Route> {
    vec![
        route("/login", Needs::Public, get(say)),
        route("/open/{district}", Needs::Public, get(say).post(length)).open_form().limited(Limit::Survey),
        route("/mine", Needs::SignedIn, get(say).post(length)),
        route("/d/{district}/any", Needs::SignedIn, get(say)),
        route("/d/{district}/load", Needs::May(Action::LoadData), get(say).post(length)),
        route("/d/{district}/file", Needs::May(Action::LoadData), post(files)).uploads(1024 * 1024),
        route("/panic", Needs::Public, get(panic)),
        route("/set", Needs::Public, post(length)).limited(Limit::SetUp),
    ]
}

async fn kit() -> Kit {
    let mut kit = Kit::new().await;
    kit.serve(router_of(kit.app.clone(), rows()));
    kit.district(A, "Alpha").await;
    kit.district(B, "Beta").await;
    kit
}

#[tokio::test]
async fn a_row_admits_whom_it_needs() {
    let kit = kit().await;
    let nobody = kit.browser();
    let asked = nobody.get(&format!("/d/{A}/load?x=1")).await;
    assert_eq!((asked.status, asked.location()), (303, "/login?next=%2Fd%2F5100001%2Fload%3Fx%3D1"));
    assert_eq!(nobody.get("/open/5100001").await.body, "nobody in Alpha");
    assert_eq!(nobody.get("/open/5199999").await.status, 404);

    let coordinator = kit.sign_in(Role::Coordinator, A).await;
    assert_eq!(coordinator.get(&format!("/d/{A}/load")).await.body, "Pat Example in Alpha");
    assert_eq!(coordinator.get(&format!("/d/{A}/any")).await.status, 200);
    let clerk = kit.sign_in(Role::Clerk, A).await;
    assert_eq!(clerk.get(&format!("/d/{A}/load")).await.status, 403);
    assert_eq!(clerk.get(&format!("/d/{A}/any")).await.status, 200);
}

#[tokio::test]
async fn another_district_looks_like_none() {
    let kit = kit().await;
    let administrator = kit.sign_in(Role::Administrator, A).await;
    let other = administrator.get(&format!("/d/{B}/load")).await;
    let none = administrator.get("/d/5199999/load").await;
    assert_eq!((other.status, none.status), (404, 404));
    assert_eq!(other.body.replace(B, ""), none.body.replace("5199999", ""));
    let state = kit.sign_in(Role::Administrator, "*").await;
    assert_eq!(state.get(&format!("/d/{B}/load")).await.status, 200);
}

fn form(path: &str, headers: &[(&str, &str)], body: String) -> Request<Body> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).expect("a request")
}

#[tokio::test]
async fn a_change_needs_the_token_of_its_session() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Clerk, A).await;
    let csrf = me.csrf().await;
    let whole = format!("csrf={csrf}&x=1");
    let good = me.send(form("/mine", &[], whole.clone())).await;
    assert_eq!((good.status, good.body), (200, format!("{} bytes", whole.len())));
    assert_eq!(me.send(form("/mine", &[("x-csrf-token", &csrf)], "x=1".into())).await.status, 200);

    let somebody = kit.sign_in(Role::Clerk, A).await;
    let foreign = format!("csrf={}", somebody.csrf().await);
    let of_no_session = format!("csrf={}", form_token("guess"));
    for body in ["x=1".to_owned(), "csrf=".to_owned(), foreign, of_no_session, format!("x=1&notcsrf={csrf}")]
    {
        let refused = me.send(form("/mine", &[], body.clone())).await;
        assert_eq!(refused.status, 403, "{body}");
        assert!(refused.body.contains("Nothing was changed"), "{}", refused.body);
    }
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
    ] {
        assert_eq!(
            me.send(form("/mine", &[(name, value)], whole.clone())).await.status,
            403,
            "{name}: {value}"
        );
    }
    let own = [("origin", "http://gap.test"), ("host", "gap.test")];
    assert_eq!(me.send(form("/mine", &own, whole)).await.status, 200);
}

#[tokio::test]
async fn the_open_form_needs_no_cookie_but_our_page() {
    let kit = kit().await;
    let path = format!("/open/{A}");
    let phone = kit.browser();
    assert_eq!(phone.send(form(&path, &[("sec-fetch-site", "same-origin")], "a=1".into())).await.status, 200);
    let origin = [("origin", "http://gap.test"), ("host", "gap.test")];
    assert_eq!(kit.browser().send(form(&path, &origin, "a=1".into())).await.status, 200);
    assert_eq!(kit.browser().send(form(&path, &[], "a=1".into())).await.status, 403);
    assert_eq!(
        kit.browser().send(form(&path, &[("origin", "http://evil.test")], "a=1".into())).await.status,
        403
    );
    // An old phone that says nothing about the origin but keeps cookies.
    assert_eq!(kit.browser().post(&path, &[("a", "1")]).await.status, 200);
}

#[tokio::test]
async fn uploads_are_limited_by_row_and_reach_the_handler_whole() {
    let kit = kit().await;
    let me: Browser = kit.sign_in(Role::Coordinator, A).await;
    let path = format!("/d/{A}/file");
    let file = vec![0xFF_u8; 300_000];
    let sent = me.upload(&path, &[("term", "2026-fall")], ("roster", "r.zip", &file)).await;
    assert_eq!((sent.status, sent.body.as_str()), (200, "csrf=43 term=9 roster=300000"));
    let large = vec![0_u8; 1024 * 1024];
    assert_eq!(me.upload(&path, &[], ("roster", "r.zip", &large)).await.status, 413);
    let long = "x".repeat(super::FORM_BYTES);
    assert_eq!(me.post("/mine", &[("x", &long)]).await.status, 413);
}

#[tokio::test]
async fn tries_are_counted_by_address() {
    let kit = kit().await;
    let nobody = kit.browser();
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(nobody.post("/set", &[]).await.status);
    }
    assert_eq!(statuses[..10], [200; 10]);
    assert_eq!(statuses[10..], [429; 2]);
    assert_eq!(nobody.post("/set", &[]).await.headers["retry-after"], "60");
}

#[tokio::test]
async fn errors_are_pages_in_the_viewers_language() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Clerk, A).await;
    let panicked = me.get("/panic").await;
    assert_eq!(panicked.status, 500);
    assert!(
        panicked.body.contains("Something went wrong on our side") && !panicked.body.contains("as the test")
    );
    let spanish = me.get(&format!("/d/{A}/load?lang=es")).await;
    assert_eq!(spanish.status, 403);
    assert!(
        spanish.body.contains("<html lang=\"es\"") && spanish.body.contains("Su función no permite esto")
    );
    // The choice stays.
    assert!(me.get("/no/such/page").await.body.contains("Página no encontrada"));
    let mut request = Request::get("/no/such.json").body(Body::empty()).expect("a request");
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
    let plain = kit.browser().send(request).await;
    assert!(!plain.body.contains('<'), "{}", plain.body);
    assert_eq!(me.post("/login", &[]).await.status, 405);
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Clerk, A).await;
    for path in ["/mine", "/login", "/panic", "/none", "/d/5100001/load"] {
        let reply = me.get(path).await;
        for name in
            ["content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy"]
        {
            assert!(reply.headers.contains_key(name), "{path} lacks {name}");
        }
        let policy = reply.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert!(!reply.headers.contains_key("strict-transport-security"), "no https here");
    }
    assert_eq!(me.get("/mine").await.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn behind_https_cookies_are_secure() {
    let mut kit = Kit::with(|c| c.public_url = Some("https://gap.example.org".into())).await;
    kit.serve(router_of(kit.app.clone(), rows()));
    let reply = kit.browser().get("/login").await;
    let cookie = reply.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-visitor="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(reply.headers["strict-transport-security"].to_str().expect("text").starts_with("max-age="));
}
