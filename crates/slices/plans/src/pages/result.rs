//! The best plan for a budget: what it gives to whom, what it buys, and what more money would buy.

use super::accept::GoesBy;
use super::curve::{Curve, curve};
use super::lines::{self, Line, kind};
use super::map::{Map, map};
use super::solved::Solved;
use super::{href, options, told};
use crate::App;
use crate::access::Action;
use crate::error::Result;
use crate::layout::Frame;
use crate::queries::{self, Rung};
use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use evenfield_plan::scenario::{Reach, Report};

/// Options bought that a page lists; the files have all.
const SHOWN: usize = 200;

/// A budget as a link.
struct Choice {
    label: String,
    href: String,
    step: i64,
    current: bool,
    own: bool,
}

struct BoughtLine {
    name: String,
    href: String,
    kind: String,
    year: String,
    cost: String,
    connected: String,
    served: String,
}

struct ItemLine {
    year: String,
    what: String,
    quantity: String,
    unit: String,
    paid: String,
    cost: String,
    source: String,
    date: String,
}

#[derive(Template)]
#[template(path = "templates/result.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    run: String,
    /// When the plan was stored: what is accepted is this one.
    solved: i64,
    step: i64,
    query: String,
    total: String,
    floors: bool,
    /// Each figure with its interval and what it is of.
    students: told::Without,
    connected: (String, String),
    served: (String, String),
    proof: String,
    next: String,
    choices: Vec<Choice>,
    years: Vec<Line>,
    strategies: Vec<Line>,
    groups: Vec<Line>,
    bought: Vec<BoughtLine>,
    bought_all: usize,
    items: Vec<ItemLine>,
    curve: Curve,
    map: Map,
    is_old: bool,
    /// The day of an estimate that is newer than the plan; empty where there is none.
    newer: String,
    /// The page of the newest search's plan, where this is an older one.
    later: String,
    accepted: bool,
    /// The plan that the district goes by, where it is another.
    other: Option<GoesBy>,
    may_manage: bool,
}

impl Page {
    fn has_more(&self) -> bool {
        self.bought.len() < self.bought_all
    }
}

fn bought(p: &Frame, solved: &Solved) -> Vec<BoughtLine> {
    let line = |line: &evenfield_plan::scenario::Bought| {
        let [connected, served] = told::both(p, &line.reach);
        BoughtLine {
            name: lines::name(p, &line.option, &line.name),
            href: options::option_href(p, solved, &line.option),
            kind: kind(p, &line.kind),
            year: told::school_year(line.year),
            cost: told::money(line.district),
            connected,
            served,
        }
    };
    solved.answer.report.bought.iter().take(SHOWN).map(line).collect()
}

fn items(p: &Frame, report: &Report) -> Vec<ItemLine> {
    let line = |line: &evenfield_plan::scenario::Item| ItemLine {
        year: told::school_year(line.year),
        what: super::prices::what(p, &line.item),
        quantity: told::count_tenths(line.quantity),
        unit: super::prices::unit(p, &line.unit),
        paid: super::prices::paid(p, &line.paid),
        cost: told::money(line.cost),
        source: line.source.clone(),
        date: line.date.clone(),
    };
    report.items.iter().map(line).collect()
}

/// What the next larger budget buys, in a sentence.
pub(super) fn next(p: &Frame, solved: &Solved) -> String {
    told::step_up(&solved.rungs, solved.step)
        .map_or_else(String::new, |up| up.told(p, "plans-next", "plans-next-nothing"))
}

/// The page.
pub async fn page(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let boundaries = queries::boundaries(app.db.read(), p.district_id()).await?;
    let accepted = queries::accepted_plan(app.db.read(), p.district_id()).await?;
    let report = &solved.answer.report;
    let at = |step: i64| solved.href_of(&p, step);
    let choice = |rung: &Rung| Choice {
        label: told::dollars(rung.total()),
        href: at(rung.step),
        step: rung.step,
        current: rung.step == solved.step,
        own: rung.chosen,
    };
    let reach = told::last(&solved.answer);
    let last_year = report.years.last().map_or_else(String::new, |year| told::school_year(year.year));
    let of = p.tv("plans-in-year", "year", last_year);
    let figure = |get: fn(&Reach) -> f64| {
        (told::students(get(&reach.planned)), told::interval(&p, get(&reach.low), get(&reach.high), &of))
    };
    let page = Page {
        run: solved.run.id.clone(),
        solved: solved.rung().and_then(|rung| rung.solved_ms).unwrap_or(0),
        query: solved.query(),
        step: solved.step,
        total: solved.total(),
        floors: solved.answer.floors,
        students: told::without(&p, report),
        connected: figure(|r| r.connected),
        served: figure(|r| r.served),
        proof: told::proof(&p, &solved.answer),
        next: next(&p, &solved),
        choices: solved.rungs.iter().filter(|rung| rung.answer.is_some()).map(choice).collect(),
        years: lines::years(&p, report),
        strategies: lines::strategies(&p, report),
        groups: lines::groups(&p, report),
        bought: bought(&p, &solved),
        bought_all: report.bought.len(),
        items: items(&p, report),
        curve: curve(&p, &solved.rungs, solved.step, at),
        map: map(&p, &boundaries, report),
        is_old: solved.run.revision != solved.scenario.revision,
        newer: solved.newer(&app, &p).await?,
        later: match &solved.later {
            Some(run) => href(&p, &solved.scenario.id, &format!("/result?run={run}")),
            None => String::new(),
        },
        accepted: accepted.as_ref().is_some_and(|a| a.is(&solved.run.id, solved.step)),
        other: accepted.filter(|a| !a.is(&solved.run.id, solved.step)).map(|a| GoesBy::new(&p, &a)),
        may_manage: p.may(Action::ManagePlans) && solved.scenario.removed_ms.is_none(),
        name: solved.scenario.name.clone(),
        id: solved.scenario.id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
