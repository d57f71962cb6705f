//! The form for families: two short steps and a page that says what was sent. It works without a
//! script, and shows nothing of the student but one letter.

use super::view::{self, QuestionView};
use crate::App;
use crate::code;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::jobs::estimate;
use crate::layout::Frame;
use crate::queries::{self, Entered, Holder, Source};
use crate::routes::escape;
use crate::routes::limits::Address;
use crate::rules::form::{self, ACCESS, ALL, DEVICE, Fields, Wrong, field};
use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

#[derive(Template)]
#[template(path = "templates/start.html")]
struct Start {
    p: Frame,
    code: String,
    code_error: String,
    questions: Vec<QuestionView>,
    errors: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "templates/more.html")]
struct More {
    p: Frame,
    code: String,
    back: String,
    initial: String,
    fields: Fields,
    questions: Vec<QuestionView>,
    online: bool,
    students_error: String,
    download_error: String,
    upload_error: String,
    errors: Vec<(&'static str, String)>,
}

impl More {
    fn said(&self, name: &str) -> &str {
        field(&self.fields, name)
    }
}

#[derive(Template)]
#[template(path = "templates/done.html")]
struct Done {
    p: Frame,
    code: String,
    lines: Vec<(String, String)>,
}

/// The first step. The code may stand in the address, as on a link that the school sends.
pub async fn start(p: Frame, Query(fields): Query<Fields>) -> Result<Response> {
    first(p, &fields, &[])
}

/// A step sent.
pub async fn answer(
    State(app): State<App>,
    p: Frame,
    Extension(Address(address)): Extension<Address>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let district = p.district.as_ref().ok_or(Error::NotFound)?.id.clone();
    let holder = match code::read(field(&fields, "code")) {
        Some(code) => guessed(&app, &district, &address, &code).await?,
        None if field(&fields, "code").is_empty() => Err("survey-code-empty"),
        None => Err("survey-code-wrong"),
    };
    let mut wrong: Vec<Wrong> = holder.as_ref().err().map(|key| ("code", *key)).into_iter().collect();
    wrong.extend(form::check(&fields, &[ACCESS, DEVICE]));
    let Some(holder) = holder.ok().filter(|_| wrong.is_empty()) else { return first(p, &fields, &wrong) };
    if field(&fields, "step") != "2" {
        return second(p, fields, &holder, &[]);
    }
    let mut response = match form::read(&fields) {
        Ok(response) => response,
        Err(wrong) => return second(p, fields, &holder, &wrong),
    };
    response.student = holder.student;
    response.term = holder.term;
    response.answered_ms = now_ms();
    let mut tx = app.db.write().await?;
    let entered = Entered { source: Source::Web, by: None, load: None };
    queries::insert_many(&mut tx, &district, std::slice::from_ref(&response), entered).await?;
    estimate::request_later(&mut tx, &district).await?;
    tx.commit().await?;
    let lines = view::answers(&p, &response, &ALL);
    let code = code::grouped(&code::read(field(&fields, "code")).unwrap_or_default());
    Ok(Html(Done { p, code, lines }.render()?).into_response())
}

/// Whose code this is, or the message that says why it is nobody's. A code that is well formed and was never given out is
/// a guess, and guesses are counted; one of an earlier letter is none.
async fn guessed(
    app: &App,
    district: &str,
    address: &str,
    code: &str,
) -> Result<std::result::Result<Holder, &'static str>> {
    let term = queries::newest_term(app.db.read(), district).await?.unwrap_or_default();
    let of = (district, term.as_str());
    if !app.limits.guesses.allows(address, of, now_ms()) {
        return Err(Error::TooMany);
    }
    if let Some(holder) = queries::code_holder(app.db.read(), district, code).await? {
        return Ok(Ok(holder));
    }
    if queries::is_of_closed_term(app.db.read(), district, code).await? {
        return Ok(Err("survey-code-earlier"));
    }
    app.limits.guesses.wrong(address, of, now_ms());
    Ok(Err("survey-code-wrong"))
}

/// The page of the first step.
fn first(p: Frame, fields: &Fields, wrong: &[Wrong]) -> Result<Response> {
    let questions = [ACCESS, DEVICE].map(|q| view::question(&p, q, fields, wrong)).into();
    let page = Start {
        code: field(fields, "code").chars().take(20).collect(),
        code_error: view::message(&p, "code", wrong),
        questions,
        errors: view::summary(&p, wrong),
        p,
    };
    Ok((status(wrong), Html(page.render()?)).into_response())
}

/// The page of the second step.
fn second(p: Frame, fields: Fields, holder: &Holder, wrong: &[Wrong]) -> Result<Response> {
    let asked = form::second_step(field(&fields, "access"), field(&fields, "device"));
    let code = code::grouped(&code::read(field(&fields, "code")).unwrap_or_default());
    let said = |name: &str| escape(field(&fields, name));
    let page = More {
        back: format!(
            "/s/{}?code={code}&access={}&device={}",
            p.district_id(),
            said("access"),
            said("device")
        ),
        code,
        initial: holder.initial.clone(),
        questions: asked.into_iter().map(|q| view::question(&p, q, &fields, wrong)).collect(),
        online: field(&fields, "access") == "Yes",
        students_error: view::message(&p, "students", wrong),
        download_error: view::message(&p, "download", wrong),
        upload_error: view::message(&p, "upload", wrong),
        errors: view::summary(&p, wrong),
        fields,
        p,
    };
    Ok((status(wrong), Html(page.render()?)).into_response())
}

fn status(wrong: &[Wrong]) -> StatusCode {
    if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}
