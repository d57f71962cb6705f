//! Pure rules of the roster: what a load would change, and where a student is.

mod reading;

pub use reading::{Named, Review, coordinates, keep_homes, review};

use evenfield_gap::roster::{Address, Enrollment, Roster, School, Section, Staff, Student};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where a student lives, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// Block group, 12 digits.
    pub block_group: Option<String>,
    /// How the place was found: `uploaded`, or the geocoder's word; `None` when it was not.
    pub geocode: Option<String>,
    /// Why it was not found; `None` when it was, or nobody has tried.
    pub reason: Option<String>,
}

/// The word of [`Place::geocode`] for coordinates that the district gave itself.
pub const UPLOADED: &str = "uploaded";

/// A student as stored: the record and the place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudentRow {
    /// The record.
    pub student: Student,
    /// The place.
    pub place: Place,
}

/// What must be written to come from one list of rows to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff<T> {
    /// Rows that were not there.
    pub added: Vec<T>,
    /// Rows that are no longer there.
    pub removed: Vec<T>,
    /// Rows that are there still but read differently: before and after.
    pub changed: Vec<(T, T)>,
}

impl<T> Default for Diff<T> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new(), changed: Vec::new() }
    }
}

impl<T> Diff<T> {
    /// Whether nothing must be written.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// The difference between two lists, in each of which a key stands once.
pub fn diff<T: PartialEq>(before: Vec<T>, after: Vec<T>, key: impl Fn(&T) -> [&str; 3]) -> Diff<T> {
    if before.is_empty() {
        return Diff { added: after, ..Diff::default() };
    }
    let places: HashMap<_, usize> = before.iter().enumerate().map(|(at, row)| (key(row), at)).collect();
    let was: Vec<Option<usize>> = after.iter().map(|row| places.get(&key(row)).copied()).collect();
    drop(places);
    let mut before: Vec<Option<T>> = before.into_iter().map(Some).collect();
    let mut diff = Diff::default();
    for (row, was) in after.into_iter().zip(was) {
        match was.and_then(|at| before[at].take()) {
            None => diff.added.push(row),
            Some(was) if was != row => diff.changed.push((was, row)),
            Some(_) => {}
        }
    }
    diff.removed = before.into_iter().flatten().collect();
    diff
}

/// The difference between two rosters, list by list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RosterDiff {
    /// Schools.
    pub schools: Diff<School>,
    /// Students with their places.
    pub students: Diff<StudentRow>,
    /// Sections.
    pub sections: Diff<Section>,
    /// Enrolments; these are only added and removed.
    pub enrollments: Diff<Enrollment>,
    /// Staff.
    pub staff: Diff<Staff>,
}

impl RosterDiff {
    /// Whether nothing must be written.
    pub fn is_empty(&self) -> bool {
        self.schools.is_empty()
            && self.students.is_empty()
            && self.sections.is_empty()
            && self.enrollments.is_empty()
            && self.staff.is_empty()
    }

    /// The counts that a person is shown before accepting.
    pub fn counts(&self) -> Changes {
        fn of<T>(diff: &Diff<T>) -> Counts {
            Counts {
                added: diff.added.len() as u64,
                removed: diff.removed.len() as u64,
                changed: diff.changed.len() as u64,
            }
        }
        Changes {
            schools: of(&self.schools),
            students: of(&self.students),
            sections: of(&self.sections),
            enrollments: of(&self.enrollments),
            staff: of(&self.staff),
        }
    }
}

/// How many rows of a list are added, removed and changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that were not there.
    pub added: u64,
    /// Rows that are no longer there.
    pub removed: u64,
    /// Rows that read differently.
    pub changed: u64,
}

/// [`Counts`] of each list of the roster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Schools.
    pub schools: Counts,
    /// Students.
    pub students: Counts,
    /// Sections.
    pub sections: Counts,
    /// Enrolments.
    pub enrollments: Counts,
    /// Staff.
    pub staff: Counts,
}

/// A roster as stored: the roster itself and the place of each student, by student id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredRoster {
    /// The roster, each list by id.
    pub roster: Roster,
    /// Places; a student whom nobody has tried to place has an empty one.
    pub places: HashMap<String, Place>,
}

/// The difference from what is stored to a new roster. A student keeps the place that was found while
/// the address stays the same; coordinates that the district uploaded stay until it uploads others.
pub fn compare(before: StoredRoster, after: Roster) -> RosterDiff {
    let StoredRoster { roster: before, mut places } = before;
    let old: HashMap<&str, Option<&Address>> =
        before.students.iter().map(|s| (s.source_id.as_str(), s.address.as_ref())).collect();
    let rows = after
        .students
        .into_iter()
        .map(|student| {
            let place = match (old.get(student.source_id.as_str()), places.get(&student.source_id)) {
                (Some(was), Some(place))
                    if *was == student.address.as_ref() || place.geocode.as_deref() == Some(UPLOADED) =>
                {
                    place.clone()
                }
                _ => Place::default(),
            };
            StudentRow { student, place }
        })
        .collect();
    drop(old);
    let stored = before
        .students
        .into_iter()
        .map(|student| {
            let place = places.remove(&student.source_id).unwrap_or_default();
            StudentRow { student, place }
        })
        .collect();
    RosterDiff {
        schools: diff(before.schools, after.schools, |s| [&s.source_id, "", ""]),
        students: diff(stored, rows, |s| [&s.student.source_id, "", ""]),
        sections: diff(before.sections, after.sections, |s| [&s.source_id, "", ""]),
        enrollments: diff(before.enrollments, after.enrollments, |e| {
            [&e.section, &e.person, if e.teaches { "1" } else { "" }]
        }),
        staff: diff(before.staff, after.staff, |s| [&s.source_id, "", ""]),
    }
}

/// A name folded for searching: lower case, accents and punctuation gone, single spaces.
pub fn name_key(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = text
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}
