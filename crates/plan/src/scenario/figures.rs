//! Demand from the figures of the gap, as `evenfield assess district` and the portal write them (`docs/formats/figures.md`).

use super::demand::{Demand, MOST, Row};
use super::fields::Fields;
use super::files::{Desk, Files};
use super::groups::{Dimension, UNKNOWN, divided};
use super::place::Point;
use crate::MILLION;
use crate::read::rows::{Others, Rows};
use evenfield_model::{Barrier, GeographyKind, Measure};
use std::collections::HashMap;
use std::io::Read;

const COLUMNS: [&str; 11] = [
    "measure",
    "geography_kind",
    "geography_id",
    "count",
    "value",
    "low90",
    "high90",
    "barrier",
    "group",
    "suppressed",
    "counted",
];
const PLACES: [&str; 3] = ["geography_id", "latitude", "longitude"];

/// Which figures are the demand, and where their places lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub file: String,
    pub places: String,
    pub measure: Measure,
    pub geography: GeographyKind,
}

impl Source {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (file, places) = (fields.need("file"), fields.need("places"));
        let measure = fields.need("measure").and_then(|code| {
            let measure = Measure::from_code(&code);
            if measure.is_none() {
                let all: Vec<&str> = Measure::ALL.iter().map(|m| m.code()).collect();
                fields.complain("measure", format!("one of: {}", all.join(", ")));
            }
            measure
        });
        let geography = fields.need("geography").and_then(|word| {
            let kind = GeographyKind::from_word(&word);
            if kind.is_none() {
                fields.complain("geography", "a kind of place, as `block_group`, `tract` or `school`");
            }
            kind
        });
        Some(Self { file: file?, places: places?, measure: measure?, geography: geography? })
    }
}

/// The areas that a place's id names, as group columns: each with the characters that say which one it is. A zone of a school is a group of its own.
fn larger(geography: GeographyKind) -> &'static [(&'static str, usize)] {
    match geography {
        GeographyKind::BlockGroup => &[("tract", 11), ("county", 5)],
        GeographyKind::Tract => &[("county", 5)],
        GeographyKind::AttendanceZone => &[("attendance_zone", usize::MAX)],
        _ => &[],
    }
}

