//! Pages for families: a link to the own page by text message or e-mail, and ending notices by a click.

use super::contact::{address, answer};
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Contact};
use crate::rules::message::Topic;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

/// What is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LinkForm {
    /// The secret of a link.
    key: String,
    /// A number or an address.
    reach: String,
    /// The message by which somebody ends notices.
    m: String,
    /// `stop` or `start`.
    act: String,
}

/// A student whose page a link leads to.
struct Holder {
    who: usize,
    initial: String,
    grade: String,
}

#[derive(Template)]
#[template(path = "templates/family_link.html")]
struct Page {
    p: Frame,
    key: String,
    holders: Vec<Holder>,
    /// Whether the link holds no longer.
    is_over: bool,
    is_sent: bool,
    reach: String,
    errors: Vec<(&'static str, String)>,
}

impl Page {
    fn new(p: Frame) -> Self {
        let key = String::new();
        Self {
            p,
            key,
            holders: Vec::new(),
            is_over: false,
            is_sent: false,
            reach: String::new(),
            errors: Vec::new(),
        }
    }
}

/// Without a link: the form that asks for one. With one: whose page it leads to. Nothing is changed by looking: programs that show what a link
/// leads to look at it, too.
pub async fn page(State(app): State<App>, p: Frame, Query(form): Query<LinkForm>) -> Result<Response> {
    let district = p.district.as_ref().ok_or(Error::NotFound)?.id.clone();
    let mut page = Page::new(p);
    if !form.key.is_empty() {
        let found = queries::link_holders(app.db.read(), &district, &form.key, now_ms()).await?;
        let holder = |(who, (_, initial, grade))| Holder { who, initial, grade };
        page.holders = found.into_iter().enumerate().map(holder).collect();
        page.is_over = page.holders.is_empty();
        page.key = form.key;
    }
    Ok(Html(page.render()?).into_response())
}

/// Sends a link to whoever has this contact. The answer is the same when nobody has: who is known to the school is nobody's business.
pub async fn sent(State(app): State<App>, p: Frame, Form(form): Form<LinkForm>) -> Result<Response> {
    let district = p.district.as_ref().ok_or(Error::NotFound)?.id.clone();
    let mut page = Page::new(p);
    let Some((channel, address)) = address(&form.reach) else {
        page.errors = vec![("reach", page.p.t("message-reach-wrong"))];
        page.reach = form.reach.chars().take(100).collect();
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    };
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    if let Some(student) = queries::whose_contact(&mut tx, &district, (channel, &address)).await? {
        // In the language in which it was asked for.
        let contact = Contact { channel, address, language: page.p.language };
        if answer(&mut tx, &district, Topic::Link, (&student, &contact)).await? {
            audit::record(&mut tx, &page.p.entry("contact.link", ("student", &student), json!(null))).await?;
        }
    }
    tx.commit().await?;
    page.is_sent = true;
    Ok(Html(page.render()?).into_response())
}

#[derive(Template)]
#[template(path = "templates/family_stop.html")]
struct Stop {
    p: Frame,
    m: String,
    is_stopped: bool,
}

/// The page on which notices end: who has the message, has got it.
pub async fn stop(State(app): State<App>, p: Frame, Query(form): Query<LinkForm>) -> Result<Response> {
    let message = queries::message(app.db.read(), p.district_id(), &form.m).await?.ok_or(Error::NotFound)?;
    let to = (message.channel, message.address.as_str());
    let is_stopped = queries::is_stopped(app.db.read(), p.district_id(), to.0, to.1).await?;
    Ok(Html(Stop { m: message.id, is_stopped, p }.render()?).into_response())
}

/// Ends notices to the address of a message, or lets them begin again.
pub async fn stopped(State(app): State<App>, p: Frame, Form(form): Form<LinkForm>) -> Result<Response> {
    let district = p.district_id().to_owned();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    let message = queries::message(&mut *tx, &district, &form.m).await?.ok_or(Error::NotFound)?;
    let to = (message.channel, message.address.as_str());
    let is_stopped = form.act != "start";
    if is_stopped {
        queries::put_stop(&mut tx, &district, to, now_ms()).await?;
        queries::stop_waiting(&mut tx, &district, to).await?;
    } else {
        queries::put_start(&mut tx, &district, to).await?;
    }
    let detail = json!({ "stopped": is_stopped });
    audit::record(&mut tx, &p.entry("message.stop", ("message", &message.id), detail)).await?;
    tx.commit().await?;
    Ok(Html(Stop { m: message.id.clone(), is_stopped, p }.render()?).into_response())
}
