//! A scenario: what it says, what reading it came to, and what can be done with it.

use super::accept::GoesBy;
use super::solve::{self, RunView, SECONDS};
use super::{href, names, note, one, step};
use crate::App;
use crate::access::Action;
use crate::db::{new_id, now_ms};
use crate::error::{Error, Result};
use crate::exchange::{attachment, count};
use crate::layout::{Frame, ProblemList};
use crate::queries;
use crate::rules::form::{self, Slot};
use crate::rules::scenario as rules;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

struct StepLine {
    label: String,
    href: String,
    state: String,
    tag: &'static str,
    said: String,
}

#[derive(Template)]
#[template(path = "templates/scenario.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    removed: bool,
    may_manage: bool,
    steps: Vec<StepLine>,
    problems: ProblemList,
    /// What people should know, and whether there are words for it in their language.
    notes: Vec<(String, bool)>,
    /// Options by strategy: label and number.
    options: Vec<(String, String)>,
    demands: i64,
    sound: bool,
    read: bool,
    run: Option<RunView>,
    /// The plan that the district goes by, where it is one of this scenario.
    goes_by: Option<GoesBy>,
    seconds: [(i64, String); 3],
}

impl Page {
    /// Whether plans are being looked for.
    fn at_work(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.at_work)
    }

    /// Whether a search can be begun: a search for what the scenario said before does not stand in the way.
    fn may_start(&self) -> bool {
        self.sound && self.may_manage && self.run.as_ref().is_none_or(|run| !run.at_work || run.is_old)
    }
}

/// The label of a strategy.
pub(super) fn strategy(p: &Frame, word: &str) -> String {
    p.t(&format!("plans-strategy-{}", word.replace('_', "-")))
}

/// What a step says, in a few words: the budget, or its files.
fn said(p: &Frame, step: &form::Step, scenario: &queries::Scenario, files: &rules::Names) -> String {
    match step.word {
        "basis" => {
            let dollars =
                |text: &String| text.trim().parse::<f64>().map_or(text.clone(), |n| count(n.round() as i64));
            let budgets: Vec<String> =
                scenario.settings.budgets().iter().map(dollars).map(|d| format!("${d}")).collect();
            budgets.join(", ")
        }
        "demand" if scenario.settings.takes_figures() => p.t("plans-choice-figures"),
        form::COSTS => {
            p.tn("plans-own-prices", i64::try_from(scenario.settings.prices.len()).unwrap_or(i64::MAX))
        }
        _ => {
            let slots = step.fields.iter().filter_map(|field| match field.input {
                form::Input::File(slot) => files.get(&slot),
                _ => None,
            });
            slots.cloned().collect::<Vec<_>>().join(", ")
        }
    }
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let scenario = one(&app, &p, &id).await?;
    let files = names(&app, p.district_id(), &id).await?;
    let checked = scenario.check.clone().unwrap_or_default();
    let accepted = queries::accepted_plan(app.db.read(), p.district_id()).await?;
    let line = |one: &form::Step| {
        let problems = super::problems_of(&checked, one, &files);
        let (state, tag) = match problems.is_empty() {
            true => (String::new(), ""),
            false => {
                (p.tn("plans-step-problems", i64::try_from(problems.found()).unwrap_or(i64::MAX)), "bad")
            }
        };
        StepLine {
            label: p.t(&format!("plans-step-{}", one.word)),
            href: step::step_href(&p, &id, one.word),
            said: said(&p, one, &scenario, &files),
            state,
            tag,
        }
    };
    let number = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let page = Page {
        run: solve::view(&app, &p, &scenario).await?,
        goes_by: accepted.filter(|a| a.scenario == id).map(|a| GoesBy::new(&p, &a)),
        seconds: SECONDS.map(|n| (n, p.tv("plans-solve-second", "n", n))),
        steps: form::STEPS.iter().map(line).collect(),
        removed: scenario.removed_ms.is_some(),
        may_manage: p.may(Action::ManagePlans),
        problems: p.problems(&step::labelled(&p, &scenario.settings, &checked.problems)),
        options: checked.strategies.iter().map(|(word, n)| (strategy(&p, word), number(*n))).collect(),
        demands: i64::try_from(checked.demands).unwrap_or(i64::MAX),
        sound: checked.is_sound(),
        read: scenario.check.is_some(),
        notes: checked.notes.iter().map(|note| p.told(note)).collect(),
        name: scenario.name,
        id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}

/// What is to be done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChangeForm {
    act: String,
    name: String,
}

