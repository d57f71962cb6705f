//! The cost book of a scenario: looked at, changed line by line, or as a file.

use super::{href, one, open, step, store};
use crate::App;
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, attachment, count};
use crate::layout::{Frame, ProblemList};
use crate::queries;
use crate::routes::escape;
use crate::rules::form;
use crate::rules::mark;
use crate::rules::scenario::{COSTS, FILE};
use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use evenfield_model::Problems;
use evenfield_plan::scenario::{PriceLine, read_prices, write_prices};
use serde::Deserialize;

/// Which item is changed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    item: String,
}

struct LineView {
    line: PriceLine,
    what: String,
    price: String,
    unit: String,
    paid: String,
    own: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "templates/prices.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    lines: Vec<LineView>,
    steps: Vec<(String, String, bool)>,
    problems: ProblemList,
    is_refused: bool,
    /// Whether somebody else has changed it since the form was opened.
    is_late: bool,
    /// The line that is changed, if one is; whether it is one's own.
    edited: Option<(PriceLine, bool)>,
    /// The item of the line that is changed.
    was: String,
    /// Of its price as the form shows it.
    mark: String,
    /// Of all prices of one's own.
    mark_all: String,
    /// What is stored of the line, where somebody else has changed it.
    stored: String,
    next: String,
}

impl Page {
    /// What is wrong with a cell of the line that is changed.
    fn error(&self, column: &str) -> &str {
        let rows = if self.edited.is_some() { self.problems.rows.as_slice() } else { &[] };
        rows.iter().find(|row| row.column == column).map_or("", |row| row.wanted.as_str())
    }

    fn value(&self, column: &str) -> &str {
        let Some((line, _)) = &self.edited else { return "" };
        match column {
            "item" => &line.item,
            "price" => &line.price,
            "life" => &line.life,
            "source" => &line.source,
            "date" => &line.date,
            _ => &line.paid,
        }
    }
}

/// The name of an item in words; with what it is for, where it is for one alone.
pub(super) fn what(p: &Frame, item: &str) -> String {
    let (base, of) = item.split_once('/').map_or((item, ""), |(base, of)| (base, of));
    let name = p.t(&format!("plans-item-{}", base.replace('_', "-")));
    if of.is_empty() { name } else { format!("{name} ({of})") }
}

/// What one of it is, in words.
pub(super) fn unit(p: &Frame, word: &str) -> String {
    let known = ["device", "home", "access point", "site", "bus"].contains(&word);
    if known { p.t(&format!("plans-unit-{}", word.replace(' ', "-"))) } else { word.to_owned() }
}

/// How it is paid, in words.
pub(super) fn paid(p: &Frame, word: &str) -> String {
    if word.is_empty() { String::new() } else { p.t(&format!("plans-paid-{word}")) }
}

/// A price as people write it: `$1,250.50`.
fn shown(price: &str) -> String {
    let (whole, cents) = price.split_once('.').unwrap_or((price, ""));
    match whole.parse() {
        Ok(whole) if cents.is_empty() => format!("${}", count(whole)),
        Ok(whole) => format!("${}.{cents:0<2}", count(whole)),
        Err(_) => String::new(),
    }
}

/// How a form was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// There was none.
    No,
    /// It has problems.
    Refused,
    /// Somebody else was there before.
    Late,
}

/// A price in words: `$1,250.50, each year, Our bill, 2026-05`.
fn told(p: &Frame, line: &PriceLine) -> String {
    let cells = [shown(&line.price), paid(p, &line.paid), line.source.clone(), line.date.clone()];
    cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(", ")
}

fn render(
    p: Frame,
    scenario: queries::Scenario,
    edited: Option<(PriceLine, bool)>,
    (problems, answered): (&Problems, Answered),
) -> Result<Response> {
    let id = scenario.id.clone();
    let item = edited.as_ref().map_or("", |(line, _)| line.item.as_str());
    let now = scenario.settings.prices.iter().find(|line| line.item == item);
    let stored = if answered == Answered::Late { now.map(|line| told(&p, line)) } else { None };
    let view = |(line, own): (PriceLine, bool)| LineView {
        what: what(&p, &line.item),
        price: shown(&line.price),
        unit: unit(&p, &line.unit),
        paid: paid(&p, &line.paid),
        href: href(&p, &id, &format!("/prices?item={}#edit", escape(&line.item))),
        own,
        line,
    };
    let page = Page {
        lines: scenario.settings.book().into_iter().map(view).collect(),
        steps: step::links(&p, &id),
        problems: p.problems(problems),
        next: step::step_href(&p, &id, "policy"),
        was: item.to_owned(),
        mark: mark::of_price(&scenario.settings, item),
        mark_all: mark::of_prices(&scenario.settings),
        stored: stored.unwrap_or_default(),
        name: scenario.name,
        is_refused: answered == Answered::Refused,
        is_late: answered == Answered::Late,
        edited,
        id,
        p,
    };
    let status = match answered {
        Answered::No => StatusCode::OK,
        Answered::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        Answered::Late => StatusCode::CONFLICT,
    };
    Ok((status, Html(page.render()?)).into_response())
}

