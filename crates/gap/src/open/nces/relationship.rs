//! Which tracts, block groups or counties a district covers, and how much of each: the EDGE geographic relationship files
//! (workbooks), or a CSV of the same columns. The workbooks weigh by land. Shares of land are not shares of people: a CSV may
//! give counts of children, people or households in the place of land, and then these are taken.

use super::{LEAID_WANTED, leaid};
use crate::read::{Limits, ReadError, Row, Source, Table, TableRules, decode, each_member};
use calamine::{Data, Reader, Xlsx};
use evenfield_model::{GeographyKind, Geoid, Leaid, Problems};
use std::collections::BTreeMap;
use std::io::Cursor;

/// A part of a district.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The district.
    pub leaid: Leaid,
    /// Tract, block group or county.
    pub area: Geoid,
    /// The share of the area that lies in the district, above 0 to 1: of its children, people, households or land.
    pub share: f64,
}

/// What can weigh a part, the nearest to children first.
const WEIGHTS: [&str; 4] = ["CHILDREN", "POPULATION", "HOUSEHOLDS", "LANDAREA"];
/// What the areas may be.
const AREAS: [(&str, usize); 3] = [("BLKGRP", 12), ("TRACT", 11), ("STCOUNTY", 5)];

/// Reads a workbook's first sheet, or a CSV; the column `BLKGRP`, `TRACT` or `STCOUNTY` says what the areas are. An archive may
/// hold several: of each kind of area the first counts.
///
/// The share of an area is its weight in the district by its weight in all districts of the file, so a file should list every
/// district of its areas; where districts for elementary and for high schools lie over each other, only those of one level.
/// Areas also give the shares of the tracts and counties around them, unless the file has these itself.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<Part>, Problems) {
    let mut problems = Problems::default();
    let mut sheets: Vec<Weights> = Vec::new();
    let workbook = |path: &str| path.to_ascii_lowercase().ends_with(".xlsx");
    if workbook(file) {
        let limits = Limits { file_bytes: 512 << 20, total_bytes: 1 << 30, ..Limits::default() };
        // A workbook is a zip archive itself: its sizes are checked before anything is unpacked.
        match Source::open(file, bytes.to_vec(), limits) {
            Ok(_) | Err(ReadError::Workbook { .. }) => sheets.extend(sheet(bytes, file, &mut problems)),
            Err(error) => error.note(&mut problems),
        }
    } else {
        each_member(bytes, file, &mut problems, |path, content, problems| {
            if workbook(path) {
                // Of the many workbooks of a download, those of places, ZIP codes and so on are passed over.
                let wanted = ["_blkgrp", "_tract", "_county"];
                if wanted.iter().any(|part| path.to_ascii_lowercase().contains(part)) {
                    sheets.extend(sheet(content, path, problems));
                }
            } else if path == file || path.to_ascii_lowercase().ends_with(".csv") {
                sheets.extend(csv(content, path, problems)?);
            }
            Ok(())
        });
    }
    if sheets.is_empty() && problems.is_empty() {
        problems.push(
            file,
            0,
            "",
            "no table",
            "a workbook (.xlsx) or CSV with LEAID, BLKGRP or TRACT or STCOUNTY",
        );
    }
    (parts(&sheets), problems)
}

/// Weights by area and district.
type Weights = BTreeMap<Geoid, BTreeMap<Leaid, f64>>;

fn parts(sheets: &[Weights]) -> Vec<Part> {
    let mut found: BTreeMap<(Geoid, Leaid), f64> = BTreeMap::new();
    let mut done: Vec<GeographyKind> = Vec::new();
    let mut add = |weights: &Weights| {
        let kind = weights.keys().next().and_then(Geoid::kind);
        let Some(kind) = kind.filter(|kind| !done.contains(kind)) else { return };
        done.push(kind);
        for (area, districts) in weights {
            let all: f64 = districts.values().sum();
            let inside = districts.iter().filter(|(_, weight)| **weight > 0.0);
            found.extend(inside.map(|(d, weight)| ((area.clone(), d.clone()), weight / all)));
        }
    };
    sheets.iter().for_each(&mut add);
    for weights in sheets {
        for kind in [GeographyKind::Tract, GeographyKind::County] {
            let mut around = Weights::new();
            for (area, districts) in weights {
                let Some(area) = area.within(kind) else { continue };
                let sums = around.entry(area).or_default();
                for (district, weight) in districts {
                    *sums.entry(district.clone()).or_default() += weight;
                }
            }
            add(&around);
        }
    }
    found.into_iter().map(|((area, leaid), share)| Part { leaid, area, share }).collect()
}

