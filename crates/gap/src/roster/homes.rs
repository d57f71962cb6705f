//! Addresses and program flags: in a student's own row, or in a file beside the roster.

use super::{Address, Roster, Student};
use crate::read::{ReadError, Row, Source, Table, TableRules, decode, fold, parse_flag};
use evenfield_model::Problems;
use std::collections::{HashMap, HashSet};

/// The headers of the file beside the roster, as documented. Letter case, spaces and signs do not matter,
/// and the names that Clever and common student systems give these columns are read too.
pub const HOME_HEADERS: [&str; 9] =
    ["student_id", "street", "city", "state", "zip", "frl", "ell", "iep", "home_language"];

/// The columns with an address and program flags, wherever they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HomeColumns {
    street: Option<usize>,
    city: Option<usize>,
    state: Option<usize>,
    zip: Option<usize>,
    frl: Option<usize>,
    ell: Option<usize>,
    iep: Option<usize>,
    language: Option<usize>,
}

/// What a row says about a student's home; a field is `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Home {
    address: Option<Address>,
    frl: Option<bool>,
    ell: Option<bool>,
    iep: Option<bool>,
    home_language: Option<String>,
}

/// Names of each column, the documented one first.
const STREET: &[&str] =
    &["street", "student_street", "street_address", "address", "address1", "home_address", "homeStreet"];
const CITY: &[&str] = &["city", "student_city", "home_city"];
const STATE: &[&str] = &["state", "student_state", "home_state", "state_abbreviation"];
const ZIP: &[&str] = &["zip", "student_zip", "zip_code", "postal_code", "home_zip", "zipcode5"];
const FRL: &[&str] =
    &["frl", "frl_status", "free_reduced_lunch", "lunch_status", "meal_status", "economically_disadvantaged"];
const ELL: &[&str] =
    &["ell", "ell_status", "el", "el_status", "lep", "english_learner", "english_language_learner"];
const IEP: &[&str] = &["iep", "iep_status", "special_education", "sped", "swd"];
const LANGUAGE: &[&str] = &["home_language", "primary_language", "language"];

impl HomeColumns {
    /// Finds the columns; `prefix` stands before each name (`metadata.` in OneRoster).
    pub fn find(table: &mut Table<'_>, prefix: &str, problems: &mut Problems) -> Self {
        let mut column = |names: &[&str]| {
            let prefixed: Vec<String> = names.iter().map(|name| format!("{prefix}{name}")).collect();
            let names: Vec<&str> = prefixed.iter().map(String::as_str).collect();
            // Letter case is free here even where the standard's own headers are exact.
            let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
            let at = table.headers().iter().position(|h| folded.contains(&fold(h)))?;
            let header = table.headers()[at].clone();
            table.column(&[header.as_str()], problems)
        };
        Self {
            street: column(STREET),
            city: column(CITY),
            state: column(STATE),
            zip: column(ZIP),
            frl: column(FRL),
            ell: column(ELL),
            iep: column(IEP),
            language: column(LANGUAGE),
        }
    }

    fn is_empty(&self) -> bool {
        [self.street, self.zip, self.frl, self.ell, self.iep, self.language].iter().all(Option::is_none)
    }
}

impl Home {
    /// Reads the cells of one row.
    pub fn read(row: &Row<'_>, at: &HomeColumns, problems: &mut Problems) -> Self {
        Self {
            address: address(row, at, problems),
            frl: row.parsed(at.frl, parse_frl, "Free, Reduced, Paid, Y or N", problems),
            ell: row.flag(at.ell, problems),
            iep: row.flag(at.iep, problems),
            home_language: row.filled(at.language).map(str::to_owned),
        }
    }

    /// Gives the student what this says; what it does not say stays.
    pub fn give(self, student: &mut Student) {
        student.address = self.address.or(student.address.take());
        student.frl = self.frl.or(student.frl);
        student.ell = self.ell.or(student.ell);
        student.iep = self.iep.or(student.iep);
        student.home_language = self.home_language.or(student.home_language.take());
    }
}

fn address(row: &Row<'_>, at: &HomeColumns, problems: &mut Problems) -> Option<Address> {
    let street = row.text(at.street);
    let zip = row.filled(at.zip).map(|_| zip(row, at.zip, problems)).unwrap_or_default();
    if street.is_empty() && zip.is_empty() {
        return None;
    }
    Some(Address {
        street: street.to_owned(),
        city: row.text(at.city).to_owned(),
        state: row.text(at.state).to_owned(),
        zip,
    })
}

/// Five digits. A ZIP+4 is cut; four digits have lost the zero that all ZIP codes of New England begin with.
fn zip(row: &Row<'_>, column: Option<usize>, problems: &mut Problems) -> String {
    let text = row.text(column);
    let first = text.split(['-', ' ']).next().unwrap_or_default();
    let first = if first.len() == 9 { first.get(..5).unwrap_or(first) } else { first };
    let digits = first.bytes().all(|b| b.is_ascii_digit());
    match first.len() {
        5 if digits => first.to_owned(),
        4 if digits => {
            let wanted =
                "a ZIP code of 5 digits; a spreadsheet has dropped its leading zero, which was put back";
            row.problem(column, wanted, problems);
            format!("0{first}")
        }
        _ => {
            row.problem(column, "a ZIP code of 5 digits; left out", problems);
            String::new()
        }
    }
}

/// Free or reduced-price lunch: `Free`, `Reduced`, `Paid`, their first letters, or yes and no.
pub fn parse_frl(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        // Before yes and no, where an F would be "false".
        "f" | "free" | "freelunch" | "r" | "reduced" | "reducedlunch" | "reducedprice"
        | "reducedpricelunch" => Some(true),
        "p" | "paid" | "full" | "fullprice" | "none" => Some(false),
        _ => parse_flag(text),
    }
}

/// Joins a plain CSV of addresses and program flags ([`HOME_HEADERS`]) to the students of a roster, by
/// `source_id`. A student who is not in the roster, or stands in the file twice, is a problem.
///
/// # Errors
/// [`ReadError`] when the file cannot be read at all or has no column with the student's id.
pub fn add_homes(roster: &mut Roster, source: &Source) -> Result<Problems, ReadError> {
    let mut problems = Problems::default();
    let places: HashMap<String, usize> =
        roster.students.iter().enumerate().map(|(at, student)| (student.source_id.clone(), at)).collect();
    let mut given = HashSet::new();
    let members: Vec<String> = source.names().map(str::to_owned).collect();
    for member in members {
        let file = source.path_of(&member);
        let bytes = source.read(&member)?;
        let text = decode(&file, &bytes, &mut problems)?;
        let mut table = Table::open(&file, &text, TableRules::default(), &mut problems)?;
        let names = ["student_id", "sourcedId", "student_sourced_id", "student_number", "id"];
        let id = table.column(&names, &mut problems);
        let columns = HomeColumns::find(&mut table, "", &mut problems);
        if id.is_none() || columns.is_empty() {
            let wanted = format!("a table with the columns {}", HOME_HEADERS.join(", "));
            return Err(ReadError::Missing { file, wanted });
        }
        while let Some(row) = table.next_row(&mut problems) {
            let Some(student) = row.id(id, "a student's id", &mut problems) else { continue };
            let Some(place) = places.get(student) else {
                row.problem(id, "the id of a student in the roster", &mut problems);
                continue;
            };
            if !given.insert(*place) {
                row.problem(id, "each student once; the first row is kept", &mut problems);
                continue;
            }
            Home::read(&row, &columns, &mut problems).give(&mut roster.students[*place]);
        }
    }
    Ok(problems)
}
