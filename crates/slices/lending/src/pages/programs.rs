//! Programs of the district: tokens for the interface, and receivers that are told of what happens.

use super::api::SCOPES;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::minute;
use crate::hook::{EVENTS, is_allowed};
use crate::layout::Frame;
use crate::queries::{self, Token, Webhook};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use serde_json::json;

struct TokenView {
    token: Token,
    made: String,
    used: String,
}

struct HookView {
    hook: Webhook,
    told: String,
}

#[derive(Template)]
#[template(path = "templates/programs.html")]
struct Page {
    p: Frame,
    tokens: Vec<TokenView>,
    hooks: Vec<HookView>,
    /// A secret that is shown this once, and what it is.
    secret: Option<(&'static str, String)>,
    hosts: Vec<String>,
}

async fn show(app: &App, p: Frame, secret: Option<(&'static str, String)>) -> Result<Response> {
    let db = app.db.read();
    let token = |token: Token| TokenView {
        made: p.date(token.made_ms),
        used: token.used_ms.map(minute).unwrap_or_default(),
        token,
    };
    let hook = |hook: Webhook| HookView { told: hook.told_ms.map(minute).unwrap_or_default(), hook };
    let page = Page {
        tokens: queries::tokens(db, p.district_id()).await?.into_iter().map(token).collect(),
        hooks: queries::webhooks(db, p.district_id()).await?.into_iter().map(hook).collect(),
        hosts: app.config.webhook_hosts.clone(),
        secret,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    show(&app, p, None).await
}

/// Those words of a form's field that the list has, in the list's order.
fn chosen(fields: &[(String, String)], name: &str, list: &[&'static str]) -> Vec<&'static str> {
    let said: Vec<&str> = fields.iter().filter(|(n, _)| n == name).map(|(_, s)| s.as_str()).collect();
    list.iter().copied().filter(|word| said.contains(word)).collect()
}

/// Makes or takes back a token, makes or stops a receiver.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, s)| s.as_str());
    let by = (p.account_id().unwrap_or_default().to_owned(), now_ms());
    let by = (by.0.as_str(), by.1);
    let mut tx = app.db.write().await?;
    let (action, subject, detail, secret) = match field("act") {
        "token" => {
            let name: String = one_line(field("name")).chars().take(TEXT).collect();
            let scopes = chosen(&fields, "scope", &SCOPES).join(" ");
            if name.is_empty() || scopes.is_empty() {
                return Err(Error::BadRequest("program-wrong-token"));
            }
            let token = queries::put_token(&mut tx, p.district_id(), (&name, &scopes), by).await?;
            ("token.make", String::new(), json!({ "scopes": scopes }), Some(("token", token)))
        }
        "webhook" => {
            let (url, events) = (field("url").trim().to_owned(), chosen(&fields, "event", &EVENTS).join(" "));
            if events.is_empty() || !is_allowed(&url, &app.config.webhook_hosts) {
                return Err(Error::BadRequest("program-wrong-hook"));
            }
            let secret = queries::put_webhook(&mut tx, p.district_id(), (&url, &events), by).await?;
            ("webhook.make", String::new(), json!({ "events": events }), Some(("webhook", secret)))
        }
        act @ ("revoke" | "stop") => {
            let id = field("id").to_owned();
            let is_done = match act {
                "revoke" => queries::revoke_token(&mut tx, p.district_id(), &id, by.1).await?,
                _ => queries::stop_webhook(&mut tx, p.district_id(), &id, by.1).await?,
            };
            if !is_done {
                return Err(Error::NotFound);
            }
            (if act == "revoke" { "token.revoke" } else { "webhook.stop" }, id, json!(null), None)
        }
        _ => return Err(Error::BadRequest("lending-wrong-act")),
    };
    audit::record(&mut tx, &p.entry(action, ("program", &subject), detail)).await?;
    tx.commit().await?;
    match secret {
        // Shown this once, on the answer itself: what is secret is in no address.
        Some(_) => show(&app, p, secret).await,
        None => Ok(Redirect::to(&p.district_path("/lending/programs")).into_response()),
    }
}
