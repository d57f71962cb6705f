//! Any table of areas: long (`geoid,year,measure,value,moe,region_type`) or wide (a column a measure, often with a column of
//! its margin beside it), by a small map of columns.

use super::acs::{geo_id, value};
use crate::read::{Row, Seen, Table, each_row, fold};
use evenfield_model::{GeographyKind, GeoidError, Problems};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// One value of one area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRow {
    /// The area's id: GEOID, LEAID, or the file's own for areas of another kind.
    pub id: Box<str>,
    /// What kind of area; `None` for one that is not a Census area or a school district.
    pub kind: Option<GeographyKind>,
    /// The year, where the file gives one.
    pub year: Option<i32>,
    /// Position in [`AreaTable::measures`].
    pub measure: u32,
    /// The value, in the file's own unit.
    pub value: f64,
    /// 90% margin, same unit; `None` where the file has none.
    pub moe: Option<f64>,
}

/// Values by area, year and measure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaTable {
    /// The measures' names.
    pub measures: Vec<String>,
    /// The values that are there; cells without one make no row and are counted among the problems.
    pub rows: Vec<AreaRow>,
}

impl AreaTable {
    /// The rows of one measure.
    pub fn of<'t>(&'t self, measure: &str) -> impl Iterator<Item = &'t AreaRow> {
        let wanted = self.measures.iter().position(|known| known == measure).map(|at| at as u32);
        self.rows.iter().filter(move |row| Some(row.measure) == wanted)
    }

    fn measure(&mut self, name: &str) -> u32 {
        let at = self.measures.iter().position(|known| known == name).unwrap_or_else(|| {
            self.measures.push(name.to_owned());
            self.measures.len() - 1
        });
        at as u32
    }
}

/// Which columns of a wide table hold what.
#[derive(Clone, Copy, Debug)]
pub struct WideMap<'a> {
    /// The column with the area's id.
    pub id: &'a str,
    /// What kind of area it is; ids are checked against it. `None`: ids are taken as they are.
    pub kind: Option<GeographyKind>,
    /// Names that the column with the year may have; none when the table is of one year.
    pub year: &'a [&'a str],
    /// Which columns are measures.
    pub measures: Measures<'a>,
    /// The file is known to have lost the leading zeros of its ids, and they are put back. Otherwise such an
    /// id is a problem.
    pub restore_zeros: bool,
}

/// Which columns of a wide table are measures.
#[derive(Clone, Copy, Debug)]
pub enum Measures<'a> {
    /// Every column whose name ends in `E` and that has a twin ending in `M`; the measure is the name without the ending.
    Pairs,
    /// These: measure, column of the value, column of the margin (empty: none) where the table has it.
    Named(&'a [(&'a str, &'a str, &'a str)]),
}

/// What is known of a long table besides its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongMap<'a> {
    /// What kind of area is wanted of it, where only one is.
    pub kind: Option<GeographyKind>,
    /// The FIPS code of the state that it is loaded for, 2 digits.
    pub state: Option<&'a str>,
}

/// Reads a long table. An id that cannot be read is a problem of its line; rows that the file itself says are of another kind of area
/// (a ZIP area, a health district) are kept without a kind, and a note counts them.
pub fn parse_long(bytes: &[u8], file: &str, map: &LongMap<'_>) -> (AreaTable, Problems) {
    let mut problems = Problems::default();
    let mut table = AreaTable::default();
    let mut seen = Seen::default();
    let mut bare = Bare::default();
    let mut others = Others::default();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let needed = [&["geoid", "GEOID", "ID"][..], &["measure", "variable"], &["value", "estimate"]]
                .map(|names| table.require(names, problems));
            let more = [&["year", "time"][..], &["moe"], &["region_type"]]
                .map(|names| table.column(names, problems));
            needed.iter().all(Option::is_some).then_some((needed, more))
        },
        |row, &([id_column, measure, value], [year, moe, region]), problems| {
            let Some((id, kind)) = region_id(row, id_column, region, problems) else { return };
            let Some(measure) = row.required(measure, "the name of a measure", problems) else { return };
            let year = row.parsed(year, |text| text.parse().ok(), "a year", problems);
            let of = table.measure(measure);
            if let Some(before) = seen.before((id.clone(), kind, year, of), row.line) {
                let wanted =
                    format!("each area once for a measure and year; line {before} has {measure} of it");
                return row.problem(id_column, wanted, problems);
            }
            if let Some(value) = number(row, value, measure, problems) {
                let moe = margin(row, moe, problems);
                if kind.is_none() {
                    let (column, word) = match row.filled(region) {
                        Some(word) => (region, word),
                        None => (id_column, other_kind(&id).unwrap_or_default()),
                    };
                    others.note(row, column, word);
                } else if row.filled(region).is_none() {
                    bare.note(row, table.rows.len());
                }
                table.rows.push(AreaRow { id, kind, year, measure: of, value, moe });
            }
        },
    );
    bare.leave_out_lost_zeros(map, &mut table.rows, &mut problems);
    others.tell(&mut problems);
    (table, problems)
}

