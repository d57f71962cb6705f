//! Ways in and out: set-up, sign-in, sign-out, one-time links.

use super::{Deed, Faults, begin_session, note, note_failed, page, set_cookie, with_session, wrong};
use crate::account::queries::{self, Account};
use crate::account::session::Session;
use crate::account::{First, rules, secret};
use crate::app::App;
use crate::config::OidcProvider;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::routes::limits::Limit;
use crate::routes::{cookie, escape, read_cookie, session_cookie};
use askama::Template;
use axum::extract::{Extension, Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The start: where somebody who typed only the host goes on.
pub async fn start(State(app): State<App>, p: Frame) -> Result<Redirect> {
    let Some(viewer) = &p.viewer else {
        let is_set_up = queries::is_set_up(&app.db).await?;
        return Ok(Redirect::to(if is_set_up { "/login" } else { "/setup" }));
    };
    match viewer.roles.as_slice() {
        [(district, _), rest @ ..] if district != "*" && rest.iter().all(|(d, _)| d == district) => {
            Ok(Redirect::to(&format!("/d/{district}")))
        }
        _ => Ok(Redirect::to("/districts")),
    }
}

#[derive(Template)]
#[template(path = "account/templates/setup.html")]
struct SetUpPage {
    p: Frame,
    form: SetUpForm,
    faults: Faults,
}

/// What the set-up form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SetUpForm {
    code: String,
    name: String,
    email: String,
    password: String,
}

/// The form that makes the first account; there is none any more once that exists.
pub async fn set_up_form(
    State(app): State<App>,
    p: Frame,
    Query(form): Query<SetUpForm>,
) -> Result<Response> {
    if queries::is_set_up(&app.db).await? {
        return Err(Error::NotFound);
    }
    let form = SetUpForm { code: form.code, ..SetUpForm::default() };
    page(&SetUpPage { p, form, faults: Faults::default() })
}

/// Makes the first account.
pub async fn set_up(
    State(app): State<App>,
    p: Frame,
    headers: HeaderMap,
    Form(form): Form<SetUpForm>,
) -> Result<Response> {
    if queries::is_set_up(&app.db).await? {
        return Err(Error::NotFound);
    }
    let mut faults = Faults::default();
    if !secret::same(form.code.trim(), &app.accounts.set_up_code) {
        faults.push("code", p.t("account-setup-code-wrong"));
    }
    let (name, email) = (rules::name(&form.name), rules::email(&form.email));
    if name.is_none() {
        faults.push("name", p.t("account-name-wrong"));
    }
    if email.is_none() {
        faults.push("email", p.t("account-email-wrong"));
    }
    if let Some(key) = rules::password_fault(&form.password, &form.email) {
        faults.push("password", p.t(key));
    }
    let (Some(name), Some(email), true) = (name, email, faults.is_empty()) else {
        return wrong(&SetUpPage { p, form, faults });
    };
    let password_hash = app.accounts.passwords.hash(&form.password).await?;
    let mut write = app.db.write().await?;
    let first = First { email: &email, name: &name, password_hash: &password_hash };
    let id = crate::account::set_up(&mut write, first).await?;
    note(&mut write, &id, Deed::plain("installation.set-up", &id)).await?;
    let token = begin_session(&mut write, &app, &headers, &id).await?;
    write.commit().await?;
    with_session(&app, &token, Redirect::to("/districts").into_response())
}

#[derive(Template)]
#[template(path = "account/templates/login.html")]
struct SignInPage {
    p: Frame,
    email: String,
    next: String,
    providers: Vec<(String, String)>,
    faults: Faults,
}

impl SignInPage {
    fn new(app: &App, p: Frame, email: String, next: &str) -> Self {
        let next = rules::next_path(next);
        let link = |provider: &OidcProvider| {
            let href = format!("/oidc/start?provider={}&next={}", escape(&provider.id), escape(next));
            (href, provider.name.clone())
        };
        let providers = app.config.oidc.iter().map(link).collect();
        Self { p, email, next: next.to_owned(), providers, faults: Faults::default() }
    }
}

/// What the address of the sign-in page may say.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