/// A cell without the apostrophe that keeps spreadsheets from running it as a formula.
fn plain(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

/// Figures by group of a dimension: of each place, and of the district; students, and how many they are of whom the figure counts.
struct Groups {
    dimension: Dimension,
    places: HashMap<String, Vec<Option<u64>>>,
    district: Vec<Option<(u64, u64)>>,
}

impl Groups {
    fn new(dimension: Dimension) -> Self {
        Self { dimension, places: HashMap::new(), district: vec![None; dimension.words.len()] }
    }

    /// Takes the figure of a group of the dimension, of a place of this kind or of the district, unless it is withheld.
    fn read<R: Read>(&mut self, rows: &Rows<R>, desk: &mut Desk, geography: GeographyKind) {
        let Some(word) = self.dimension.word(rows.text(8)).filter(|_| rows.text(9).is_empty()) else {
            return;
        };
        if rows.text(1) == geography.as_str() {
            let (_, [students, ..]) = students(rows, desk);
            let of = self.places.entry(plain(rows.text(2)).to_owned()).or_default();
            of.resize(self.dimension.words.len(), None);
            of[word] = Some(students);
        } else if rows.text(1) == GeographyKind::District.as_str() {
            let (counted, [students, ..]) = students(rows, desk);
            self.district[word] = Some((students, counted));
        }
    }

    /// Notes that the district's own figure of a group is withheld.
    fn note(&self, file: &str, desk: &mut Desk) {
        let words = self.dimension.words.iter().zip(&self.district);
        let withheld: Vec<&str> =
            words.filter(|(_, figure)| figure.is_none()).map(|(word, _)| *word).collect();
        if !withheld.is_empty() {
            desk.notes.push(format!(
                "{file}: by {} the district's figures of these groups are withheld: {}; whoever may be in one of them is called unknown",
                self.dimension.name,
                withheld.join(", ")
            ));
        }
    }

    /// A row for each group of a place.
    fn split(&self, row: Row, whole: Option<[u64; 3]>) -> Vec<Row> {
        let words = self.dimension.words.len();
        let none = vec![None; words];
        let own = self.places.get(&row.place).unwrap_or(&none);
        let mut mix: Vec<u64> =
            self.district.iter().map(|figure| figure.map_or(0, |figure| figure.0)).collect();
        let told: u64 = mix.iter().sum();
        mix.push(whole.map_or(0, |whole| whole[0].saturating_sub(told)));
        let parts = divided(row.students, own, &mix);
        let ends = |end: u64, part: u64| {
            (u128::from(end) * u128::from(part) / u128::from(row.students.max(1))) as u64
        };
        // Who is in no group is in none only where all groups are told.
        let known = own.iter().zip(&self.district).all(|(own, district)| own.is_some() || district.is_some());
        let rest = if known { self.dimension.rest } else { UNKNOWN };
        let names = self.dimension.words.iter().copied().chain([rest]);
        let rows =
            names.zip(parts).enumerate().filter(|(_, (_, part))| *part > 0).map(|(at, (group, part))| {
                let mut groups = row.groups.clone();
                groups.push(group.to_owned());
                let (low, high) = (ends(row.low, part).min(part), ends(row.high, part).max(part));
                // Of whom these are the students without access: at the district's share of the group.
                let of = self.district.get(at).copied().flatten().filter(|(students, _)| *students > 0);
                let counted = of.map_or(0, |(students, counted)| {
                    u64::try_from(u128::from(part) * u128::from(counted) / u128::from(students)).unwrap_or(0)
                });
                let id = format!("{}/{}_{group}", row.id, self.dimension.name);
                Row { id, students: part, low, high, counted, groups, ..row.clone() }
            });
        rows.collect()
    }
}

/// Numbers of students by area: the figure's share of whom it counts, and both ends of its interval; where a dimension is asked for, by its groups.
pub(super) fn read(
    desk: &mut Desk,
    files: &mut Files<'_>,
    (source, dimension): (&Source, Option<Dimension>),
) -> Demand {
    let columns = larger(source.geography);
    let names =
        columns.iter().map(|(name, _)| *name).chain(dimension.map(|d| d.name)).map(str::to_owned).collect();
    let mut by_group = dimension.map(Groups::new);
    let measure = Some(source.measure);
    let mut demand = Demand { file: source.file.clone(), columns: names, measure, ..Demand::default() };
    let places = places(desk, files, &source.places);
    let Some(mut rows) = desk.open_with(files, (&source.file, None), &COLUMNS, 7, Others::Passed) else {
        return demand;
    };
    let (mut read, mut withheld) = (0, 0);
    let mut seen = std::collections::HashSet::new();
    while desk.next(&mut rows, &mut read) {
        if !rows.text(7).is_empty() || rows.text(0) != source.measure.code() {
            continue;
        }
        let is_whole = matches!(rows.text(8), "" | "all");
        if !is_whole {
            if let Some(groups) = &mut by_group {
                groups.read(&rows, desk, source.geography);
            }
            continue;
        }
        if rows.text(1) == GeographyKind::District.as_str() && rows.text(9).is_empty() {
            let (counted, students) = students(&rows, desk);
            (demand.whole, demand.whole_counted) = (Some(students), counted);
        }
        if rows.text(1) != source.geography.as_str() {
            continue;
        }
        if !rows.text(9).is_empty() {
            withheld += 1;
            continue;
        }
        if rows.text(10) == "households" {
            let wanted = "figures that count students or children: a plan is for students, and how many live in a household is not known";
            rows.problem(10, wanted, &mut desk.problems);
            return demand;
        }
        let id = plain(rows.text(2)).to_owned();
        let mut row = area(&rows, desk, id, &places);
        row.groups = columns
            .iter()
            .map(|(_, digits)| row.id.get(..(*digits).min(row.id.len())).unwrap_or("").to_owned())
            .collect();
        if !seen.insert(row.id.clone()) {
            rows.problem(2, "one figure for each place", &mut desk.problems);
            continue;
        }
        demand.rows.push(row);
    }
    if let Some(groups) = by_group {
        let rows = std::mem::take(&mut demand.rows).into_iter();
        demand.rows = rows.flat_map(|row| groups.split(row, demand.whole)).collect();
        groups.note(&source.file, desk);
    }
    if withheld > 0 {
        desk.notes.push(format!(
            "{}: {withheld} figures are withheld to protect children; their places are not planned for",
            source.file
        ));
    }
    demand
}

fn area<R: Read>(rows: &Rows<R>, desk: &mut Desk, id: String, places: &HashMap<String, Point>) -> Row {
    let point = places.get(&id).copied();
    if point.is_none() {
        rows.problem(2, "a place that the file of places has", &mut desk.problems);
    }
    let (count, [value, low, high]) = students(rows, desk);
    Row {
        place: id.clone(),
        id,
        students: value,
        low,
        high,
        counted: count,
        point,
        barrier: None,
        groups: Vec::new(),
    }
}

/// Whom a figure counts, and how many of them it is, with both ends of its interval; in millionths.
fn students<R: Read>(rows: &Rows<R>, desk: &mut Desk) -> (u64, [u64; 3]) {
    let count = desk.millionths(rows, 3, MOST, "whom the figure counts: a number, 0 or more").unwrap_or(0);
    let mut students = |column: usize| {
        let share = desk.millionths(rows, column, 1, "a share from 0 to 1").unwrap_or(0);
        ((u128::from(count) * u128::from(share) + u128::from(MILLION) / 2) / u128::from(MILLION)) as u64
    };
    let (value, low, high) = (students(4), students(5), students(6));
    (count, [value, low.min(value), high.max(value)])
}

fn places(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> HashMap<String, Point> {
    let mut places = HashMap::new();
    let Some(mut rows) = desk.open_with(files, (file, None), &PLACES, 3, Others::Passed) else {
        return places;
    };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let id = desk.need(&rows, 0, "an id in each row");
        if let (Some(id), Some(point)) = (id, desk.point(&rows, 1, 2))
            && places.insert(plain(&id).to_owned(), point).is_some()
        {
            rows.problem(0, "an id that no row above has", &mut desk.problems);
        }
    }
    places
}

/// The barriers' shares in the whole district, where the figures have them.
pub(super) fn barriers(desk: &mut Desk, files: &mut Files<'_>, source: &Source) -> Vec<(Barrier, u64)> {
    let mut shares: Vec<(Barrier, u64)> = Vec::new();
    // What is wrong with the file has been noted by the first look.
    let before = desk.problems.clone();
    if let Some(mut rows) = desk.open_with(files, (&source.file, None), &COLUMNS, 7, Others::Passed) {
        let mut read = 0;
        while desk.next(&mut rows, &mut read) {
            let whole =
                rows.text(1) == GeographyKind::District.as_str() && matches!(rows.text(8), "" | "all");
            let barrier = Barrier::parse(rows.text(7));
            if let Some(barrier) = barrier.filter(|_| whole && rows.text(0) == source.measure.code())
                && rows.text(9).is_empty()
                && let Some(share) = desk.millionths(&rows, 4, 1, "a share from 0 to 1")
                && shares.iter().all(|(known, _)| *known != barrier)
            {
                shares.push((barrier, share));
            }
        }
    }
    desk.problems = before;
    let all: u64 = shares.iter().map(|s| s.1).sum();
    // Shares are rounded when they are published and can be a little more than the whole together.
    if all > MILLION {
        for (_, share) in &mut shares {
            *share = (u128::from(*share) * u128::from(MILLION) / u128::from(all)) as u64;
        }
    }
    shares
}
