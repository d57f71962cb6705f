//! The files that a scenario names, and what is wrong with all of them.

use super::place::Point;
use crate::read::rows::{Others, Rows};
use crate::read::table::Table;
use evenfield_model::Problems;
use std::io::{self, Read};

/// Opens a file by the name that the scenario gives it; of a folder or an archive, the member.
pub type Files<'f> = dyn FnMut(&str, Option<&str>) -> io::Result<Box<dyn Read>> + 'f;

/// Rows of one file at most.
pub(super) const MOST_ROWS: usize = 5_000_000;

/// What is noted while the files are read.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The scenario's own file, for problems.
    pub scenario: String,
    pub problems: Problems,
    /// What people should know though nothing is wrong.
    pub notes: Vec<String>,
    pub rounded: u64,
}

impl Desk {
    /// Opens a file whose columns are all known.
    pub fn open(
        &mut self,
        files: &mut Files<'_>,
        file: &str,
        member: Option<&str>,
        columns: &'static [&'static str],
        required: usize,
    ) -> Option<Rows<Box<dyn Read>>> {
        self.open_with(files, (file, member), columns, required, Others::Refused)
    }

    /// Opens a file that may have other columns.
    pub fn open_with(
        &mut self,
        files: &mut Files<'_>,
        (file, member): (&str, Option<&str>),
        columns: &'static [&'static str],
        required: usize,
        others: Others,
    ) -> Option<Rows<Box<dyn Read>>> {
        let name = member.map_or_else(|| file.to_owned(), |member| format!("{file}/{member}"));
        match files(file, member) {
            Ok(stream) => Rows::open_with(name, stream, columns, required, others, &mut self.problems),
            Err(error) => {
                self.problems.push(&name, 0, "", "", format!("a file that can be read: {error}"));
                None
            }
        }
    }

    /// Goes to the next row, at most [`MOST_ROWS`] times.
    pub fn next<R: Read>(&mut self, rows: &mut Rows<R>, read: &mut usize) -> bool {
        if !rows.next(&mut self.problems) {
            return false;
        }
        *read += 1;
        if *read > MOST_ROWS {
            rows.problem(0, format!("at most {MOST_ROWS} rows; the rest is not read"), &mut self.problems);
            return false;
        }
        true
    }

    /// A number in millionths, 0 to `most`.
    pub fn millionths<R: Read>(
        &mut self,
        rows: &Rows<R>,
        column: usize,
        most: u64,
        wanted: &str,
    ) -> Option<u64> {
        rows.number(column, 6, most * crate::MILLION, wanted, &mut self.rounded, &mut self.problems)
    }

    /// A number in millionths, or `None` without a problem where the cell is empty.
    pub fn filled<R: Read>(&mut self, rows: &Rows<R>, column: usize, most: u64, wanted: &str) -> Option<u64> {
        if rows.text(column).is_empty() { None } else { self.millionths(rows, column, most, wanted) }
    }

    /// A place from its two columns.
    pub fn point<R: Read>(&mut self, rows: &Rows<R>, latitude: usize, longitude: usize) -> Option<Point> {
        let mut read = |column: usize, most: f64, wanted: &str| {
            let degrees = rows.text(column).parse::<f64>().ok().filter(|d| (-most..=most).contains(d));
            if degrees.is_none() {
                rows.problem(column, wanted, &mut self.problems);
            }
            degrees
        };
        let latitude = read(latitude, 90.0, "a latitude in degrees, -90 to 90");
        let longitude = read(longitude, 180.0, "a longitude in degrees, -180 to 180");
        Point::new(latitude?, longitude?)
    }

    /// A text that must be there.
    pub fn need<R: Read>(&mut self, rows: &Rows<R>, column: usize, wanted: &str) -> Option<String> {
        let text = rows.text(column);
        if text.is_empty() {
            rows.problem(column, wanted, &mut self.problems);
            return None;
        }
        Some(text.to_owned())
    }

    /// One of some words.
    pub fn word<R: Read, T: Copy>(
        &mut self,
        rows: &Rows<R>,
        column: usize,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == rows.text(column)).map(|(_, value)| *value);
        if found.is_none() {
            let all: Vec<String> = words
                .iter()
                .map(|(w, _)| if w.is_empty() { "nothing".to_owned() } else { format!("`{w}`") })
                .collect();
            rows.problem(column, format!("one of: {}", all.join(", ")), &mut self.problems);
        }
        found
    }
}
