//! One step of a scenario: a form.

use super::{check, href, names, open, problems_of, store, told};
use crate::App;
use crate::db::now_ms;
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, count, digest};
use crate::layout::{Frame, ProblemList};
use crate::queries::{self, File, Scenario};
use crate::rules::floors::{Proposal, propose};
use crate::rules::form::{self, Field, Input, Slot, Step};
use crate::rules::mark;
use crate::rules::scenario::{FILE, Settings};
use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_model::Problems;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    step: String,
}

/// An input as the page shows it.
struct InputView {
    /// The heading before it; empty where there is none.
    part: String,
    name: String,
    label: String,
    hint: String,
    error: String,
    /// What is stored, where somebody else has stored something other than what was typed.
    other: String,
    kind: &'static str,
    value: String,
    /// Words, their labels, and whether each is chosen.
    choices: Vec<(&'static str, String, bool)>,
    /// What is stored in the slot, in words; empty where there is nothing.
    stored: String,
    /// Where that can be had again.
    stored_href: String,
}

/// Another step as a link.
struct StepLink {
    label: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "templates/step.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    word: &'static str,
    title: String,
    lead: String,
    inputs: Vec<InputView>,
    steps: Vec<StepLink>,
    problems: ProblemList,
    /// Of what the form showed.
    mark: String,
    /// Whether somebody else has changed the step since the form was opened: what was typed is shown, and not stored.
    is_late: bool,
    /// Groups that floors can be set for: name, students, share without access, proposed floor.
    groups: Vec<[String; 4]>,
    /// Of the estimate that figures would be taken from; empty elsewhere.
    estimate: String,
}

/// Links to all steps of a scenario.
fn steps(p: &Frame, id: &str, current: &str) -> Vec<StepLink> {
    let link = |step: &Step| StepLink {
        label: p.t(&format!("plans-step-{}", step.word)),
        href: step_href(p, id, step.word),
        current: step.word == current,
    };
    form::STEPS.iter().map(link).collect()
}

/// The address of a step.
pub(super) fn step_href(p: &Frame, id: &str, word: &str) -> String {
    let tail = if word == form::COSTS { "/prices".to_owned() } else { format!("/step?step={word}") };
    href(p, id, &tail)
}

/// The links as the page of the cost book shows them.
pub(super) fn links(p: &Frame, id: &str) -> Vec<(String, String, bool)> {
    steps(p, id, form::COSTS).into_iter().map(|s| (s.label, s.href, s.current)).collect()
}

fn asked_step(word: &str) -> Result<&'static Step> {
    form::step(word).filter(|step| step.word != form::COSTS).ok_or(Error::NotFound)
}

/// The form of a step.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let scenario = open(&app, &p, &id).await?;
    render(&app, p, scenario, asked_step(&asked.step)?, None).await
}

/// The groups of the column that floors are about, with the floors that the gap's figures propose.
fn groups(p: &Frame, scenario: &Scenario) -> Vec<[String; 4]> {
    let Some(checked) = &scenario.check else { return Vec::new() };
    let row = |proposal: Proposal| {
        let floor = match (proposal.floor, proposal.share) {
            (Some(floor), _) => format!("{floor}%"),
            // Beside nothing nobody can say that none is needed.
            (None, Some(_)) if checked.district.is_some() => p.t("plans-floor-none"),
            (None, _) => String::new(),
        };
        let share = proposal.share.map_or_else(String::new, told::percent);
        [proposal.name, told::students(proposal.students), share, floor]
    };
    propose(&checked.groups, checked.district.as_ref()).into_iter().map(row).collect()
}

/// The mark of a step as it is stored.
fn mark(step: &Step, scenario: &Scenario, files: &BTreeMap<Slot, File>) -> String {
    let files = files.iter().map(|(slot, file)| (*slot, file.digest.clone())).collect();
    mark::of_step(step, &scenario.name, &scenario.settings, &files)
}

