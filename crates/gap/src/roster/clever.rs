//! Clever's SFTP files: `schools.csv`, `students.csv`, `teachers.csv`, `sections.csv`, `enrollments.csv`.
//! Source: Clever's documentation of the SIS file format; column names as exporters of several student
//! systems write them. Letter case of headers is free there.

use super::draft::{Draft, Kind, Place, Seen};
use super::homes::{Home, HomeColumns};
use super::{School, Section, Staff, Student};
use crate::read::{ReadError, Row, Table, TableRules};
use evenfield_model::Problems;

/// How many teachers a row of `sections.csv` has columns for: `Teacher_id`, `Teacher_2_id` … `Teacher_10_id`.
const TEACHERS: usize = 10;

/// Whether a file must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Without it there is no roster.
    Always,
    /// Its twin is there and says little without it.
    WithTwin,
    /// A roster may do without.
    Never,
}

/// Reads all five files. Those of teachers, sections and enrollments may be missing; of the last two one without the other is a
/// problem.
pub(super) fn read(draft: &mut Draft<'_>) -> Result<(), ReadError> {
    let has = |base: &str| draft.source.find(base).next().is_some();
    let twins = if has("sections.csv") || has("enrollments.csv") { Need::WithTwin } else { Need::Never };
    file(draft, "schools.csv", Need::Always, SchoolColumns::find, school)?;
    file(draft, "students.csv", Need::Always, StudentColumns::find, student)?;
    file(draft, "teachers.csv", Need::Never, TeacherColumns::find, teacher)?;
    file(draft, "sections.csv", twins, SectionColumns::find, section)?;
    file(draft, "enrollments.csv", twins, EnrollmentColumns::find, enrollment)
}

/// Reads the file of this name.
///
/// # Errors
/// When it is missing and is needed always, or cannot be read.
fn file<C>(
    draft: &mut Draft<'_>,
    base: &str,
    need: Need,
    columns: impl FnOnce(&mut Table<'_>, &mut Problems) -> C,
    each: impl FnMut(&mut Draft<'_>, &C, Row<'_>),
) -> Result<(), ReadError> {
    let source = draft.source;
    let Some(member) = source.find(base).next() else {
        let wanted = format!("a file {base} among the Clever files");
        match need {
            Need::Always => return Err(ReadError::Missing { file: source.name().to_owned(), wanted }),
            Need::WithTwin => draft.problems.push(base, 0, "", "", wanted),
            Need::Never => {}
        }
        return Ok(());
    };
    draft.table(member, TableRules::default(), columns, each)
}

struct SchoolColumns {
    id: Option<usize>,
    name: Option<usize>,
    nces: Option<usize>,
}

impl SchoolColumns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            id: table.require(&["School_id"], problems),
            name: table.require(&["School_name", "Name"], problems),
            nces: table.column(&["Nces_id", "NCESSCH", "School_nces_id"], problems),
        }
    }
}

fn school(draft: &mut Draft<'_>, at: &SchoolColumns, row: Row<'_>) {
    let Some(id) = row.id(at.id, "the school's id", &mut draft.problems) else { return };
    if !draft.is_new(&row, at.id, draft.schools.get(id)) {
        return;
    }
    let name = row.required(at.name, "the school's name", &mut draft.problems).unwrap_or(id);
    let ncessch = ncessch(draft, &row, at.nces);
    draft.add_school(School { source_id: id.to_owned(), name: name.to_owned(), ncessch }, row.line);
}

/// NCESSCH of 12 digits; 11 are a lost zero. Other texts are a system's own number and left out.
pub(super) fn ncessch(draft: &mut Draft<'_>, row: &Row<'_>, column: Option<usize>) -> Option<String> {
    let text = row.filled(column)?;
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.len() {
        12 if digits => Some(text.to_owned()),
        11 if digits => {
            let wanted =
                "NCESSCH of 12 digits; a spreadsheet has probably dropped its leading zero. Left out";
            row.problem(column, wanted, &mut draft.problems);
            None
        }
        _ => None,
    }
}

struct StudentColumns {
    id: Option<usize>,
    school: Option<usize>,
    given_name: Option<usize>,
    family_name: Option<usize>,
    grade: Option<usize>,
    home: HomeColumns,
}

impl StudentColumns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            id: table.require(&["Student_id"], problems),
            school: table.require(&["School_id"], problems),
            given_name: table.require(&["First_name"], problems),
            family_name: table.require(&["Last_name"], problems),
            grade: table.require(&["Grade"], problems),
            home: HomeColumns::find(table, "", problems),
        }
    }
}

fn student(draft: &mut Draft<'_>, at: &StudentColumns, row: Row<'_>) {
    let Some(id) = row.id(at.id, "the student's id", &mut draft.problems) else { return };
    if let Some(seen) = draft.people.get(id) {
        again(draft, at, &row, seen);
        return;
    }
    let Some(school) = draft.school(&row, at.school, "The student is left out") else {
        draft.people.insert(id, Kind::Other, Seen::NOWHERE as usize, row.line);
        return;
    };
    let given_name = row.required(at.given_name, "the first name", &mut draft.problems).unwrap_or_default();
    let family_name = row.required(at.family_name, "the last name", &mut draft.problems).unwrap_or_default();
    let mut student = Student {
        source_id: id.to_owned(),
        school: school.to_owned(),
        grade: draft.grade(&row, at.grade),
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        address: None,
        frl: None,
        ell: None,
        iep: None,
        home_language: None,
    };
    Home::read(&row, &at.home, &mut draft.problems).give(&mut student);
    draft.add_student(student, row.line);
}

