//! What happens to a request of a row of the table before its handler sees it.

use super::limits::{self, Limit};
use super::{Needs, Route, forgery};
use crate::App;
use crate::account::{queries, session};
use crate::error::{Error, Result};
use crate::layout::{District, Frame};
use crate::secret;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// What a row of the table asks of the middleware.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    needs: Needs,
    in_district: bool,
    limit: Option<Limit>,
    open_form: bool,
    file: bool,
}

impl Rule {
    /// The rule of a row.
    pub fn of(row: &Route) -> Self {
        Self {
            needs: row.needs,
            in_district: row.path.contains("{district}"),
            limit: row.limit,
            open_form: row.open_form,
            file: row.file,
        }
    }
}

/// The secret of a browser that is not signed in. Handlers that bind something to the browser (a sign-in
/// by OpenID Connect) take it from the request's extensions.
#[derive(Clone, Debug)]
pub struct Visitor(pub String);

/// The name of the session cookie. `__Host-` makes browsers refuse it without https or with a domain.
pub fn session_cookie(secure: bool) -> &'static str {
    if secure { "__Host-evenfield" } else { "evenfield" }
}

/// The name of the cookie of a browser that is not signed in.
fn visitor_cookie(secure: bool) -> &'static str {
    if secure { "__Host-visitor" } else { "visitor" }
}

/// A `Set-Cookie` value; `seconds` is how long it stays, none for as long as the browser is open.
pub fn cookie(secure: bool, name: &str, value: &str, seconds: Option<u32>) -> String {
    let age = seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

/// The value of a cookie of the request.
pub fn read_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

/// The middleware of one row.
pub async fn guard(
    State((app, rule)): State<(App, Rule)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    if rule.file || rule.needs == Needs::Proof {
        return next.run(request).await;
    }
    let district = params.iter().find(|(name, _)| *name == "district").map(|(_, value)| value.to_owned());
    let wanted = wanted_path(&request);
    // Families go back and forth between the steps of the form; only its empty first page may be kept for that.
    let keeps = rule.open_form && forgery::is_safe(request.method());
    match prepare(&app, request).await {
        Ok((request, visitor)) => {
            let mut frame = request.extensions().get::<Frame>().cloned();
            let mut response = match admit(&app, rule, district, request).await {
                Ok(request) => {
                    frame = request.extensions().get::<Frame>().cloned();
                    next.run(request).await
                }
                Err(error) => error.into_response(),
            };
            if response.status() == StatusCode::UNAUTHORIZED {
                response = to_sign_in(wanted.as_deref());
            }
            if let Some(frame) = frame {
                response.extensions_mut().insert(frame);
            }
            finish(&mut response, keeps, visitor);
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Loads the session, and puts it, the browser's secret and the frame into the request. Gives the cookie
/// of a browser that had none.
async fn prepare(app: &App, mut request: Request) -> Result<(Request, Option<String>)> {
    let secure = app.config.is_https();
    let token = read_cookie(request.headers(), session_cookie(secure)).map(str::to_owned);
    let session = match &token {
        Some(token) => session::load(&app.db, token, &app.config).await?,
        None => None,
    };
    let known = read_cookie(request.headers(), visitor_cookie(secure)).map(str::to_owned);
    let mut set_cookie = None;
    let visitor = match known {
        Some(visitor) => visitor,
        None => {
            let visitor = secret::new_token()?;
            if session.is_none() {
                set_cookie = Some(cookie(secure, visitor_cookie(secure), &visitor, None));
            }
            visitor
        }
    };
    let csrf = match (&session, &token) {
        (Some(_), Some(token)) => forgery::token(token),
        _ => forgery::token(&visitor),
    };
    if let Some(frame) = request.extensions_mut().get_mut::<Frame>() {
        frame.csrf = csrf;
        frame.viewer = session.as_ref().map(|s| s.viewer.clone());
    }
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    request.extensions_mut().insert(Visitor(visitor));
    Ok((request, set_cookie))
}

/// Refuses what the table does not allow; otherwise gives the request back with its district.
async fn admit(app: &App, rule: Rule, district: Option<String>, mut request: Request) -> Result<Request> {
    let frame = request
        .extensions()
        .get::<Frame>()
        .cloned()
        .ok_or_else(|| Error::Internal("no frame: the outer middleware did not run".to_owned()))?;
    if rule.needs != Needs::Public && frame.viewer.is_none() {
        return Err(Error::SignIn);
    }
    let district = match (rule.in_district, district) {
        (true, Some(id)) => Some(find_district(app, rule.needs, &frame, &id).await?),
        _ => None,
    };
    if let Some(frame) = request.extensions_mut().get_mut::<Frame>() {
        frame.district = district;
    }
    let is_safe = forgery::is_safe(request.method());
    if let Some(limit) = rule.limit.filter(|limit| !is_safe || *limit == Limit::Provider) {
        let address = limits::address(&request, app.config.behind_proxy);
        if !app.limits.allows(limit, &address) {
            return Err(Error::TooMany);
        }
        request.extensions_mut().insert(limits::Address(address));
    }
    if !is_safe {
        let origin = forgery::origin(request.headers(), app.config.public_url.as_deref());
        request = forgery::check(request, &frame.csrf, rule.open_form, origin).await?;
    }
    Ok(request)
}

/// The district of the path, when the viewer may know that it exists and do what the row needs.
async fn find_district(app: &App, needs: Needs, frame: &Frame, id: &str) -> Result<District> {
    let district = queries::district(&app.db, id).await?.ok_or(Error::NotFound)?;
    let Some(viewer) = &frame.viewer else { return Ok(district) };
    match needs {
        Needs::Public => Ok(district),
        _ if !viewer.has_role_in(id) => Err(Error::NotFound),
        Needs::May(action) if !viewer.may(id, action) => Err(Error::Forbidden),
        Needs::May(_) | Needs::SignedIn | Needs::Proof => Ok(district),
    }
}

/// Where to come back to after the sign-in: the page that was asked for, if it was only looked at.
fn wanted_path(request: &Request) -> Option<String> {
    let path = forgery::is_safe(request.method()).then(|| request.uri().path_and_query())??;
    (path.as_str() != "/").then(|| path.as_str().to_owned())
}

/// Sends the browser to the sign-in page.
fn to_sign_in(wanted: Option<&str>) -> Response {
    match wanted {
        Some(path) => Redirect::to(&format!("/login?next={}", escape(path))),
        None => Redirect::to("/login"),
    }
    .into_response()
}

/// Escapes everything that is not unreserved (RFC 3986, section 2.3).
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Sets the headers that depend on who looked.
fn finish(response: &mut Response, keeps: bool, visitor: Option<String>) {
    // Even a public page holds the form token of one browser, or whom a one-time link is for.
    let keep = if keeps { "private, no-cache" } else { "no-store" };
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(keep));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    if let Some(value) = visitor.and_then(|v| HeaderValue::from_str(&v).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
