//! A memo for the board: one page to print, each figure with what it means and its interval.

use super::result::{Asked, Solved, kind, next};
use super::told;
use crate::App;
use crate::error::Result;
use crate::layout::Frame;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};

struct Line {
    label: String,
    cost: String,
    connected: String,
    served: String,
}

#[derive(Template)]
#[template(path = "plans/templates/memo.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    step: i64,
    total: String,
    day: String,
    district: String,
    asks: String,
    students: String,
    connected: String,
    served: String,
    last_year: String,
    proof: String,
    next: String,
    years: Vec<Line>,
    strategies: Vec<Line>,
}

/// The memo.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let solved = Solved::read(&app, &p, &id, asked.budget).await?;
    let report = &solved.answer.report;
    let [connected, served] = told::both(&p, &told::last(&solved.answer));
    let [planned, low, high] = report.students;
    let first = report.years.first().map_or_else(String::new, |year| told::school_year(year.year));
    let last_year = report.years.last().map_or_else(String::new, |year| told::school_year(year.year));
    let line = |label: String, cost, reach| {
        let [connected, served] = told::both(&p, reach);
        Line { label, cost: told::money(cost), connected, served }
    };
    let page = Page {
        total: solved.total(),
        day: p.date(solved.run.made_ms),
        district: p.district.as_ref().map_or_else(String::new, |d| d.name.clone()),
        asks: p.tvs(
            "plans-memo-asks",
            &[("budget", solved.total().into()), ("first", first.into()), ("last", last_year.clone().into())],
        ),
        students: told::ranged(&p, planned, low, high),
        proof: told::proof(&p, &solved.answer),
        next: next(&p, &solved),
        years: report.years.iter().map(|y| line(told::school_year(y.year), y.district, &y.reach)).collect(),
        strategies: report.strategies.iter().map(|s| line(kind(&p, &s.kind), s.district, &s.reach)).collect(),
        step: solved.step,
        name: solved.scenario.name.clone(),
        connected,
        served,
        last_year,
        id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
