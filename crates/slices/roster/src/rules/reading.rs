//! Uploaded files to a roster that could be stored, with everything that a person should see before.

use super::{Changes, Place, StoredRoster, UPLOADED, compare};
use evenfield_gap::read::{Limits, ReadError, Source, Table, TableRules, decode};
use evenfield_gap::roster::{Format, Options, Roster, add_homes, apply_delta, read, read_delta};
use evenfield_model::Problems;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A file with its name.
pub type Named = (String, Vec<u8>);

/// What is shown of an upload before it is accepted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The system it comes from: `oneroster`, `clever`; empty when it could not be read.
    pub format: String,
    /// Whether it holds changes only.
    pub delta: bool,
    /// What storing it would change.
    pub changes: Changes,
    /// Students in the roster as it would be.
    pub students: u64,
    /// Of them, students with an address.
    pub addresses: u64,
    /// Enrolments left out because they are not current.
    pub not_current: u64,
    /// What is wrong.
    pub problems: Problems,
}

impl Review {
    /// Whether there is anything to accept: a roster without a student would only remove.
    pub fn can_accept(&self) -> bool {
        self.students > 0
    }
}

/// Reads an upload against what is stored: the whole roster as it would be, and its review.
pub fn review(files: (Named, Option<Named>), as_of: Date, stored: StoredRoster) -> (Roster, Review) {
    let mut review = Review::default();
    let roster = match read_files(files, as_of, &stored.roster, &mut review) {
        Ok(roster) => roster,
        Err(error) => {
            error.note(&mut review.problems);
            return (Roster::default(), Review { problems: review.problems, ..Review::default() });
        }
    };
    review.students = roster.students.len() as u64;
    review.addresses = roster.students.iter().filter(|s| s.address.is_some()).count() as u64;
    review.changes = compare(stored, roster.clone()).counts();
    (roster, review)
}

/// Reads the roster's file, then joins the second one.
fn read_files(
    (file, side): (Named, Option<Named>),
    as_of: Date,
    stored: &Roster,
    review: &mut Review,
) -> Result<Roster, ReadError> {
    let source = Source::open(&file.0, file.1, Limits::default())?;
    let reading = read(&source, Options { as_of, format: None, progress: &mut |_| {} })?;
    review.format = match reading.format {
        Format::OneRoster => "oneroster",
        Format::Clever => "clever",
    }
    .to_owned();
    review.delta = reading.is_delta;
    review.not_current = reading.not_current;
    let mut roster = reading.roster;
    if reading.is_delta {
        let (delta, problems) = read_delta(&source, as_of, stored)?;
        roster = stored.clone();
        review.problems.append(problems);
        review.problems.append(apply_delta(&mut roster, delta));
    } else {
        review.problems.append(reading.problems);
    }
    if reading.format == Format::OneRoster {
        keep_homes(stored, &mut roster);
    }
    if let Some((name, bytes)) = side {
        match Source::open(&name, bytes, Limits::default()).and_then(|s| add_homes(&mut roster, &s)) {
            Ok(problems) => review.problems.append(problems),
            // The roster itself is worth reading still.
            Err(error) => error.note(&mut review.problems),
        }
    }
    Ok(roster)
}

/// OneRoster carries no address and no program flags: those that came with an earlier file stay.
pub fn keep_homes(stored: &Roster, roster: &mut Roster) {
    let known: HashMap<&str, _> = stored.students.iter().map(|s| (s.source_id.as_str(), s)).collect();
    for student in &mut roster.students {
        let Some(was) = known.get(student.source_id.as_str()) else { continue };
        student.address = student.address.take().or_else(|| was.address.clone());
        student.frl = student.frl.or(was.frl);
        student.ell = student.ell.or(was.ell);
        student.iep = student.iep.or(was.iep);
        student.home_language = student.home_language.take().or_else(|| was.home_language.clone());
    }
}

/// Reads a table of coordinates that the district has found itself: `student_id`, `lon`, `lat` in degrees. `known` are the ids of the
/// students of the roster; a row of another one, or of one that came before, is a problem.
///
/// # Errors
/// [`ReadError`] when the file is no table or lacks a column.
pub fn coordinates(
    (name, bytes): Named,
    known: &HashSet<String>,
) -> Result<(Vec<(String, Place)>, Problems), ReadError> {
    let mut problems = Problems::default();
    let text = decode(&name, &bytes, &mut problems)?;
    let mut table = Table::open(&name, &text, TableRules::default(), &mut problems)?;
    let id = table.column(&["student_id", "sourcedId", "student_number", "id"], &mut problems);
    let lon = table.column(&["lon", "longitude", "lng", "x"], &mut problems);
    let lat = table.column(&["lat", "latitude", "y"], &mut problems);
    if id.is_none() || lon.is_none() || lat.is_none() {
        let wanted = "a table with the columns student_id, lon, lat".to_owned();
        return Err(ReadError::Missing { file: name, wanted });
    }
    let (mut places, mut lines) = (Vec::new(), HashMap::new());
    while let Some(row) = table.next_row(&mut problems) {
        let Some(student) = row.id(id, "a student's id", &mut problems) else { continue };
        if !known.contains(student) {
            row.problem(id, "the id of a student in the roster", &mut problems);
            continue;
        }
        if let Some(before) = lines.insert(student.to_owned(), row.line) {
            row.problem(id, format!("each student once; line {before} has this one"), &mut problems);
            continue;
        }
        let mut degrees = |column, what: &str, most: f64| {
            let wanted = format!("{what}, -{most} to {most} degrees, of the student {student}");
            let number = row.required(column, &wanted, &mut problems)?.parse::<f64>().ok();
            let number = number.filter(|degrees| degrees.abs() <= most);
            if number.is_none() {
                row.problem(column, wanted, &mut problems);
            }
            number
        };
        if let (Some(x), Some(y)) = (degrees(lon, "a longitude", 180.0), degrees(lat, "a latitude", 90.0)) {
            let place =
                Place { lon: Some(x), lat: Some(y), geocode: Some(UPLOADED.to_owned()), ..Place::default() };
            places.push((student.to_owned(), place));
        }
    }
    Ok((places, problems))
}
