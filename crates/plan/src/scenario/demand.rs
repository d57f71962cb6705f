//! What is to be served: students without access, by place, barrier and group.

use super::fields::Fields;
use super::figures::{self, Source};
use super::files::{Desk, Files, MOST_ROWS};
use super::groups::Dimension;
use super::place::Point;
use super::quality::Kind;
use crate::MILLION;
use crate::read::rows::{Others, Rows};
use evenfield_model::Barrier;
use std::collections::HashMap;
use std::io::Read;

pub(super) const COLUMNS: [&str; 8] =
    ["demand", "students", "latitude", "longitude", "place", "barrier", "low", "high"];
const PLACE: usize = 4;
const BARRIER: usize = 5;
const LOW: usize = 6;
const HIGH: usize = 7;
/// Students of a row at most.
pub(super) const MOST: u64 = 100_000_000;

/// `[demand]` of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The file of students, or else where the figures of the gap are.
    pub file: Option<String>,
    pub figures: Option<Source>,
    /// Shares of the barriers, for rows that name none; in millionths.
    pub barriers: Vec<(Barrier, u64)>,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Self {
        let file = fields.text("file");
        let figures = fields.table("figures", Source::read).flatten();
        if file.is_some() == figures.is_some() {
            fields.complain("", "either `file`, of students, or a table [demand.figures]");
        }
        let mut barriers = Vec::new();
        for (name, share) in fields.shares("barriers").unwrap_or_default() {
            match Barrier::parse(&name) {
                Some(barrier) if barriers.iter().any(|(known, _)| *known == barrier) => {
                    fields.complain("barriers", format!("each barrier once, and `{name}` is there already"));
                }
                Some(barrier) => barriers.push((barrier, share)),
                None => fields.complain(
                    "barriers",
                    format!("barriers by their Ed-Fi words, not `{name}`: {}", words()),
                ),
            }
        }
        if barriers.iter().map(|b| b.1).sum::<u64>() > MILLION {
            fields.complain("barriers", "shares of at most 1 together");
            barriers.clear();
        }
        Self { file, figures, barriers }
    }
}

fn words() -> String {
    let all: Vec<String> = Barrier::ALL.iter().map(|b| format!("`{}`", b.code())).collect();
    all.join(", ")
}

/// A row: students at one place behind one barrier. Numbers of students are in millionths.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub id: String,
    pub students: u64,
    pub low: u64,
    pub high: u64,
    /// Whom a figure of the gap counts, with access or without; 0 where it is not known.
    pub counted: u64,
    pub point: Option<Point>,
    /// The block, tract or other area; empty when it is not known.
    pub place: String,
    pub barrier: Option<Barrier>,
    /// In the order of the group columns.
    pub groups: Vec<String>,
}

impl Row {
    /// Whether a kind of access can help: an offer helps those for whom the price is the barrier, and who does not want the Internet at
    /// home gets none there.
    pub fn takes(&self, kind: Kind) -> bool {
        match kind {
            Kind::BroadbandOffer => self.barrier == Some(Barrier::NotAffordable),
            Kind::HotspotLending | Kind::LteOutdoor | Kind::LteIndoor => {
                self.barrier != Some(Barrier::NotDesired)
            }
            Kind::HomeworkHotspot | Kind::BusRide | Kind::ParkedBus => true,
        }
    }
}

/// All rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Demand {
    pub file: String,
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// The measure of the gap that rows are figures of.
    pub measure: Option<evenfield_model::Measure>,
    /// The figure of the whole district with both ends of its interval, where there is one: it holds those whose places are withheld, too.
    pub whole: Option<[u64; 3]>,
    /// Of whom that figure is.
    pub whole_counted: u64,
    /// The rows of each id of the file: more than one where groups or barriers' shares split it.
    pub ids: HashMap<String, std::ops::Range<u32>>,
}

impl Demand {
    /// Reads what the settings name.
    pub fn read(desk: &mut Desk, files: &mut Files<'_>, settings: &Settings, group: Option<&str>) -> Self {
        let mut demand = match (&settings.file, &settings.figures) {
            (Some(file), None) => students(desk, files, file),
            (None, Some(source)) => figures::read(desk, files, (source, group.and_then(Dimension::named))),
            _ => return Self::default(),
        };
        let mut barriers = settings.barriers.clone();
        if barriers.is_empty()
            && let Some(source) = &settings.figures
        {
            barriers = figures::barriers(desk, files, source);
        }
        demand.split(&barriers);
        let mut ids = std::collections::HashSet::new();
        for row in demand.rows.iter().filter(|row| !ids.insert(&row.id)) {
            let wanted = "no id that is another's with a barrier behind it, as `elm` and `elm/other`";
            desk.problems.push(&demand.file, 0, "demand", &row.id, wanted);
        }
        if demand.rows.is_empty() {
            desk.problems.push(&demand.file, 0, "", "", "at least one row");
        }
        demand
    }

