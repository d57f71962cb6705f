//! The kernel: segments in, use by unit, resource, setting and period out, in one pass within bounded memory.
//!
//! 1. [`merge`]: the rows of all segments minute by minute, whichever source they came from; a few segments are open at a time.
//! 2. [`tally`]: by [`crate::minutes`], a day's pairs of a student and a resource, then sums of week, month, term and year.
//! 3. [`emit`]: at the end of each period, what students did with each resource, by district, school and section.
//!
//! Nothing here may be shown: [`crate::report`] makes tables of it that may.

mod emit;
mod merge;
mod tally;
#[cfg(test)]
mod tests;

pub use emit::{Unit, Use, What};
pub use merge::{Input, inputs};

use crate::calendar::{Calendar, Day, Period, Setting};
use crate::catalogue::{Catalogue, Kind, ResourceId};
use crate::fact::{Did, Place};
use crate::minutes::{Method, Queries};
use crate::roster::Roster;
use crate::segment::{Columns, SegmentError};
use merge::Merge;
use std::ops::Range;
use tally::{DayTable, Sum, Tally};

/// Why a rollup ended.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// A segment cannot be read.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A store does not give a segment.
    #[error(transparent)]
    Store(#[from] std::io::Error),
    /// Rows that are not in order: the file was not made by this program.
    #[error("a segment whose minutes go back")]
    Order,
    /// Students times resources do not go into 32 bits.
    #[error(
        "{students} students and {columns} resources are too many for one run; run the districts one by one"
    )]
    TooLarge {
        /// How many students.
        students: usize,
        /// How many resources and categories.
        columns: usize,
    },
}

/// What the kernel saw, so that nothing vanishes: all but `facts` are parts of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All facts.
    pub facts: u64,
    /// Before, after or between the terms.
    pub outside: u64,
    /// By a device of nobody known.
    pub nobody: u64,
    /// Answered, in no resource of which use is counted.
    pub other: u64,
    /// For a resource, answered.
    pub counted: u64,
    /// Blocked.
    pub blocked: u64,
    /// Without an answer.
    pub failed: u64,
}

const SETTINGS: u32 = Setting::ALL.len() as u32;
const CATEGORIES: usize = 256;
const NONE: u16 = u16::MAX;

/// What the kernel needs to know.
pub struct Rollup<'a> {
    /// Students.
    pub roster: &'a Roster,
    /// Resources.
    pub catalogue: &'a Catalogue,
    /// Days and periods.
    pub calendar: &'a Calendar,
    /// How minutes are made.
    pub method: Method,
    /// Whether use is wanted by section as well; without it the end of a period is several times faster.
    pub sections: bool,
}

struct Kernel<'a> {
    rollup: &'a Rollup<'a>,
    /// Of each number of a resource its column.
    column_of: Vec<u16>,
    resources: Vec<ResourceId>,
    columns: u32,
    pairs: DayTable,
    flushed: Vec<(u32, Sum)>,
    /// Queries for support names of this minute: they come after those for core names, whichever segment they are in.
    support: Vec<(u32, u8, Queries)>,
    blocked: Tally,
    /// Week, month, term, year.
    periods: [(Option<Period>, Tally); 4],
    coverage: Coverage,
}

impl Rollup<'_> {
    /// Runs over the inputs and gives each use to `sink`, period by period as they end.
    ///
    /// # Errors
    /// [`RollupError`]
    pub fn run(&self, inputs: Vec<Input<'_>>, sink: &mut dyn FnMut(Use)) -> Result<Coverage, RollupError> {
        let mut kernel = Kernel::new(self)?;
        let mut merge = Merge::new(inputs);
        for day in self.calendar.days() {
            kernel.begin(&day, sink);
            while let Some(minute) = merge.minute()? {
                if minute >= day.minutes.end {
                    break;
                }
                let Some(settings) = day.minutes.contains(&minute).then(|| Minute::of(&day, minute)) else {
                    merge.take(minute, &mut |columns, rows| kernel.outside(columns, rows))?;
                    continue;
                };
                merge.take(minute, &mut |columns, rows| kernel.rows(columns, rows, &settings))?;
                kernel.end_minute();
            }
            kernel.end_day();
        }
        while let Some(minute) = merge.minute()? {
            merge.take(minute, &mut |columns, rows| kernel.outside(columns, rows))?;
        }
        for level in 0..kernel.periods.len() {
            kernel.emit(level, sink);
        }
        Ok(kernel.coverage)
    }
}

/// What all rows of a minute have in common.
struct Minute {
    of_day: u16,
    settings: [u8; Place::ALL.len()],
}

impl Minute {
    fn of(day: &Day, minute: u32) -> Self {
        Self {
            of_day: (minute - day.minutes.start) as u16,
            settings: Place::ALL.map(|place| day.setting(place, minute) as u8),
        }
    }
}

