//! OneRoster CSV, 1.1 and 1.2: a zip archive or a folder of files.
//! Source: 1EdTech OneRoster 1.1 CSV tables; 1.2.1 CSV binding (22 August 2023).
//!
//! Read are `manifest.csv`, `orgs.csv`, `users.csv`, `roles.csv` (1.2), `classes.csv` and `enrollments.csv`.
//! Headers are exact in the standard: others are read and are problems. Columns that begin with
//! `metadata.` may carry addresses and program flags.

mod manifest;
mod orgs;
mod sections;
mod users;

use super::draft::Draft;
use crate::read::{ReadError, Row, Table, TableRules};
use evenfield_model::Problems;
use manifest::{Manifest, Mode};

const RULES: TableRules = TableRules { exact_headers: true, delimiter: None };

/// What a delta takes away, by `sourcedId`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub schools: Vec<String>,
    pub people: Vec<String>,
    pub sections: Vec<String>,
    /// Section and person.
    pub enrollments: Vec<(String, String)>,
}

/// Which files replace all earlier rows of their kind, when others of the archive are a delta.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    pub schools: bool,
    pub people: bool,
    pub sections: bool,
    pub enrollments: bool,
}

/// Reads the archive into the draft; tells whether it is a delta.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<bool, ReadError> {
    let (mut gone, mut whole) = (Gone::default(), Whole::default());
    read_changes(draft, &mut gone, &mut whole)
}

/// As [`read`], and says what is taken away and replaced.
pub(super) fn read_changes(
    draft: &mut Draft<'_>,
    gone: &mut Gone,
    whole: &mut Whole,
) -> Result<bool, ReadError> {
    let manifest = manifest::read(draft)?;
    let is_delta = manifest.is_delta();
    *whole = Whole {
        schools: manifest.mode("orgs") == Mode::Bulk,
        people: manifest.mode("users") == Mode::Bulk,
        sections: manifest.mode("classes") == Mode::Bulk,
        enrollments: manifest.mode("enrollments") == Mode::Bulk,
    };
    let mut reader = Reader { manifest: &manifest, gone, is_delta };
    orgs::read(draft, &mut reader)?;
    let roles = users::read_roles(draft, &mut reader)?;
    users::read(draft, &mut reader, &roles)?;
    sections::read(draft, &mut reader)?;
    sections::read_enrollments(draft, &mut reader)?;
    Ok(is_delta)
}

/// What the files of one archive share while they are read.
struct Reader<'m> {
    manifest: &'m Manifest,
    gone: &'m mut Gone,
    is_delta: bool,
}

impl Reader<'_> {
    /// Reads a file of the archive. When it is missing, that is an error if `needed` (and no delta), and a
    /// problem if the manifest promises it.
    fn file<C>(
        &mut self,
        draft: &mut Draft<'_>,
        (base, needed): (&str, bool),
        columns: impl FnOnce(&mut Table<'_>, &mut Problems) -> C,
        mut each: impl FnMut(&mut Draft<'_>, &mut Self, &C, Row<'_>),
    ) -> Result<(), ReadError> {
        let source = draft.source;
        let name = base.trim_end_matches(".csv");
        let Some(member) = source.find(base).next() else {
            let wanted = format!("a file {base} in the OneRoster archive");
            if needed && !self.is_delta {
                return Err(ReadError::Missing { file: source.name().to_owned(), wanted });
            }
            if matches!(self.manifest.mode(name), Mode::Bulk | Mode::Delta) {
                draft.problems.push(base, 0, "", "", format!("{wanted}, which manifest.csv promises"));
            }
            return Ok(());
        };
        if self.manifest.mode(name) == Mode::Absent {
            let wanted = "no such file, as manifest.csv says it is absent; it was read";
            draft.problems.push(member, 0, "", "", wanted);
        }
        if source.find(base).nth(1).is_some() {
            draft.problems.push(member, 0, "", "", format!("one file {base}; the first of them was read"));
        }
        draft.table(member, RULES, columns, |draft, columns, row| each(draft, self, columns, row))
    }
}

/// The columns that stand first in every file.
#[derive(Clone, Copy)]
struct Base {
    id: Option<usize>,
    status: Option<usize>,
    modified: Option<usize>,
}

/// What a row's status says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    Gone,
}

impl Base {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            id: table.require(&["sourcedId"], problems),
            status: table.column(&["status"], problems),
            modified: table.column(&["dateLastModified"], problems),
        }
    }

    /// The status: `active` or `tobedeleted`, blank in a bulk file. An unknown one is a problem, and the row is
    /// read as active so that nobody vanishes.
    fn status(&self, row: &Row<'_>, is_delta: bool, problems: &mut Problems) -> Status {
        row.date(self.modified, problems);
        match row.text(self.status) {
            "" if !is_delta => Status::Active,
            "active" => Status::Active,
            "tobedeleted" => Status::Gone,
            _ => {
                let wanted = if is_delta {
                    "active or tobedeleted; read as active"
                } else {
                    "no status in a bulk file, or active or tobedeleted; read as active"
                };
                row.problem(self.status, wanted, problems);
                Status::Active
            }
        }
    }
}

/// The entries of a list cell: `a,b`.
fn list(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// Whether the day lies between the two dates of a row; an end before its begin is a problem.
fn is_current(draft: &mut Draft<'_>, row: &Row<'_>, begin: Option<usize>, end: Option<usize>) -> bool {
    let (first, last) = (row.date(begin, &mut draft.problems), row.date(end, &mut draft.problems));
    if let (Some(first), Some(last)) = (first, last)
        && first > last
    {
        row.problem(end, format!("a day not before {first}, the day it begins"), &mut draft.problems);
    }
    first.is_none_or(|day| day <= draft.as_of) && last.is_none_or(|day| day >= draft.as_of)
}
