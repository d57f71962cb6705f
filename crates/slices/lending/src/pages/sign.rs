//! Signing for a device at hand-over and at return: at the counter on the school's tablet, or on the household's own phone by a link that the
//! counter shows as a square. A name is typed; with a script it can be drawn as well.

use super::labels;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::exchange::minute;
use crate::layout::Frame;
use crate::queries::{self, Agreement, Loan, Moment, Signature};
use crate::rules::inventory::Device;
use crate::rules::strokes::{HEIGHT, Strokes, WIDTH};
use crate::rules::trouble::Trouble;
use crate::{App, audit};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::inventory::{TEXT, one_line};
use serde::Deserialize;
use serde_json::json;

/// What is asked for or sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignForm {
    /// `out` or `in`.
    at: String,
    /// The secret of a link.
    key: String,
    name: String,
    /// Anything: it was read and agreed to.
    agreed: String,
    /// The version that was read; 0 when there is none.
    version: i64,
    /// What was drawn.
    strokes: String,
}

#[derive(Template)]
#[template(path = "templates/sign.html")]
struct Page {
    p: Frame,
    /// Where the form goes.
    action: String,
    key: String,
    at: &'static str,
    kind: String,
    barcode: String,
    due_on: String,
    agreement: Option<Agreement>,
    name: String,
    errors: Vec<(&'static str, String)>,
    is_done: bool,
    /// Where the counter goes on; empty on a page for families.
    back: String,
}

/// A signature as a page shows it.
struct Shown {
    what: String,
    signature: Signature,
    when: String,
    by: String,
}

#[derive(Template)]
#[template(path = "templates/loan.html")]
struct LoanPage {
    p: Frame,
    loan: Loan,
    barcode: String,
    student: String,
    lent: String,
    back: String,
    shown: Vec<Shown>,
    /// What may be signed now, and the link to it as a square (width, path).
    open: Option<(&'static str, u32, String)>,
}

/// What may be signed of a loan now: the hand-over while it is open, the return when it is over.
fn may_sign(loan: &Loan, signatures: &[Signature]) -> Option<Moment> {
    let has = |moment: Moment| signatures.iter().any(|s| s.moment == moment.as_str());
    let moment = if loan.in_ms.is_some() { Moment::In } else { Moment::Out };
    (loan.gone_ms.is_none() && !has(moment)).then_some(moment)
}

/// A loan with what was signed of it, which is a look at the student's record.
pub async fn loan(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let (loan, device) = queries::lent(&mut tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let signatures = queries::signatures(&mut tx, p.district_id(), &id).await?;
    let student = queries::student(&mut *tx, p.district_id(), &loan.student_id).await?;
    let entry = p.entry("loan.see", ("lending_loan", &id), json!({ "student": loan.student_id }));
    audit::record(&mut tx, &entry).await?;
    let mut open = None;
    if let Some(moment) = may_sign(&loan, &signatures) {
        let token = queries::put_sign_link(&mut tx, p.district_id(), (&id, moment), now_ms()).await?;
        let link = format!("{}/h/{}/sign?key={token}", app.config.base_url(), p.district_id());
        open = labels::square(&link).map(|(width, path)| (moment.as_str(), width, path));
    }
    tx.commit().await?;
    let shown = |signature: Signature| Shown {
        what: p.t(&format!("sign-moment-{}", signature.moment)),
        when: minute(signature.signed_ms),
        by: p.t(if signature.taken_by.is_some() { "sign-by-counter" } else { "sign-by-phone" }),
        signature,
    };
    let page = LoanPage {
        student: student
            .map_or_else(|| loan.student_id.clone(), |s| format!("{}, {}", s.family_name, s.given_name)),
        lent: minute(loan.out_ms),
        back: loan.in_ms.map(minute).unwrap_or_default(),
        shown: signatures.into_iter().map(shown).collect(),
        barcode: device.barcode,
        loan,
        open,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

async fn page(tx: &mut Write, p: Frame, (loan, device): (&Loan, &Device), moment: Moment) -> Result<Page> {
    let agreement = match moment {
        Moment::Out => queries::agreement_for(tx, p.district_id(), p.language).await?,
        Moment::In => None,
    };
    Ok(Page {
        action: p.district_path(&format!("/lending/loans/{}/sign", loan.id)),
        back: p.district_path(&format!("/lending?student={}", crate::routes::escape(&loan.student_id))),
        key: String::new(),
        at: moment.as_str(),
        kind: super::words::kind(&p, &device.kind),
        barcode: device.barcode.clone(),
        due_on: loan.due_on.clone(),
        agreement,
        name: String::new(),
        errors: Vec::new(),
        is_done: false,
        p,
    })
}

/// The form at the counter.
pub async fn form(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<SignForm>,
) -> Result<Response> {
    let moment = Moment::from_word(&asked.at).unwrap_or(Moment::Out);
    let mut tx = app.db.write().await?;
    let (loan, device) = queries::lent(&mut tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let page = page(&mut tx, p, (&loan, &device), moment).await?;
    Ok(Html(page.render()?).into_response())
}

/// What is signed, or what is wrong with it.
fn signature(
    p: &Frame,
    form: &SignForm,
    moment: Moment,
    agreement: Option<&Agreement>,
) -> std::result::Result<Signature, Vec<(&'static str, String)>> {
    let mut errors = Vec::new();
    let name: String = one_line(&form.name).chars().take(TEXT).collect();
    if name.is_empty() {
        errors.push(("name", p.t("sign-name-empty")));
    }
    if agreement.is_some() && form.agreed.is_empty() {
        errors.push(("agreed", p.t("sign-agree-empty")));
    }
    // Another version came into force while this one was read: what was not seen is not agreed to.
    if agreement.map_or(0, |agreement| agreement.version) != form.version {
        errors.push(("agreement", p.t("sign-version")));
    }
    let strokes = match form.strokes.trim() {
        "" => None,
        text => Strokes::parse(text).map_err(|_| errors.push(("name", p.t("sign-strokes")))).ok(),
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Signature {
        moment: moment.as_str().to_owned(),
        name,
        strokes: strokes.map(|strokes| strokes.path()),
        // What was read, which may be in another language than the page.
        language: agreement
            .map_or_else(|| p.language.tag().to_owned(), |agreement| agreement.language.clone()),
        version: agreement.map(|agreement| agreement.version),
        signed_ms: now_ms(),
        taken_by: p.account_id().map(str::to_owned),
    })
}

/// Keeps what is signed, or shows the form again.
async fn keep(mut tx: Write, page: Page, loan: &Loan, (form, moment): (&SignForm, Moment)) -> Result<Page> {
    let mut page = page;
    match signature(&page.p, form, moment, page.agreement.as_ref()) {
        Err(errors) => {
            page.errors = errors;
            page.name = form.name.chars().take(TEXT).collect();
        }
        Ok(signature) => {
            let of = page.p.district_id().to_owned();
            let signatures = queries::signatures(&mut tx, &of, &loan.id).await?;
            let before = signatures.iter().find(|before| before.moment == signature.moment);
            if may_sign(loan, &signatures) == Some(moment) {
                queries::put_signature(&mut tx, &of, &loan.id, &signature).await?;
                let detail = json!({ "moment": signature.moment, "version": signature.version, "drawn": signature.strokes.is_some() });
                audit::record(&mut tx, &page.p.entry("loan.sign", ("lending_loan", &loan.id), detail))
                    .await?;
                tx.commit().await?;
                page.is_done = true;
            } else if before.is_some_and(|before| before.name == signature.name) {
                // A form that was sent twice.
                page.is_done = true;
            } else {
                // Somebody else signed, or the loan has gone on since: nothing is stored, and nobody is to think that it was.
                page.errors = vec![("name", page.p.t("sign-too-late"))];
                page.name = signature.name;
            }
        }
    }
    Ok(page)
}

/// Signs at the counter.
pub async fn sent(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<SignForm>,
) -> Result<Response> {
    let mut tx = app.db.write().await?;
    queries::lock(&mut tx, p.district_id()).await?;
    let (loan, device) = queries::lent(&mut tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let moment = Moment::from_word(&form.at).ok_or(Error::BadRequest("lending-wrong-act"))?;
    let page = page(&mut tx, p, (&loan, &device), moment).await?;
    let page = keep(tx, page, &loan, (&form, moment)).await?;
    match page.is_done {
        true => Ok(Redirect::to(&page.back).into_response()),
        false => Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response()),
    }
}

/// The page of a link on the household's own phone.
async fn of_link(tx: &mut Write, p: Frame, key: &str) -> Result<(Page, Loan, Moment)> {
    let (id, moment) =
        queries::sign_link(&mut **tx, p.district_id(), key, now_ms()).await?.ok_or(Error::NotFound)?;
    let (loan, device) = queries::lent(tx, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let action = format!("/h/{}/sign", p.district_id());
    let page = page(tx, p, (&loan, &device), moment).await?;
    Ok((Page { action, key: key.to_owned(), back: String::new(), ..page }, loan, moment))
}

/// The form on the household's own phone.
pub async fn family(State(app): State<App>, p: Frame, Query(asked): Query<SignForm>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let (page, ..) = of_link(&mut tx, p, &asked.key).await?;
    Ok(Html(page.render()?).into_response())
}

/// Signs there.
pub async fn family_sent(State(app): State<App>, p: Frame, Form(form): Form<SignForm>) -> Result<Response> {
    let mut tx = app.db.write().await?;
    let district = p.district_id().to_owned();
    queries::lock(&mut tx, &district).await?;
    let (page, loan, moment) = of_link(&mut tx, p, &form.key).await?;
    let page = keep(tx, page, &loan, (&form, moment)).await?;
    let status = if page.is_done { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(page.render()?)).into_response())
}