/// One row's cells: district, area, weight.
fn add(weights: &mut Weights, [district, area, weight]: [&str; 3], digits: usize) -> Result<(), Fault> {
    let leaid = leaid(district).ok_or((0, LEAID_WANTED.to_owned()))?;
    let area = Geoid::parse_as(area, digits).map_err(|error| (1, error.to_string()))?;
    let weight = weight.parse::<f64>().ok().filter(|w| w.is_finite() && *w >= 0.0);
    let weight = weight.ok_or((2, "a number, 0 or more".to_owned()))?;
    *weights.entry(area).or_default().entry(leaid).or_default() += weight;
    Ok(())
}

/// Which of the three cells is wrong, and what is wanted there.
type Fault = (usize, String);

/// The columns of a header: their places and names, and how many digits an area has.
struct Columns {
    at: [usize; 3],
    names: [&'static str; 3],
    digits: usize,
}

fn columns(headers: &[String]) -> Option<Columns> {
    let place = |name: &str| headers.iter().position(|header| header.trim().eq_ignore_ascii_case(name));
    let (area, digits) = AREAS.into_iter().find(|(name, _)| place(name).is_some())?;
    let weight = WEIGHTS.into_iter().find(|name| place(name).is_some())?;
    let at = [place("LEAID")?, place(area)?, place(weight)?];
    Some(Columns { at, names: ["LEAID", area, weight], digits })
}

fn no_columns(headers: &[String], file: &str, problems: &mut Problems) {
    let said = headers.iter().take(20).cloned().collect::<Vec<_>>().join(",");
    let wanted =
        "columns LEAID, BLKGRP or TRACT or STCOUNTY, and CHILDREN, POPULATION, HOUSEHOLDS or LANDAREA";
    problems.push(file, 1, "", &said, wanted);
}

fn csv(
    content: &[u8],
    path: &str,
    problems: &mut Problems,
) -> Result<Option<Weights>, crate::read::ReadError> {
    let text = decode(path, content, problems)?;
    let mut table = Table::open(path, &text, TableRules::default(), problems)?;
    let Some(columns) = columns(table.headers()) else {
        no_columns(table.headers(), path, problems);
        return Ok(None);
    };
    let mut weights = Weights::new();
    while let Some(row) = table.next_row(problems) {
        let cell = |at: usize| Row::text(&row, Some(columns.at[at]));
        if let Err((at, wanted)) = add(&mut weights, [cell(0), cell(1), cell(2)], columns.digits) {
            problems.push(path, row.line, columns.names[at], cell(at), wanted);
        }
    }
    Ok(Some(weights))
}

/// Columns further to the right are passed over.
const WIDTH: usize = 256;

/// The first sheet, cell by cell: calamine's own table of a sheet takes memory for the whole rectangle up to the furthest
/// cell, wherever a file says that it is.
fn sheet(bytes: &[u8], file: &str, problems: &mut Problems) -> Option<Weights> {
    let mut reading = Reading { file, columns: None, weights: Weights::new() };
    match read_sheet(bytes, &mut reading, problems) {
        Ok(true) => reading.columns.map(|_| reading.weights),
        Ok(false) => None,
        Err(error) => {
            problems.push(file, 0, "", &error, "an Excel workbook (.xlsx) with one sheet");
            None
        }
    }
}

/// A sheet being read.
struct Reading<'a> {
    file: &'a str,
    columns: Option<Columns>,
    weights: Weights,
}

impl Reading<'_> {
    /// Takes in a row; `false` when it is the header and lacks a column.
    fn row(&mut self, line: u64, cells: &[String], problems: &mut Problems) -> bool {
        let Some(columns) = &self.columns else {
            self.columns = columns(cells);
            if self.columns.is_none() {
                no_columns(cells, self.file, problems);
            }
            return self.columns.is_some();
        };
        let [district, area, weight] = columns.at.map(|at| cells.get(at).map_or("", String::as_str));
        if let Err((at, wanted)) = add(&mut self.weights, [district, area, weight], columns.digits) {
            let said = cells.get(columns.at[at]).map_or("", String::as_str);
            problems.push(self.file, line, columns.names[at], said, wanted);
        }
        true
    }
}

/// Reads all rows that have a cell; `false` when the header lacks a column.
fn read_sheet(bytes: &[u8], reading: &mut Reading, problems: &mut Problems) -> Result<bool, String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let first = book.sheet_names().first().cloned().ok_or("no sheet")?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|e| e.to_string())?;
    let (mut line, mut row) = (0u32, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|e| e.to_string())? {
        let (at, column) = cell.get_position();
        if at != line && !row.is_empty() {
            if !reading.row(u64::from(line) + 1, &row, problems) {
                return Ok(false);
            }
            row.clear();
        }
        line = at;
        let column = column as usize;
        if column < WIDTH {
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text(&Data::from(cell.get_value().clone()));
        }
    }
    let is_blank = row.is_empty() && reading.columns.is_some();
    Ok(is_blank || reading.row(u64::from(line) + 1, &row, problems))
}

/// A cell as text; a whole number without its `.0`.
fn text(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}
