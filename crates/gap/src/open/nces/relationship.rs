//! EDGE geographic relationship files: which tracts, block groups or counties a district covers, and how much land of
//! each. Workbooks (`.xlsx`). Shares of land are not shares of people: prefer counts by block where there are any.

use super::{LEAID_WANTED, leaid};
use calamine::{Data, Reader, Xlsx};
use evenfield_model::{GeographyKind, Geoid, Leaid, Problems};
use std::io::Cursor;

use crate::read::{Limits, Source};

/// A part of a district.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The district.
    pub leaid: Leaid,
    /// Tract, block group or county.
    pub area: Geoid,
    /// Land of the area inside the district, square miles.
    pub land: f64,
}

/// Reads a workbook's first sheet; the column `TRACT`, `BLKGRP` or `STCOUNTY` says what the areas are.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<Part>, Problems) {
    let mut problems = Problems::default();
    let parts =
        sheet(bytes, file, &mut problems).map(|sheet| rows(&sheet, file, &mut problems)).unwrap_or_default();
    (parts, problems)
}

fn sheet(bytes: &[u8], file: &str, problems: &mut Problems) -> Option<calamine::Range<Data>> {
    // A workbook is a zip archive: its sizes are checked before anything is unpacked. calamine takes memory by what
    // the sheet says, so a sheet's own corner is checked by its size on disk.
    let limits = Limits { file_bytes: 512 << 20, total_bytes: 1 << 30, ..Limits::default() };
    if let Err(error) = Source::open(file, bytes.to_vec(), limits) {
        error.note(problems);
        return None;
    }
    let mut refuse =
        |error: String| problems.push(file, 0, "", &error, "an Excel workbook (.xlsx) with one sheet");
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(error) => {
            refuse(error.to_string());
            return None;
        }
    };
    match book.worksheet_range_at(0) {
        Some(Ok(range)) => Some(range),
        Some(Err(error)) => {
            refuse(error.to_string());
            None
        }
        None => {
            refuse("no sheet".to_owned());
            None
        }
    }
}

fn rows(sheet: &calamine::Range<Data>, file: &str, problems: &mut Problems) -> Vec<Part> {
    let mut rows = sheet.rows();
    let headers: Vec<String> =
        rows.next().unwrap_or_default().iter().map(|cell| text(cell).to_ascii_uppercase()).collect();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let areas = [
        ("TRACT", GeographyKind::Tract),
        ("BLKGRP", GeographyKind::BlockGroup),
        ("STCOUNTY", GeographyKind::County),
    ];
    let area = areas.iter().find_map(|(name, kind)| Some((*name, column(name)?, *kind)));
    let (Some(id), Some((name, area, kind)), Some(land)) = (column("LEAID"), area, column("LANDAREA")) else {
        problems.push(
            file,
            1,
            "",
            &headers.join(","),
            "columns LEAID, TRACT or BLKGRP or STCOUNTY, and LANDAREA",
        );
        return Vec::new();
    };
    let digits = match kind {
        GeographyKind::Tract => 11,
        GeographyKind::BlockGroup => 12,
        _ => 5,
    };
    let mut parts = Vec::new();
    for (line, row) in (2u64..).zip(rows) {
        let district = text(&row[id]);
        let Some(leaid) = leaid(&district) else {
            problems.push(file, line, "LEAID", &district, LEAID_WANTED);
            continue;
        };
        let code = text(&row[area]);
        let area = match Geoid::parse_as(&code, digits) {
            Ok(area) => area,
            Err(error) => {
                problems.push(file, line, name, &code, error.to_string());
                continue;
            }
        };
        let land_text = text(&row[land]);
        match land_text.parse::<f64>() {
            Ok(land) if land.is_finite() && land >= 0.0 => parts.push(Part { leaid, area, land }),
            _ => problems.push(file, line, "LANDAREA", &land_text, "square miles, 0 or more"),
        }
    }
    parts
}

/// A cell as text; a whole number without its `.0`.
fn text(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}
