//! Which system a roster comes from, and the way in.

use super::draft::Draft;
use super::{Roster, clever, oneroster};
use crate::read::{ReadError, Source, decode};
use evenfield_model::Problems;
use jiff::civil::Date;

/// The kinds of roster that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 1EdTech OneRoster CSV, 1.1 or 1.2.
    OneRoster,
    /// Clever's SFTP files: `students.csv`, `schools.csv`, …
    Clever,
}

/// How a roster is read.
pub struct Options<'p> {
    /// The day for which enrolments are wanted; those that ended before it or begin after it are left out.
    pub as_of: Date,
    /// The kind of roster; without one the names of the files decide.
    pub format: Option<Format>,
    /// Called now and then with the bytes read so far, of [`Source::size`].
    pub progress: &'p mut dyn FnMut(u64),
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The rows. For a delta, those that are new or changed.
    pub roster: Roster,
    /// What is wrong with the files.
    pub problems: Problems,
    /// Which kind of roster it was.
    pub format: Format,
    /// Whether these are changes to an earlier roster (a OneRoster delta).
    pub is_delta: bool,
    /// Enrolments and roles left out because they ended before the day asked for, or begin after it.
    pub not_current: u64,
}

/// Reads a whole roster.
///
/// # Errors
/// [`ReadError`] when the files are of no known kind, or one of them cannot be read at all.
pub fn parse(source: &Source, as_of: Date) -> Result<(Roster, Problems), ReadError> {
    let reading = read(source, Options { as_of, format: None, progress: &mut |_| {} })?;
    Ok((reading.roster, reading.problems))
}

/// Reads a whole roster, with choices and progress.
///
/// # Errors
/// As [`parse`].
pub fn read(source: &Source, options: Options<'_>) -> Result<Reading, ReadError> {
    let format = match options.format {
        Some(format) => format,
        None => detect(source)?,
    };
    let mut draft = Draft::new(source, options.as_of, options.progress);
    let is_delta = match format {
        Format::OneRoster => oneroster::read(&mut draft)?,
        Format::Clever => {
            clever::read(&mut draft)?;
            false
        }
    };
    if is_delta {
        let wanted = "a bulk archive first; this one has only the changes since an earlier one";
        draft.problems.push("manifest.csv", 0, "", "delta", wanted);
    }
    let not_current = draft.not_current;
    let (roster, problems) = draft.finish();
    Ok(Reading { roster, problems, format, is_delta, not_current })
}

/// Tells the kind by the names of the files.
pub(super) fn detect(source: &Source) -> Result<Format, ReadError> {
    let has = |base: &str| source.find(base).next().is_some();
    if has("users.csv") || has("manifest.csv") {
        Ok(Format::OneRoster)
    } else if has("students.csv") {
        Ok(Format::Clever)
    } else {
        if let Some(workbook) = source.names().find(|name| is_workbook(name)) {
            return Err(ReadError::Workbook { file: source.path_of(workbook) });
        }
        if let Some(error) = no_text(source) {
            return Err(error);
        }
        let found: Vec<&str> = source.names().take(10).collect();
        Err(ReadError::Missing {
            file: source.name().to_owned(),
            wanted: format!(
                "a OneRoster archive (orgs.csv, users.csv, …) or Clever files (schools.csv, students.csv, …); \
                 found {}",
                if found.is_empty() { "no files".to_owned() } else { found.join(", ") }
            ),
        })
    }
}

/// Whether a file of a roster goes by the name of a workbook, so that its sheet has to be saved as CSV first.
fn is_workbook(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(ending.as_str(), "xlsx" | "xlsm" | "xlsb" | "xls")
}

/// Why the one file of a source is no text: it is a PDF, an archive in an archive, a bomb.
fn no_text(source: &Source) -> Option<ReadError> {
    let mut names = source.names();
    let (Some(one), None) = (names.next(), names.next()) else { return None };
    let text = |bytes: &[u8]| decode(&source.path_of(one), bytes, &mut Problems::default()).map(drop);
    source.read(one).and_then(|bytes| text(&bytes)).err()
}