/// The book; with `?item=` the form of one line.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let scenario = open(&app, &p, &id).await?;
    let line = scenario.settings.book().into_iter().find(|(line, _)| line.item == asked.item);
    let edited = match line {
        None if asked.item == "new" => Some((PriceLine::default(), false)),
        line => line,
    };
    let mut problems = Problems::default();
    if edited.is_none()
        && let (Some(checked), Some(book)) = (&scenario.check, form::step(form::COSTS))
    {
        for x in checked
            .problems
            .kept()
            .iter()
            .filter(|x| x.column == "item" || x.file == COSTS || (x.file == FILE && book.owns(&x.column)))
        {
            problems.push(&x.file, x.line, &x.column, &x.said, x.wanted.clone());
        }
    }
    render(p, scenario, edited, (&problems, Answered::No))
}

/// A line as the form has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineForm {
    item: String,
    price: String,
    paid: String,
    life: String,
    source: String,
    date: String,
    act: String,
    /// The item that the form showed, and its mark.
    was: String,
    mark: String,
}

impl LineForm {
    /// The line that was typed.
    fn line(&self) -> PriceLine {
        let text = |text: &str| text.trim().chars().filter(|c| !c.is_control()).take(400).collect::<String>();
        PriceLine {
            item: self.item.trim().to_owned(),
            unit: String::new(),
            price: evenfield_gap::read::plain_number(self.price.trim().trim_start_matches('$')),
            paid: self.paid.clone(),
            life: text(&self.life),
            source: text(&self.source),
            date: text(&self.date),
        }
    }
}

/// A line as the reader of cost books takes it.
fn read_line(line: &PriceLine) -> Result<std::result::Result<Vec<PriceLine>, Problems>> {
    let mut bytes = Vec::new();
    // An empty price is left out by the writer, so it is written as what it is not.
    let price = if line.price.is_empty() { "-".to_owned() } else { line.price.clone() };
    let shown = PriceLine { price, ..line.clone() };
    write_prices(std::slice::from_ref(&shown), &mut bytes).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(read_prices(COSTS, &bytes))
}

/// A scenario that nobody else changes until the transaction is over.
async fn locked(write: &mut crate::db::Write, p: &Frame, id: &str) -> Result<queries::Scenario> {
    queries::lock(write, p.district_id()).await?;
    let scenario = queries::scenario(&mut **write, p.district_id(), id).await?;
    scenario.filter(|scenario| scenario.removed_ms.is_none()).ok_or(Error::NotFound)
}

/// Stores one line, or takes the one to begin with again.
pub async fn saved(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<LineForm>,
) -> Result<Response> {
    let mut write = app.db.write().await?;
    let mut scenario = locked(&mut write, &p, &id).await?;
    let line = form.line();
    let own = scenario.settings.prices.iter().any(|known| known.item == line.item);
    let all = form.act == "reset-all";
    let mark = match all {
        true => mark::of_prices(&scenario.settings),
        false => mark::of_price(&scenario.settings, &form.was),
    };
    // A price that is given another item's name must not take that item's price away unseen.
    if form.mark != mark || (!all && form.was != line.item && own) {
        drop(write);
        let edited = (!all).then_some((line, own));
        return render(p, scenario, edited, (&Problems::default(), Answered::Late));
    }
    match form.act.as_str() {
        "reset" => scenario.settings.prices.retain(|known| known.item != line.item),
        "reset-all" => scenario.settings.prices.clear(),
        _ => match read_line(&line)? {
            Ok(lines) => lines.into_iter().for_each(|line| scenario.settings.put_price(line)),
            Err(problems) => {
                return render(p, scenario, Some((line, own)), (&problems, Answered::Refused));
            }
        },
    }
    store(&app, &p, write, &scenario).await?;
    Ok(Redirect::to(&href(&p, &id, "/prices")).into_response())
}

/// Lays a file over the book. One with problems is not stored.
pub async fn upload(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    multipart: Multipart,
) -> Result<Response> {
    let file = UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("plans-no-file"))?;
    match read_prices(&file.name, &file.bytes) {
        Err(problems) => {
            let scenario = open(&app, &p, &id).await?;
            render(p, scenario, None, (&problems, Answered::Refused))
        }
        Ok(lines) => {
            let mut write = app.db.write().await?;
            let mut scenario = locked(&mut write, &p, &id).await?;
            // A file that was downloaded from here has the prices to begin with, too: those are not one's own.
            let begin = evenfield_plan::scenario::prices_to_begin_with();
            let own = lines.into_iter().filter(|line| !begin.contains(line));
            own.for_each(|line| scenario.settings.put_price(line));
            store(&app, &p, write, &scenario).await?;
            Ok(Redirect::to(&href(&p, &id, "/prices")).into_response())
        }
    }
}

/// The whole book as the file that can be loaded again.
pub async fn csv(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response> {
    let scenario = one(&app, &p, &id).await?;
    let lines: Vec<PriceLine> = scenario.settings.book().into_iter().map(|(line, _)| line).collect();
    let mut bytes = Vec::new();
    write_prices(&lines, &mut bytes).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(attachment(COSTS, "text/csv; charset=utf-8", bytes))
}
