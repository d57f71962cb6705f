//! A district's address points, and addresses looked up in them.

use super::full;
use super::street::{Street, words_of};
use crate::read::{Limits, ReadError, Row, Source, Table, TableRules, decode};
use crate::roster::Address;
use evenfield_model::Problems;
use std::collections::HashMap;

/// House numbers this far apart are still taken for neighbours: about a block on either side, so that the
/// point nearly always lies in the same block group.
pub const NEAREST_WITHIN: u32 = 20;
/// Points of one address may lie this far apart, in degrees (about 300 m): a large building's entrances.
const SAME_PLACE: f64 = 0.003;

/// How good a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// Number, street with suffix and directionals, and ZIP or city agree.
    Exact,
    /// Number, the street's name and ZIP or city agree; suffix or directionals differ or are missing on one side.
    Loose,
    /// The nearest house number of the street, at most [`NEAREST_WITHIN`] away.
    Nearest,
}

impl Quality {
    /// The word used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Loose => "loose",
            Self::Nearest => "nearest",
        }
    }
}

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Degrees.
    pub longitude: f64,
    /// Degrees.
    pub latitude: f64,
    /// How good the match is.
    pub quality: Quality,
}

/// Why an address was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Miss {
    /// No house number: a PO box, a farm's name, an empty cell.
    NoNumber,
    /// No address point in this ZIP or city.
    NoPlace,
    /// No such street there.
    NoStreet,
    /// The street is there, the number and its neighbours are not.
    NoNearNumber,
    /// Several streets of this name that lie apart, and nothing says which.
    Ambiguous,
}

impl Miss {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::NoNumber, Self::NoPlace, Self::NoStreet, Self::NoNearNumber, Self::Ambiguous];

    /// The reason in the words of files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoNumber => "no house number",
            Self::NoPlace => "no address points in this ZIP code or city",
            Self::NoStreet => "no such street in this ZIP code or city",
            Self::NoNearNumber => "no such house number, and none near it",
            Self::Ambiguous => "several streets of this name",
        }
    }
}

#[derive(Debug)]
struct Point {
    number: u32,
    fraction: Box<str>,
    before: &'static str,
    suffix: &'static str,
    after: &'static str,
    at: [f64; 2],
}

/// Address points, indexed by ZIP or city and street.
#[derive(Debug, Default)]
pub struct AddressPoints {
    points: Vec<Point>,
    /// `(ZIP or city, street name)` to points. A city's key is its words, so it is never mistaken for a ZIP.
    streets: HashMap<(String, String), Vec<u32>>,
    places: HashMap<String, u32>,
}

struct Columns {
    number: Option<usize>,
    street: Option<usize>,
    before: Option<usize>,
    kind_before: Option<usize>,
    kind_after: Option<usize>,
    after: Option<usize>,
    whole: Option<usize>,
    city: Option<usize>,
    zip: Option<usize>,
    longitude: Option<usize>,
    latitude: Option<usize>,
}

impl Columns {
    /// Column names of OpenAddresses, of the National Address Database (old and new), and common exports.
    fn of(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        let mut column = |names: &[&str]| table.column(names, problems);
        Self {
            number: column(&["NUMBER", "Add_Number", "HOUSE_NUMBER", "HouseNum", "ADDNUM", "ST_NUM", "STNO"]),
            street: column(&["STREET", "St_Name", "StreetName", "STREET_NAME", "STNAME", "ST_NAME"]),
            before: column(&["St_PreDir", "StN_PreDir", "PREDIR", "St_Dir"]),
            kind_before: column(&["St_PreTyp", "StN_PreTyp", "PRETYPE"]),
            kind_after: column(&["St_PosTyp", "StN_PosTyp", "POSTTYPE", "ST_TYPE", "STTYPE"]),
            after: column(&["St_PosDir", "StN_PosDir", "POSTDIR", "SUFDIR"]),
            whole: column(&["address_full", "FULL_ADDRESS", "FULLADDR", "ADDRESS", "street_address", "ADDR"]),
            city: column(&["CITY", "Post_City", "Post_Comm", "Inc_Muni", "MUNI", "major_city", "town"]),
            zip: column(&["POSTCODE", "Zip_Code", "ZIP", "ZIPCODE", "POSTAL_CODE", "ZIP5"]),
            longitude: column(&["LON", "LONGITUDE", "LNG", "LONG", "X"]),
            latitude: column(&["LAT", "LATITUDE", "Y"]),
        }
    }
}

impl AddressPoints {
    /// Reads address points from a table with a header. Wanted are longitude and latitude, and either house
    /// number and street or the whole address in one column; ZIP or city where there are any.
    pub fn from_csv(bytes: &[u8], file: &str) -> (Self, Problems) {
        let mut problems = Problems::default();
        let mut points = Self::default();
        if let Err(error) = points.read(bytes, file, &mut problems) {
            error.note(&mut problems);
        }
        (points, problems)
    }

    fn read(&mut self, bytes: &[u8], file: &str, problems: &mut Problems) -> Result<(), ReadError> {
        let source = Source::open(file, bytes.to_vec(), Limits::default())?;
        let names: Vec<String> = source.names().map(str::to_owned).collect();
        for name in names {
            let content = source.read(&name)?;
            let path = source.path_of(&name);
            let text = decode(&path, &content, problems)?;
            let mut table = Table::open(&path, &text, TableRules::default(), problems)?;
            let columns = Columns::of(&mut table, problems);
            let named = (columns.number.is_some() && columns.street.is_some()) || columns.whole.is_some();
            if !named || columns.longitude.is_none() || columns.latitude.is_none() {
                let said = table.headers().join(",");
                problems.push(&path, 1, "", &said, "columns NUMBER and STREET or ADDRESS, and LON and LAT");
                continue;
            }
            while let Some(row) = table.next_row(problems) {
                self.add(&row, &columns, problems);
            }
        }
        Ok(())
    }

