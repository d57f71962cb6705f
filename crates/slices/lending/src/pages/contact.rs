//! Where a household wants notices, as staff take it down.

use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::message::send;
use crate::queries::{self, Contact, Student};
use crate::rules::message::{Channel, Topic, email, phone};
use crate::words::Language;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// A day, ms.
const DAY_MS: i64 = 24 * 3_600_000;
/// So many answers (welcomes, links) an address, or the household of a student, is sent in a day: a form is no way to flood a stranger's phone.
const ANSWERS: i64 = 3;

#[derive(Template)]
#[template(path = "templates/contact.html")]
struct Page {
    p: Frame,
    student: Student,
    contact: Option<Contact>,
    is_stopped: bool,
    form: ContactForm,
    errors: Vec<(&'static str, String)>,
}

/// What is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactForm {
    /// A number or an address.
    reach: String,
    language: String,
    /// Anything: the household wants notices there.
    agreed: String,
    /// `store` or `remove`.
    act: String,
}

/// Reads a number or an e-mail address.
pub fn address(text: &str) -> Option<(Channel, String)> {
    match text.contains('@') {
        true => email(text).map(|address| (Channel::Email, address)),
        false => phone(text).map(|number| (Channel::Text, number)),
    }
}

/// Sends the welcome of a new contact, or a link, unless the address or the household had enough of these today.
///
/// # Errors
/// The database's.
pub async fn answer(
    tx: &mut crate::db::Write,
    district: &str,
    topic: Topic,
    (student, to): (&str, &Contact),
) -> Result<bool> {
    let now = now_ms();
    let address = (to.channel, to.address.as_str());
    let is_stopped = queries::is_stopped(&mut **tx, district, to.channel, &to.address).await?;
    if is_stopped || queries::answers_since(tx, district, address, student, now - DAY_MS).await? >= ANSWERS {
        return Ok(false);
    }
    send::answer(tx, district, topic, (student, to), now).await?;
    Ok(true)
}

async fn show(
    app: &App,
    p: Frame,
    id: &str,
    form: ContactForm,
    wrong: &[(&'static str, &str)],
) -> Result<Response> {
    let student = queries::student(app.db.read(), p.district_id(), id).await?.ok_or(Error::NotFound)?;
    let contact = queries::contact(app.db.read(), p.district_id(), id).await?;
    audit::record_look(&app.db, &p.entry("contact.see", ("student", id), json!(null))).await?;
    let is_stopped = match &contact {
        Some(c) => queries::is_stopped(app.db.read(), p.district_id(), c.channel, &c.address).await?,
        None => false,
    };
    let errors: Vec<_> = wrong.iter().map(|(field, key)| (*field, p.t(key))).collect();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page { student, contact, is_stopped, form, errors, p };
    Ok((status, Html(page.render()?)).into_response())
}

/// The form.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    show(&app, p, &id, ContactForm::default(), &[]).await
}

/// Stores or removes it.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<ContactForm>,
) -> Result<Response> {
    let district = p.district_id().to_owned();
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, &district).await?;
    queries::student(&mut *tx, &district, &id).await?.ok_or(Error::NotFound)?;
    if form.act == "remove" {
        queries::remove_contact(&mut tx, &district, &id).await?;
        audit::record(&mut tx, &p.entry("contact.remove", ("student", &id), json!(null))).await?;
    } else {
        let (found, language) = (address(&form.reach), Language::from_tag(&form.language));
        let (Some((channel, address)), Some(language), false) = (found, language, form.agreed.is_empty())
        else {
            let mut wrong = Vec::new();
            if self::address(&form.reach).is_none() {
                wrong.push(("reach", "message-reach-wrong"));
            }
            if form.agreed.is_empty() {
                wrong.push(("agreed", "message-agree-empty"));
            }
            drop(tx);
            return show(&app, p, &id, form, &wrong).await;
        };
        let contact = Contact { channel, address, language };
        put(&mut tx, &p, &id, &contact).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path(&format!("/lending/contact/{}", crate::routes::escape(&id))))
        .into_response())
}

/// Stores a contact and welcomes it. On a page for families nobody is signed in: the household did it itself.
///
/// # Errors
/// The database's.
pub async fn put(tx: &mut crate::db::Write, p: &Frame, student: &str, contact: &Contact) -> Result<()> {
    let district = p.district_id();
    let is_same = queries::contact(&mut **tx, district, student).await?.as_ref() == Some(contact);
    queries::put_contact(tx, district, student, contact, (p.account_id(), now_ms())).await?;
    let detail = json!({ "way": contact.channel.as_str(), "language": contact.language.tag() });
    audit::record(tx, &p.entry("contact.put", ("student", student), detail)).await?;
    if !is_same {
        answer(tx, district, Topic::Welcome, (student, contact)).await?;
    }
    Ok(())
}