/// The sign-in form.
pub async fn sign_in_form(
    State(app): State<App>,
    p: Frame,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    if p.viewer.is_some() {
        return Ok(Redirect::to(rules::next_path(&wanted.next)).into_response());
    }
    page(&SignInPage::new(&app, p, String::new(), &wanted.next))
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in by password. Which of the two was wrong is not said.
pub async fn sign_in(
    State(app): State<App>,
    p: Frame,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response> {
    let email = form.email.trim().to_lowercase();
    let secure = app.config.is_https();
    let mark = app.accounts.browser_mark(&email);
    let is_marked = read_cookie(&headers, mark_cookie(secure)).is_some_and(|said| secret::same(said, &mark));
    let counted = if is_marked { mark.clone() } else { secret::digest(&email) };
    if !app.limits.allows(Limit::Account, &counted) {
        return Err(Error::TooMany);
    }
    let known = queries::account_by_email(&app.db, &email).await?;
    let named = known.as_ref().map_or(String::new(), |a| a.id.clone());
    let account = known.filter(|a| !a.disabled);
    let stored = account.as_ref().map(|a| a.password_hash.as_str());
    let is_right = app.accounts.passwords.verify(&form.password, stored).await?;
    let Some(account) = account.filter(|_| is_right) else {
        let mut write = app.db.write().await?;
        note_failed(&mut write, &named).await?;
        write.commit().await?;
        let message = p.t("account-login-wrong");
        let mut sign_in = SignInPage::new(&app, p, form.email, &form.next);
        sign_in.faults.push("email", message);
        return wrong(&sign_in);
    };
    let mut write = app.db.write().await?;
    note(&mut write, &account.id, Deed::plain("account.sign-in", &account.id)).await?;
    let token = begin_session(&mut write, &app, &headers, &account.id).await?;
    write.commit().await?;
    let mut response =
        with_session(&app, &token, Redirect::to(rules::next_path(&form.next)).into_response())?;
    set_cookie(&mut response, &cookie(secure, mark_cookie(secure), &mark, Some(MARK_SECONDS)))?;
    Ok(response)
}

/// The name of the cookie that a browser keeps after a sign-in, see [`crate::account::Accounts::browser_mark`].
fn mark_cookie(secure: bool) -> &'static str {
    if secure { "__Host-mark" } else { "mark" }
}

/// How long a browser keeps it.
const MARK_SECONDS: u32 = 90 * 24 * 60 * 60;

/// Ends the session.
pub async fn sign_out(State(app): State<App>, session: Option<Extension<Session>>) -> Result<Response> {
    if let Some(Extension(session)) = session {
        let mut write = app.db.write().await?;
        queries::delete_session(&mut write, &session.token_hash).await?;
        let id = &session.viewer.account_id;
        note(&mut write, id, Deed::plain("account.sign-out", id)).await?;
        write.commit().await?;
    }
    let secure = app.config.is_https();
    let mut response = Redirect::to("/login").into_response();
    set_cookie(&mut response, &cookie(secure, session_cookie(secure), "", Some(0)))?;
    Ok(response)
}

#[derive(Template)]
#[template(path = "account/templates/link.html")]
struct LinkPage {
    p: Frame,
    email: String,
    name: String,
    action: String,
    providers: Vec<(String, String)>,
    faults: Faults,
}

impl LinkPage {
    fn new(app: &App, p: Frame, account: Account, token: &str) -> Self {
        let sign_in = SignInPage::new(app, p, account.email, "/");
        // Who has been invited and has no password yet may come by a provider instead.
        let providers = if account.password_hash.is_empty() { sign_in.providers } else { Vec::new() };
        let action = format!("/link/{token}");
        Self {
            p: sign_in.p,
            email: sign_in.email,
            name: account.name,
            action,
            providers,
            faults: Faults::default(),
        }
    }
}

/// The account of a one-time link that can still be used.
async fn account_of_link(app: &App, token: &str) -> Result<Account> {
    let link = queries::link(&app.db, &secret::digest(token)).await?;
    let link = link.filter(|l| l.expires_ms > now_ms()).ok_or(Error::BadRequest("account-link-ended"))?;
    queries::account(app.db.read(), &link.account_id).await?.ok_or(Error::NotFound)
}

/// The form behind a one-time link: choose a name and a password.
pub async fn link_form(State(app): State<App>, p: Frame, Path(token): Path<String>) -> Result<Response> {
    let account = account_of_link(&app, &token).await?;
    page(&LinkPage::new(&app, p, account, &token))
}

/// What the form behind a one-time link sends.
#[derive(Deserialize)]
pub struct LinkForm {
    password: String,
}

/// Sets the password and signs in. Other sessions of the account end, the link is used up.
pub async fn use_link(
    State(app): State<App>,
    p: Frame,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(form): Form<LinkForm>,
) -> Result<Response> {
    let account = account_of_link(&app, &token).await?;
    if let Some(key) = rules::password_fault(&form.password, &account.email) {
        let message = p.t(key);
        let mut link = LinkPage::new(&app, p, account, &token);
        link.faults.push("password", message);
        return wrong(&link);
    }
    let hash = app.accounts.passwords.hash(&form.password).await?;
    let mut write = app.db.write().await?;
    if !queries::delete_link(&mut write, &secret::digest(&token)).await? {
        return Err(Error::BadRequest("account-link-ended"));
    }
    queries::set_password(&mut write, &account.id, &hash).await?;
    queries::delete_sessions(&mut write, &account.id, "").await?;
    note(&mut write, &account.id, Deed::plain("account.use-link", &account.id)).await?;
    let session = begin_session(&mut write, &app, &headers, &account.id).await?;
    write.commit().await?;
    with_session(&app, &session, Redirect::to("/").into_response())
}
