//! Around all rows: language, security headers, the log line of a request, error pages, panics.

use crate::App;
use crate::error::PersonMessage;
use crate::layout::Frame;
use crate::routes::forgery::{self, Origin};
use crate::routes::guard::{cookie, read_cookie, session_cookie};
use crate::words::Language;
use askama::Template;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::any::Any;
use std::time::Instant;

const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; worker-src 'self'; img-src 'self' data:; \
     style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Headers of every response.
const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"),
];

/// A chosen language is kept for a year.
const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The middleware.
pub async fn outer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    // The row, not the path: a path can hold a one-time token or a student's id.
    let row = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let chosen = language_in_query(request.uri().query());
    let language = chosen.unwrap_or_else(|| language_of(request.headers()));
    let wants_page = wants_page(request.headers());
    let frame = Frame {
        language,
        words: app.words.clone(),
        viewer: None,
        district: None,
        csrf: String::new(),
        path: request.uri().path().to_owned(),
        query: query_without_language(request.uri().query()),
    };
    request.extensions_mut().insert(frame.clone());
    let response = next.run(request).await;
    let mut response = if is_bare_error(&response) {
        let frame = response.extensions().get::<Frame>().cloned().unwrap_or(frame);
        dress(response, &frame, wants_page)
    } else {
        response
    };
    let secure = app.config.is_https();
    if let Some(language) = chosen {
        let value = cookie(secure, "lang", language.tag(), Some(YEAR_SECONDS));
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    add_headers(response.headers_mut(), secure);
    log(&method, row.as_deref(), response.status(), began);
    response
}

/// Keeps a page from being compressed when another site made a signed-in browser ask for it. Such a site may put text
/// into the address that the page repeats; whoever sees how long the compressed pages are could then learn what else
/// is in them, letter by letter (BREACH, 2013). `SameSite=Lax` does not help: it lets pages be opened.
pub async fn plain_abroad(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let has_session = read_cookie(headers, session_cookie(app.config.is_https())).is_some();
    if has_session && forgery::origin(headers, app.config.public_url.as_deref()) == Origin::Foreign {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

fn add_headers(headers: &mut HeaderMap, secure: bool) {
    for (name, value) in HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
}

fn log(method: &Method, row: Option<&str>, status: StatusCode, began: Instant) {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, row = row.unwrap_or("-"), status = status.as_u16(), ms, "request");
}

/// The language chosen by `?lang=` in this request.
fn language_in_query(query: Option<&str>) -> Option<Language> {
    query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::from_tag)
}

/// The query without the language, for links to this page in another one.
fn query_without_language(query: Option<&str>) -> String {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.starts_with("lang="));
    pairs.collect::<Vec<_>>().join("&")
}

/// The language of the cookie, else the best that the browser asks for.
fn language_of(headers: &HeaderMap) -> Language {
    read_cookie(headers, "lang").and_then(Language::from_tag).unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        Language::negotiate(accepted.unwrap_or_default())
    })
}

/// Whether an error should be a page: a browser, or nobody said otherwise.
fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"))
}

/// An error that nobody wrote a page for: a bare status, or the plain text of an extractor.
fn is_bare_error(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && kind.is_none_or(|kind| kind.starts_with("text/plain"))
}

/// The page of an error.
#[derive(Template)]
#[template(path = "routes/templates/error.html")]
struct ErrorPage<'a> {
    p: &'a Frame,
    title: &'static str,
    text: &'static str,
}

/// Title and text for the person, by status.
fn messages(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::FORBIDDEN => ("error-forbidden-title", "error-forbidden-text"),
        StatusCode::NOT_FOUND => ("error-not-found-title", "error-not-found-text"),
        StatusCode::METHOD_NOT_ALLOWED => ("error-method-title", "error-method-text"),
        StatusCode::PAYLOAD_TOO_LARGE => ("error-too-large-title", "error-too-large-text"),
        StatusCode::TOO_MANY_REQUESTS => ("error-too-many-title", "error-too-many-text"),
        s if s.is_client_error() => ("error-bad-request-title", "error-bad-request-text"),
        _ => ("error-internal-title", "error-internal-text"),
    }
}

/// The error in the viewer's language and in our layout, with the headers that it had.
fn dress(bare: Response, frame: &Frame, wants_page: bool) -> Response {
    let status = bare.status();
    let (title, text) = messages(status);
    let text = bare.extensions().get::<PersonMessage>().map_or(text, |message| message.0);
    let page = ErrorPage { p: frame, title, text };
    let mut dressed = match page.render() {
        Ok(html) if wants_page => (status, Html(html)).into_response(),
        _ => (status, frame.t(text)).into_response(),
    };
    for (name, value) in bare.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            dressed.headers_mut().append(name, value.clone());
        }
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        dressed.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    dressed
}

/// What a panic becomes. Its message stays in the log of the process; it may quote what was sent.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