/// Rows of kinds of areas that are not used, by the file's word for the kind: where the first one stands, and how many there are.
#[derive(Default)]
struct Others(BTreeMap<(String, String), (u64, String, u64)>);

impl Others {
    /// How many words are told apart; a file with more has something else in that column.
    const WORDS: usize = 100;

    fn note(&mut self, row: &Row<'_>, column: Option<usize>, word: &str) {
        let key = (row.file().to_owned(), word.to_owned());
        if self.0.len() < Self::WORDS || self.0.contains_key(&key) {
            self.0.entry(key).or_insert_with(|| (row.line, row.header(column).to_owned(), 0)).2 += 1;
        }
    }

    fn tell(self, problems: &mut Problems) {
        for ((file, word), (line, header, rows)) in self.0 {
            let wanted = format!(
                "state, county, tract, block group or school district; the rows of other kinds are not used ({rows} of this one)"
            );
            problems.push_note(&file, line, &header, &word, wanted);
        }
    }
}

/// The rows whose number of digits alone says what they are: file, line and position in the table.
#[derive(Default)]
struct Bare(Vec<(Rc<str>, u64, usize)>);

impl Bare {
    fn note(&mut self, row: &Row<'_>, at: usize) {
        let file = match self.0.last() {
            Some((file, ..)) if **file == *row.file() => file.clone(),
            _ => row.file().into(),
        };
        self.0.push((file, row.line, at));
    }

    /// An id of 11 digits is a block group that lost its zero when others are of 12 digits and its county has none of these (a
    /// table of tracts and block groups has both), when block groups are wanted and there is none, or when it lies in another
    /// state than wanted, none of its length lies in the wanted one, and a zero in front puts it there. Beside ids of 7 digits
    /// (districts) one of 6 has lost it.
    fn leave_out_lost_zeros(self, map: &LongMap<'_>, rows: &mut Vec<AreaRow>, problems: &mut Problems) {
        let ids = || self.0.iter().map(|&(_, _, at)| &*rows[at].id);
        let counties: HashSet<&str> =
            ids().filter(|id| id.len() == 12).filter_map(|id| id.get(..5)).collect();
        let wants_block_groups = map.kind == Some(GeographyKind::BlockGroup)
            && !rows.iter().any(|row| row.kind == Some(GeographyKind::BlockGroup));
        let tracts_here =
            map.state.is_some_and(|state| ids().any(|id| id.len() == 11 && id.starts_with(state)));
        let districts = ids().any(|id| id.len() == 7);
        let lost = |id: &str| match id.len() {
            11 => {
                let alone =
                    !counties.is_empty() && id.get(..5).is_some_and(|county| !counties.contains(county));
                let moved = !tracts_here && map.state.is_some_and(|state| lost_zero_of(id, state));
                alone || moved || wants_block_groups
            }
            6 => districts && id.bytes().all(|b| b.is_ascii_digit()),
            _ => false,
        };
        let mut out = HashSet::new();
        for (file, line, at) in self.0.iter().filter(|&&(_, _, at)| lost(&rows[at].id)) {
            let id = &*rows[*at].id;
            let of_what = if id.len() == 11 { "of a block group" } else { "of a district" };
            let wanted = format!(
                "the {} digits {of_what}: a spreadsheet has probably dropped the leading zero; or a region_type that says what \
                 this is",
                id.len() + 1
            );
            problems.push(file, *line, "geoid", id, wanted);
            out.insert(*at);
        }
        let mut at = 0..;
        rows.retain(|_| at.next().is_none_or(|at| !out.contains(&at)));
    }
}

