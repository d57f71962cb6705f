//! Tables as people see them.

use super::rule::Why;
use crate::calendar::{Period, Setting};
use crate::catalogue::Catalogue;
use crate::rollup::{Unit, Use, What};
use crate::roster::Roster;
use std::fmt::Write as _;

/// What is shown of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Distinct students and their minutes; queries, for a category.
    Shown {
        /// Distinct students.
        students: u32,
        /// Minutes, or queries.
        minutes: u64,
    },
    /// Withheld.
    Withheld(Why),
}

/// A row of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The district or a school.
    pub unit: Unit,
    /// Of what.
    pub what: What,
    /// In which setting; `None` for all.
    pub setting: Option<Setting>,
    /// What is shown.
    pub cell: Cell,
}

/// All that is shown of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Which.
    pub period: Period,
    /// Sorted by what, unit and setting. A row that is not there is nought.
    pub rows: Vec<Row>,
    /// How many linear programmes were solved to make it.
    pub programmes: u32,
}

impl Release {
    /// As CSV: `period,unit,resource,setting,students,minutes,withheld`. Withheld numbers are empty, and never nought. `minutes` are
    /// estimated, or queries for a category; the heading says so in the documentation.
    pub fn to_csv(&self, roster: &Roster, catalogue: &Catalogue) -> String {
        let mut csv = "period,unit,resource,setting,students,minutes,withheld\n".to_owned();
        for row in &self.rows {
            let unit = unit_word(row.unit, roster);
            let what = what_word(row.what, catalogue);
            let setting = row.setting.map_or("all", Setting::word);
            let cells = match row.cell {
                // Minutes with two resources at once are not told apart: there are none of any resource.
                Cell::Shown { students, .. } if row.what == What::AnyResource => format!("{students},,"),
                Cell::Shown { students, minutes } => format!("{students},{minutes},"),
                // Why exactly would tell more than that.
                Cell::Withheld(_) => ",,yes".to_owned(),
            };
            // Writing to a string does not fail.
            let _ = writeln!(csv, "{},{},{what},{setting},{cells}", self.period, quoted(&unit));
        }
        csv
    }

    /// The row of a cell; one that is not there is nought.
    pub fn cell(&self, unit: Unit, what: What, setting: Option<Setting>) -> Cell {
        let found = self.rows.iter().find(|r| (r.unit, r.what, r.setting) == (unit, what, setting));
        found.map_or(Cell::Shown { students: 0, minutes: 0 }, |row| row.cell)
    }
}

/// A field of CSV (RFC 4180); one that a spreadsheet would take for a formula is led by an apostrophe.
fn quoted(text: &str) -> String {
    let led =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if led.contains([',', '"', '\n', '\r']) { format!("\"{}\"", led.replace('"', "\"\"")) } else { led }
}

fn unit_word(unit: Unit, roster: &Roster) -> String {
    match unit {
        Unit::District => "district".to_owned(),
        Unit::School(school) => format!("school {}", roster.schools[usize::from(school)]),
        Unit::Section(section) => format!("section {}", roster.sections[usize::from(section)]),
    }
}

fn what_word(what: What, catalogue: &Catalogue) -> String {
    match what {
        What::Resource(number) => catalogue.resource(number).map_or("unknown".to_owned(), |r| r.id.clone()),
        What::AnyResource => "any".to_owned(),
        What::Blocked(category) => format!("blocked {category}"),
    }
}

/// How many students of the district reached the goal of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Which resource.
    pub what: What,
    /// Students who used it, and of them those who reached the goal; `None` where too few did or did not.
    pub reached: Option<(u32, u32)>,
}

/// Reach against goals, for the whole district alone: it is a part of no sum that is shown.
pub fn goals(release: &Release, uses: &[Use], least: u32) -> Vec<Goal> {
    let of_district =
        |u: &&Use| u.period == release.period && u.unit == Unit::District && u.setting.is_none();
    let goal = |one: &Use| {
        let shown = match release.cell(one.unit, one.what, None) {
            Cell::Shown { students, .. } => Some(students),
            Cell::Withheld(_) => None,
        };
        let others = one.students - one.met_goal;
        let enough = |n: u32| n == 0 || n >= least;
        let reached = shown.filter(|_| enough(one.met_goal) && enough(others)).map(|s| (s, one.met_goal));
        Goal { what: one.what, reached }
    };
    uses.iter().filter(of_district).filter(|u| matches!(u.what, What::Resource(_))).map(goal).collect()
}

/// Rows of resources that the district has not approved, in a release: those with `approved` no, and those it has not spoken of.
pub fn unapproved<'a>(release: &'a Release, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a Row> {
    release.rows.iter().filter(|row| match row.what {
        What::Resource(number) => catalogue.resource(number).is_some_and(|r| r.approved != Some(true)),
        _ => false,
    })
}

/// A row for the teacher of a section, who knows the students.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRow {
    /// Of what.
    pub what: What,
    /// In which setting; `None` for all.
    pub setting: Option<Setting>,
    /// Students.
    pub students: u32,
    /// Minutes.
    pub minutes: u64,
    /// Minutes of a student at the lower quartile, the median and the upper quartile.
    pub quartiles: [u32; 3],
    /// Students who reached the goal.
    pub met_goal: u32,
}

/// What the students of one section did, nothing withheld: for the teacher of this section alone, as a school official with a
/// legitimate educational interest (34 CFR 99.31(a)(1)). The caller makes sure of that, and notes each look.
pub fn own_section(uses: &[Use], section: crate::roster::Number, period: &Period) -> Vec<OwnRow> {
    let own = |u: &&Use| u.unit == Unit::Section(section) && u.period == *period;
    let row = |u: &Use| OwnRow {
        what: u.what,
        setting: u.setting,
        students: u.students,
        minutes: u.minutes,
        quartiles: u.quartiles,
        met_goal: u.met_goal,
    };
    uses.iter().filter(own).map(row).collect()
}
