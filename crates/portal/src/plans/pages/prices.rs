//! The cost book of a scenario: looked at, changed line by line, or as a file.

use super::{href, one, open, step, store};
use crate::App;
use crate::error::{Error, Result};
use crate::exchange::{UploadForm, attachment, count};
use crate::layout::{Frame, ProblemList};
use crate::plans::queries;
use crate::plans::rules::scenario::COSTS;
use crate::routes::escape;
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
    paid: String,
    own: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "plans/templates/prices.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    lines: Vec<LineView>,
    steps: Vec<(String, String, bool)>,
    problems: ProblemList,
    is_refused: bool,
    /// The line that is changed, if one is; whether it is one's own.
    edited: Option<(PriceLine, bool)>,
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

fn render(
    p: Frame,
    scenario: queries::Scenario,
    edited: Option<(PriceLine, bool)>,
    (problems, is_refused): (&Problems, bool),
) -> Result<Response> {
    let id = scenario.id.clone();
    let view = |(line, own): (PriceLine, bool)| LineView {
        what: what(&p, &line.item),
        price: shown(&line.price),
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
        name: scenario.name,
        is_refused,
        edited,
        id,
        p,
    };
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
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
        && let Some(checked) = &scenario.check
    {
        for x in checked.problems.kept().iter().filter(|x| x.column == "item" || x.file == COSTS) {
            problems.push(&x.file, x.line, &x.column, &x.said, x.wanted.clone());
        }
    }
    render(p, scenario, edited, (&problems, false))
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
}

/// Stores one line, or takes the one to begin with again.
pub async fn saved(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<LineForm>,
) -> Result<Response> {
    let write = app.db.write().await?;
    let mut scenario = open(&app, &p, &id).await?;
    let item = form.item.trim().to_owned();
    match form.act.as_str() {
        "reset" => scenario.settings.prices.retain(|line| line.item != item),
        "reset-all" => scenario.settings.prices.clear(),
        _ => {
            let price = evenfield_gap::read::plain_number(form.price.trim().trim_start_matches('$'));
            let text =
                |text: &str| text.trim().chars().filter(|c| !c.is_control()).take(400).collect::<String>();
            let (source, date, life) = (text(&form.source), text(&form.date), text(&form.life));
            let line = PriceLine {
                item: item.clone(),
                unit: String::new(),
                price,
                paid: form.paid,
                life,
                source,
                date,
            };
            let mut bytes = Vec::new();
            // An empty price is left out by the writer, so it is written as what it is not.
            let shown = PriceLine {
                price: if line.price.is_empty() { "-".to_owned() } else { line.price.clone() },
                ..line.clone()
            };
            write_prices(std::slice::from_ref(&shown), &mut bytes)
                .map_err(|e| Error::Internal(e.to_string()))?;
            match read_prices(COSTS, &bytes) {
                Ok(lines) => lines.into_iter().for_each(|line| scenario.settings.put_price(line)),
                Err(problems) => {
                    let own = scenario.settings.prices.iter().any(|known| known.item == item);
                    return render(p, scenario, Some((line, own)), (&problems, true));
                }
            }
        }
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
    let mut scenario = open(&app, &p, &id).await?;
    let file = UploadForm::read(multipart).await?.file("file").ok_or(Error::BadRequest("plans-no-file"))?;
    match read_prices(&file.name, &file.bytes) {
        Err(problems) => render(p, scenario, None, (&problems, true)),
        Ok(lines) => {
            let write = app.db.write().await?;
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
