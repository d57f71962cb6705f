//! HTTP: the login page, agents, monitoring.

use super::{Bus, lock, status};
use crate::page::{Answer, Asked, Deed, From, LONGEST_FORM};
use crate::telemetry::netjson;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at a time: each device opens a few to see whether it is online.
const MOST: usize = 256;
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where agents of OpenWISP send what they see, before the device's id.
const AGENTS: &str = "/api/v1/monitoring/device/";

/// What a listener serves.
#[derive(Clone)]
pub enum What {
    /// The login page.
    Page,
    /// Agents that send NetJSON; the file with the key that they show.
    Agents(PathBuf),
    /// `/health` and `/metrics`.
    Status,
}

/// Serves for ever.
pub async fn serve(bus: Arc<Bus>, listener: TcpListener, what: What) {
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let (bus, what) = (bus.clone(), what.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let (bus, what) = (bus.clone(), what.clone());
                async move { Ok::<_, Infallible>(answer(&bus, &what, from, request).await) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(16 << 10);
            let connection = http.keep_alive(false).serve_connection(TokioIo::new(stream), service);
            // A body that never ends ends here.
            let _ = tokio::time::timeout(PATIENCE * 3, connection).await;
            drop(place);
        });
    }
}

async fn answer(
    bus: &Arc<Bus>,
    what: &What,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    match what {
        What::Page => page(bus, from.ip(), request).await,
        What::Agents(key) => agents(bus, key, request).await,
        What::Status => match (request.method(), request.uri().path()) {
            (&Method::GET, "/health") => text(StatusCode::OK, "ok\n"),
            (&Method::GET, "/metrics") => text(StatusCode::OK, &status::metrics(bus)),
            _ => text(StatusCode::NOT_FOUND, "there is /health and /metrics\n"),
        },
    }
}

fn text(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())));
    *response.status_mut() = status;
    put(response.headers_mut(), CONTENT_TYPE, "text/plain; version=0.0.4");
    response
}

fn put(headers: &mut HeaderMap, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        headers.insert(name, value);
    }
}

async fn body(request: Request<Incoming>, most: usize) -> Option<Bytes> {
    Some(Limited::new(request.into_body(), most).collect().await.ok()?.to_bytes())
}

async fn page(bus: &Arc<Bus>, from: IpAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let header =
        |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let mut asked = Asked {
        post: request.method() == Method::POST,
        path: request.uri().path().to_owned(),
        cookie: header(COOKIE),
        language: header(ACCEPT_LANGUAGE),
        form: String::new(),
    };
    if asked.post {
        let Some(form) = body(request, LONGEST_FORM).await else {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "");
        };
        asked.form = String::from_utf8_lossy(&form).into_owned();
    }
    let found = lock(&bus.sessions).at(from);
    let now_s = lock(&bus.clock).now_ms().and_then(|ms| u64::try_from(ms / 1_000).ok());
    let session = found.as_ref().map(|found| found.rider);
    let from = From { address: from, session, now_s, up_s: bus.up_s() };
    let answer = {
        let gate = lock(&bus.gate);
        lock(&bus.page).as_mut().map(|page| page.answer(&asked, &from, &gate))
    };
    let Some(answer) = answer else { return text(StatusCode::NOT_FOUND, "") };
    match (answer.deed, found) {
        (Some(Deed::LetIn(rider)), Some(found)) => bus.let_in(found, rider),
        (Some(Deed::LetOut), Some(found)) => bus.let_out(found),
        _ => {}
    }
    response(answer)
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    put(headers, CONTENT_TYPE, answer.kind);
    // RFC 8908, section 4: nobody else's state, and not an old one.
    put(headers, CACHE_CONTROL, "private, no-store");
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    put(headers, hyper::header::CONTENT_SECURITY_POLICY, policy);
    if let Some(location) = answer.location {
        put(headers, LOCATION, &location);
    }
    if let Some(cookie) = answer.cookie {
        put(headers, SET_COOKIE, &cookie);
    }
    response
}

/// `POST /api/v1/monitoring/device/ID/?key=…&time=…`, as OpenWISP's agents send it.
async fn agents(bus: &Arc<Bus>, key: &std::path::Path, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::POST || !request.uri().path().starts_with(AGENTS) {
        return text(StatusCode::NOT_FOUND, "");
    }
    let query = request.uri().query().unwrap_or_default();
    let shown = query.split('&').find_map(|pair| pair.strip_prefix("key=")).unwrap_or_default();
    let wanted = std::fs::read_to_string(key).unwrap_or_default();
    let right = bool::from(wanted.trim().as_bytes().ct_eq(shown.as_bytes())) && !wanted.trim().is_empty();
    if !right {
        return text(StatusCode::FORBIDDEN, "");
    }
    match body(request, netjson::LONGEST).await.and_then(|octets| netjson::read(&octets)) {
        Some(facts) => {
            bus.heard.message();
            facts.into_iter().for_each(|fact| bus.keeper.note(fact));
            text(StatusCode::OK, "")
        }
        None => text(StatusCode::BAD_REQUEST, "wanted NetJSON DeviceMonitoring\n"),
    }
}
