//! HTTP of the slice `account`.

mod entry;
mod log;
mod manage;
mod own;
mod provider;

use super::rules::Refusal;
use super::secret;
use crate::access::{Action, Role};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::routes::limits::Limit;
use crate::routes::{Needs, Route, cookie, route, session_cookie};
use askama::Template;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    use Needs::{May, Public, SignedIn};
    let manage = May(Action::ManageAccounts);
    vec![
        route("/", Public, get(entry::start)),
        route("/setup", Public, get(entry::set_up_form).post(entry::set_up)).limited(Limit::SetUp),
        route("/login", Public, get(entry::sign_in_form).post(entry::sign_in)).limited(Limit::SignIn),
        route("/logout", Public, post(entry::sign_out)),
        route("/link/{token}", Public, get(entry::link_form).post(entry::use_link)).limited(Limit::SignIn),
        route("/oidc/start", Public, get(provider::start)).limited(Limit::Provider),
        route("/oidc/callback", Public, get(provider::callback)).limited(Limit::Provider),
        route("/account", SignedIn, get(own::account)),
        route("/account/password", SignedIn, post(own::change_password)).limited(Limit::SignIn),
        route("/account/end-others", SignedIn, post(own::end_others)),
        route("/districts", SignedIn, get(own::districts).post(own::add_district)),
        route("/audit/{district}", May(Action::SeeAudit), get(log::audit)),
        route("/audit/{district}/log.csv", May(Action::SeeAudit), get(log::audit_csv)),
        route("/accounts/{district}", manage, get(manage::list).post(manage::invite)),
        route("/accounts/{district}/{account}/grant", manage, post(manage::grant)),
        route("/accounts/{district}/{account}/take", manage, post(manage::take)),
        route("/accounts/{district}/{account}/disable", manage, post(manage::disable)),
        route("/accounts/{district}/{account}/enable", manage, post(manage::enable)),
        route("/accounts/{district}/{account}/reset", manage, post(manage::reset)),
    ]
}

/// A template as a page.
fn page(template: &impl Template) -> Result<Response> {
    Ok(Html(template.render()?).into_response())
}

/// A form with what is wrong in it: the page again, as a bad request.
fn wrong(template: &impl Template) -> Result<Response> {
    Ok((axum::http::StatusCode::BAD_REQUEST, Html(template.render()?)).into_response())
}

/// What is wrong with a form.
#[derive(Default)]
struct Faults {
    /// The id of the field and the message.
    list: Vec<(&'static str, String)>,
}

impl Faults {
    fn push(&mut self, field: &'static str, message: String) {
        self.list.push((field, message));
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The message of a field, empty when all is well.
    fn of(&self, field: &str) -> &str {
        self.list.iter().find(|(id, _)| *id == field).map_or("", |(_, message)| message.as_str())
    }
}

/// Goes on as somebody who just signed in: a fresh session in the cookie.
fn with_session(app: &App, token: &str, mut response: Response) -> Result<Response> {
    let secure = app.config.is_https();
    set_cookie(&mut response, &cookie(secure, session_cookie(secure), token, None))?;
    Ok(response)
}

fn set_cookie(response: &mut Response, line: &str) -> Result<()> {
    let value = HeaderValue::from_str(line).map_err(|e| Error::Internal(format!("cookie: {e}")))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

/// Begins a session for the account; a session that the browser had before ends.
async fn begin_session(
    write: &mut Write,
    app: &App,
    headers: &HeaderMap,
    account_id: &str,
) -> Result<String> {
    let now = now_ms();
    super::queries::delete_ended(write, now, now - super::oidc::FLOW_MS).await?;
    let name = session_cookie(app.config.is_https());
    if let Some(old) = crate::routes::read_cookie(headers, name) {
        super::queries::delete_session(write, &secret::digest(old)).await?;
    }
    super::session::begin(write, account_id, &app.config).await
}

/// Writes down what was done to an account, in the transaction that does it.
async fn note(write: &mut Write, by: &str, deed: Deed<'_>) -> Result<()> {
    let entry = Entry {
        district_id: deed.district,
        account_id: Some(by),
        action: deed.action,
        subject: ("account", deed.account),
        detail: deed.detail,
    };
    Ok(audit::record(write, &entry).await?)
}

/// Writes down that a sign-in failed: to which account, where there is one. What was typed is not kept, for people type
/// passwords into the wrong field; nor is it known who did it.
async fn note_failed(write: &mut Write, account: &str) -> Result<()> {
    let entry = Entry {
        district_id: None,
        account_id: None,
        action: "account.sign-in-failed",
        subject: ("account", account),
        detail: serde_json::Value::Null,
    };
    Ok(audit::record(write, &entry).await?)
}

/// What was done to an account.
struct Deed<'a> {
    action: &'a str,
    account: &'a str,
    /// None when it concerns the whole installation.
    district: Option<&'a str>,
    detail: serde_json::Value,
}

impl<'a> Deed<'a> {
    /// Something without more to say, that concerns no district.
    fn plain(action: &'a str, account: &'a str) -> Self {
        Self { action, account, district: None, detail: serde_json::Value::Null }
    }

    /// Something done in a district.
    fn of(action: &'a str, account: &'a str, district: &'a str) -> Self {
        Self { action, account, district: Some(district), detail: serde_json::Value::Null }
    }

    /// A role given or taken; everywhere, when its scope is `*`.
    fn role(mut self, (scope, role): (&str, Role)) -> Self {
        self.detail = serde_json::json!({ "role": role.as_str(), "everywhere": scope == "*" });
        self
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown => Self::NotFound,
            Refusal::Own => Self::BadRequest("account-refused-own"),
            Refusal::Elsewhere => Self::BadRequest("account-refused-elsewhere"),
        }
    }
}
