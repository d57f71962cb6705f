//! The best plan for a budget: what it gives to whom, what it buys, and what more money would buy.

use super::curve::{Curve, curve};
use super::map::{Map, map};
use super::{href, one, told};
use crate::App;
use crate::access::Action;
use crate::error::{Error, Result};
use crate::layout::Frame;
use crate::plans::queries::{self, Run, Rung, Scenario};
use crate::plans::rules::answer::Answer;
use crate::routes::escape;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use evenfield_plan::scenario::{Reach, Report};
use serde::Deserialize;

/// Options bought that a page lists; the files have all.
const SHOWN: usize = 200;

/// Which budget.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Its place in the ladder.
    pub budget: Option<i64>,
    /// The option, where a page is about one.
    pub option: String,
}

/// A solved run with the budget that a page is about.
pub(super) struct Solved {
    pub scenario: Scenario,
    pub run: Run,
    pub rungs: Vec<Rung>,
    pub step: i64,
    pub answer: Answer,
}

impl Solved {
    /// The newest run with plans of a scenario, and the budget asked for.
    pub async fn read(app: &App, p: &Frame, id: &str, asked: Option<i64>) -> Result<Self> {
        let scenario = one(app, p, id).await?;
        let (db, district) = (app.db.read(), p.district_id());
        let run = queries::newest_run(db, district, id, true).await?.ok_or(Error::NotFound)?;
        let rungs = queries::rungs(db, district, &run.id).await?;
        let (step, answer) = told::chosen(&rungs, asked)
            .map(|(rung, answer)| (rung.step, answer.clone()))
            .ok_or(Error::NotFound)?;
        Ok(Self { scenario, run, rungs, step, answer })
    }

    /// The budget that the page is about.
    pub fn rung(&self) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.step == self.step)
    }

    /// Its dollars of all years.
    pub fn total(&self) -> String {
        told::dollars(self.rung().map_or(0, Rung::total))
    }
}

/// A budget as a link.
struct Choice {
    label: String,
    href: String,
    step: i64,
    current: bool,
    own: bool,
}

/// A row of figures: a strategy, a year, a group.
struct Line {
    label: String,
    detail: String,
    cost: String,
    others: String,
    connected: String,
    served: String,
    each: String,
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
#[template(path = "plans/templates/result.html")]
struct Page {
    p: Frame,
    id: String,
    name: String,
    run: String,
    step: i64,
    total: String,
    floors: bool,
    /// Each figure with its interval and what it is of.
    students: (String, String),
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
    accepted: bool,
    may_manage: bool,
}

impl Page {
    fn has_more(&self) -> bool {
        self.bought.len() < self.bought_all
    }
}

/// A kind of option in words.
pub(super) fn kind(p: &Frame, word: &str) -> String {
    p.t(&format!("plans-kind-{}", word.replace('_', "-")))
}

fn years(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |year: &evenfield_plan::scenario::SchoolYear| {
        let [connected, served] = told::both(p, &year.reach);
        Line {
            label: told::school_year(year.year),
            detail: told::money(year.budget),
            cost: told::money(year.district),
            others: told::money(year.others),
            each: String::new(),
            connected,
            served,
        }
    };
    report.years.iter().map(line).collect()
}

fn strategies(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |line: &evenfield_plan::scenario::StrategyLine| {
        let [connected, served] = told::both(p, &line.reach);
        Line {
            label: kind(p, &line.kind),
            detail: line.options.to_string(),
            cost: told::money(line.district),
            others: String::new(),
            each: line.cost_per_student_year.map_or_else(String::new, |cost| format!("${cost:.2}")),
            connected,
            served,
        }
    };
    report.strategies.iter().map(line).collect()
}

fn groups(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |line: &evenfield_plan::scenario::GroupLine| {
        let [connected, served] = told::both(p, &line.reach);
        Line {
            label: format!("{}: {}", line.column, line.group),
            detail: told::students(line.students),
            cost: String::new(),
            others: String::new(),
            each: String::new(),
            connected,
            served,
        }
    };
    report.groups.iter().map(line).collect()
}

fn bought(p: &Frame, id: &str, step: i64, report: &Report) -> Vec<BoughtLine> {
    let line = |line: &evenfield_plan::scenario::Bought| {
        let [connected, served] = told::both(p, &line.reach);
        BoughtLine {
            name: line.name.clone(),
            href: href(p, id, &format!("/option?budget={step}&option={}", escape(&line.option))),
            kind: kind(p, &line.kind),
            year: told::school_year(line.year),
            cost: told::money(line.district),
            connected,
            served,
        }
    };
    report.bought.iter().take(SHOWN).map(line).collect()
}

fn items(p: &Frame, report: &Report) -> Vec<ItemLine> {
    let line = |line: &evenfield_plan::scenario::Item| ItemLine {
        year: told::school_year(line.year),
        what: super::prices::what(p, &line.item),
        quantity: told::count_tenths(line.quantity),
        unit: line.unit.clone(),
        paid: super::prices::paid(p, &line.paid),
        cost: told::money(line.cost),
        source: line.source.clone(),
        date: line.date.clone(),
    };
    report.items.iter().map(line).collect()
}

/// What the next $10,000 buy, in a sentence.
pub(super) fn next(p: &Frame, solved: &Solved) -> String {
    told::next_ten_thousand(&solved.rungs, solved.step).map_or_else(String::new, |(connected, served)| {
        let values = [
            ("connected", told::count_tenths(connected).into()),
            ("served", told::count_tenths(served).into()),
        ];
        p.tvs("plans-next-10000", &values)
    })
}

/// The page.
pub async fn page(
    State(app): State<App>,
    p: Frame,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let solved = Solved::read(&app, &p, &id, asked.budget).await?;
    let boundaries = queries::boundaries(app.db.read(), p.district_id()).await?;
    let accepted = queries::accepted(app.db.read(), p.district_id()).await?;
    let report = &solved.answer.report;
    let at = |step: i64| href(&p, &id, &format!("/result?budget={step}"));
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
    let [planned, low, high] = report.students;
    let page = Page {
        run: solved.run.id.clone(),
        step: solved.step,
        total: solved.total(),
        floors: solved.answer.floors,
        students: (told::students(planned), told::interval(&p, low, high, &p.t("plans-interval"))),
        connected: figure(|r| r.connected),
        served: figure(|r| r.served),
        proof: told::proof(&p, &solved.answer),
        next: next(&p, &solved),
        choices: solved.rungs.iter().filter(|rung| rung.answer.is_some()).map(choice).collect(),
        years: years(&p, report),
        strategies: strategies(&p, report),
        groups: groups(&p, report),
        bought: bought(&p, &id, solved.step, report),
        bought_all: report.bought.len(),
        items: items(&p, report),
        curve: curve(&p, &solved.rungs, solved.step, at),
        map: map(&p, &boundaries, report),
        is_old: solved.run.revision != solved.scenario.revision,
        accepted: accepted.is_some_and(|a| a.run == solved.run.id && a.step == solved.step),
        may_manage: p.may(Action::ManagePlans) && solved.scenario.removed_ms.is_none(),
        name: solved.scenario.name.clone(),
        id,
        p,
    };
    Ok(Html(page.render()?).into_response())
}
