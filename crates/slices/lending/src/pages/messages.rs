//! Notices by text message and e-mail: what went out, and the settings.

use super::{page_links, range};
use crate::access::Action;
use crate::db::now_ms;
use crate::error::Result;
use crate::exchange::{count, csv_file, minute};
use crate::layout::{Frame, PageLink};
use crate::queries::{self, Message, Settings};
use crate::routes::escape;
use crate::rules::message::Channel;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

/// What a message may be.
pub const STATES: [&str; 7] = ["waiting", "sending", "sent", "delivered", "failed", "unclear", "dropped"];
/// Why it is what it is, where that has words; another reason is the carrier's own code.
const REASONS: [&str; 8] =
    ["over", "contact", "stopped", "hours", "text", "broken-off", "no-connection", "refused"];

/// What the list may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    state: String,
    page: Option<i64>,
}

struct View {
    message: Message,
    name: (String, String),
    /// The student's id as a part of an address.
    student: String,
    topic: String,
    way: String,
    state: String,
    reason: String,
    made: String,
}

#[derive(Template)]
#[template(path = "templates/messages.html")]
struct Page {
    p: Frame,
    asked: Asked,
    query: String,
    rows: Vec<View>,
    found: String,
    pages: Vec<PageLink>,
    may_manage: bool,
    /// The channels that are not set up.
    missing: Vec<String>,
    is_automatic: bool,
}

fn reason(p: &Frame, reason: Option<&str>) -> String {
    match reason {
        None => String::new(),
        Some(reason) if REASONS.contains(&reason) => p.t(&format!("message-reason-{reason}")),
        Some(code) => p.tv("message-reason-code", "code", code),
    }
}

fn view(p: &Frame, (message, name): (Message, (String, String))) -> View {
    View {
        student: escape(&message.student),
        topic: p.t(&format!("message-topic-{}", message.topic.as_str())),
        way: p.t(&format!("message-way-{}", message.channel.as_str())),
        state: p.t(&format!("message-state-{}", message.state)),
        reason: reason(p, message.reason.as_deref()),
        made: minute(message.sent_ms.unwrap_or(message.made_ms)),
        name,
        message,
    }
}

/// The channels that the installation has no gateway for, in words.
fn missing(app: &App, p: &Frame) -> Vec<String> {
    let notices = &app.config.notices;
    let is_there = |channel: &Channel| match channel {
        Channel::Text => notices.text.is_some(),
        Channel::Email => notices.smtp.is_some(),
    };
    let lacks = Channel::ALL.into_iter().filter(|channel| !is_there(channel));
    lacks.map(|channel| p.t(&format!("message-missing-{}", channel.as_str()))).collect()
}

async fn find(app: &App, p: &Frame, asked: &Asked, rows: (i64, i64)) -> Result<queries::Found> {
    let found =
        queries::find_messages(app.db.read(), p.district_id(), (&asked.state, &asked.q), rows).await?;
    let students: Vec<&str> = found.rows.iter().map(|(message, _)| message.student.as_str()).collect();
    let looked = json!({ "students": students });
    audit::record_look(&app.db, &p.entry("message.see", ("message", ""), looked)).await?;
    Ok(found)
}

/// The list.
pub async fn page(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let (current, rows) = range(asked.page);
    let found = find(&app, &p, &asked, rows).await?;
    let settings = queries::settings(app.db.read(), p.district_id()).await?;
    let query = format!("q={}&state={}", escape(&asked.q), escape(&asked.state));
    let base = format!("{}?{query}&page=", p.district_path("/lending/messages"));
    let page = Page {
        pages: page_links(&base, current, found.found),
        found: count(found.found),
        rows: found.rows.into_iter().map(|row| view(&p, row)).collect(),
        may_manage: p.may(Action::ManageLending),
        missing: missing(&app, &p),
        is_automatic: settings.automatic,
        query,
        asked,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The list as CSV, as searched. Numbers and addresses are not in it: what is not needed is not given away.
pub async fn csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let found = find(&app, &p, &asked, (0, i64::from(i32::MAX))).await?;
    let header = [
        "message_id",
        "topic",
        "student_id",
        "family_name",
        "given_name",
        "way",
        "language",
        "state",
        "reason",
        "text_version",
        "segments",
        "attempts",
        "made_utc",
        "sent_utc",
    ];
    let rows = found.rows.into_iter().map(|(message, name)| {
        [
            message.id,
            message.topic.as_str().to_owned(),
            message.student,
            name.0,
            name.1,
            message.channel.as_str().to_owned(),
            message.language.tag().to_owned(),
            message.state,
            message.reason.unwrap_or_default(),
            message.version.map(|n| n.to_string()).unwrap_or_default(),
            message.segments.map(|n| n.to_string()).unwrap_or_default(),
            message.attempts.to_string(),
            minute(message.made_ms),
            message.sent_ms.map(minute).unwrap_or_default(),
        ]
    });
    csv_file("messages.csv", &header, rows)
}

/// A setting as the form has it.
struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    error: String,
}

#[derive(Template)]
#[template(path = "templates/message_settings.html")]
struct SettingsPage {
    p: Frame,
    is_automatic: bool,
    fields: Vec<Field>,
    errors: Vec<(&'static str, String)>,
}

fn settings_page(p: Frame, settings: &Settings, wrong: &[(&'static str, String)]) -> Result<Response> {
    let said = |name: &str| wrong.iter().find(|(n, _)| *n == name).map(|(_, said)| said.clone());
    let field = |(name, value): (&'static str, String)| Field {
        label: p.t(&format!("message-setting-{name}")),
        hint: p.t(&format!("message-hint-{name}")),
        error: said(name).map(|_| p.t("message-wrong-setting")).unwrap_or_default(),
        value: said(name).unwrap_or(value),
        name,
    };
    let fields: Vec<Field> =
        settings.all().into_iter().filter(|(name, _)| *name != "automatic").map(field).collect();
    let errors = fields.iter().filter(|f| !f.error.is_empty());
    let errors: Vec<_> = errors.map(|f| (f.name, format!("{}: {}", f.label, f.error))).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = SettingsPage { is_automatic: settings.automatic, fields, errors, p };
    Ok((status, Html(page.render()?)).into_response())
}

/// The form of the settings.
pub async fn settings(State(app): State<App>, p: Frame) -> Result<Response> {
    let settings = queries::settings(app.db.read(), p.district_id()).await?;
    settings_page(p, &settings, &[])
}

/// Stores the settings.
pub async fn stored(
    State(app): State<App>,
    p: Frame,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let mut settings = queries::settings(&mut *tx, p.district_id()).await?;
    let mut wrong = Vec::new();
    for (name, before) in settings.all() {
        let said = form.get(name).cloned().unwrap_or(before);
        if !settings.set(name, &said) {
            wrong.push((name, said));
        }
    }
    if !wrong.is_empty() {
        return settings_page(p, &settings, &wrong);
    }
    let by = (p.account_id().unwrap_or_default(), now_ms());
    queries::put_settings(&mut tx, p.district_id(), &settings, by).await?;
    let detail: serde_json::Map<_, _> =
        settings.all().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    audit::record(&mut tx, &p.entry("message.settings", ("message_setting", ""), detail.into())).await?;
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/messages")).into_response())
}
