//! Scenarios side by side, each with its own budget.

use super::{href, told};
use crate::App;
use crate::error::Result;
use crate::exchange::csv_file;
use crate::layout::Frame;
use crate::queries;
use crate::rules::answer::Answer;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use evenfield_plan::scenario::Reach;
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
    /// Whether the scenario was changed after its plan was found.
    is_old: bool,
    /// In the order of [`ROWS`].
    cells: Vec<String>,
    /// The row of the file, in the order of [`COLUMNS`].
    row: Vec<String>,
}

/// What is compared: the keys of the rows' messages.
const ROWS: [&str; 10] = [
    "plans-budget-all",
    "plans-students-district",
    "plans-students-planned",
    "plans-connected-home",
    "plans-served",
    "plans-least-group",
    "plans-district-pays",
    "plans-others-pay",
    "plans-each-served",
    "plans-gap",
];

/// Columns of the file, a row for each scenario. Money in dollars of all years, students of the last one; the gap is a share of the plan's worth.
const COLUMNS: [&str; 19] = [
    "scenario",
    "budget",
    "students_district",
    "students",
    "students_low",
    "students_high",
    "connected",
    "connected_low",
    "connected_high",
    "served",
    "served_low",
    "served_high",
    "least_group",
    "least_group_share",
    "district_pays",
    "others_pay",
    "cost_per_student_year",
    "gap",
    "remarks",
];

#[derive(Template)]
#[template(path = "templates/compare.html")]
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
    csv_file("compare.csv", &COLUMNS, columns.into_iter().map(|column| column.row))
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
            columns.extend(column(p, &scenario, &rungs, run.revision != scenario.revision));
        }
        choices.push(Choice { id: scenario.id, name: scenario.name, chosen });
    }
    Ok((choices, columns))
}

fn column(p: &Frame, scenario: &queries::Scenario, rungs: &[queries::Rung], is_old: bool) -> Option<Column> {
    let (rung, answer) = told::chosen(rungs, None)?;
    let report = &answer.report;
    let [connected, served] = told::both(p, &told::last(answer));
    let [planned, low, high] = report.students;
    let sum = |of: fn(&evenfield_plan::scenario::SchoolYear) -> u64| report.years.iter().map(of).sum::<u64>();
    let district = sum(|year| year.district.0);
    let student_years: f64 = report.years.iter().map(|year| year.reach.planned.served).sum();
    let each = (student_years > 0.0).then(|| district as f64 / 100.0 / student_years);
    let whole = report.whole.map(|[planned, low, high]| told::ranged(p, planned, low, high));
    let cells = vec![
        told::dollars(rung.total()),
        whole.unwrap_or_default(),
        told::ranged(p, planned, low, high),
        connected,
        served,
        told::least_group(report)
            .map_or_else(String::new, |(group, share)| format!("{group} ({})", told::percent(share))),
        told::dollars(district),
        told::dollars(sum(|year| year.others.0)),
        each.map_or_else(String::new, told::exact),
        if answer.floors { p.t("plans-floors-unmet") } else { told::percent(answer.gap) },
    ];
    let href = href(p, &scenario.id, &format!("/result?budget={}", rung.step));
    let row = row(p, scenario, (rung.total(), sum(|year| year.others.0), each), answer, is_old);
    Some(Column { name: scenario.name.clone(), href, is_old, cells, row })
}

/// The row of the file.
fn row(
    p: &Frame,
    scenario: &queries::Scenario,
    (budget, others, each): (u64, u64, Option<f64>),
    answer: &Answer,
    is_old: bool,
) -> Vec<String> {
    let report = &answer.report;
    let dollars = |cents: u64| format!("{}", evenfield_plan::Dollars(cents));
    let district = report.years.iter().map(|year| year.district.0).sum();
    let reach = told::last(answer);
    let ends = |of: fn(&Reach) -> f64| [&reach.planned, &reach.low, &reach.high].map(of);
    let remarks = [(answer.floors, "plans-floors-unmet"), (is_old, "plans-is-old")];
    let remarks: Vec<String> = remarks.iter().filter(|r| r.0).map(|(_, key)| p.t(key)).collect();
    let students = |n: f64| format!("{n:.3}");
    let mut row = vec![
        scenario.name.clone(),
        dollars(budget),
        report.whole.map_or_else(String::new, |w| students(w[0])),
    ];
    row.extend(report.students.map(students));
    row.extend(ends(|r| r.connected).map(students));
    row.extend(ends(|r| r.served).map(students));
    let least = told::least_group(report);
    row.extend(least.map_or_else(Default::default, |(group, share)| [group, format!("{share:.6}")]));
    row.extend([
        dollars(district),
        dollars(others),
        each.map_or_else(String::new, |each| format!("{each:.2}")),
    ]);
    row.extend([if answer.floors { String::new() } else { format!("{:.6}", answer.gap) }, remarks.join(" ")]);
    row
}
