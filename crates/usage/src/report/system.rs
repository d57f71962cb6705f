//! What an outsider knows of one resource: cells, and the sums and bounds between them.
//!
//! A cell is a period, a unit and a setting; it has two numbers, students and minutes. The weeks of every period are in the system,
//! released or not, so that a month is a sum of things that the outsider does not know, and not a number by itself.

use super::rule::{Rule, Why};
use crate::calendar::Setting;

/// Settings and their sum.
pub(super) const SETTINGS: usize = Setting::ALL.len() + 1;
/// The place of the sum.
pub(super) const ALL: usize = 0;
/// Minutes of a week, more than which nobody can use anything.
const MINUTES_OF_A_WEEK: f64 = 10_080.0;

/// One cell as it truly is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    pub students: u32,
    pub minutes: u64,
    pub largest: [u64; 2],
}

/// What the outsider knows of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not released at all; it may be nought.
    Unreleased,
    /// Shown in an earlier release, or in this one.
    Known,
    /// Withheld; that alone tells that it is not nought.
    Hidden(Why),
}

/// A period of the system.
#[derive(Clone, Debug)]
pub(super) struct Span {
    /// The places of its weeks among the spans; empty for a week.
    pub weeks: Vec<usize>,
    /// Whether this release is of it: only then can more of it be withheld.
    pub open: bool,
}

/// A sum or a bound: the terms add up to `right`, or to no more than it.
pub(super) struct Bound {
    pub terms: Vec<(usize, f64)>,
    pub equal: bool,
    pub right: f64,
}

pub(super) struct System {
    pub spans: Vec<Span>,
    /// Students of the district, then of each school.
    pub enrolled: Vec<u32>,
    pub truth: Vec<Truth>,
    pub state: Vec<State>,
    pub bounds: Vec<Bound>,
    /// The bounds that each variable is in.
    pub of_variable: Vec<Vec<u32>>,
}

/// The variable of a cell's students.
pub(super) fn students(cell: usize) -> usize {
    2 * cell
}

/// The variable of a cell's minutes.
pub(super) fn minutes(cell: usize) -> usize {
    2 * cell + 1
}

impl System {
    /// `students_only` for what has neither minutes nor settings: any resource.
    pub fn new(
        spans: Vec<Span>,
        enrolled: Vec<u32>,
        truth: Vec<Truth>,
        state: Vec<State>,
        students_only: bool,
    ) -> Self {
        let mut system = Self { spans, enrolled, truth, state, bounds: Vec::new(), of_variable: Vec::new() };
        system.of_variable = vec![Vec::new(); system.truth.len() * 2];
        for span in 0..system.spans.len() {
            for unit in 0..system.enrolled.len() {
                system.bound_weeks(span, unit, students_only);
                if !students_only {
                    system.bound_settings(span, unit);
                }
            }
            system.bound_units(span, students_only);
        }
        system
    }

    /// The cell at a place.
    pub fn cell(&self, span: usize, unit: usize, setting: usize) -> usize {
        (span * self.enrolled.len() + unit) * SETTINGS + setting
    }

    /// The span, unit and setting of a cell.
    pub fn place(&self, cell: usize) -> (usize, usize, usize) {
        let (rest, setting) = (cell / SETTINGS, cell % SETTINGS);
        (rest / self.enrolled.len(), rest % self.enrolled.len(), setting)
    }

    pub fn value(&self, variable: usize) -> f64 {
        let truth = &self.truth[variable / 2];
        if variable.is_multiple_of(2) { f64::from(truth.students) } else { truth.minutes as f64 }
    }

    /// What the outsider knows of a variable by itself.
    pub fn limits(&self, variable: usize) -> (f64, f64) {
        let cell = variable / 2;
        let least: f64 = if matches!(self.state[cell], State::Hidden(_)) { 1.0 } else { 0.0 };
        let (span, unit, _) = self.place(cell);
        let enrolled = f64::from(self.enrolled[unit]);
        let weeks = self.spans[span].weeks.len().max(1) as f64;
        let value = self.value(variable);
        // Blocked queries stand where minutes do and have no such limit: the truth is never ruled out.
        let most = if variable.is_multiple_of(2) {
            enrolled.max(value)
        } else {
            (enrolled * weeks * MINUTES_OF_A_WEEK).max(value * 4.0)
        };
        (least.min(value), most)
    }

    pub fn is_known(&self, variable: usize) -> bool {
        self.state[variable / 2] == State::Known
    }

    fn add(&mut self, terms: Vec<(usize, f64)>, equal: bool) {
        let number = self.bounds.len() as u32;
        for (variable, _) in &terms {
            self.of_variable[*variable].push(number);
        }
        self.bounds.push(Bound { terms, equal, right: 0.0 });
    }

    /// `smaller` is no more than `larger`.
    fn at_most(&mut self, smaller: usize, larger: usize) {
        self.add(vec![(smaller, 1.0), (larger, -1.0)], false);
    }

