//! Looking for the best plans: begin, stop, go on, and how far it is.

use super::{href, note, open, told};
use crate::App;
use crate::access::Action;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::jobs;
use crate::layout::Frame;
use crate::queries::{self, Run, RunState, Rung};
use crate::solve::{KIND, Wanted};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// How far a run is, as pages show it.
pub struct RunView {
    /// In words.
    pub state: String,
    /// The kind of the tag.
    pub tag: &'static str,
    /// What the budget at work has come to.
    pub now: String,
    /// Budgets solved, and all.
    pub done: usize,
    /// As `done`.
    pub total: usize,
    /// Whether it is at work.
    pub at_work: bool,
    /// Whether it can be stopped.
    pub may_stop: bool,
    /// Whether it can go on.
    pub may_resume: bool,
    /// Whether a plan is there to be looked at.
    pub has_plan: bool,
    /// Whether the scenario was changed since.
    pub is_old: bool,
    /// Why it failed.
    pub why: String,
}

/// The newest run of a scenario. One whose job was given up, or was left behind where the district has moved from, has failed.
async fn newest(app: &App, district: &str, scenario: &str) -> Result<Option<Run>> {
    let db = app.db.read();
    let Some(mut run) = queries::newest_run(db, district, scenario, false).await? else { return Ok(None) };
    let at_work = matches!(run.state, RunState::Open | RunState::Stopping);
    if at_work && jobs::get(db, &run.job).await?.is_none_or(|job| job.is_over()) {
        // The job may have ended between the two looks: then the run has ended as well.
        let now = queries::run(db, district, &run.id).await?;
        let ended = now.filter(|now| !matches!(now.state, RunState::Open | RunState::Stopping));
        run = ended.unwrap_or(Run { state: RunState::Failed, now: None, ..run });
    }
    Ok(Some(run))
}

/// The newest run of a scenario, as its page shows it.
pub(super) async fn view(app: &App, p: &Frame, scenario: &queries::Scenario) -> Result<Option<RunView>> {
    let (db, district) = (app.db.read(), p.district_id());
    let Some(run) = newest(app, district, &scenario.id).await? else { return Ok(None) };
    let rungs = queries::rungs(db, district, &run.id).await?;
    let why = match run.state {
        RunState::Failed => jobs::get(db, &run.job).await?.and_then(|job| job.error),
        _ => None,
    };
    let waits = run.state == RunState::Open
        && jobs::get(db, &run.job).await?.is_some_and(|job| job.state == jobs::State::Waiting);
    let has_plan = queries::newest_run(db, district, &scenario.id, true).await?.is_some();
    let may = p.may(Action::ManagePlans);
    Ok(Some(RunView {
        state: if waits { p.t("plans-run-waiting") } else { p.t(&format!("plans-run-{}", run.state.word())) },
        tag: match run.state {
            RunState::Done => "good",
            RunState::Failed => "bad",
            _ => "warn",
        },
        now: now(p, &run, &rungs),
        done: rungs.iter().filter(|rung| rung.finished).count(),
        total: rungs.len(),
        at_work: matches!(run.state, RunState::Open | RunState::Stopping),
        may_stop: may && run.state == RunState::Open,
        may_resume: may && matches!(run.state, RunState::Stopped | RunState::Failed),
        is_old: run.revision != scenario.revision,
        why: why.map_or_else(String::new, |key| p.t(&key)),
        has_plan,
    }))
}

fn now(p: &Frame, run: &Run, rungs: &[Rung]) -> String {
    let Some(now) = run.now else { return String::new() };
    let budget = rungs.iter().find(|rung| rung.step == now.step).map_or(0, Rung::total);
    let share = |n: f64| if now.floors { told::percent(n) } else { told::count_tenths(n) };
    p.tvs(
        match now.floors {
            true if now.fair => "plans-now-fair",
            true if now.bound < 1.0 => "plans-now-floors",
            true => "plans-now-floors-open",
            false => "plans-now",
        },
        &[
            ("budget", told::dollars(budget).into()),
            ("worth", share(now.objective).into()),
            ("bound", share(now.bound).into()),
            ("gap", told::percent(now.gap).into()),
        ],
    )
}

/// What is to be done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SolveForm {
    act: String,
    seconds: String,
}

/// Seconds for each budget that can be asked for.
pub const SECONDS: [i64; 3] = [5, 20, 60];

/// Begins, stops or goes on.
pub async fn act(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<SolveForm>,
) -> Result<Response> {
    let scenario = open(&app, &p, &id).await?;
    let district = p.district_id();
    let newest = newest(&app, district, &id).await?;
    let at_work = newest.as_ref().filter(|run| matches!(run.state, RunState::Open | RunState::Stopping));
    let mut write = app.db.write().await?;
    match (form.act.as_str(), &newest) {
        ("start", _) => {
            match at_work {
                // What is looked for is no longer what the scenario says: the search is stopped, and begun again as it is now.
                Some(old) if old.revision != scenario.revision => {
                    let stop = (&[RunState::Open][..], RunState::Stopping);
                    queries::move_run(&mut write, district, &old.id, stop).await?;
                }
                Some(_) => return Err(Error::BadRequest("plans-at-work")),
                None => {}
            }
            if !scenario.check.as_ref().is_some_and(crate::rules::read::Checked::is_sound) {
                return Err(Error::BadRequest("plans-unsound"));
            }
            let seconds = form.seconds.parse().ok().filter(|seconds| SECONDS.contains(seconds));
            let run = Run {
                id: new_id(),
                scenario: id.clone(),
                revision: scenario.revision,
                state: RunState::Open,
                job: String::new(),
                seconds: seconds.unwrap_or(SECONDS[1]),
                fair: false,
                now: None,
                made_ms: now_ms(),
            };
            queries::insert_run(&mut write, district, &run, p.account_id().unwrap_or_default()).await?;
            ask(&mut write, district, &run.id).await?;
            note(&mut write, &p, "plan.solve", &id).await?;
        }
        ("stop", Some(run)) => {
            // A search that has not begun has nothing to bring to an end: its job finds that it is stopped, whenever it begins.
            let waits = jobs::get(app.db.read(), &run.job)
                .await?
                .is_some_and(|job| job.state == jobs::State::Waiting);
            let to = if waits { RunState::Stopped } else { RunState::Stopping };
            if queries::move_run(&mut write, district, &run.id, (&[RunState::Open][..], to)).await? {
                note(&mut write, &p, "plan.stop", &id).await?;
            }
        }
        ("resume", Some(_)) if at_work.is_some() => return Err(Error::BadRequest("plans-at-work")),
        ("resume", Some(run)) => {
            let from = [RunState::Stopped, RunState::Failed, RunState::Open, RunState::Stopping];
            if queries::move_run(&mut write, district, &run.id, (&from, RunState::Open)).await? {
                ask(&mut write, district, &run.id).await?;
                note(&mut write, &p, "plan.resume", &id).await?;
            }
        }
        _ => return Err(Error::BadRequest("plans-wrong-act")),
    }
    write.commit().await?;
    Ok(Redirect::to(&href(&p, &id, "")).into_response())
}

/// Asks for the job of a run.
pub async fn ask(write: &mut crate::db::Write, district: &str, run: &str) -> Result<String> {
    let payload = serde_json::json!(Wanted { run: run.to_owned() });
    let key = format!("{district}:{run}:{}", new_id());
    let request = jobs::Request { district_id: Some(district), kind: KIND, key: &key, payload, begin_ms: 0 };
    let job = jobs::enqueue(write, &request).await?;
    queries::set_job(write, district, run, &job).await?;
    Ok(job)
}