/// Whether an id of 11 digits lies in another state than this one, and with a zero in front would be a block group of this one.
pub fn lost_zero_of(id: &str, state: &str) -> bool {
    let rest = state.strip_prefix('0').filter(|rest| !rest.is_empty());
    id.len() == 11 && !id.starts_with(state) && rest.is_some_and(|rest| id.starts_with(rest))
}

/// Reads a wide table.
pub fn parse_wide(bytes: &[u8], file: &str, map: &WideMap<'_>) -> (AreaTable, Problems) {
    let mut problems = Problems::default();
    let mut found = AreaTable::default();
    let mut seen = Seen::default();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let id = table.require(&[map.id], problems)?;
            let year = if map.year.is_empty() { None } else { Some(table.require(map.year, problems)?) };
            let measures = wide_columns(table, map, problems);
            if measures.is_empty() {
                let said = table.headers().iter().take(20).cloned().collect::<Vec<_>>().join(",");
                problems.push(table.file(), 1, "", &said, "columns of measures");
                return None;
            }
            Some((id, year, measures))
        },
        |row, (id_column, year, measures), problems| {
            let Some((id, kind)) = wide_id(row, *id_column, map, problems) else { return };
            let year = row.parsed(*year, |text| text.parse().ok(), "a year", problems);
            if let Some(before) = seen.before((id.clone(), year), row.line) {
                let wanted =
                    format!("each area once (once a year, in a table of years); line {before} has it");
                return row.problem(Some(*id_column), wanted, problems);
            }
            for (name, value, moe) in measures {
                let measure = found.measure(name);
                if let Some(value) = number(row, Some(*value), name, problems) {
                    let moe = margin(row, *moe, problems);
                    found.rows.push(AreaRow { id: id.clone(), kind, year, measure, value, moe });
                }
            }
        },
    );
    (found, problems)
}

type WideColumn = (String, usize, Option<usize>);

fn wide_columns(table: &mut Table<'_>, map: &WideMap<'_>, problems: &mut Problems) -> Vec<WideColumn> {
    match map.measures {
        Measures::Named(named) => named
            .iter()
            .enumerate()
            .filter_map(|(at, &(measure, value, moe))| {
                if named[..at].iter().any(|(before, ..)| *before == measure) {
                    problems.push(table.file(), 1, value, measure, "each measure from one column");
                    return None;
                }
                let value = table.require(&[value], problems)?;
                let moe = if moe.is_empty() { None } else { table.column(&[moe], problems) };
                Some((measure.to_owned(), value, moe))
            })
            .collect(),
        Measures::Pairs => {
            let headers = table.headers();
            let twin = |stem: &str| headers.iter().position(|h| h.strip_suffix('M') == Some(stem));
            headers
                .iter()
                .enumerate()
                .filter_map(|(at, header)| {
                    let stem = header.strip_suffix('E').filter(|stem| !stem.is_empty())?;
                    Some((stem.to_owned(), at, Some(twin(stem)?)))
                })
                .collect()
        }
    }
}

/// Whether a measure is known by its name to be a number of children, homes or dollars: a line of an ACS table, or what
/// counts as the size of an area.
fn is_count(measure: &str) -> bool {
    let is_line =
        measure.strip_prefix('B').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_line || matches!(measure, "children" | "locations")
}

/// A number; an empty cell, `NA`, `NaN` and the Census codes for "no estimate" are none.
fn number(row: &Row<'_>, column: Option<usize>, measure: &str, problems: &mut Problems) -> Option<f64> {
    let Some(said) = row.filled(column).and_then(value::estimate) else {
        problems.note_empty_cell();
        return None;
    };
    match said {
        Ok(number) if number < 0.0 && is_count(measure) => {
            row.problem(column, "a count, 0 or more", problems);
            None
        }
        Ok(number) => Some(number),
        Err(()) => {
            row.problem(column, "a number", problems);
            None
        }
    }
}

