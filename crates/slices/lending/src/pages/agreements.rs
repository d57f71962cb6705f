//! The agreement that households sign when they get a device, in versions by language, and the loans that nobody has signed for.

use crate::access::Action;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{csv_file, minute};
use crate::layout::Frame;
use crate::queries::{self, Agreement, Loan, Student};
use crate::rules::inventory::Device;
use crate::rules::standing::DAY_MS;
use crate::words::Language;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// The longest agreement, characters: some two pages.
const BODY: usize = 8_000;

struct Version {
    agreement: Agreement,
    since: String,
}

struct Newest {
    language: Language,
    body: String,
}

#[derive(Template)]
#[template(path = "templates/agreements.html")]
struct Page {
    p: Frame,
    newest: Vec<Newest>,
    versions: Vec<Version>,
    unsigned: Vec<(Loan, Device, Student)>,
    found: i64,
    may_manage: bool,
    /// That not all languages say the same; empty when they may.
    warning: String,
}

/// What there is to warn of: an agreement in one language alone, or one that was changed a day or more after the other.
fn warning(p: &Frame, all: &[Agreement]) -> String {
    let since = |language: Language| all.iter().find(|a| a.language == language.tag()).map(|a| a.made_ms);
    let known: Vec<Option<i64>> = Language::ALL.into_iter().map(since).collect();
    match (known.iter().flatten().min(), known.iter().flatten().max()) {
        (Some(_), Some(_)) if known.contains(&None) => p.t("sign-warn-missing"),
        (Some(first), Some(last)) if last - first > DAY_MS => p.t("sign-warn-older"),
        _ => String::new(),
    }
}

async fn unsigned(app: &App, p: &Frame) -> Result<Vec<(Loan, Device, Student)>> {
    let all = queries::unsigned(app.db.read(), p.district_id()).await?;
    let students: Vec<&str> = all.iter().map(|(loan, ..)| loan.student_id.as_str()).collect();
    let entry = p.entry("lending.unsigned", ("lending_loan", ""), json!({ "students": students }));
    audit::record_look(&app.db, &entry).await?;
    Ok(all)
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame) -> Result<Response> {
    let all = queries::agreements(app.db.read(), p.district_id()).await?;
    let newest = Language::ALL.map(|language| Newest {
        body: all.iter().find(|a| a.language == language.tag()).map(|a| a.body.clone()).unwrap_or_default(),
        language,
    });
    let unsigned = unsigned(&app, &p).await?;
    let version = |agreement: Agreement| Version { since: p.date(agreement.made_ms), agreement };
    let page = Page {
        warning: warning(&p, &all),
        newest: newest.into_iter().collect(),
        versions: all.into_iter().map(version).collect(),
        found: unsigned.len() as i64,
        unsigned: unsigned.into_iter().take(100).collect(),
        may_manage: p.may(Action::ManageLending),
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// The loans that nobody has signed for, as CSV.
pub async fn csv(State(app): State<App>, p: Frame) -> Result<Response> {
    let header = ["barcode", "student_id", "family_name", "given_name", "school", "loaned_utc", "due"];
    let rows = unsigned(&app, &p).await?.into_iter().map(|(loan, device, student)| {
        let lent = minute(loan.out_ms);
        [
            device.barcode,
            student.id,
            student.family_name,
            student.given_name,
            student.school,
            lent,
            loan.due_on,
        ]
    });
    csv_file("unsigned.csv", &header, rows)
}

/// What is sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AgreementForm {
    language: String,
    body: String,
}

/// Stores a new version, which is in force at once; the same text again is none.
pub async fn stored(State(app): State<App>, p: Frame, Form(form): Form<AgreementForm>) -> Result<Response> {
    let language = Language::from_tag(&form.language).ok_or(Error::BadRequest("sign-wrong-agreement"))?;
    let body = form.body.replace("\r\n", "\n").trim().to_owned();
    if body.is_empty() || body.chars().count() > BODY {
        return Err(Error::BadRequest("sign-wrong-agreement"));
    }
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let before = queries::agreement(&mut *tx, p.district_id(), language).await?;
    if before.is_none_or(|before| before.body != body) {
        let by = (p.account_id().unwrap_or_default(), now_ms());
        let version = queries::put_agreement(&mut tx, p.district_id(), (language, &body), by).await?;
        let detail = json!({ "language": language.tag(), "version": version });
        audit::record(&mut tx, &p.entry("lending.agreement", ("lending_agreement", ""), detail)).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&p.district_path("/lending/agreements")).into_response())
}
