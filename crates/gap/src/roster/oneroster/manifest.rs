//! `manifest.csv`: which files are there, whole or as changes.

use super::RULES;
use crate::read::ReadError;
use crate::roster::draft::Draft;
use std::collections::HashMap;

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not at all.
    Absent,
    /// All rows.
    Bulk,
    /// The rows that changed.
    Delta,
    /// The manifest does not say.
    Unsaid,
}

/// What `manifest.csv` says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    modes: HashMap<String, Mode>,
}

impl Manifest {
    /// How this file (`users`) is sent.
    pub fn mode(&self, file: &str) -> Mode {
        self.modes.get(file).copied().unwrap_or(Mode::Unsaid)
    }

    /// Whether any file that is read here is sent as changes.
    pub fn is_delta(&self) -> bool {
        ["orgs", "users", "roles", "classes", "enrollments"].iter().any(|f| self.mode(f) == Mode::Delta)
    }
}

/// Reads the manifest; an archive without one is read as bulk, which is a problem.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<Manifest, ReadError> {
    let mut manifest = Manifest::default();
    let source = draft.source;
    let Some(member) = source.find("manifest.csv").next() else {
        let wanted = "a file manifest.csv in the OneRoster archive; all files are read as bulk";
        draft.problems.push("manifest.csv", 0, "", "", wanted);
        return Ok(manifest);
    };
    if member.contains(['/', '\\']) {
        let wanted = "the files at the root of the archive; they were read from the folder";
        draft.problems.push(member, 0, "", member, wanted);
    }
    draft.table(
        member,
        RULES,
        |table, problems| (table.require(&["propertyName"], problems), table.require(&["value"], problems)),
        |draft, (property, value), row| {
            let (name, text) = (row.text(*property), row.text(*value));
            if name == "oneroster.version" && !matches!(text, "1.1" | "1.2") {
                row.problem(*value, "1.1 or 1.2", &mut draft.problems);
            }
            let Some(file) = name.strip_prefix("file.") else { return };
            let mode = match text {
                "absent" => Mode::Absent,
                "bulk" => Mode::Bulk,
                "delta" => Mode::Delta,
                _ => {
                    row.problem(*value, "absent, bulk or delta", &mut draft.problems);
                    Mode::Unsaid
                }
            };
            manifest.modes.insert(file.to_owned(), mode);
        },
    )?;
    Ok(manifest)
}
