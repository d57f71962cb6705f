//! EDGE geocodes: where schools and district offices are. Bars between the cells and no header.

use super::{LEAID_WANTED, NCESSCH_WANTED, leaid, ncessch};
use crate::read::decode;
use crate::read::each_member;
use evenfield_model::{Leaid, Problems};

/// A school or a district office on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Geocode {
    /// NCESSCH; `None` for a district office.
    pub ncessch: Option<String>,
    /// LEAID.
    pub leaid: Leaid,
    /// Name.
    pub name: String,
    /// Urban-centric locale: 11-13 city, 21-23 suburb, 31-33 town, 41-43 rural.
    pub locale: Option<u8>,
    /// Degrees.
    pub longitude: f64,
    /// Degrees.
    pub latitude: f64,
}

/// Cells of a school's row; a district's has no NCESSCH.
const SCHOOL_CELLS: usize = 23;

/// Reads `EDGE_GEOCODE_PUBLICSCH_*.TXT` or `EDGE_GEOCODE_PUBLICLEA_*.TXT`.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<Geocode>, Problems) {
    let mut problems = Problems::default();
    let mut found = Vec::new();
    each_member(bytes, file, &mut problems, |path, content, problems| {
        // The download holds a workbook and documentation besides.
        if file != path && !path.to_ascii_lowercase().ends_with(".txt") {
            return Ok(());
        }
        let text = decode(path, content, problems)?;
        for (line, text) in (1u64..).zip(text.lines()) {
            if text.trim().is_empty() {
                continue;
            }
            match row(text) {
                Ok(geocode) => found.push(geocode),
                Err((column, said, wanted)) => problems.push(path, line, column, said, wanted),
            }
        }
        Ok(())
    });
    (found, problems)
}

fn row(text: &str) -> Result<Geocode, (&'static str, &str, &'static str)> {
    let cells: Vec<&str> = text.split('|').map(str::trim).collect();
    let (school, rest) = match cells.len() {
        SCHOOL_CELLS => (Some(cells[0]), &cells[1..]),
        n if n == SCHOOL_CELLS - 1 => (None, &cells[..]),
        _ => return Err(("", text, "23 cells (a school) or 22 (a district) between bars")),
    };
    let number = |at: usize, column, low: f64, high: f64| {
        let value: Option<f64> = rest[at].parse().ok();
        value.filter(|v| (low..=high).contains(v)).ok_or((column, rest[at], "degrees"))
    };
    Ok(Geocode {
        ncessch: match school {
            Some(text) => Some(ncessch(text).ok_or(("NCESSCH", text, NCESSCH_WANTED))?),
            None => None,
        },
        leaid: leaid(rest[0]).ok_or(("LEAID", rest[0], LEAID_WANTED))?,
        name: rest[1].to_owned(),
        locale: rest[10].parse().ok(),
        latitude: number(11, "LAT", -90.0, 90.0)?,
        longitude: number(12, "LON", -180.0, 180.0)?,
    })
}