/// The page; with what somebody typed too late that is in the fields.
async fn render(
    app: &App,
    p: Frame,
    scenario: Scenario,
    step: &'static Step,
    typed: Option<&UploadForm>,
) -> Result<Response> {
    let id = scenario.id.clone();
    let names = names(app, p.district_id(), &id).await?;
    let problems = scenario.check.as_ref().map_or_else(Problems::default, |c| problems_of(c, step, &names));
    let files = queries::files(app.db.read(), p.district_id(), &id).await?;
    let mut inputs = Vec::new();
    for (name, field, time) in step.inputs() {
        if field.is_shown(time, &scenario.settings) {
            inputs.push(view(&p, &scenario, (&files, typed), &problems, (name, field, time)));
        }
    }
    let estimate = match step.word {
        "demand" => match queries::available(app.db.read(), p.district_id()).await?.made_ms {
            Some(ms) => p.tv("plans-estimate-of", "day", p.date(ms)),
            None => p.t("plans-estimate-none"),
        },
        _ => String::new(),
    };
    let page = Page {
        groups: if step.word == "policy" { groups(&p, &scenario) } else { Vec::new() },
        title: p.t(&format!("plans-step-{}", step.word)),
        lead: p.t(&format!("plans-lead-{}", step.word)),
        steps: steps(&p, &id, step.word),
        problems: p.problems(&labelled(&p, &scenario.settings, &problems)),
        word: step.word,
        mark: mark(step, &scenario, &files),
        is_late: typed.is_some(),
        name: scenario.name,
        id,
        inputs,
        estimate,
        p,
    };
    let status = if typed.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, Html(page.render()?)).into_response())
}

fn view(
    p: &Frame,
    scenario: &Scenario,
    (files, typed): (&BTreeMap<Slot, File>, Option<&UploadForm>),
    problems: &Problems,
    (name, field, time): (String, &'static Field, u8),
) -> InputView {
    let stored = match field.key {
        "name" => scenario.name.clone(),
        _ => scenario.settings.get(&name).to_owned(),
    };
    let value = typed.map_or(stored.clone(), |sent| sent.text(&name).to_owned());
    let label = label(p, &scenario.settings, field, time);
    let wrong = problems.kept().iter().find(|x| x.file == FILE && field.at(&x.column) == Some(time));
    let (kind, choices) = match field.input {
        Input::Choice(words) => {
            let word = chosen(words, &value);
            let choice = |one: &&'static str| (*one, choice_label(p, field, one), *one == word);
            ("choice", words.iter().map(choice).collect())
        }
        Input::File(_) => ("file", Vec::new()),
        Input::Number => ("number", Vec::new()),
        Input::Share => ("share", Vec::new()),
        Input::Text => ("text", Vec::new()),
    };
    let other = match field.input {
        _ if typed.is_none() => String::new(),
        Input::File(_) => String::new(),
        Input::Choice(words) if chosen(words, &value) == chosen(words, &stored) => String::new(),
        Input::Choice(words) => choice_label(p, field, chosen(words, &stored)),
        _ if stored == value => String::new(),
        _ if stored.is_empty() => p.t("plans-late-nothing"),
        _ => stored,
    };
    let slot = if let Input::File(slot) = field.input { Some(slot) } else { None };
    let stored = slot.and_then(|slot| files.get(&slot));
    InputView {
        part: field.part(time).map_or_else(String::new, |word| p.t(&format!("plans-part-{word}"))),
        hint: if field.has_hint { p.t(&format!("plans-hint-{}", dashed(field.key))) } else { String::new() },
        error: wrong.map_or_else(String::new, |x| p.wanted(x)),
        stored: stored.map_or_else(String::new, |file| {
            let size = count((file.size + 1023) / 1024);
            p.tvs(
                "plans-file-stored",
                &[
                    ("name", file.name.as_str().into()),
                    ("size", size.into()),
                    ("day", p.date(file.stored_ms).into()),
                ],
            )
        }),
        stored_href: slot
            .map_or_else(String::new, |slot| href(p, &scenario.id, &format!("/file?slot={}", slot.word()))),
        name,
        label,
        other,
        kind,
        value,
        choices,
    }
}

/// What an input is called.
fn label(p: &Frame, settings: &Settings, field: &Field, time: u8) -> String {
    let key = format!("plans-field-{}", dashed(field.key));
    if field.times == 1 {
        return p.t(&key);
    }
    let year = settings.get("first_year").parse::<i64>().unwrap_or(0);
    // Any number may have been typed.
    let year = year.clamp(0, 9_999) + i64::from(time) - 1;
    let of = match field.key {
        "budget" if year >= 1_990 => format!("{year}–{:02}", (year + 1) % 100),
        _ => time.to_string(),
    };
    p.tv(&key, "n", of)
}

/// The problems with the names of inputs in the place of the scenario's file and its keys.
pub(super) fn labelled(p: &Frame, settings: &Settings, problems: &Problems) -> Problems {
    let fields = || form::STEPS.iter().flat_map(|step| step.fields);
    let mut all = Problems::default();
    for x in problems.kept() {
        let of = fields().find_map(|field| Some((field, field.at(&x.column)?))).filter(|_| x.file == FILE);
        match of {
            Some((field, time)) => {
                all.push("", 0, &label(p, settings, field, time), &x.said, x.wanted.clone());
            }
            None => all.push(&x.file, x.line, &x.column, &x.said, x.wanted.clone()),
        }
    }
    all
}

/// The word that is chosen: the first where none is.
fn chosen(words: &'static [&'static str], said: &str) -> &'static str {
    words.iter().find(|word| **word == said).unwrap_or(&words[0])
}

