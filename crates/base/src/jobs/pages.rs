//! Pages of work that takes long: how far it is, why it stopped, and asking for an estimate.

use super::{Job, State as JobState, estimate, list};
use crate::access::Action;
use crate::db::now_ms;
use crate::error::Result;
use crate::exchange::minute;
use crate::layout::Frame;
use crate::routes::{Needs, Route, route};
use crate::{App, audit};
use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};

/// How many jobs the page shows.
const SHOWN: i64 = 50;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    vec![
        route("/d/{district}/jobs", Needs::May(Action::SeeData), get(page)),
        route("/d/{district}/jobs/estimate", Needs::May(Action::LoadData), post(ask)),
    ]
}

#[derive(Template)]
#[template(path = "jobs/templates/jobs.html")]
struct Page {
    jobs: Vec<Line>,
    under_way: bool,
    may_ask: bool,
    p: Frame,
}

/// A job as the page shows it.
struct Line {
    asked: String,
    kind: String,
    state: String,
    tag: &'static str,
    running: bool,
    progress: String,
    done: i64,
    total: i64,
}

/// What pages with figures say while data has come in that is not in them: made by [`awaited`], shown by the macro of
/// `jobs/templates/awaited.html`.
pub struct Awaited {
    /// That it is not, and when it will be.
    pub text: String,
    /// Whether to offer the button that begins at once.
    pub may_ask: bool,
}

/// The district's estimate that is asked for and not made, in words.
///
/// # Errors
/// The database's.
pub async fn awaited(app: &App, p: &Frame) -> Result<Option<Awaited>> {
    let job = estimate::awaited(app.db.read(), p.district_id()).await?;
    Ok(job.map(|job| match begins(&job) {
        Some(time) => {
            Awaited { text: p.tv("job-awaited-later", "time", time), may_ask: p.may(Action::LoadData) }
        }
        None => Awaited { text: p.t("job-awaited-now"), may_ask: false },
    }))
}

/// When a job that waits for its time begins.
fn begins(job: &Job) -> Option<String> {
    (job.state == JobState::Waiting && job.run_after_ms > now_ms()).then(|| minute(job.run_after_ms))
}

async fn page(State(app): State<App>, p: Frame) -> Result<Html<String>> {
    let jobs = list(app.db.read(), p.district_id(), SHOWN).await?;
    let page = Page {
        under_way: jobs.iter().any(|job| !job.is_over()),
        jobs: jobs.iter().map(|job| line(&p, job)).collect(),
        may_ask: p.may(Action::LoadData),
        p,
    };
    Ok(Html(page.render()?))
}

fn line(p: &Frame, job: &Job) -> Line {
    let (state, tag) = match job.state {
        JobState::Waiting => ("job-waiting", ""),
        JobState::Running => ("job-running", "warn"),
        JobState::Done => ("job-done", "good"),
        JobState::Failed => ("job-failed", "bad"),
    };
    let progress = match (job.state, &job.error, &job.note) {
        (JobState::Failed | JobState::Waiting, Some(error), _) => p.t(error),
        (JobState::Waiting, None, _) => {
            begins(job).map_or_else(String::new, |time| p.tv("job-begins", "time", time))
        }
        (JobState::Running, _, Some(note)) => {
            let left = job.left_ms(now_ms()).map_or_else(String::new, |ms| {
                format!(" {}", p.tv("job-left", "seconds", (ms / 1000 + 1).to_string()))
            });
            p.t(note) + &left
        }
        _ => String::new(),
    };
    Line {
        asked: minute(job.created_ms),
        kind: p.t(&format!("job-kind-{}", job.kind)),
        state: p.t(state),
        tag,
        running: job.state == JobState::Running,
        progress,
        done: job.done,
        total: job.total,
    }
}

async fn ask(State(app): State<App>, p: Frame) -> Result<Redirect> {
    let district = p.district_id();
    let mut write = app.db.write().await?;
    let job = estimate::request(&mut write, district, &estimate::Wanted::default()).await?;
    let entry = p.entry("estimate.ask", ("job", &job), serde_json::json!(null));
    audit::record(&mut write, &entry).await?;
    write.commit().await?;
    Ok(Redirect::to(&format!("/d/{district}/jobs")))
}