/// Copies, renames, removes, brings back, deletes, or reads a scenario again.
pub async fn changed(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<ChangeForm>,
) -> Result<Response> {
    let scenario = one(&app, &p, &id).await?;
    let district = p.district_id();
    let by = (p.account_id().unwrap_or_default(), now_ms());
    let named: String = form.name.trim().chars().take(120).collect();
    let name = if named.is_empty() { scenario.name.clone() } else { named };
    if form.act == "check" && scenario.removed_ms.is_none() {
        step::check_again(&app, &p, &scenario).await?;
        return Ok(Redirect::to(&href(&p, &id, "")).into_response());
    }
    let mut write = app.db.write().await?;
    let (done, action, to) = match form.act.as_str() {
        "copy" => {
            let new = new_id();
            let name = if name == scenario.name { p.tv("plans-copy-of", "name", name) } else { name };
            let done = queries::copy(&mut write, district, (&id, &new, &name), by).await?;
            (done, "plan.copy", href(&p, &new, ""))
        }
        "rename" => {
            let done = queries::rename(&mut write, district, (&id, &name), by).await?;
            (done, "plan.rename", href(&p, &id, ""))
        }
        "remove" => (
            queries::remove(&mut write, district, &id, by.1).await?,
            "plan.remove",
            p.district_path("/plans"),
        ),
        "back" => (queries::bring_back(&mut write, district, &id).await?, "plan.back", href(&p, &id, "")),
        "delete" => {
            queries::lock(&mut write, district).await?;
            // Its plan would be on no page, and nobody could take it back.
            let accepted = queries::accepted(&mut *write, district).await?;
            if let Some(accepted) = accepted
                && queries::run(&mut *write, district, &accepted.run).await?.is_some_and(|r| r.scenario == id)
            {
                return Err(Error::BadRequest("plans-delete-accepted"));
            }
            (queries::delete(&mut write, district, &id).await?, "plan.delete", p.district_path("/plans"))
        }
        _ => return Err(Error::BadRequest("plans-wrong-act")),
    };
    if !done {
        return Err(Error::NotFound);
    }
    note(&mut write, &p, action, &id).await?;
    write.commit().await?;
    Ok(Redirect::to(&to).into_response())
}

/// The scenario as the program reads it.
pub async fn text(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let scenario = one(&app, &p, &id).await?;
    let names = names(&app, p.district_id(), &id).await?;
    let text = rules::text(&scenario.settings, &names);
    Ok(attachment(rules::FILE, "application/toml", text.into_bytes()))
}

/// Which file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FileAsked {
    slot: String,
}

/// A file as it was uploaded, or as the estimate gives it.
pub async fn file(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<FileAsked>,
) -> Result<Response> {
    let scenario = one(&app, &p, &id).await?;
    if let name @ ("figures" | "places") = asked.slot.as_str() {
        let name = format!("{name}.csv");
        let inputs = super::inputs(&app, p.district_id(), &id, &scenario.settings).await?;
        let bytes = inputs.file(&name).ok_or(Error::NotFound)?.to_vec();
        return Ok(attachment(&name, "text/csv; charset=utf-8", bytes));
    }
    let slot = Slot::from_word(&asked.slot).ok_or(Error::NotFound)?;
    let files = queries::files(app.db.read(), p.district_id(), &id).await?;
    let stored = files.get(&slot).ok_or(Error::NotFound)?;
    let bytes = queries::file(app.db.read(), p.district_id(), &id, slot).await?.unwrap_or_default();
    let kind = if slot == Slot::Gtfs { "application/zip" } else { "text/csv; charset=utf-8" };
    Ok(attachment(&stored.name, kind, bytes))
}
