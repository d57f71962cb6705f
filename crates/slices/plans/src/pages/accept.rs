//! The plan that the district goes by: accepted with its facts for others, or taken back.

use super::solved::{Asked, Solved};
use super::{href, note, told};
use crate::App;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::queries::{self, Acceptance, Accepted};
use crate::routes::escape;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// The plan that the district goes by, as pages show it: whatever was searched since, it is seen and can be taken back.
pub struct GoesBy {
    /// Scenario, budget and day.
    pub text: String,
    /// Its page.
    pub href: String,
    /// Where it is taken back.
    pub act: String,
    /// Its run.
    pub run: String,
    /// Its budget.
    pub step: i64,
}

impl GoesBy {
    /// As pages show it.
    pub fn new(p: &Frame, accepted: &Accepted) -> Self {
        let Acceptance { run, step, accepted_ms, .. } = &accepted.acceptance;
        let values = [
            ("name", accepted.name.as_str().into()),
            ("budget", told::dollars(accepted.total).into()),
            ("day", p.date(*accepted_ms).into()),
        ];
        Self {
            text: p.tvs("plans-goes-by", &values),
            href: href(p, &accepted.scenario, &format!("/result?run={run}&budget={step}")),
            act: href(p, &accepted.scenario, "/accept"),
            run: run.clone(),
            step: *step,
        }
    }
}

/// Which plan, and what is to be done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AcceptForm {
    /// The run that the page showed.
    run: String,
    budget: String,
    /// When the plan that it showed was stored.
    solved: String,
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
        "measure": report.measure,
        "fair": solved.answer.fair,
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
    let step: i64 = form.budget.parse().map_err(|_| Error::BadRequest("plans-other-run"))?;
    match form.act.as_str() {
        "accept" => accept(&app, &p, &id, (&form, step)).await?,
        "undo" => undo(&app, &p, &id, (&form.run, step)).await?,
        _ => return Err(Error::BadRequest("plans-wrong-act")),
    }
    let tail = format!("/result?run={}&budget={step}", escape(&form.run));
    Ok(Redirect::to(&href(&p, &id, &tail)).into_response())
}

async fn accept(app: &App, p: &Frame, id: &str, (form, step): (&AcceptForm, i64)) -> Result<()> {
    if form.run.is_empty() {
        return Err(Error::BadRequest("plans-other-run"));
    }
    let asked = Asked { run: form.run.clone(), budget: Some(step), ..Asked::default() };
    let solved = Solved::read(app, p, id, asked).await?;
    let (district, ms) = (p.district_id(), now_ms());
    let mut write = app.db.write().await?;
    queries::lock(&mut write, district).await?;
    let now = queries::accepted(&mut *write, district).await?;
    if now.as_ref().is_some_and(|a| a.run == solved.run.id && a.step == step) {
        return Ok(());
    }
    if solved.scenario.removed_ms.is_some() {
        return Err(Error::NotFound);
    }
    if solved.answer.floors {
        return Err(Error::BadRequest("plans-floors-not-met"));
    }
    // What is accepted is what was shown, not what was found since.
    let stored = queries::solved_at(&mut write, district, &solved.run.id, step).await?;
    let read = solved.rung().and_then(|rung| rung.solved_ms);
    if stored.is_none() || stored != read || stored != form.solved.parse().ok() {
        return Err(Error::BadRequest("plans-other-run"));
    }
    if let Some(before) = &now {
        queries::take_back(&mut write, district, before, ms).await?;
    }
    let acceptance =
        Acceptance { id: new_id(), run: solved.run.id.clone(), step, outbox: new_id(), accepted_ms: ms };
    let by = p.account_id().unwrap_or_default();
    queries::accept(&mut write, district, &acceptance, (by, &facts(&solved))).await?;
    note(&mut write, p, "plan.accept", id).await?;
    write.commit().await?;
    Ok(())
}

/// Takes back what the district goes by, if it is this plan of this scenario. The scenario itself may have been removed since.
async fn undo(app: &App, p: &Frame, id: &str, (run, step): (&str, i64)) -> Result<()> {
    let district = p.district_id();
    let mut write = app.db.write().await?;
    queries::lock(&mut write, district).await?;
    let of = queries::run(&mut *write, district, run).await?;
    of.filter(|run| run.scenario == id).ok_or(Error::NotFound)?;
    let now = queries::accepted(&mut *write, district).await?;
    let this = now.filter(|a| a.run == run && a.step == step);
    if let Some(acceptance) = this
        && queries::take_back(&mut write, district, &acceptance, now_ms()).await?
    {
        note(&mut write, p, "plan.take_back", id).await?;
    }
    write.commit().await?;
    Ok(())
}
