//! `classes.csv` and `enrollments.csv`.

use super::{Base, Reader, Status, is_current};
use crate::read::{ReadError, Row, Table};
use crate::roster::Section;
use crate::roster::draft::{Draft, Kind, Place};
use evenfield_model::Problems;

struct Columns {
    base: Base,
    title: Option<usize>,
    school: Option<usize>,
    periods: Option<usize>,
}

/// Columns of `classes.csv` that are known but not read.
const CLASSES_NOT_READ: [&str; 9] = [
    "grades",
    "courseSourcedId",
    "classCode",
    "classType",
    "location",
    "termSourcedIds",
    "subjects",
    "subjectCodes",
    "resources",
];

/// Reads `classes.csv` when there is one.
pub(super) fn read(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), ReadError> {
    reader.file(draft, ("classes.csv", false), columns, class)
}

fn columns(table: &mut Table<'_>, problems: &mut Problems) -> Columns {
    let columns = Columns {
        base: Base::find(table, problems),
        title: table.require(&["title"], problems),
        school: table.require(&["schoolSourcedId"], problems),
        periods: table.column(&["periods"], problems),
    };
    table.report_unknown(|h| CLASSES_NOT_READ.contains(&h) || h.starts_with("metadata."), problems);
    columns
}

fn class(draft: &mut Draft<'_>, reader: &mut Reader<'_>, at: &Columns, row: Row<'_>) {
    let Some(id) = row.id(at.base.id, "the section's sourcedId", &mut draft.problems) else { return };
    if at.base.status(&row, reader.is_delta, &mut draft.problems) == Status::Gone {
        reader.gone.sections.push(id.to_owned());
        return;
    }
    if !draft.is_new(&row, at.base.id, draft.sections.get(id)) {
        return;
    }
    let Some(school) = draft.school(&row, at.school, "The section is left out") else {
        draft.sections.insert(id, Kind::Other, usize::MAX, row.line);
        return;
    };
    let title = row.required(at.title, "the section's title", &mut draft.problems).unwrap_or(id);
    // All of them: a double lesson has two, and a comma may stand within parentheses.
    let period = row.filled(at.periods).map(str::to_owned);
    let section =
        Section { source_id: id.to_owned(), school: school.to_owned(), title: title.to_owned(), period };
    draft.add_section(section, row.line);
}

struct EnrollmentColumns {
    base: Base,
    class: Option<usize>,
    user: Option<usize>,
    role: Option<usize>,
    begin: Option<usize>,
    end: Option<usize>,
}

/// Reads `enrollments.csv` when there is one.
pub(super) fn read_enrollments(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), ReadError> {
    reader.file(draft, ("enrollments.csv", false), enrollment_columns, enrollment)
}

fn enrollment_columns(table: &mut Table<'_>, problems: &mut Problems) -> EnrollmentColumns {
    let columns = EnrollmentColumns {
        base: Base::find(table, problems),
        class: table.require(&["classSourcedId"], problems),
        user: table.require(&["userSourcedId"], problems),
        role: table.require(&["role"], problems),
        begin: table.column(&["beginDate"], problems),
        end: table.column(&["endDate"], problems),
    };
    let known = |h: &str| matches!(h, "schoolSourcedId" | "primary") || h.starts_with("metadata.");
    table.report_unknown(known, problems);
    columns
}

fn enrollment(draft: &mut Draft<'_>, reader: &mut Reader<'_>, at: &EnrollmentColumns, row: Row<'_>) {
    let section = row.id(at.class, "the section's sourcedId", &mut draft.problems);
    let person = row.id(at.user, "the person's sourcedId", &mut draft.problems);
    let status = at.base.status(&row, reader.is_delta, &mut draft.problems);
    let current = is_current(draft, &row, at.begin, at.end);
    let teaches = match row.text(at.role) {
        "student" => false,
        "teacher" | "aide" | "administrator" | "proctor" => true,
        _ => {
            let wanted = "student, teacher, aide, administrator or proctor; the row is left out";
            row.problem(at.role, wanted, &mut draft.problems);
            return;
        }
    };
    let (Some(section), Some(person)) = (section, person) else { return };
    if status == Status::Gone || (reader.is_delta && !current) {
        reader.gone.enrollments.push((section.to_owned(), person.to_owned()));
    } else if !current {
        draft.not_current += 1;
    } else {
        draft.enroll(&row, (at.class, at.user), &Place { section, person, teaches });
    }
}
