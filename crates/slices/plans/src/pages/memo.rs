//! A memo for the board: one page to print, each figure with what it means and its interval.

use super::lines::{self, Line};
use super::result::next;
use super::solved::Solved;
use super::told;
use crate::App;
use crate::error::Result;
use crate::layout::Frame;
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

#[derive(Template)]
#[template(path = "templates/memo.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    query: String,
    total: String,
    day: String,
    district: String,
    asks: String,
    /// The day of an estimate that is newer than the plan; empty where there is none.
    newer: String,
    students: told::Without,
    connected: String,
    served: String,
    last_year: String,
    proof: String,
    next: String,
    years: Vec<Line>,
    strategies: Vec<Line>,
}

/// The memo.
pub async fn page(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let report = &solved.answer.report;
    let [connected, served] = told::both(&p, &told::last(&solved.answer));
    let first = report.years.first().map_or_else(String::new, |year| told::school_year(year.year));
    let last_year = report.years.last().map_or_else(String::new, |year| told::school_year(year.year));
    let page = Page {
        total: solved.total(),
        day: p.date(solved.run.made_ms),
        district: p.district.as_ref().map_or_else(String::new, |d| d.name.clone()),
        asks: p.tvs(
            "plans-memo-asks",
            &[("budget", solved.total().into()), ("first", first.into()), ("last", last_year.clone().into())],
        ),
        students: told::without(&p, report),
        newer: solved.newer(&app, &p).await?,
        proof: told::proof(&p, &solved.answer),
        next: next(&p, &solved),
        years: lines::years(&p, report),
        strategies: lines::strategies(&p, report),
        query: solved.query(),
        name: solved.scenario.name.clone(),
        connected,
        served,
        last_year,
        id: solved.scenario.id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
