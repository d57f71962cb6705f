//! The roster: schools, students, sections and enrolments, whatever system they come from.
//!
//! - [`parse`] reads a whole roster: OneRoster 1.1 and 1.2 CSV, or Clever's CSV, told apart by their files.
//! - [`read`] is the same with choices and progress, and says what kind of file it was.
//! - [`read_delta`] and [`apply_delta`] bring a stored roster up to date with a OneRoster delta.
//! - [`add_homes`] joins a plain CSV of addresses and program flags, which OneRoster does not carry.

mod clever;
mod delta;
mod draft;
mod format;
mod homes;
mod oneroster;

pub use delta::{Delta, Removed, apply_delta, read_delta};
pub use format::{Format, Options, Reading, parse, read};
pub use homes::{HOME_HEADERS, add_homes, parse_frl};

#[cfg(test)]
mod tests;

use evenfield_model::Grade;
use serde::{Deserialize, Serialize};

/// Everything that a roster file said, before anything is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    /// The schools.
    pub schools: Vec<School>,
    /// The students.
    pub students: Vec<Student>,
    /// The classes.
    pub sections: Vec<Section>,
    /// Who is in which class, students and teachers.
    pub enrollments: Vec<Enrollment>,
    /// Teachers and other staff who are enrolled in sections.
    pub staff: Vec<Staff>,
}

/// A school.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct School {
    /// The source's id (OneRoster `sourcedId`, Clever `School_id`).
    pub source_id: String,
    /// Its name.
    pub name: String,
    /// NCESSCH, 12 digits, where the source gives one.
    pub ncessch: Option<String>,
}

/// A student, with no more than the programme needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Student {
    /// The source's id (OneRoster `sourcedId`, Clever `Student_id`).
    pub source_id: String,
    /// The school's `source_id`.
    pub school: String,
    /// The grade.
    pub grade: Grade,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Where the student lives; OneRoster carries none.
    pub address: Option<Address>,
    /// Free or reduced-price lunch.
    pub frl: Option<bool>,
    /// English language learner.
    pub ell: Option<bool>,
    /// Individualised education programme.
    pub iep: Option<bool>,
    /// Home language as the source codes it.
    pub home_language: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// House number and street.
    pub street: String,
    /// City.
    pub city: String,
    /// State, two letters.
    pub state: String,
    /// ZIP code, five digits.
    pub zip: String,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// The source's id.
    pub source_id: String,
    /// The school's `source_id`.
    pub school: String,
    /// Its title.
    pub title: String,
    /// Period, where the source gives one.
    pub period: Option<String>,
}

/// A student's or a teacher's place in a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrollment {
    /// The section's `source_id`.
    pub section: String,
    /// The person's `source_id`.
    pub person: String,
    /// Whether the person teaches there.
    pub teaches: bool,
}

/// A teacher or another member of staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Staff {
    /// The source's id.
    pub source_id: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// E-mail, by which an account is matched; without spaces around it and in small letters.
    pub email: Option<String>,
}

/// An e-mail address as accounts have it, so that the two can be compared letter by letter.
fn email(said: &str) -> String {
    said.trim().to_lowercase()
}