    fn add(&mut self, row: &Row<'_>, columns: &Columns, problems: &mut Problems) {
        if row.filled(columns.longitude).is_none() || row.filled(columns.latitude).is_none() {
            // An address that nobody has placed yet: it finds no home, and people are told how many there are.
            return problems.note_empty_cell();
        }
        let longitude = row.number(columns.longitude, problems);
        let latitude = row.number(columns.latitude, problems);
        let (Some(longitude), Some(latitude)) = (longitude, latitude) else { return };
        if !(longitude.abs() <= 180.0 && latitude.abs() <= 90.0) {
            row.problem(columns.longitude, "degrees of longitude and latitude", problems);
            return;
        }
        let mut place = Address {
            city: row.text(columns.city).to_owned(),
            zip: row.text(columns.zip).to_owned(),
            ..Address::default()
        };
        let street = match (row.filled(columns.street), row.filled(columns.number)) {
            (Some(name), Some(number)) => {
                let parts = [columns.before, columns.kind_before].map(|column| row.text(column));
                let rest = [columns.kind_after, columns.after].map(|column| row.text(column));
                let whole = [parts[0], parts[1], name, rest[0], rest[1]].join(" ");
                Street::parse_name(&whole).with_number(number)
            }
            _ => {
                let split = full::split(row.text(columns.whole), &place.city);
                let street = Street::parse(&split.street);
                if place.zip.is_empty() {
                    place.zip = split.zip;
                }
                if place.city.is_empty() {
                    place.city = split.city;
                }
                street
            }
        };
        let Some(number) = street.number else {
            row.problem(columns.number.or(columns.whole), "a house number", problems);
            return;
        };
        self.insert(street, number, &place, [longitude, latitude]);
    }

    fn insert(&mut self, street: Street, number: u32, place: &Address, at: [f64; 2]) {
        let index = self.points.len() as u32;
        for key in place_keys(place) {
            *self.places.entry(key.clone()).or_default() += 1;
            self.streets.entry((key, street.name.clone())).or_default().push(index);
        }
        let Street { fraction, before, suffix, after, .. } = street;
        self.points.push(Point { number, fraction: fraction.into(), before, suffix, after, at });
    }

    /// How many address points there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Finds an address: by ZIP, or by city where the ZIP has no such street.
    ///
    /// # Errors
    /// The [`Miss`] that says why there is no match.
    pub fn geocode(&self, address: &Address) -> Result<Match, Miss> {
        let street = Street::parse(&address.street);
        let Some(number) = street.number else { return Err(Miss::NoNumber) };
        let mut miss = Miss::NoPlace;
        for key in place_keys(address) {
            if !self.places.contains_key(&key) {
                continue;
            }
            let found = match self.streets.get(&(key, street.name.clone())) {
                Some(points) => self.on_street(&street, number, points),
                None => Err(Miss::NoStreet),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(reason) => miss = miss.max(reason),
            }
        }
        Err(miss)
    }

    fn on_street(&self, street: &Street, number: u32, points: &[u32]) -> Result<Match, Miss> {
        let points = || points.iter().map(|index| &self.points[*index as usize]);
        let same = |p: &&Point| (p.before, p.suffix, p.after) == (street.before, street.suffix, street.after);
        let here = |p: &&Point| p.number == number && *p.fraction == *street.fraction;
        if let Some(point) = points().filter(same).find(here) {
            return Ok(point.found(Quality::Exact));
        }
        match together(points().filter(|p| p.number == number)) {
            Some(Ok(point)) => return Ok(point.found(Quality::Loose)),
            Some(Err(())) => return Err(Miss::Ambiguous),
            None => {}
        }
        // Of the nearest numbers, those of the same street in full are preferred, then the same side.
        let near = || points().filter(|p| p.number.abs_diff(number) <= NEAREST_WITHIN);
        let rank = |p: &&Point| (p.number.abs_diff(number) + 2 * (p.number.abs_diff(number) % 2), p.number);
        if let Some(point) = near().filter(same).min_by_key(rank) {
            return Ok(point.found(Quality::Nearest));
        }
        let spread = near().map(|p| (p.before, p.suffix, p.after)).collect::<std::collections::HashSet<_>>();
        match near().min_by_key(rank) {
            Some(point) if spread.len() == 1 => Ok(point.found(Quality::Nearest)),
            Some(_) => Err(Miss::Ambiguous),
            None => Err(Miss::NoNearNumber),
        }
    }
}

impl Point {
    fn found(&self, quality: Quality) -> Match {
        Match { longitude: self.at[0], latitude: self.at[1], quality }
    }
}

/// The first of some points, if all lie together; `Err` when they lie apart.
fn together<'p>(mut points: impl Iterator<Item = &'p Point>) -> Option<Result<&'p Point, ()>> {
    let first = points.next()?;
    let near = |p: &Point| (0..2).all(|side| (p.at[side] - first.at[side]).abs() <= SAME_PLACE);
    Some(if points.all(near) { Ok(first) } else { Err(()) })
}

/// What an address is looked up by: its ZIP, then its city.
fn place_keys(address: &Address) -> impl Iterator<Item = String> {
    let city = words_of(&address.city).join(" ");
    // A letter before the city keeps a city called 12345, if there is one, apart from a ZIP.
    full::zip(&address.zip).into_iter().chain((!city.is_empty()).then(|| format!("c {city}")))
}

#[cfg(test)]
mod tests;
