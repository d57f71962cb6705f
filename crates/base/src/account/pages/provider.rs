//! Sign-in by an identity provider.

use super::{Deed, begin_session, note, note_failed, with_session};
use crate::account::queries::{self, Account};
use crate::account::{oidc, rules, secret};
use crate::app::App;
use crate::config::OidcProvider;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::routes::{Visitor, escape};
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// What the address of the start says.
#[derive(Deserialize)]
pub struct Start {
    provider: String,
    #[serde(default)]
    next: String,
}

fn provider<'a>(app: &'a App, id: &str) -> Result<&'a OidcProvider> {
    app.config.oidc.iter().find(|p| p.id == id).ok_or(Error::NotFound)
}

/// Sends the browser to the provider. The sign-in is bound to this browser.
pub async fn start(
    State(app): State<App>,
    Extension(Visitor(visitor)): Extension<Visitor>,
    Query(start): Query<Start>,
) -> Result<Response> {
    let provider = provider(&app, &start.provider)?;
    let next = rules::next_path(&start.next);
    let (url, state, flow) = app.accounts.oidc.begin(&app.config, provider, (&visitor, next)).await?;
    let mut write = app.db.write().await?;
    let now = now_ms();
    queries::delete_ended(&mut write, now, now - oidc::FLOW_MS).await?;
    queries::insert_flow(&mut write, &secret::digest(&state), &flow).await?;
    write.commit().await?;
    Ok(Redirect::to(&url).into_response())
}

/// What the provider's redirect says.
#[derive(Deserialize)]
pub struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Takes the browser back. A person who comes from the provider's own portal brings no state of ours: what
/// else she brings is not used, and the sign-in begins again, from us.
pub async fn callback(
    State(app): State<App>,
    Extension(Visitor(visitor)): Extension<Visitor>,
    headers: HeaderMap,
    Query(said): Query<Callback>,
) -> Result<Response> {
    if said.state.is_none() && said.error.is_some() {
        // To begin again would lead here again.
        return Err(Error::BadRequest("account-oidc-declined"));
    }
    let Some(state) = said.state else {
        return Ok(restart(&app, said.iss.as_deref()).into_response());
    };
    let mut write = app.db.write().await?;
    let flow = queries::take_flow(&mut write, &secret::digest(&state)).await?;
    write.commit().await?;
    let is_ours = |flow: &queries::Flow| {
        secret::same(&flow.browser_hash, &secret::digest(&visitor))
            && now_ms() < flow.created_ms + oidc::FLOW_MS
    };
    let flow = flow.filter(is_ours).ok_or(Error::BadRequest("account-oidc-state"))?;
    let provider = provider(&app, &flow.provider)?;
    // RFC 9207: the answer of another provider is not for this sign-in.
    if said.iss.is_some_and(|iss| iss != provider.issuer) {
        return Err(Error::BadRequest("account-oidc-state"));
    }
    let code =
        said.code.filter(|_| said.error.is_none()).ok_or(Error::BadRequest("account-oidc-declined"))?;
    let next = flow.next_path.clone();
    let person = app.accounts.oidc.finish(&app.config, provider, (flow, code)).await?;
    let account = match account_of(&app, &person).await {
        Err(refused @ Error::BadRequest(_)) => {
            let known = known(&app, &person).await?.map_or(String::new(), |a| a.id);
            let mut write = app.db.write().await?;
            note_failed(&mut write, &known).await?;
            write.commit().await?;
            return Err(refused);
        }
        found => found?,
    };
    let mut write = app.db.write().await?;
    note(&mut write, &account.id, Deed::plain("account.sign-in", &account.id)).await?;
    let token = begin_session(&mut write, &app, &headers, &account.id).await?;
    write.commit().await?;
    with_session(&app, &token, Redirect::to(&next).into_response())
}

/// To the start of the provider that this came from, or to the sign-in page when there are several.
fn restart(app: &App, issuer: Option<&str>) -> Redirect {
    let named = app.config.oidc.iter().find(|p| Some(p.issuer.as_str()) == issuer);
    match (named, app.config.oidc.as_slice()) {
        (Some(provider), _) | (None, [provider]) => {
            Redirect::to(&format!("/oidc/start?provider={}", escape(&provider.id)))
        }
        _ => Redirect::to("/login"),
    }
}

/// The account that this person means, whether or not she may sign in to it.
async fn known(app: &App, person: &oidc::Person) -> Result<Option<Account>> {
    let linked = queries::account_by_identity(&app.db, &person.issuer, &person.subject).await?;
    Ok(match (linked, &person.verified_email) {
        (None, Some(email)) => queries::account_by_email(&app.db, email).await?,
        (linked, _) => linked,
    })
}

/// The account of this person: linked before, or invited under the same verified e-mail address, which
/// links it now.
async fn account_of(app: &App, person: &oidc::Person) -> Result<Account> {
    const UNKNOWN: Error = Error::BadRequest("account-oidc-unknown");
    let linked = queries::account_by_identity(&app.db, &person.issuer, &person.subject).await?;
    if let Some(account) = linked {
        return if account.disabled { Err(UNKNOWN) } else { Ok(account) };
    }
    let email = person.verified_email.as_deref().ok_or(UNKNOWN)?;
    let account = queries::account_by_email(&app.db, email).await?.filter(|a| !a.disabled).ok_or(UNKNOWN)?;
    if !queries::is_invited(&app.db, &account.id, now_ms()).await? {
        return Err(UNKNOWN);
    }
    let mut write = app.db.write().await?;
    queries::insert_identity(&mut write, &account.id, (&person.issuer, &person.subject), now_ms()).await?;
    queries::delete_links(&mut write, &account.id).await?;
    note(&mut write, &account.id, Deed::plain("account.link-provider", &account.id)).await?;
    write.commit().await?;
    Ok(account)
}
