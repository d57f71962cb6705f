//! Rows of figures that several pages have: years, strategies, groups.

use super::told;
use crate::layout::Frame;
use evenfield_plan::scenario::{GroupLine, Report, SchoolYear, StrategyLine};

/// A row of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it is of.
    pub label: String,
    /// A year's budget, a strategy's options, a group's students.
    pub detail: String,
    /// What the district pays.
    pub cost: String,
    /// What others pay.
    pub others: String,
    /// Connected at home.
    pub connected: String,
    /// Served.
    pub served: String,
    /// The district's cost of a student-year served.
    pub each: String,
}

/// A kind of option in words.
pub fn kind(p: &Frame, word: &str) -> String {
    p.t(&format!("plans-kind-{}", word.replace('_', "-")))
}

/// The name of an option in the reader's words. Sites and offers have names of their own; lent hotspots and buses are named by what they
/// are for.
pub fn name(p: &Frame, option: &str, name: &str) -> String {
    let mut parts = option.splitn(3, '/');
    let (kind, of, rest) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    match (kind, of, rest) {
        ("hotspot_lending", Some(plan), Some(demand)) => {
            p.tvs("plans-name-lending", &[("plan", plan.into()), ("place", place(p, demand).into())])
        }
        ("hotspot_owned", Some(plan), Some(_)) => {
            let counts = name.strip_prefix(plan).and_then(|rest| rest.strip_prefix(": "));
            let counts = counts.and_then(|rest| rest.strip_suffix(" hotspots owned")?.split_once(" of "));
            counts.map_or_else(
                || name.to_owned(),
                |(some, all)| {
                    p.tvs(
                        "plans-name-owned",
                        &[("plan", plan.into()), ("some", some.into()), ("all", all.into())],
                    )
                },
            )
        }
        ("parked_bus", Some(bus), Some(at)) => {
            p.tvs("plans-name-parked", &[("bus", bus.into()), ("place", at.into())])
        }
        ("bus_ride", Some(bus), None) => ride(p, bus, name).unwrap_or_else(|| name.to_owned()),
        _ => name.to_owned(),
    }
}

/// The name of a bus with Wi-Fi on its way, which is made of its routes and what its riders have.
fn ride(p: &Frame, bus: &str, name: &str) -> Option<String> {
    let (routes, rest) = name.strip_prefix(bus)?.strip_prefix(" on ")?.rsplit_once(": ")?;
    let (riders, rest) = rest.split_once(" students ride, ")?;
    let (minutes, rest) = rest.split_once(" minutes a day, ")?;
    let with = rest.strip_suffix(" of them with service")?;
    let values = [("bus", bus), ("routes", routes), ("riders", riders), ("minutes", minutes), ("with", with)];
    Some(p.tvs("plans-name-bus", &values.map(|(key, value)| (key, value.into()))))
}

/// A demand's id in words: the place, with the barrier behind it.
fn place(p: &Frame, demand: &str) -> String {
    let Some((place, barrier)) = demand.rsplit_once('/') else { return demand.to_owned() };
    match barrier {
        "not_affordable" | "not_available" | "not_desired" | "other" => {
            let barrier = p.t(&format!("plans-barrier-{}", barrier.replace('_', "-")));
            format!("{place} ({barrier})")
        }
        _ => demand.to_owned(),
    }
}

/// A row for each school year.
pub fn years(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |year: &SchoolYear| {
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

/// A row for each strategy.
pub fn strategies(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |line: &StrategyLine| {
        let [connected, served] = told::both(p, &line.reach);
        Line {
            label: kind(p, &line.kind),
            detail: line.options.to_string(),
            cost: told::money(line.district),
            others: String::new(),
            each: line.cost_per_student_year.map_or_else(String::new, told::exact),
            connected,
            served,
        }
    };
    report.strategies.iter().map(line).collect()
}

/// A row for each group.
pub fn groups(p: &Frame, report: &Report) -> Vec<Line> {
    let line = |line: &GroupLine| {
        let [connected, served] = told::both(p, &line.reach);
        Line {
            label: format!("{}: {}", line.column, line.group),
            detail: told::students(line.students),
            connected,
            served,
            ..Line::default()
        }
    };
    report.groups.iter().map(line).collect()
}
