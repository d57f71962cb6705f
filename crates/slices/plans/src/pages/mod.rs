//! HTTP of the slice `plans`.

mod accept;
mod compare;
mod curve;
mod files;
mod lines;
mod list;
mod map;
mod memo;
mod options;
mod prices;
mod result;
mod scenario;
mod solve;
mod solved;
mod step;
mod told;

pub(super) use solve::ask;

use super::queries::{self, Scenario};
use super::rules::form::{Slot, Step};
use super::rules::read::{Checked, Gap, Inputs};
use super::rules::scenario::{self as rules, Names, Settings};
use crate::access::Action;
use crate::db::{Write, now_ms};
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::routes::{Needs, Route, route};
use crate::{App, audit};
use axum::routing::{get, post};
use evenfield_model::{Problem, Problems};
use std::collections::HashMap;

/// The largest upload, octets.
const UPLOAD_BYTES: usize = 64 * 1024 * 1024;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeePlans);
    let manage = Needs::May(Action::ManagePlans);
    vec![
        route("/d/{district}/plans", see, get(list::page)),
        route("/d/{district}/plans/new", manage, get(list::new).post(list::made)),
        route("/d/{district}/plans/{scenario}", see, get(scenario::page)),
        route("/d/{district}/plans/compare", see, get(compare::page)),
        route("/d/{district}/plans/compare.csv", see, get(compare::csv)),
        route("/d/{district}/plans/{scenario}/solve", manage, post(solve::act)),
        route("/d/{district}/plans/{scenario}/result", see, get(result::page)),
        route("/d/{district}/plans/{scenario}/options", see, get(options::list)),
        route("/d/{district}/plans/{scenario}/options.csv", see, get(options::csv)),
        route("/d/{district}/plans/{scenario}/option", see, get(options::option)),
        route("/d/{district}/plans/{scenario}/memo", see, get(memo::page)),
        route("/d/{district}/plans/{scenario}/report.csv", see, get(files::report)),
        route("/d/{district}/plans/{scenario}/map.geojson", see, get(map::geojson)),
        route("/d/{district}/plans/{scenario}/proof.zip", see, get(files::proof)),
        route("/d/{district}/plans/{scenario}/accept", manage, post(accept::act)),
        route("/d/{district}/plans/{scenario}/change", manage, post(scenario::changed)),
        route("/d/{district}/plans/{scenario}/scenario.toml", see, get(scenario::text)),
        route("/d/{district}/plans/{scenario}/file", see, get(scenario::file)),
        route("/d/{district}/plans/{scenario}/step", manage, get(step::page).post(step::saved))
            .uploads(UPLOAD_BYTES),
        route("/d/{district}/plans/{scenario}/prices", manage, get(prices::page).post(prices::saved)),
        route("/d/{district}/plans/{scenario}/prices/upload", manage, post(prices::upload))
            .uploads(UPLOAD_BYTES),
        route("/d/{district}/plans/{scenario}/prices.csv", see, get(prices::csv)),
    ]
}

/// The scenario of this id.
async fn one(app: &App, p: &Frame, id: &str) -> Result<Scenario> {
    queries::scenario(app.db.read(), p.district_id(), id).await?.ok_or(Error::NotFound)
}

/// The same, which was not removed.
async fn open(app: &App, p: &Frame, id: &str) -> Result<Scenario> {
    Some(one(app, p, id).await?).filter(|scenario| scenario.removed_ms.is_none()).ok_or(Error::NotFound)
}

/// The address of a scenario, or of a page below it.
fn href(p: &Frame, id: &str, tail: &str) -> String {
    p.district_path(&format!("/plans/{id}{tail}"))
}

/// The names by which a scenario calls its files.
async fn names(app: &App, district: &str, id: &str) -> Result<Names> {
    let files = queries::files(app.db.read(), district, id).await?;
    Ok(rules::names(files.iter().map(|(slot, file)| (*slot, file.name.as_str()))))
}

/// A scenario with all its bytes.
pub(super) async fn inputs(app: &App, district: &str, id: &str, settings: &Settings) -> Result<Inputs> {
    let names = names(app, district, id).await?;
    let mut stored = queries::all_files(app.db.read(), district, id).await?;
    let bytes: HashMap<String, Vec<u8>> =
        names.iter().map(|(slot, name)| (name.clone(), stored.remove(slot).unwrap_or_default())).collect();
    let gap = match settings.takes_figures() {
        true => {
            let of = (settings.get("measure"), settings.get("geography"), settings.get("group"));
            queries::gap(app.db.read(), district, of).await?
        }
        false => Gap::default(),
    };
    Ok(Inputs::new(settings, &names, bytes, &gap))
}

/// Reads a scenario as it is stored, and keeps what that came to for its pages.
pub(super) async fn check(
    app: &App,
    district: &str,
    (id, revision): (&str, i64),
    settings: &Settings,
) -> Result<Checked> {
    let inputs = inputs(app, district, id, settings).await?;
    // Reading takes a while, and others are served on this thread.
    let checked = tokio::task::spawn_blocking(move || inputs.check()).await;
    let checked = checked.map_err(|e| Error::Internal(format!("reading a scenario: {e}")))?;
    let mut write = app.db.write().await?;
    queries::check(&mut write, district, (id, revision), &checked).await?;
    write.commit().await?;
    Ok(checked)
}

/// Stores settings, and reads the scenario with them.
async fn store(app: &App, p: &Frame, mut write: Write, scenario: &Scenario) -> Result<Checked> {
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let (id, name) = (scenario.id.as_str(), scenario.name.as_str());
    let revision = queries::update(&mut write, p.district_id(), (id, name), &scenario.settings, by).await?;
    let revision = revision.ok_or(Error::NotFound)?;
    note(&mut write, p, "plan.edit", id).await?;
    write.commit().await?;
    check(app, p.district_id(), (id, revision), &scenario.settings).await
}

/// Writes down what was done to a scenario.
async fn note(write: &mut Write, p: &Frame, action: &str, id: &str) -> Result<()> {
    let entry = p.entry(action, ("plan_scenario", id), serde_json::Value::Null);
    Ok(audit::record(write, &entry).await?)
}

/// Whether a problem is about a step: its fields, or the files that it takes.
fn is_of(problem: &Problem, step: &Step, names: &Names) -> bool {
    if problem.file == rules::FILE {
        return step.owns(&problem.column);
    }
    let generated = match step.word {
        "demand" => [rules::FIGURES, rules::PLACES].contains(&problem.file.as_str()),
        "costs" => problem.file == rules::COSTS,
        _ => false,
    };
    let is_file = |slot: Slot| {
        names.get(&slot).is_some_and(|name| {
            problem
                .file
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    generated
        || step.fields.iter().any(|field| match field.input {
            super::rules::form::Input::File(slot) => is_file(slot),
            _ => false,
        })
}

/// The problems of one step.
fn problems_of(checked: &Checked, step: &Step, names: &Names) -> Problems {
    let mut problems = Problems::default();
    for x in checked.problems.kept().iter().filter(|problem| is_of(problem, step, names)) {
        problems.push(&x.file, x.line, &x.column, &x.said, x.wanted.clone());
    }
    problems
}
