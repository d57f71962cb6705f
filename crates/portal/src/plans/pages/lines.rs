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
            each: line.cost_per_student_year.map_or_else(String::new, |cost| format!("${cost:.2}")),
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
