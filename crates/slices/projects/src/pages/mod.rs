//! HTTP of the slice `projects`.

mod list;
mod plan;
mod register;
mod report;
mod timeline;

use super::queries::{self, Change, Of, Project};
use super::rules::register::{Entry, Known, Register};
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::routes::{Needs, Route, route};
use crate::{App, audit};
use axum::routing::{get, post};
use jiff::civil::Date;

/// The largest file of a register, octets.
const UPLOAD_BYTES: usize = 4 * 1024 * 1024;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeProjects);
    let manage = Needs::May(Action::ManageProjects);
    vec![
        route("/d/{district}/projects", see, get(list::page)),
        route("/d/{district}/projects/new", manage, get(list::new).post(list::made)),
        route("/d/{district}/projects/{project}", see, get(list::project)),
        route("/d/{district}/projects/{project}/edit", manage, get(list::edit).post(list::edited)),
        route("/d/{district}/projects/{project}/remove", manage, post(list::removed)),
        route("/d/{district}/projects/{project}/plan", manage, post(plan::taken)),
        route("/d/{district}/projects/{project}/timeline", see, get(timeline::page)),
        route("/d/{district}/projects/{project}/timeline.csv", see, get(timeline::csv)),
        route("/d/{district}/projects/{project}/calendar.ics", see, get(timeline::calendar)),
        route("/d/{district}/projects/{project}/reports", see, get(report::list)),
        route("/d/{district}/projects/{project}/reports/draft", manage, post(report::drafted)),
        route("/d/{district}/projects/{project}/reports/{report}", see, get(report::page)),
        route("/d/{district}/projects/{project}/reports/{report}/edit", manage, post(report::edited)),
        route("/d/{district}/projects/{project}/list/{register}", see, get(register::page)),
        route("/d/{district}/projects/{project}/list/{register}/table.csv", see, get(register::csv)),
        route("/d/{district}/projects/{project}/list/{register}/upload", manage, post(register::upload))
            .uploads(UPLOAD_BYTES),
        route(
            "/d/{district}/projects/{project}/list/{register}/edit",
            manage,
            get(register::edit).post(register::edited),
        ),
        route("/d/{district}/projects/{project}/list/{register}/remove", manage, post(register::removed)),
    ]
}

/// The project of this id.
async fn one(app: &App, p: &Frame, id: &str) -> Result<Project> {
    let of = Of { district: p.district_id(), project: id };
    queries::project_of(app.db.read(), of).await?.ok_or(Error::NotFound)
}

/// The same, which is not taken out.
async fn open(app: &App, p: &Frame, id: &str) -> Result<Project> {
    Some(one(app, p, id).await?).filter(|project| project.removed_ms.is_none()).ok_or(Error::NotFound)
}

/// The address of a project, or of a page below it.
fn href(p: &Frame, id: &str, tail: &str) -> String {
    p.district_path(&format!("/projects/{id}{tail}"))
}

/// Who changes something, now.
fn change(p: &Frame) -> Change<'_> {
    Change { by: p.account_id().unwrap_or_default(), ms: now_ms() }
}

/// Writes down what was done to a project.
async fn note(tx: &mut Write, p: &Frame, action: &str, id: &str, detail: serde_json::Value) -> Result<()> {
    Ok(audit::record(tx, &p.entry(action, ("project", id), detail)).await?)
}

/// All entries of a project.
async fn entries(app: &App, p: &Frame, id: &str) -> Result<Vec<Entry>> {
    let of = Of { district: p.district_id(), project: id };
    Ok(queries::entries(app.db.read(), of).await?.into_iter().map(|stored| stored.0).collect())
}

/// The newest published figure of the measure that an aim is tied to.
async fn figure(app: &App, p: &Frame, aim: &Entry) -> Result<Option<queries::Figure>> {
    match aim.text("measure") {
        "" => Ok(None),
        measure => Ok(queries::figure(app.db.read(), p.district_id(), measure).await?),
    }
}

/// The numbers that a value may name: of entries that are not taken out.
fn known(entries: &[Entry]) -> Known {
    let mut known = Known::new();
    for entry in entries.iter().filter(|entry| entry.removed_ms.is_none()) {
        known.entry(entry.register).or_default().insert(entry.number);
    }
    known
}

/// Midnight UTC, ms since 1970.
fn midnight(day: Date) -> i64 {
    let time = jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    time.map_or(0, jiff::Timestamp::as_millisecond)
}

/// A day as the page's language writes it.
fn day(p: &Frame, day: Date) -> String {
    p.date(midnight(day))
}

/// Dollars as pages show them.
fn money(cents: i64) -> String {
    let whole = crate::exchange::count(cents / 100);
    if cents % 100 == 0 { format!("${whole}") } else { format!("${whole}.{:02}", cents % 100) }
}

/// The name of a register, of many entries.
fn register_name(p: &Frame, register: Register) -> String {
    p.t(&format!("projects-register-{}", register.as_str()))
}
