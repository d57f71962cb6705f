//! Requests through the whole router, with rows made for the test.

mod bad_files;
mod crossing;

use super::limits::Limit;
use super::{Needs, Route, form_token, route, router_of};
use crate::access::{Action, Role};
use crate::layout::Frame;
use crate::testing::{Browser, Kit};
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
        route("/begin", Needs::Public, get(say)).limited(Limit::Provider),
    ]
}

async fn kit() -> Kit {
    let mut kit = Kit::new().await;
    kit.serve(router_of(kit.app.clone(), rows(), |rows| rows));
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

/// Tries to set up from an address that the request claims to come from.
async fn forwarded(kit: &Kit, from: &str) -> u16 {
    let browser = kit.browser();
    let body = format!("csrf={}", browser.csrf().await);
    browser.send(form("/set", &[("x-forwarded-for", from)], body)).await.status
}

#[tokio::test]
async fn only_our_own_proxy_says_where_a_request_comes_from() {
    let open = kit().await;
    for n in 0..10 {
        assert_eq!(forwarded(&open, &format!("192.0.2.{n}")).await, 200);
    }
    assert_eq!(forwarded(&open, "192.0.2.99").await, 429, "anybody can write that header");

    let mut behind = Kit::with(|c| c.behind_proxy = true).await;
    behind.serve(router_of(behind.app.clone(), rows(), |rows| rows));
    for n in 0..20 {
        assert_eq!(forwarded(&behind, &format!("192.0.2.{n}")).await, 200);
    }
    // The proxy writes the last one; what stands before it came with the request.
    for n in 0..10 {
        forwarded(&behind, &format!("198.51.100.{n}, 203.0.113.7")).await;
    }
    assert_eq!(forwarded(&behind, "198.51.100.99, 203.0.113.7").await, 429);
    assert_eq!(forwarded(&behind, "203.0.113.7:50123").await, 429, "with the port");
    // A home has a whole IPv6 /64.
    for n in 0..10 {
        forwarded(&behind, &format!("2001:db8::{n:x}")).await;
    }
    assert_eq!(forwarded(&behind, "2001:db8::ffff").await, 429);
    assert_eq!(forwarded(&behind, "2001:db8:0:1::1").await, 200);
}

#[tokio::test]
async fn a_sign_in_by_provider_counts_although_it_is_looked_at() {
    let mut kit = Kit::with(|c| c.rates.sign_in_per_minute = 3).await;
    kit.serve(router_of(kit.app.clone(), rows(), |rows| rows));
    for _ in 0..6 {
        assert_eq!(kit.browser().get("/begin").await.status, 200);
    }
    assert_eq!(kit.browser().get("/begin").await.status, 429);
    for _ in 0..20 {
        assert_eq!(kit.browser().get("/login").await.status, 200, "pages are looked at freely");
    }
}

#[tokio::test]
async fn what_another_site_opens_is_not_compressed() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Clerk, A).await;
    let packed = |browser: Browser, site: &'static str| async move {
        let request = Request::get("/no/such/page")
            .header(header::ACCEPT_ENCODING, "gzip")
            .header("sec-fetch-site", site)
            .body(Body::empty())
            .expect("a request");
        let reply = browser.send(request).await;
        (browser, reply.headers.contains_key(header::CONTENT_ENCODING))
    };
    let (me, own) = packed(me, "same-origin").await;
    let (me, typed) = packed(me, "none").await;
    let (me, foreign) = packed(me, "cross-site").await;
    let (_, sibling) = packed(me, "same-site").await;
    assert_eq!([own, typed, foreign, sibling], [true, true, false, false]);
    // A family follows a link from a mail: there is no session, and the page should be small.
    assert!(packed(kit.browser(), "cross-site").await.1);
}

#[tokio::test]
async fn no_link_leads_to_another_site() {
    let kit = kit().await;
    for path in ["//elsewhere.example/", "//elsewhere.example/%2e%2e?x=1", "/%2F%2Felsewhere.example"] {
        let missing = kit.browser().get(path).await;
        assert_eq!(missing.status, 404);
        assert!(!missing.body.contains("href=\"//") && missing.body.contains("lang=es"), "{}", missing.body);
    }
}

#[tokio::test]
async fn pages_are_not_kept_but_for_the_first_of_the_open_form() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Clerk, A).await;
    let kept = |reply: &crate::testing::Reply| {
        reply.headers[header::CACHE_CONTROL].to_str().expect("text").to_owned()
    };
    for path in ["/mine", "/login", "/d/5100001/any", "/d/5100001/load"] {
        assert_eq!(kept(&me.get(path).await), "no-store", "{path}");
    }
    let path = format!("/open/{A}");
    assert_eq!(kept(&kit.browser().get(&path).await), "private, no-cache");
    assert_eq!(kept(&kit.browser().post(&path, &[("a", "1")]).await), "no-store", "it holds answers");
}

#[tokio::test]
async fn odd_paths_and_methods_find_nothing() {
    let kit = kit().await;
    let me = kit.sign_in(Role::Administrator, A).await;
    for path in [
        "/d/5100001/../5100002/load",
        "/d/5100001%2f..%2f5100002/load",
        "/d/5100001/%2e%2e/5100002/load",
        "/d/%2525100001/load",
        "/d/5100002%00/load",
        "/d/%00/load",
        "/d/ 5100001/load".trim(),
        "/d/5100001;x=1/load",
        "/D/5100001/load",
        "/d/*/load",
        "/d/%2A/load",
        "/d//load",
        "/d/%ff/load",
    ] {
        let Ok(request) = Request::get(path).body(Body::empty()) else { continue };
        let status = me.send(request).await.status;
        assert!([400, 404].contains(&status), "{path}: {status}");
    }
    for method in ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "CONNECT"] {
        let request = Request::builder().method(method).uri(format!("/d/{B}/load")).body(Body::empty());
        let reply = me.send(request.expect("a request")).await;
        assert!([403, 404, 405].contains(&reply.status), "{method}: {}", reply.status);
        assert!(!reply.body.contains("Beta"), "{method}");
    }
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
    kit.serve(router_of(kit.app.clone(), rows(), |rows| rows));
    let reply = kit.browser().get("/login").await;
    let cookie = reply.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("__Host-visitor="), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(reply.headers["strict-transport-security"].to_str().expect("text").starts_with("max-age="));
}
