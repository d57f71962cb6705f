//! Everything that was ever answered for one student.

use super::view;
use crate::error::{Error, Result};
use crate::exchange::minute;
use crate::layout::Frame;
use crate::queries;
use crate::routes::escape;
use crate::rules::form::ALL;
use crate::{App, audit};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use std::collections::HashSet;

#[derive(Template)]
#[template(path = "templates/history.html")]
struct History {
    p: Frame,
    student: String,
    /// The student's id as a part of an address.
    path: String,
    answers: Vec<AnswerView>,
}

struct AnswerView {
    term: String,
    when: String,
    /// How it came in, in words.
    source: String,
    /// Whether the figures rest on this one: the newest of its term.
    counts: bool,
    lines: Vec<(String, String)>,
}

/// The answers of a student, the newest first. The look is written down before they are shown.
pub async fn history(
    State(app): State<App>,
    p: Frame,
    Path((_, student)): Path<(String, String)>,
) -> Result<Response> {
    let rows = queries::history(app.db.read(), p.district_id(), &student).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    let looked = p.entry("survey.see", ("student", &student), json!({ "answers": rows.len() }));
    audit::record_look(&app.db, &looked).await?;
    let mut terms = HashSet::new();
    let answers = rows.into_iter().map(|row| AnswerView {
        counts: terms.insert(row.response.term.clone()),
        when: minute(row.response.answered_ms),
        source: p.t(&format!("survey-source-{}", row.source)),
        lines: view::answers(&p, &row.response, &ALL),
        term: row.response.term,
    });
    let page = History { path: escape(&student), answers: answers.collect(), student, p };
    Ok(Html(page.render()?).into_response())
}
