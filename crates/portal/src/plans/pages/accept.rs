//! The plan that the district goes by: accepted with its facts for others, or taken back.

use super::result::Solved;
use super::{href, note};
use crate::App;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::plans::queries::{self, Acceptance};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which plan, and what is to be done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AcceptForm {
    /// The run that the page showed.
    run: String,
    budget: String,
    act: String,
}

/// The facts of an accepted plan: what is bought when, what is paid, for whom. Places and numbers, nobody's name.
fn facts(solved: &Solved) -> Value {
    let report = &solved.answer.report;
    json!({
        "scenario": { "id": solved.scenario.id, "name": solved.scenario.name },
        "run": solved.run.id,
        "step": solved.step,
        "proof": { "objective": solved.answer.objective, "bound": solved.answer.bound, "gap": solved.answer.gap },
        "students": report.students,
        "years": report.years,
        "strategies": report.strategies,
        "options": report.bought,
        "purchases": report.items,
    })
}

/// Accepts a plan in the place of the one before, or takes the acceptance back.
pub async fn act(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<AcceptForm>,
) -> Result<Response> {
    let solved = Solved::read(&app, &p, &id, form.budget.parse().ok()).await?;
    // What is accepted is what was shown, not what was found since.
    if form.run != solved.run.id || form.budget != solved.step.to_string() {
        return Err(Error::BadRequest("plans-other-run"));
    }
    let (district, ms) = (p.district_id(), now_ms());
    let mut write = app.db.write().await?;
    queries::lock(&mut write, district).await?;
    let now = queries::accepted(&mut *write, district).await?;
    let this = now.as_ref().filter(|a| a.run == solved.run.id && a.step == solved.step);
    match (form.act.as_str(), this) {
        ("accept", None) if solved.answer.floors => return Err(Error::BadRequest("plans-floors-not-met")),
        ("accept", None) if solved.scenario.removed_ms.is_some() => return Err(Error::NotFound),
        ("accept", None) => {
            if let Some(before) = &now
                && !queries::take_back(&mut write, district, before, ms).await?
            {
                return Err(Error::BadRequest("plans-accepted-read"));
            }
            let acceptance = Acceptance {
                id: new_id(),
                run: solved.run.id.clone(),
                step: solved.step,
                outbox: new_id(),
                accepted_ms: ms,
                is_read: false,
            };
            let by = p.account_id().unwrap_or_default();
            queries::accept(&mut write, district, &acceptance, (by, &facts(&solved))).await?;
            note(&mut write, &p, "plan.accept", &id).await?;
        }
        ("undo", Some(acceptance)) => {
            if !queries::take_back(&mut write, district, acceptance, ms).await? {
                return Err(Error::BadRequest("plans-accepted-read"));
            }
            note(&mut write, &p, "plan.take_back", &id).await?;
        }
        _ => {}
    }
    write.commit().await?;
    Ok(Redirect::to(&href(&p, &id, &format!("/result?budget={}", solved.step))).into_response())
}
