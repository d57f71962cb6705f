//! The end of a period: from sums of students to use by unit.

use super::SETTINGS;
use super::tally::Sum;
use crate::calendar::{Period, Setting};
use crate::catalogue::{Catalogue, ResourceId};
use crate::roster::{Number, Roster};
use std::collections::BTreeMap;

/// Whose use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// All students.
    District,
    /// Those of a school.
    School(Number),
    /// Those of a section.
    Section(Number),
}

/// Of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// A resource.
    Resource(ResourceId),
    /// Any resource: students alone are counted, because minutes with two resources at once are not told apart.
    AnyResource,
    /// Names of a category, which were blocked: `minutes` are queries.
    Blocked(u8),
}

/// What students of a unit did with a resource in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub period: Period,
    /// Whose.
    pub unit: Unit,
    /// Of what.
    pub what: What,
    /// In which setting; `None` for all together.
    pub setting: Option<Setting>,
    /// Distinct students with a visit, or with a blocked query.
    pub students: u32,
    /// Minutes of visits, each student's added up; of a category, queries.
    pub minutes: u64,
    /// Active minutes.
    pub active: u64,
    /// Visits.
    pub visits: u64,
    /// Minutes of a student at the lower quartile, the median and the upper quartile of those with a visit.
    pub quartiles: [u32; 3],
    /// Students who reached the resource's goal for all weeks of the period; only for all settings together.
    pub met_goal: u32,
    /// The minutes of the two students with the most.
    pub largest: [u64; 2],
}

#[derive(Default)]
struct Sums {
    touched: bool,
    minutes: u64,
    active: u64,
    visits: u64,
    met_goal: u32,
    /// Of each student with a visit.
    each: Vec<u32>,
}

impl Sums {
    fn add(&mut self, sum: Sum, goal: Option<u32>) {
        self.minutes += u64::from(sum.minutes);
        self.active += u64::from(sum.active);
        self.visits += u64::from(sum.visits);
        if sum.minutes > 0 {
            self.each.push(sum.minutes);
            self.met_goal += u32::from(goal.is_some_and(|goal| sum.minutes >= goal));
        }
    }
}

/// Quartiles as the value at rank ceil(n q): an observed one, whatever n is (definition 1 of Hyndman and Fan, 1996).
fn quartiles(sorted: &[u32]) -> [u32; 3] {
    [1, 2, 3].map(|q| sorted.get((sorted.len() * q).div_ceil(4).saturating_sub(1)).copied().unwrap_or(0))
}

pub(super) struct Emitted<'a> {
    pub period: Period,
    pub weeks: u32,
    pub roster: &'a Roster,
    pub catalogue: &'a Catalogue,
    pub resources: &'a [ResourceId],
    pub columns: u32,
    pub sections: bool,
}

/// The settings and their sum, which comes first.
const CELLS: usize = SETTINGS as usize + 1;

/// The sums of all units for one resource; those that were touched.
struct Cells {
    sums: Vec<Sums>,
    touched: Vec<usize>,
}

impl Cells {
    #[inline]
    fn add(&mut self, unit: usize, setting: usize, sum: Sum, goal: Option<u32>) {
        let cell = &mut self.sums[unit * CELLS + setting];
        if !std::mem::replace(&mut cell.touched, true) {
            self.touched.push(unit * CELLS + setting);
        }
        cell.add(sum, goal);
    }
}

