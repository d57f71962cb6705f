//! Where a carrier's mobile service can be received, by H3 cell or census area.

use super::files::{Desk, Files};
use super::place::Point;
use h3o::{CellIndex, LatLng, Resolution};
use std::collections::{BTreeSet, HashMap, HashSet};

const COLUMNS: [&str; 3] = ["carrier", "place", "use"];

/// Under which conditions service was found, or is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    Indoor,
    Outdoor,
    InVehicle,
}

impl Use {
    pub const ALL: [(&'static str, Self); 3] =
        [("indoor", Self::Indoor), ("outdoor", Self::Outdoor), ("in_vehicle", Self::InVehicle)];
}

/// What is covered for one carrier and use.
#[derive(Debug, Default)]
pub(super) struct Covered {
    areas: HashSet<String>,
    cells: HashSet<CellIndex>,
    /// Of the cells.
    resolutions: BTreeSet<Resolution>,
}

impl Covered {
    /// Whether a point lies in a covered cell.
    pub fn holds(&self, point: Point) -> bool {
        let Ok(at) = LatLng::new(point.latitude, point.longitude) else { return false };
        self.resolutions.iter().any(|resolution| self.cells.contains(&at.to_cell(*resolution)))
    }

    /// Whether a place is covered: by the cell of its point, or by an area that it is in.
    pub fn reaches(&self, point: Option<Point>, place: &str) -> bool {
        point.is_some_and(|point| self.holds(point)) || areas_of(place).any(|area| self.areas.contains(area))
    }

    /// Whether it is told by cells, so that points on a way can be looked up.
    pub fn has_cells(&self) -> bool {
        !self.cells.is_empty()
    }
}

/// What is covered for each carrier and use.
pub(super) type Coverage = HashMap<(String, Use), Covered>;

/// Reads a file of coverage.
pub(super) fn read(desk: &mut Desk, files: &mut Files<'_>, file: &str) -> Coverage {
    let mut coverage = Coverage::new();
    let Some(mut rows) = desk.open(files, file, None, &COLUMNS, 3) else { return coverage };
    let mut read = 0;
    while desk.next(&mut rows, &mut read) {
        let carrier = desk.need(&rows, 0, "a carrier");
        let place = desk.need(&rows, 1, "an H3 cell, or the GEOID of a block, block group, tract or county");
        let condition = desk.word(&rows, 2, &Use::ALL);
        let (Some(carrier), Some(place), Some(condition)) = (carrier, place, condition) else { continue };
        let covered = coverage.entry((carrier, condition)).or_default();
        if is_geoid(&place) {
            covered.areas.insert(place);
        } else if let Ok(cell) = place.parse::<CellIndex>() {
            covered.resolutions.insert(cell.resolution());
            covered.cells.insert(cell);
        } else {
            let wanted = "an H3 cell, or the GEOID of a block, block group, tract or county";
            rows.problem(1, wanted, &mut desk.problems);
        }
    }
    coverage
}

/// Digits of the GEOIDs of counties, tracts, block groups and blocks.
const LENGTHS: [usize; 4] = [5, 11, 12, 15];

/// An H3 cell has 15 digits as well, but those of the resolutions in use begin with an 8; no state's code does.
fn is_geoid(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('8')
}

/// A place and the census areas that it is in.
fn areas_of(place: &str) -> impl Iterator<Item = &str> {
    let geoid = is_geoid(place);
    let wider = LENGTHS.into_iter().filter(move |length| geoid && *length < place.len());
    std::iter::once(place).chain(wider.map(|length| &place[..length]))
}

/// Whether a place is an area or in it; every place is in the area without a name.
pub(super) fn is_in(area: &str, place: &str) -> bool {
    area.is_empty() || areas_of(place).any(|known| known == area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_in_its_tract_and_no_school_is_in_another() {
        for (area, place, within) in [
            ("51001090100", "510010901001002", true),
            ("51001", "510010901001", true),
            ("", "x", true),
            ("x", "x", true),
            ("5100", "510010901001", false),
            ("12", "123", false),
            ("51001090200", "510010901001002", false),
        ] {
            assert_eq!(is_in(area, place), within, "{area} {place}");
        }
        assert!(!is_geoid("882aab8a1bfffff") && is_geoid("510010901001002"));
    }
}