impl<'a> Kernel<'a> {
    fn new(rollup: &'a Rollup<'a>) -> Result<Self, RollupError> {
        let mut column_of = vec![NONE; 1 << 16];
        let mut resources = Vec::new();
        for resource in rollup.catalogue.resources().filter(|r| r.kind != Kind::Management) {
            column_of[usize::from(resource.number.0)] = resources.len() as u16;
            resources.push(resource.number);
        }
        let columns = resources.len() + CATEGORIES;
        let students = rollup.roster.len();
        if (students as u64) * (columns as u64) * u64::from(SETTINGS) >= u64::from(u32::MAX) {
            return Err(RollupError::TooLarge { students, columns });
        }
        Ok(Self {
            rollup,
            column_of,
            resources,
            columns: columns as u32,
            pairs: DayTable::new(),
            flushed: Vec::new(),
            support: Vec::new(),
            blocked: Tally::default(),
            periods: Default::default(),
            coverage: Coverage::default(),
        })
    }

    fn outside(&mut self, columns: &Columns, rows: Range<usize>) {
        let facts: u64 = columns.queries[rows].iter().map(|q| *q as u64).sum();
        self.coverage.facts += facts;
        self.coverage.outside += facts;
    }

    /// The rows of one minute of one segment: sorted by device, then by resource.
    fn rows(&mut self, columns: &Columns, rows: Range<usize>, minute: &Minute) {
        let Self { pairs, flushed, support, blocked, coverage, .. } = self;
        let mut flush =
            |key: u32, setting: u8, sum: Sum| flushed.push((key * SETTINGS + u32::from(setting), sum));
        let (mut device, mut student) = (0, None);
        let gap = self.rollup.method.gap;
        for row in rows {
            let queries = columns.queries[row] as u32;
            coverage.facts += u64::from(queries);
            let asked = columns.device[row] as u64;
            if asked != device {
                device = asked;
                student = self.rollup.roster.student(asked);
            }
            let Some(student) = student else {
                coverage.nobody += u64::from(queries);
                continue;
            };
            let setting = minute.settings[columns.place[row] as usize % Place::ALL.len()];
            let did = columns.did[row] as u8;
            if did == Did::Blocked as u8 {
                coverage.blocked += u64::from(queries);
                let column = self.resources.len() as u32 + (columns.category[row] as u32 & 0xFF);
                let key = (student * self.columns + column) * SETTINGS + u32::from(setting);
                blocked.add(key, Sum { minutes: queries, ..Sum::default() });
                continue;
            }
            if did == Did::Failed as u8 {
                coverage.failed += u64::from(queries);
                continue;
            }
            let column = self.column_of[columns.resource[row] as usize & 0xFFFF];
            if column == NONE {
                coverage.other += u64::from(queries);
                continue;
            }
            coverage.counted += u64::from(queries);
            let queries =
                Queries { minute: minute.of_day, support: columns.support[row] != 0, several: queries > 1 };
            let key = student * self.columns + u32::from(column);
            if queries.support {
                support.push((key, setting, queries));
                continue;
            }
            pairs.add(key, setting, |today| today.add(queries, gap), &mut flush);
        }
    }

    fn end_minute(&mut self) {
        let Self { pairs, flushed, support, .. } = self;
        let mut flush =
            |key: u32, setting: u8, sum: Sum| flushed.push((key * SETTINGS + u32::from(setting), sum));
        let gap = self.rollup.method.gap;
        for (key, setting, queries) in support.drain(..) {
            pairs.add(key, setting, |today| today.add(queries, gap), &mut flush);
        }
    }

    fn end_day(&mut self) {
        let flushed = &mut self.flushed;
        self.pairs.end(&mut |key, setting, sum| flushed.push((key * SETTINGS + u32::from(setting), sum)));
        flushed.extend(self.blocked.drain());
        let week = &mut self.periods[0].1;
        flushed.drain(..).for_each(|(key, sum)| week.add(key, sum));
    }

    /// Ends the periods that this day is not in.
    fn begin(&mut self, day: &Day, sink: &mut dyn FnMut(Use)) {
        for level in 0..self.periods.len() {
            if self.periods[level].0.as_ref() != Some(&day.periods[level]) {
                self.emit(level, sink);
                self.periods[level].0 = Some(day.periods[level].clone());
            }
        }
    }

    fn emit(&mut self, level: usize, sink: &mut dyn FnMut(Use)) {
        let (period, tally) = &mut self.periods[level];
        let Some(period) = period.take() else { return };
        let weeks = self.rollup.calendar.weeks(&period);
        let period = emit::Emitted {
            period,
            weeks,
            roster: self.rollup.roster,
            catalogue: self.rollup.catalogue,
            resources: &self.resources,
            columns: self.columns,
            sections: self.rollup.sections,
        };
        let sums = tally.drain();
        // A month and a term are sums of weeks, the year is a sum of terms.
        let larger = [1..3, 3..3, 3..4, 4..4];
        for (_, tally) in &mut self.periods[larger[level].clone()] {
            sums.iter().for_each(|(key, sum)| tally.add(*key, *sum));
        }
        period.emit(sums, sink);
    }
}
