//! Scenarios side by side, each with its own budget.

use super::{href, told};
use crate::App;
use crate::error::Result;
use crate::exchange::csv_file;
use crate::layout::Frame;
use crate::plans::queries;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use std::collections::BTreeMap;

/// Scenarios side by side at most.
const MOST: usize = 6;

struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

struct Column {
    name: String,
    href: String,
    /// In the order of [`ROWS`].
    cells: Vec<String>,
}

/// What is compared: the keys of the rows' messages.
const ROWS: [&str; 8] = [
    "plans-budget-all",
    "plans-students",
    "plans-connected-home",
    "plans-served",
    "plans-district-pays",
    "plans-others-pay",
    "plans-each-served",
    "plans-gap",
];

#[derive(Template)]
#[template(path = "plans/templates/compare.html")]
struct Page {
    p: Frame,
    choices: Vec<Choice>,
    columns: Vec<Column>,
    /// Of the address of the file.
    query: String,
    /// Labels with a cell for each column.
    rows: Vec<(String, Vec<String>)>,
}

/// The page. Each scenario to be compared is a key of the query by its id.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response> {
    let (choices, columns) = read(&app, &p, &asked).await?;
    let query: Vec<String> = choices.iter().filter(|c| c.chosen).map(|c| format!("{}=on", c.id)).collect();
    let page = Page { choices, rows: rows(&p, &columns), query: query.join("&"), columns, p };
    Ok(Html(page.render()?).into_response())
}

/// The same as a file.
pub async fn csv(
    State(app): State<App>,
    p: Frame,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response> {
    let (_, columns) = read(&app, &p, &asked).await?;
    let names = columns.iter().map(|column| column.name.clone());
    let header: Vec<String> = std::iter::once(p.t("plans-figure")).chain(names).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let row = |(label, cells): (String, Vec<String>)| std::iter::once(label).chain(cells).collect::<Vec<_>>();
    csv_file("compare.csv", &header, rows(&p, &columns).into_iter().map(row))
}

/// Labels with a cell for each scenario.
fn rows(p: &Frame, columns: &[Column]) -> Vec<(String, Vec<String>)> {
    let cells =
        |at: usize| columns.iter().map(move |column| column.cells.get(at).cloned().unwrap_or_default());
    ROWS.iter().enumerate().map(|(at, key)| (p.t(key), cells(at).collect())).collect()
}

/// All scenarios that have plans, and the columns of those asked for.
async fn read(app: &App, p: &Frame, asked: &BTreeMap<String, String>) -> Result<(Vec<Choice>, Vec<Column>)> {
    let (db, district) = (app.db.read(), p.district_id());
    let (mut choices, mut columns) = (Vec::new(), Vec::new());
    for scenario in queries::list(db, district).await?.into_iter().filter(|s| s.removed_ms.is_none()) {
        let Some(run) = queries::newest_run(db, district, &scenario.id, true).await? else { continue };
        let chosen = asked.contains_key(&scenario.id) && columns.len() < MOST;
        if chosen {
            let rungs = queries::rungs(db, district, &run.id).await?;
            columns.extend(column(p, &scenario, &rungs));
        }
        choices.push(Choice { id: scenario.id, name: scenario.name, chosen });
    }
    Ok((choices, columns))
}

fn column(p: &Frame, scenario: &queries::Scenario, rungs: &[queries::Rung]) -> Option<Column> {
    let (rung, answer) = told::chosen(rungs, None)?;
    let report = &answer.report;
    let [connected, served] = told::both(p, &told::last(answer));
    let [planned, low, high] = report.students;
    let sum = |of: fn(&evenfield_plan::scenario::SchoolYear) -> u64| report.years.iter().map(of).sum::<u64>();
    let district = sum(|year| year.district.0);
    let student_years: f64 = report.years.iter().map(|year| year.reach.planned.served).sum();
    let cells = vec![
        told::dollars(rung.total()),
        told::ranged(p, planned, low, high),
        connected,
        served,
        told::dollars(district),
        told::dollars(sum(|year| year.others.0)),
        if student_years > 0.0 {
            told::exact(district as f64 / 100.0 / student_years)
        } else {
            String::new()
        },
        if answer.floors { p.t("plans-floors-unmet") } else { told::percent(answer.gap) },
    ];
    let href = href(p, &scenario.id, &format!("/result?budget={}", rung.step));
    Some(Column { name: scenario.name.clone(), href, cells })
}