fn margin(row: &Row<'_>, column: Option<usize>, problems: &mut Problems) -> Option<f64> {
    match value::margin(row.filled(column)?)? {
        Ok(number) => Some(number),
        Err(()) => {
            row.problem(column, "a margin of error, 0 or more", problems);
            None
        }
    }
}

/// The id and kind of a row of a long table. The region type decides; without one, the number of digits.
fn region_id(
    row: &Row<'_>,
    column: Option<usize>,
    region: Option<usize>,
    problems: &mut Problems,
) -> Option<(Box<str>, Option<GeographyKind>)> {
    let text = row.id(column, "the id of an area", problems)?;
    let kind = match fold(row.text(region)).as_str() {
        "state" => Some(GeographyKind::State),
        "county" => Some(GeographyKind::County),
        "tract" | "censustract" => Some(GeographyKind::Tract),
        "blockgroup" => Some(GeographyKind::BlockGroup),
        "schooldistrict" => Some(GeographyKind::District),
        "" => return unnamed_id(row, column, text, problems),
        // Planning districts and ZIP areas have codes of their own.
        _ => None,
    };
    checked_id(row, column, text, kind, problems)
}

/// The kind in an id such as `51_hd_01` (a health district) or `51059_zc_22003`: the code of a state or county, what the area is, and its own
/// code. So the Social Data Commons name areas of their own making, whatever else stands in the row.
fn other_kind(id: &str) -> Option<&str> {
    let (within, rest) = id.split_once('_')?;
    let (kind, own) = rest.split_once('_')?;
    let is_place = matches!(within.len(), 2 | 5) && within.bytes().all(|b| b.is_ascii_digit());
    let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase());
    (is_place && is_kind && !own.is_empty()).then_some(kind)
}

/// The id of a row that does not say what it is of: the number of digits decides, or the summary level of a GEO_ID.
fn unnamed_id(
    row: &Row<'_>,
    column: Option<usize>,
    text: &str,
    problems: &mut Problems,
) -> Option<(Box<str>, Option<GeographyKind>)> {
    match geo_id::parse(text) {
        Ok(place) => Some((place.id.into(), Some(place.kind))),
        Err(geo_id::GeoIdError::Code(error @ (GeoidError::LostZero(..) | GeoidError::NoState(..)))) => {
            row.problem(column, error.to_string(), problems);
            None
        }
        Err(_) if other_kind(text).is_some() => Some((text.into(), None)),
        Err(error) => {
            let wanted = format!("the id of an area ({error}), or a region_type that says what this is");
            row.problem(column, wanted, problems);
            None
        }
    }
}

fn checked_id(
    row: &Row<'_>,
    column: Option<usize>,
    text: &str,
    kind: Option<GeographyKind>,
    problems: &mut Problems,
) -> Option<(Box<str>, Option<GeographyKind>)> {
    let Some(kind) = kind else { return Some((text.into(), None)) };
    match geo_id::of_kind(text, kind) {
        Ok(place) => Some((place.id.into(), Some(kind))),
        Err(error) => {
            row.problem(column, error.to_string(), problems);
            None
        }
    }
}

fn wide_id(
    row: &Row<'_>,
    column: usize,
    map: &WideMap<'_>,
    problems: &mut Problems,
) -> Option<(Box<str>, Option<GeographyKind>)> {
    let text = row.id(Some(column), "the id of an area", problems)?;
    if !map.restore_zeros {
        return checked_id(row, Some(column), text, map.kind, problems);
    }
    let width = match map.kind {
        Some(GeographyKind::State) => 2,
        Some(GeographyKind::County) => 5,
        Some(GeographyKind::Tract) => 11,
        Some(GeographyKind::BlockGroup) => 12,
        Some(GeographyKind::District) => 7,
        _ => 0,
    };
    let digits = text.strip_suffix(".0").unwrap_or(text);
    checked_id(row, Some(column), &format!("{digits:0>width$}"), map.kind, problems)
}

#[cfg(test)]
mod tests;
