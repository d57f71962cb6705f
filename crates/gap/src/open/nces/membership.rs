//! Common Core of Data membership (`ccd_lea_052`, `ccd_sch_052`): students by grade, race and sex, with subtotals in the
//! same file that must not be added up.

use super::{LEAID_WANTED, NCESSCH_WANTED, leaid, ncessch};
use crate::read::each_row;
use evenfield_model::{Grade, Problems};

/// Students of one district or school, in one grade or in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// NCESSCH where the file has schools, otherwise LEAID.
    pub id: String,
    /// The grade; `None` for all grades together.
    pub grade: Option<Grade>,
    /// Students.
    pub students: u64,
}

/// Reads the totals by grade and over all grades; rows by race and sex are passed over, and so are counts that the
/// file flags as missing or suppressed.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<Membership>, Problems) {
    let mut problems = Problems::default();
    let mut found = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let school = table.column(&["NCESSCH"], problems);
            let needed = ["LEAID", "GRADE", "STUDENT_COUNT", "TOTAL_INDICATOR"]
                .map(|name| table.require(&[name], problems));
            needed.iter().all(Option::is_some).then_some((school, needed))
        },
        |row, &(school, [district, grade, count, indicator]), problems| {
            let indicator = row.text(indicator);
            let by_grade = indicator.starts_with("Subtotal") && indicator.ends_with("By Grade");
            if !(by_grade || indicator == "Education Unit Total") {
                return;
            }
            row.wanted(&[school.or(district)], problems);
            let id = match school {
                Some(_) => row.parsed(school, ncessch, NCESSCH_WANTED, problems),
                None => row.parsed(district, leaid, LEAID_WANTED, problems).map(String::from),
            };
            // An empty count is one that was not reported or is suppressed.
            if row.filled(count).is_none() {
                return problems.note_empty_cell();
            }
            let students = row.count(count, problems);
            let grade = by_grade.then(|| {
                row.wanted(&[grade], problems);
                row.parsed(grade, ccd_grade, "a grade as the CCD writes it, for example Grade 3", problems)
            });
            if let (Some(id), Some(students), None | Some(Some(_))) = (id, students, grade) {
                found.push(Membership { id, grade: grade.flatten(), students });
            }
        },
    );
    (found, problems)
}

/// `Pre-Kindergarten`, `Kindergarten`, `Grade 1` to `Grade 13`, `Ungraded`, `Adult Education`, `Not Specified`.
fn ccd_grade(text: &str) -> Option<Grade> {
    match text {
        "Pre-Kindergarten" => Some(Grade::Prekindergarten),
        "Adult Education" | "Not Specified" => Some(Grade::Ungraded),
        other => Grade::parse(other.strip_prefix("Grade ").unwrap_or(other)),
    }
}