impl Emitted<'_> {
    /// Gives away the use of all units of the sums of a period.
    pub fn emit(&self, mut sums: Vec<(u32, Sum)>, sink: &mut dyn FnMut(Use)) {
        let students = self.roster.len() as u32;
        self.any(&sums, sink);
        // From student, column, setting to column, student, setting.
        for (key, _) in &mut sums {
            let (pair, setting) = (*key / SETTINGS, *key % SETTINGS);
            let (student, column) = (pair / self.columns, pair % self.columns);
            *key = (column * students + student) * SETTINGS + setting;
        }
        sums.sort_unstable_by_key(|(key, _)| *key);
        let units =
            1 + self.roster.schools.len() + if self.sections { self.roster.sections.len() } else { 0 };
        let mut cells = Cells { sums: Vec::new(), touched: Vec::new() };
        cells.sums.resize_with(units * CELLS, Sums::default);
        for of_column in sums.chunk_by(|(a, _), (b, _)| self.column(*a) == self.column(*b)) {
            let column = self.column(of_column[0].0) as usize;
            let what = match self.resources.get(column) {
                Some(resource) => What::Resource(*resource),
                None => What::Blocked((column - self.resources.len()) as u8),
            };
            self.column_of_use(what, of_column, &mut cells, sink);
        }
    }

    fn column(&self, key: u32) -> u32 {
        key / SETTINGS / self.roster.len() as u32
    }

    /// The places of a student's units: the district, then schools, then sections.
    fn units(&self, student: u32) -> impl Iterator<Item = usize> {
        let schools = self.roster.schools.len();
        let sections = if self.sections { self.roster.sections(student) } else { &[] };
        let sections = sections.iter().map(move |s| 1 + schools + usize::from(*s));
        [0, 1 + usize::from(self.roster.school(student))].into_iter().chain(sections)
    }

    fn unit(&self, place: usize) -> Unit {
        match (place, place.checked_sub(1 + self.roster.schools.len())) {
            (0, _) => Unit::District,
            (_, Some(section)) => Unit::Section(section as Number),
            (school, None) => Unit::School((school - 1) as Number),
        }
    }

    fn column_of_use(&self, what: What, sums: &[(u32, Sum)], cells: &mut Cells, sink: &mut dyn FnMut(Use)) {
        let goal = match what {
            What::Resource(number) => self.catalogue.resource(number).and_then(|r| r.goal_minutes),
            _ => None,
        };
        let goal = goal.map(|g| g.saturating_mul(self.weeks));
        let students = self.roster.len() as u32;
        for of_student in sums.chunk_by(|(a, _), (b, _)| a / SETTINGS == b / SETTINGS) {
            let student = of_student[0].0 / SETTINGS % students;
            let mut all = Sum::default();
            for (key, sum) in of_student {
                all.minutes += sum.minutes;
                all.active += sum.active;
                all.visits += sum.visits;
                for unit in self.units(student) {
                    cells.add(unit, 1 + (key % SETTINGS) as usize, *sum, None);
                }
            }
            for unit in self.units(student) {
                cells.add(unit, 0, all, goal);
            }
        }
        let mut touched = std::mem::take(&mut cells.touched);
        touched.sort_unstable();
        for at in &touched {
            let Sums { minutes, active, visits, met_goal, mut each, .. } =
                std::mem::take(&mut cells.sums[*at]);
            each.sort_unstable();
            let largest = |n: usize| each.iter().rev().nth(n).map_or(0, |m| u64::from(*m));
            sink(Use {
                period: self.period.clone(),
                unit: self.unit(at / CELLS),
                what,
                setting: (at % CELLS).checked_sub(1).map(|setting| Setting::ALL[setting]),
                students: each.len() as u32,
                minutes,
                active,
                visits,
                quartiles: quartiles(&each),
                met_goal,
                largest: [largest(0), largest(1)],
            });
        }
        touched.clear();
        cells.touched = touched;
    }

    /// Students who visited any resource. The sums are still by student.
    fn any(&self, sums: &[(u32, Sum)], sink: &mut dyn FnMut(Use)) {
        let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
        let student = |key: u32| key / SETTINGS / self.columns;
        for of_student in sums.chunk_by(|(a, _), (b, _)| student(*a) == student(*b)) {
            let of_resource = |(key, sum): &(u32, Sum)| {
                ((key / SETTINGS % self.columns) as usize) < self.resources.len() && sum.visits > 0
            };
            if of_student.iter().any(of_resource) {
                self.units(student(of_student[0].0)).for_each(|unit| *counts.entry(unit).or_default() += 1);
            }
        }
        for (unit, students) in counts {
            sink(Use {
                period: self.period.clone(),
                unit: self.unit(unit),
                what: What::AnyResource,
                setting: None,
                students,
                minutes: 0,
                active: 0,
                visits: 0,
                quartiles: [0; 3],
                met_goal: 0,
                largest: [0; 2],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quartiles;

    /// R: `quantile(x, c(.25, .5, .75), type = 1)`.
    #[test]
    fn known_quartiles() {
        assert_eq!(quartiles(&[1, 2, 3, 4]), [1, 2, 3]);
        assert_eq!(quartiles(&[1, 2, 3, 4, 5]), [2, 3, 4]);
        assert_eq!(quartiles(&[7]), [7, 7, 7]);
        assert_eq!(quartiles(&[]), [0, 0, 0]);
    }
}