    /// A whole and its parts: equal, or no more than they.
    fn whole(&mut self, whole: usize, parts: impl Iterator<Item = usize>, equal: bool) {
        let mut terms = vec![(whole, 1.0)];
        terms.extend(parts.map(|part| (part, -1.0)));
        self.add(terms, equal);
    }

    /// Minutes are the sum of their settings; students are in one setting at least.
    fn bound_settings(&mut self, span: usize, unit: usize) {
        let all = self.cell(span, unit, ALL);
        let settings: Vec<_> = (1..SETTINGS).map(|s| self.cell(span, unit, s)).collect();
        self.whole(minutes(all), settings.iter().map(|c| minutes(*c)), true);
        self.whole(students(all), settings.iter().map(|c| students(*c)), false);
        for setting in &settings {
            self.at_most(students(*setting), students(all));
        }
        for setting in 0..SETTINGS {
            let cell = self.cell(span, unit, setting);
            // Whoever was there was there for a minute.
            self.at_most(students(cell), minutes(cell));
        }
    }

    /// Minutes are the sum of their weeks; students were there in one week at least.
    fn bound_weeks(&mut self, span: usize, unit: usize, students_only: bool) {
        let weeks = self.spans[span].weeks.clone();
        if weeks.is_empty() {
            return;
        }
        for setting in 0..if students_only { 1 } else { SETTINGS } {
            let cell = self.cell(span, unit, setting);
            let weeks: Vec<_> = weeks.iter().map(|w| self.cell(*w, unit, setting)).collect();
            if !students_only {
                self.whole(minutes(cell), weeks.iter().map(|c| minutes(*c)), true);
            }
            self.whole(students(cell), weeks.iter().map(|c| students(*c)), false);
            for week in weeks {
                self.at_most(students(week), students(cell));
            }
        }
    }

    /// A district is the sum of its schools.
    fn bound_units(&mut self, span: usize, students_only: bool) {
        for setting in 0..if students_only { 1 } else { SETTINGS } {
            let whole = self.cell(span, 0, setting);
            let parts: Vec<_> = (1..self.enrolled.len()).map(|u| self.cell(span, u, setting)).collect();
            self.whole(students(whole), parts.iter().map(|c| students(*c)), true);
            if !students_only {
                self.whole(minutes(whole), parts.iter().map(|c| minutes(*c)), true);
            }
        }
    }

    /// Makes what this release is of the sum of weeks that were released before facts came late: what was shown once stays true, and
    /// all sums of all releases hold. Without late facts it changes nothing.
    pub fn settle(&mut self) {
        for span in 0..self.spans.len() {
            let weeks = self.spans[span].weeks.clone();
            if !self.spans[span].open || weeks.is_empty() {
                continue;
            }
            for unit in 1..self.enrolled.len() {
                for setting in (0..SETTINGS).rev() {
                    self.settle_cell(span, unit, setting, &weeks);
                }
            }
            for setting in 0..SETTINGS {
                let whole = self.cell(span, 0, setting);
                let parts = (1..self.enrolled.len()).map(|unit| self.truth[self.cell(span, unit, setting)]);
                let (students, minutes) =
                    parts.fold((0, 0), |sum, t| (sum.0 + t.students, sum.1 + t.minutes));
                self.truth[whole] = Truth { students, minutes, ..self.truth[whole] };
            }
        }
    }

    /// Minutes are the sum of weeks; students no fewer than in any week or setting, and no more than in all.
    fn settle_cell(&mut self, span: usize, unit: usize, setting: usize, weeks: &[usize]) {
        let of_weeks: Vec<_> = weeks.iter().map(|w| self.truth[self.cell(*w, unit, setting)]).collect();
        let mut least = of_weeks.iter().map(|t| t.students).max().unwrap_or(0);
        let mut most: u32 = of_weeks.iter().map(|t| t.students).sum();
        let settings = (1..SETTINGS).map(|s| self.truth[self.cell(span, unit, s)].students);
        let in_settings: u32 = settings.clone().sum();
        // What has no settings is any resource.
        if setting == ALL && in_settings > 0 {
            least = least.max(settings.max().unwrap_or(0));
            most = most.min(in_settings);
        }
        let cell = self.cell(span, unit, setting);
        let truth = &mut self.truth[cell];
        truth.students = truth.students.clamp(least, most.max(least));
        truth.minutes = of_weeks.iter().map(|t| t.minutes).sum();
    }

    /// Primary suppression of what this release is of.
    pub fn primary(&mut self, rule: &Rule) {
        for cell in 0..self.truth.len() {
            let (span, unit, _) = self.place(cell);
            if !self.spans[span].open {
                continue;
            }
            let Truth { students, minutes, largest } = self.truth[cell];
            self.state[cell] = match rule.against(students, self.enrolled[unit], minutes, largest) {
                Some(why) => State::Hidden(why),
                None => State::Known,
            };
        }
    }
}