/// A student's second row. Clever repeats the student for each contact, so an equal row is no problem.
fn again(draft: &mut Draft<'_>, at: &StudentColumns, row: &Row<'_>, seen: Seen) {
    let equal = draft.roster.students.get(seen.place as usize).is_some_and(|first| {
        first.school == row.text(at.school)
            && first.given_name == row.text(at.given_name)
            && first.family_name == row.text(at.family_name)
    });
    if !equal {
        draft.is_new(row, at.id, Some(seen));
    }
}

struct TeacherColumns {
    id: Option<usize>,
    given_name: Option<usize>,
    family_name: Option<usize>,
    email: Option<usize>,
}

impl TeacherColumns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            id: table.require(&["Teacher_id"], problems),
            given_name: table.require(&["First_name"], problems),
            family_name: table.require(&["Last_name"], problems),
            email: table.column(&["Teacher_email", "Email"], problems),
        }
    }
}

fn teacher(draft: &mut Draft<'_>, at: &TeacherColumns, row: Row<'_>) {
    let Some(id) = row.id(at.id, "the teacher's id", &mut draft.problems) else { return };
    match draft.people.get(id) {
        // A teacher of two schools has a row for each.
        Some(Seen { kind: Kind::Staff, .. }) => {}
        seen => {
            if draft.is_new(&row, at.id, seen) {
                let staff = Staff {
                    source_id: id.to_owned(),
                    given_name: row.text(at.given_name).to_owned(),
                    family_name: row.text(at.family_name).to_owned(),
                    email: row.filled(at.email).map(super::email),
                };
                draft.add_staff(staff, row.line);
            }
        }
    }
}

struct SectionColumns {
    id: Option<usize>,
    school: Option<usize>,
    name: Option<usize>,
    course: Option<usize>,
    period: Option<usize>,
    begin: Option<usize>,
    end: Option<usize>,
    teachers: Vec<Option<usize>>,
}

impl SectionColumns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        let mut teachers = vec![table.require(&["Teacher_id"], problems)];
        for n in 2..=TEACHERS {
            teachers.push(table.column(&[format!("Teacher_{n}_id").as_str()], problems));
        }
        teachers.retain(Option::is_some);
        Self {
            id: table.require(&["Section_id"], problems),
            school: table.require(&["School_id"], problems),
            name: table.column(&["Name", "Section_name"], problems),
            course: table.column(&["Course_name"], problems),
            period: table.column(&["Period"], problems),
            begin: table.column(&["Term_start"], problems),
            end: table.column(&["Term_end"], problems),
            teachers,
        }
    }
}

fn section(draft: &mut Draft<'_>, at: &SectionColumns, row: Row<'_>) {
    let Some(id) = row.id(at.id, "the section's id", &mut draft.problems) else { return };
    let begin = row.date(at.begin, &mut draft.problems);
    let end = row.date(at.end, &mut draft.problems);
    if let (Some(begin), Some(end)) = (begin, end)
        && begin > end
    {
        row.problem(at.end, format!("a day not before the term's first, {begin}"), &mut draft.problems);
    }
    let known = draft.sections.get(id);
    if known.is_some() {
        draft.is_new(&row, at.id, known);
        return;
    }
    let Some(school) = draft.school(&row, at.school, "The section is left out") else {
        draft.sections.insert(id, Kind::Other, Seen::NOWHERE as usize, row.line);
        return;
    };
    let title = row.filled(at.name).or_else(|| row.filled(at.course)).unwrap_or(id).to_owned();
    let period = row.filled(at.period).map(str::to_owned);
    let section = Section { source_id: id.to_owned(), school: school.to_owned(), title, period };
    draft.add_section(section, row.line);
    let mut seen = Vec::new();
    for column in &at.teachers {
        if let Some(person) = row.filled(*column)
            && !seen.contains(&person)
        {
            seen.push(person);
            draft.enroll(&row, (at.id, *column), &Place { section: id, person, teaches: true });
        }
    }
}

struct EnrollmentColumns {
    section: Option<usize>,
    student: Option<usize>,
}

impl EnrollmentColumns {
    fn find(table: &mut Table<'_>, problems: &mut Problems) -> Self {
        Self {
            section: table.require(&["Section_id"], problems),
            student: table.require(&["Student_id"], problems),
        }
    }
}

fn enrollment(draft: &mut Draft<'_>, at: &EnrollmentColumns, row: Row<'_>) {
    let section = row.id(at.section, "the section's id", &mut draft.problems);
    let person = row.id(at.student, "the student's id", &mut draft.problems);
    if let (Some(section), Some(person)) = (section, person) {
        draft.enroll(&row, (at.section, at.student), &Place { section, person, teaches: false });
    }
}