    /// Splits each row that names no barrier by the shares; what is left names none.
    fn split(&mut self, shares: &[(Barrier, u64)]) {
        let rows = std::mem::take(&mut self.rows);
        for row in rows {
            let (start, id) = (self.rows.len() as u32, row.id.clone());
            let mut rest = row.clone();
            for (barrier, share) in shares.iter().filter(|_| row.barrier.is_none()) {
                let part = |all: u64| (u128::from(all) * u128::from(*share) / u128::from(MILLION)) as u64;
                let split = Row {
                    id: format!("{id}/{}", barrier.code().to_lowercase().replace(' ', "_")),
                    students: part(row.students),
                    low: part(row.low),
                    high: part(row.high),
                    // Whom the place's figure counts is counted once: with what is left.
                    counted: 0,
                    barrier: Some(*barrier),
                    ..row.clone()
                };
                rest.students -= split.students;
                rest.low -= split.low;
                rest.high -= split.high;
                self.rows.push(split);
            }
            // Shares that make up the whole leave nobody but what rounding left.
            let whole = shares.iter().map(|(_, share)| share).sum::<u64>() == MILLION;
            match self.rows[start as usize..].last_mut().filter(|_| whole) {
                Some(last) => {
                    last.students += rest.students;
                    last.low += rest.low;
                    last.high += rest.high;
                    last.counted += rest.counted;
                }
                None => self.rows.push(rest),
            }
            let end = self.rows.len() as u32;
            if self.measure.is_some() && row.place != id {
                // The groups of a place follow one another.
                self.ids.entry(row.place).or_insert(start..end).end = end;
            }
            self.ids.insert(id, start..end);
        }
    }

    /// Rows with their places that a kind of access may serve; a problem when no row has a place.
    pub fn places(&self, kind: Kind, desk: &mut Desk) -> super::place::Near {
        if self.rows.iter().all(|row| row.point.is_none()) && !self.rows.is_empty() {
            let wanted =
                format!("latitude and longitude of at least one row: {} serves by distance", kind.word());
            desk.problems.push(&self.file, 0, "latitude", "", wanted);
        }
        let rows = self.rows.iter().zip(0..).filter(|(row, _)| row.takes(kind));
        super::place::Near::new(rows.filter_map(|(row, n)| Some((row.point?, n))))
    }
}

fn students(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> Demand {
    let mut demand = Demand { file: file.to_owned(), ..Demand::default() };
    let Some(mut rows) = desk.open_with(files, (file, None), &COLUMNS, 2, Others::Kept) else {
        return demand;
    };
    demand.columns = rows.others().map(str::to_owned).collect();
    let mut read = 0;
    let mut lines: HashMap<String, u64> = HashMap::new();
    while desk.next(&mut rows, &mut read) {
        let row = student(&rows, desk);
        if let Some(line) = lines.insert(row.id.clone(), rows.line()).filter(|_| !row.id.is_empty()) {
            rows.problem(0, format!("an id that no other row has; line {line} has it"), &mut desk.problems);
            continue;
        }
        demand.rows.push(row);
    }
    debug_assert!(demand.rows.len() <= MOST_ROWS);
    demand
}

fn student<R: Read>(rows: &Rows<R>, desk: &mut Desk) -> Row {
    let id = desk.need(rows, 0, "an id in each row").unwrap_or_default();
    let students = desk.millionths(rows, 1, MOST, "students: a number, 0 or more").unwrap_or(0);
    let placed = !rows.text(2).is_empty() || !rows.text(3).is_empty();
    let point = if placed { desk.point(rows, 2, 3) } else { None };
    let barrier = Some(rows.text(BARRIER)).filter(|text| !text.is_empty());
    let known = barrier.and_then(Barrier::parse);
    if barrier.is_some() && known.is_none() {
        rows.problem(BARRIER, format!("one of: {}, or nothing", words()), &mut desk.problems);
    }
    let low = desk.filled(rows, LOW, MOST, "the lower end: a number, 0 or more").unwrap_or(students);
    let high = desk.filled(rows, HIGH, MOST, "the upper end: a number, 0 or more").unwrap_or(students);
    if low > students {
        rows.problem(LOW, "at most `students`", &mut desk.problems);
    }
    if high < students {
        rows.problem(HIGH, "at least `students`", &mut desk.problems);
    }
    let groups = (0..rows.others().len()).map(|at| rows.other(at).to_owned()).collect();
    Row {
        id,
        students,
        low: low.min(students),
        high: high.max(students),
        counted: 0,
        point,
        place: rows.text(PLACE).to_owned(),
        barrier: known,
        groups,
    }
}
