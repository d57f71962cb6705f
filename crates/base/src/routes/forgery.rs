//! Requests that another site makes a browser send (CSRF): found by where the browser says the request
//! comes from, and by a token that only our own pages know.
//!
//! The token is a digest of the session's secret, or before sign-in of a secret in a cookie of this
//! browser ("double submit"). What another site makes a signed-in browser open is not compressed, see
//! [`super::outer::plain_abroad`]: its size would tell about the token and the names on the page.

use crate::error::{Error, Result};
use crate::secret;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use futures_util::{StreamExt, stream};

/// Header for requests by script.
const HEADER: &str = "x-csrf-token";
/// The token must be within this many bytes of the beginning of a body.
const HEAD_BYTES: usize = 64 * 1024;

/// The token that forms send back, for this secret.
pub fn token(secret: &str) -> String {
    secret::purpose_digest("csrf", secret)
}

/// Whether a request with this method changes nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What the browser says about where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a page of ours.
    Own,
    /// From elsewhere.
    Foreign,
    /// Nothing: an old browser, or no browser.
    Unknown,
}

/// Reads `Sec-Fetch-Site`, else `Origin`. Ours are the public address and the host that was asked.
pub fn origin(headers: &HeaderMap, public_url: Option<&str>) -> Origin {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        // `none`: typed, or sent again by the person from the history.
        Some("same-origin" | "none") => return Origin::Own,
        Some(_) => return Origin::Foreign,
        None => {}
    }
    let Some(said) = text(header::ORIGIN.as_str()) else { return Origin::Unknown };
    let is_public = public_url.is_some_and(|url| said.eq_ignore_ascii_case(url.trim_end_matches('/')));
    let host = said.split_once("://").map(|(_, host)| host);
    let is_host = host.is_some() && host == text(header::HOST.as_str());
    if is_public || is_host { Origin::Own } else { Origin::Foreign }
}

/// Lets a request through that carries the token, or refuses it. Gives the request back whole.
///
/// # Errors
/// [`Error::Forged`] without the token, [`Error::BadRequest`] when the body breaks off.
pub async fn check(request: Request, expected: &str, open_form: bool, origin: Origin) -> Result<Request> {
    if origin == Origin::Foreign {
        return Err(Error::Forged);
    }
    if open_form && origin == Origin::Own {
        return Ok(request);
    }
    let is_expected = |said: &str| secret::same(said, expected);
    if let Some(said) = request.headers().get(HEADER) {
        return if said.to_str().is_ok_and(is_expected) { Ok(request) } else { Err(Error::Forged) };
    }
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let find: fn(&[u8]) -> Option<&str> = if kind.starts_with("application/x-www-form-urlencoded") {
        in_form
    } else if kind.starts_with("multipart/form-data") {
        in_multipart
    } else {
        return Err(Error::Forged);
    };
    let (parts, body) = request.into_parts();
    let (head, body) = read_head(body).await?;
    if find(&head).is_some_and(is_expected) {
        Ok(Request::from_parts(parts, body))
    } else {
        Err(Error::Forged)
    }
}

/// The first bytes of a body, and the whole body again.
async fn read_head(body: Body) -> Result<(Vec<u8>, Body)> {
    // Unwrapped, so that an extractor still sees that it was the body limit that ended a body.
    let mut rest = body.into_data_stream().map(|piece| piece.map_err(axum::Error::into_inner));
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES {
        match rest.next().await {
            Some(Ok(bytes)) => head.extend_from_slice(&bytes),
            Some(Err(e)) if is_limit(e.as_ref()) => return Err(Error::TooLarge),
            Some(Err(_)) => return Err(Error::BadRequest("error-body")),
            None => break,
        }
    }
    let again = stream::once(std::future::ready(Ok(Bytes::from(head.clone())))).chain(rest);
    Ok((head, Body::from_stream(again)))
}

/// Whether a body ended because it is longer than its row accepts.
fn is_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |e| e.source()).any(|e| e.is::<http_body_util::LengthLimitError>())
}

/// The value of `csrf` in a URL-encoded form. A token has no letter that would be escaped.
fn in_form(head: &[u8]) -> Option<&str> {
    let pair = head.split(|b| *b == b'&').find_map(|pair| pair.strip_prefix(b"csrf="))?;
    std::str::from_utf8(pair).ok()
}

/// The value of the field `csrf` in a multipart form, when it comes first.
fn in_multipart(head: &[u8]) -> Option<&str> {
    // The file after it need not be UTF-8.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
    };
    let (part_head, rest) = text.split_once("\r\n\r\n")?;
    let is_csrf = part_head.lines().skip(1).any(|line| {
        line.to_ascii_lowercase().starts_with("content-disposition:") && line.contains("name=\"csrf\"")
    });
    is_csrf.then(|| rest.split_once("\r\n").map(|(value, _)| value)).flatten()
}
