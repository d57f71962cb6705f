//! The texts of notices: each in each language, in versions, none of which is sent before a person has approved it.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Text};
use crate::rules::message::{SUBJECT, TextFault, Topic, check};
use crate::rules::segments::segments;
use crate::words::{Language, Words};
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use fluent_bundle::FluentValue;
use serde::Deserialize;
use serde_json::json;

struct View {
    topic: Topic,
    language: Language,
    /// `due-en`: for the ids of fields.
    id: String,
    title: String,
    subject: String,
    body: String,
    /// 0: the text that the program comes with.
    version: i64,
    is_approved: bool,
    /// What the text may have in braces.
    values: String,
    parts: String,
    error: String,
}

#[derive(Template)]
#[template(path = "templates/message_texts.html")]
struct Page {
    p: Frame,
    rows: Vec<View>,
    errors: Vec<(String, String)>,
}

/// The subject and the text that the program comes with, with values in braces.
pub fn own_text(words: &Words, topic: Topic, language: Language) -> (String, String) {
    let values: Vec<(&str, FluentValue<'_>)> =
        topic.values().iter().map(|name| (*name, format!("{{{name}}}").into())).collect();
    let of = |key: String| words.text(language, &key, &values);
    (of(format!("message-subject-{}", topic.as_str())), of(format!("message-body-{}", topic.as_str())))
}

fn fault(p: &Frame, fault: &TextFault) -> String {
    match fault {
        TextFault::Empty => p.t("message-fault-empty"),
        TextFault::Long(most) => p.tv("message-fault-long", "most", *most as i64),
        TextFault::Unknown(said) => p.tv("message-fault-unknown", "said", said.as_str()),
        TextFault::Missing(name) => p.tv("message-fault-missing", "name", format!("{{{name}}}")),
    }
}

/// How many parts a text takes once it is filled with values of usual length.
fn parts(p: &Frame, topic: Topic, body: &str) -> String {
    let usual = |name: &str| match name {
        "district" => "Example County Schools".to_owned(),
        "phone" => "(202) 555-0123".to_owned(),
        "device" => "Mobile hotspot HS-12345".to_owned(),
        "link" => "x".repeat(90),
        "stop" => "Reply STOP to end them.".to_owned(),
        _ => "September 30, 2026".to_owned(),
    };
    let values: Vec<(&str, String)> = topic.values().iter().map(|name| (*name, usual(name))).collect();
    let count = segments(&crate::rules::message::fill(body, &values));
    let key = if count.is_gsm { "message-parts-gsm" } else { "message-parts-ucs" };
    p.tn(key, count.parts as i64)
}

fn view(p: &Frame, (topic, language): (Topic, Language), stored: Option<&Text>) -> View {
    let own = own_text(&p.words, topic, language);
    let (subject, body) = stored.map_or(own, |text| (text.subject.clone(), text.body.clone()));
    View {
        topic,
        language,
        id: format!("{}-{}", topic.as_str(), language.tag()),
        title: p.t(&format!("message-topic-{}", topic.as_str())),
        version: stored.map_or(0, |text| text.version),
        is_approved: stored.is_some_and(|text| text.approved_ms.is_some()),
        values: topic.values().iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" "),
        parts: parts(p, topic, &body),
        error: String::new(),
        subject,
        body,
    }
}

async fn rows(app: &App, p: &Frame) -> Result<Vec<View>> {
    let stored = queries::newest_texts(app.db.read(), p.district_id()).await?;
    let of = |topic: Topic, language: Language| {
        stored.iter().find(|text| text.kind == topic.as_str() && text.language == language.tag())
    };
    let all = Topic::ALL.into_iter().flat_map(|topic| Language::ALL.map(|language| (topic, language)));
    Ok(all.map(|(topic, language)| view(p, (topic, language), of(topic, language))).collect())
}

/// All texts.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let rows = rows(&app, &p).await?;
    Ok(Html(Page { rows, errors: Vec::new(), p }.render()?).into_response())
}

/// What is sent of a text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TextForm {
    topic: String,
    language: String,
    /// The version that was looked at.
    version: i64,
    subject: String,
    body: String,
    /// `approve`, or anything else to store it without that.
    act: String,
}

/// Stores a new version of a text when it is another one, and approves the one that was read.
pub async fn sent(State(app): State<App>, p: Frame, Form(form): Form<TextForm>) -> Result<Response> {
    let wrong = Error::BadRequest("message-wrong-text");
    let (Some(topic), Some(language)) = (Topic::from_word(&form.topic), Language::from_tag(&form.language))
    else {
        return Err(wrong);
    };
    // Forms send line ends as CR LF.
    let body = form.body.replace("\r\n", "\n").trim().to_owned();
    let subject: String = form.subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = check(topic, &body).err().map(|found| fault(&p, &found));
    let is_subject =
        !subject.is_empty() && subject.chars().count() <= SUBJECT && !subject.contains(['{', '}']);
    let found =
        found.or_else(|| (!is_subject).then(|| p.tv("message-fault-subject", "most", SUBJECT as i64)));
    if let Some(error) = found {
        let mut rows = rows(&app, &p).await?;
        let id = format!("{}-{}", topic.as_str(), language.tag());
        for row in rows.iter_mut().filter(|row| row.id == id) {
            (row.subject, row.body, row.error) = (subject.clone(), body.clone(), error.clone());
        }
        let errors = vec![(format!("body-{id}"), error)];
        let page = Page { rows, errors, p };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response());
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let stored = queries::newest_text(&mut tx, p.district_id(), (topic, language)).await?;
    // Whoever changed it since wrote another text than the one that was read here.
    if stored.as_ref().map_or(0, |text| text.version) != form.version {
        return Err(Error::BadRequest("message-wrong-version"));
    }
    let is_same = stored.as_ref().is_some_and(|text| text.body == body && text.subject == subject);
    let version = match is_same {
        true => form.version,
        false => {
            queries::put_text(&mut tx, p.district_id(), (topic, language), (&subject, &body), by).await?
        }
    };
    if form.act == "approve" {
        queries::approve_text(&mut tx, p.district_id(), (topic, language, version), by).await?;
    }
    let detail = json!({ "language": language.tag(), "version": version, "approved": form.act == "approve" });
    audit::record(&mut tx, &p.entry("message.text", ("message_text", topic.as_str()), detail)).await?;
    tx.commit().await?;
    let place = format!("/lending/messages/texts#{}-{}", topic.as_str(), language.tag());
    Ok(Redirect::to(&p.district_path(&place)).into_response())
}
