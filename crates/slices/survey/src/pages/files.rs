//! Answers in files: uploaded as CSV or Ed-Fi JSON, downloaded as both.

use super::staff::{Asked, chosen_term, note, record};
use crate::App;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{Upload, UploadForm, attachment, digest, problems_file};
use crate::jobs::estimate;
use crate::layout::{Frame, ProblemList};
use crate::queries::{self, LoadFacts};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_gap::read::{Limits, Source};
use evenfield_gap::survey::{self, Defaults, Response as Answer, parse, write_csv, write_ed_fi};
use evenfield_model::Problems;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashSet;

#[derive(Template)]
#[template(path = "templates/uploaded.html")]
struct Uploaded {
    p: Frame,
    file_name: String,
    /// How many have no problem.
    answers: i64,
    known: bool,
    problems: ProblemList,
}

/// Takes a file. One with problems is stored only when the person has said that the good answers are
/// wanted all the same; until then all problems are shown and nothing is kept.
pub async fn upload(State(app): State<App>, p: Frame, multipart: Multipart) -> Result<Response> {
    let district = p.district_id().to_owned();
    let mut form = UploadForm::read(multipart).await?;
    let file = form.file("file").ok_or(Error::BadRequest("survey-upload-none"))?;
    let accepts = form.text("accept") == "yes";
    let term = queries::newest_term(app.db.read(), &district).await?.unwrap_or_default();
    let students = queries::student_ids(app.db.read(), &district).await?;
    let file_name = file.name.clone();
    let digest = digest([file.bytes.as_slice()]);
    let defaults = Defaults { term, answered_ms: now_ms() };
    let read = tokio::task::spawn_blocking(move || read(file, &defaults, &students)).await;
    let (answers, problems) = read.map_err(|e| Error::Internal(e.to_string()))?;
    let mut known = false;
    if !answers.is_empty() && (accepts || problems.is_empty()) {
        let by = p.account_id().unwrap_or_default();
        let facts = LoadFacts {
            digest: &digest,
            file_name: &file_name,
            loaded_ms: now_ms(),
            loaded_by: by,
            problems: &problems,
        };
        let mut tx = app.db.write().await?;
        known = !queries::load(&mut tx, &district, &answers, facts).await?;
        if !known {
            let detail = json!({ "students": answers.len() });
            record(&mut tx, &p, "survey.load", ("file", &digest), detail).await?;
        }
        estimate::request(&mut tx, p.district_id(), &estimate::Wanted::default()).await?;
        tx.commit().await?;
        if !known {
            return Ok(Redirect::to(&format!("/d/{district}/survey")).into_response());
        }
    }
    let page = Uploaded {
        file_name,
        answers: i64::try_from(answers.len()).unwrap_or(i64::MAX),
        known,
        problems: p.problems(&problems),
        p,
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
}

/// Reads a file. Once there is a roster, an answer for a student whom it does not have is a problem and left out.
fn read(file: Upload, defaults: &Defaults, students: &HashSet<String>) -> (Vec<Answer>, Problems) {
    let name = file.name.clone();
    let source = Source::open(&file.name, file.bytes, Limits::default());
    match source.and_then(|source| parse(&source, defaults)) {
        Ok((mut answers, mut problems)) => {
            if !students.is_empty() {
                survey::of_students(&mut answers, |id| students.contains(id), &name, &mut problems);
            }
            (answers, problems)
        }
        Err(error) => {
            let mut problems = Problems::default();
            error.note(&mut problems);
            (Vec::new(), problems)
        }
    }
}

/// What is to be done about a load.
#[derive(Debug, Deserialize)]
pub struct LoadForm {
    act: String,
}

/// Removes a load, or puts it back, in one transaction with the audit's entry and the wish for an estimate.
pub async fn change(
    State(app): State<App>,
    p: Frame,
    Path((_, load)): Path<(String, String)>,
    Form(form): Form<LoadForm>,
) -> Result<Response> {
    let district = p.district_id();
    let mut tx = app.db.write().await?;
    let (action, changed) = match form.act.as_str() {
        "remove" => ("survey.remove", queries::remove(&mut tx, district, &load, now_ms()).await?),
        "put-back" => ("survey.put-back", queries::put_back(&mut tx, district, &load).await?),
        _ => return Err(Error::BadRequest("survey-act-wrong")),
    };
    if !changed {
        return Err(Error::NotFound);
    }
    record(&mut tx, &p, action, ("survey_load", &load), json!(null)).await?;
    estimate::request(&mut tx, district, &estimate::Wanted::default()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/survey#loads")).into_response())
}

/// The problems of a stored file as CSV.
pub async fn problems_csv(
    State(app): State<App>,
    p: Frame,
    Path((_, load)): Path<(String, String)>,
) -> Result<Response> {
    let problems = queries::load_problems(app.db.read(), p.district_id(), &load).await?;
    problems_file("survey-problems.csv", &problems.ok_or(Error::NotFound)?)
}

/// The answers that count, as plain CSV.
pub async fn answers_csv(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let term = chosen_term(&app, p.district_id(), &asked).await?;
    let answers = queries::latest(app.db.read(), p.district_id(), &term).await?;
    note(&app, &p, "survey.download", (&term, json!({ "file": "csv" }), answers.len())).await?;
    Ok(attachment(&format!("survey-{term}.csv"), "text/csv; charset=utf-8", write_csv(&answers)))
}

/// The answers that count, as Ed-Fi resources.
pub async fn answers_json(State(app): State<App>, p: Frame, Query(asked): Query<Asked>) -> Result<Response> {
    let term = chosen_term(&app, p.district_id(), &asked).await?;
    let answers = queries::latest(app.db.read(), p.district_id(), &term).await?;
    note(&app, &p, "survey.download", (&term, json!({ "file": "json" }), answers.len())).await?;
    let district = p.district_id().parse().map_err(|_| Error::NotFound)?;
    Ok(attachment(&format!("survey-{term}.json"), "application/json", write_ed_fi(&answers, district)))
}