fn choice_label(p: &Frame, field: &Field, word: &str) -> String {
    match field.key {
        "measure" => p.t(&format!("gap-measure-{word}")),
        _ => p.t(&format!("plans-choice-{}", dashed(word))),
    }
}

/// A key as messages have it.
fn dashed(key: &str) -> String {
    key.replace('_', "-")
}

/// Stores a step. What was typed and uploaded is kept whatever is wrong with it.
pub async fn saved(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    multipart: Multipart,
) -> Result<Response> {
    let step = asked_step(&asked.step)?;
    let mut sent = UploadForm::read(multipart).await?;
    let mut write = app.db.write().await?;
    queries::lock(&mut write, p.district_id()).await?;
    let mut scenario = queries::scenario(&mut *write, p.district_id(), &id).await?.ok_or(Error::NotFound)?;
    let files = queries::files(&mut *write, p.district_id(), &id).await?;
    if scenario.removed_ms.is_none() && sent.text("mark") != mark(step, &scenario, &files) {
        drop(write);
        return render(&app, p, scenario, step, Some(&sent)).await;
    }
    let mut uploaded = None;
    for (name, field, time) in step.inputs() {
        match field.input {
            Input::File(slot) => {
                let at = (id.as_str(), slot);
                if let Some(file) = sent.file(&name) {
                    let sum = digest([file.bytes.as_slice()]);
                    let name: String = file.name.chars().filter(|c| !c.is_control()).collect();
                    let file = (name.as_str(), file.bytes.as_slice(), sum.as_str());
                    queries::put_file(&mut write, p.district_id(), at, file, now_ms()).await?;
                    // Who uploads students wants them taken.
                    if slot == Slot::Students && sent.text("demand") == scenario.settings.get("demand") {
                        uploaded = Some(("demand".to_owned(), "file".to_owned()));
                    }
                } else if sent.text(&format!("remove_{name}")) == "yes" {
                    queries::remove_file(&mut write, p.district_id(), at).await?;
                }
            }
            _ if field.key == "name" => {
                let said: String = sent.text(&name).chars().take(120).collect();
                scenario.name = if said.is_empty() { scenario.name } else { said };
            }
            // A row that was not shown may have been sent by another program; one that says nothing is none.
            _ => {
                let said: String = sent.text(&name).chars().take(2_000).collect();
                if !said.is_empty() || field.is_shown(time, &scenario.settings) {
                    scenario.settings.values.insert(name, said);
                }
            }
        }
    }
    scenario.settings.values.extend(uploaded);
    let checked = store(&app, &p, write, &scenario).await?;
    let names = names(&app, p.district_id(), &id).await?;
    let stays = !problems_of(&checked, step, &names).is_empty() || sent.text("act") == "stay";
    let to = match form::after(step.word) {
        _ if stays => step_href(&p, &id, step.word),
        Some(next) => step_href(&p, &id, next.word),
        None => href(&p, &id, ""),
    };
    Ok(Redirect::to(&to).into_response())
}

/// Reads a scenario again whose estimate may have changed.
pub(super) async fn check_again(app: &App, p: &Frame, scenario: &Scenario) -> Result<()> {
    check(app, p.district_id(), (&scenario.id, scenario.revision), &scenario.settings).await.map(|_| ())
}
