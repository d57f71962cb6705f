//! Common Core of Data directories: `ccd_lea_029` (districts) and `ccd_sch_029` (schools).

use super::{LEAID_WANTED, NCESSCH_WANTED, leaid, ncessch};
use crate::read::each_row;
use evenfield_model::{Leaid, Problems};

/// A district.
#[derive(Clone, Debug, PartialEq)]
pub struct Agency {
    /// LEAID.
    pub leaid: Leaid,
    /// Its name.
    pub name: String,
    /// State, two letters.
    pub state: String,
    /// Agency type: 1 regular district, 7 charter agency, and so on; `None` where the file gives none.
    pub kind: Option<u64>,
    /// Open (1, 3, 4, 5, 8), or closed, inactive or future (2, 6, 7).
    pub open: bool,
}

/// A school.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectorySchool {
    /// NCESSCH, 12 digits.
    pub ncessch: String,
    /// The district's LEAID.
    pub leaid: Leaid,
    /// Its name.
    pub name: String,
    /// Lowest grade as the file writes it.
    pub lowest_grade: String,
    /// Highest grade.
    pub highest_grade: String,
    /// Open, as in [`Agency::open`].
    pub open: bool,
}

/// Reads a directory of districts.
pub fn parse_agencies(bytes: &[u8], file: &str) -> (Vec<Agency>, Problems) {
    let mut problems = Problems::default();
    let mut agencies = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let needed = ["LEAID", "LEA_NAME"].map(|name| table.require(&[name], problems));
            let more = ["ST", "LEA_TYPE", "SY_STATUS"].map(|name| table.column(&[name], problems));
            needed.iter().all(Option::is_some).then_some((needed, more))
        },
        |row, &(needed, [state, kind, status]), problems| {
            row.wanted(&needed, problems);
            let [id, name] = needed;
            let found = row.parsed(id, leaid, LEAID_WANTED, problems);
            if let (Some(leaid), Some(name)) = (found, row.filled(name)) {
                agencies.push(Agency {
                    leaid,
                    name: name.to_owned(),
                    state: row.text(state).to_owned(),
                    kind: row.count(kind, problems),
                    open: open(row.text(status)),
                });
            }
        },
    );
    (agencies, problems)
}

/// Reads a directory of schools.
pub fn parse_schools(bytes: &[u8], file: &str) -> (Vec<DirectorySchool>, Problems) {
    let mut problems = Problems::default();
    let mut schools = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let needed = ["NCESSCH", "LEAID", "SCH_NAME"].map(|name| table.require(&[name], problems));
            let more = ["GSLO", "GSHI", "SY_STATUS"].map(|name| table.column(&[name], problems));
            needed.iter().all(Option::is_some).then_some((needed, more))
        },
        |row, &(needed, [low, high, status]), problems| {
            row.wanted(&needed, problems);
            let [id, district, name] = needed;
            let id = row.parsed(id, ncessch, NCESSCH_WANTED, problems);
            let district = row.parsed(district, leaid, LEAID_WANTED, problems);
            if let (Some(ncessch), Some(leaid), Some(name)) = (id, district, row.filled(name)) {
                schools.push(DirectorySchool {
                    ncessch,
                    leaid,
                    name: name.to_owned(),
                    lowest_grade: row.text(low).to_owned(),
                    highest_grade: row.text(high).to_owned(),
                    open: open(row.text(status)),
                });
            }
        },
    );
    (schools, problems)
}

/// Status codes of the school year: 2 closed, 6 inactive, 7 future; a file without status lists what is open.
fn open(status: &str) -> bool {
    !matches!(status, "2" | "6" | "7")
}
