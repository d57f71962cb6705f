//! A roster while it is read: what is known so far, so that each row can be checked when it comes.

use super::{Enrollment, Roster, School, Section, Staff, Student};
use crate::read::{ReadError, Row, Source, Table, TableRules, decode};
use evenfield_model::{Grade, Problems};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// After how many rows progress is told.
const ROWS_A_TICK: u32 = 8_192;

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    School,
    Section,
    Student,
    Staff,
    /// Known, but not part of the roster: a parent, a district office, a row left out for a problem.
    Other,
}

/// Where an id was seen first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Its number among the ids.
    pub number: u32,
    /// Its place in the roster's list; [`Seen::NOWHERE`] when it is in none.
    pub place: u32,
    /// Its line; 0 when it comes from the roster that a delta is for.
    pub line: u32,
    pub kind: Kind,
}

impl Seen {
    pub const NOWHERE: u32 = u32::MAX;
}

/// The ids of one kind of row.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<Box<str>, Seen>);

impl Ids {
    pub fn get(&self, id: &str) -> Option<Seen> {
        self.0.get(id).copied()
    }

    /// Takes an id in, or over from the roster that a delta is for.
    pub fn insert(&mut self, id: &str, kind: Kind, place: usize, line: u64) {
        let clamp = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let (place, line) = (clamp(place as u64), clamp(line));
        let number = self.0.get(id).map_or(clamp(self.0.len() as u64), |seen| seen.number);
        self.0.insert(id.into(), Seen { number, place, line, kind });
    }
}

/// A person in a section, as a row of the source names them.
pub(super) struct Place<'r> {
    pub section: &'r str,
    pub person: &'r str,
    pub teaches: bool,
}

pub(super) struct Draft<'a> {
    pub source: &'a Source,
    pub as_of: Date,
    pub roster: Roster,
    pub problems: Problems,
    pub schools: Ids,
    pub people: Ids,
    pub sections: Ids,
    pub not_current: u64,
    /// Whether staff without a section are left out at the end; not in a delta.
    pub only_enrolled_staff: bool,
    enrolled: HashSet<(u32, u32)>,
    progress: &'a mut dyn FnMut(u64),
    bytes_done: u64,
    rows: u32,
}

impl<'a> Draft<'a> {
    pub fn new(source: &'a Source, as_of: Date, progress: &'a mut dyn FnMut(u64)) -> Self {
        Self {
            source,
            as_of,
            roster: Roster::default(),
            problems: Problems::default(),
            schools: Ids::default(),
            people: Ids::default(),
            sections: Ids::default(),
            not_current: 0,
            only_enrolled_staff: true,
            enrolled: HashSet::new(),
            progress,
            bytes_done: 0,
            rows: 0,
        }
    }

    /// Takes in the ids of the roster that a delta is for.
    pub fn know(&mut self, base: &Roster) {
        for school in &base.schools {
            self.schools.insert(&school.source_id, Kind::School, usize::MAX, 0);
        }
        for student in &base.students {
            self.people.insert(&student.source_id, Kind::Student, usize::MAX, 0);
        }
        for staff in &base.staff {
            self.people.insert(&staff.source_id, Kind::Staff, usize::MAX, 0);
        }
        for section in &base.sections {
            self.sections.insert(&section.source_id, Kind::Section, usize::MAX, 0);
        }
    }

    /// The roster and its problems.
    pub fn finish(mut self) -> (Roster, Problems) {
        if self.only_enrolled_staff {
            let teaching: HashSet<u32> = self.enrolled.iter().map(|(_, person)| *person).collect();
            let people = &self.people;
            self.roster
                .staff
                .retain(|s| people.get(&s.source_id).is_some_and(|seen| teaching.contains(&seen.number)));
        }
        (self.roster, self.problems)
    }

    /// Reads one table: `columns` finds its columns, `each` takes its rows. An empty file is a problem.
    pub fn table<C>(
        &mut self,
        member: &str,
        rules: TableRules,
        columns: impl FnOnce(&mut Table<'_>, &mut Problems) -> C,
        mut each: impl FnMut(&mut Self, &C, Row<'_>),
    ) -> Result<(), ReadError> {
        let file = self.source.path_of(member);
        let bytes = self.source.read(member)?;
        let text = match decode(&file, &bytes, &mut self.problems) {
            Err(error @ ReadError::Empty { .. }) => {
                error.note(&mut self.problems);
                return Ok(());
            }
            text => text?,
        };
        let mut table = Table::open(&file, &text, rules, &mut self.problems)?;
        let columns = columns(&mut table, &mut self.problems);
        while let Some(row) = table.next_row(&mut self.problems) {
            each(self, &columns, row);
            self.rows += 1;
            if self.rows.is_multiple_of(ROWS_A_TICK) {
                (self.progress)(self.bytes_done + table.bytes_read());
            }
        }
        self.bytes_done += self.source.size_of(member);
        (self.progress)(self.bytes_done);
        Ok(())
    }

    /// Whether an id is new here; a second one is a problem.
    pub fn is_new(&mut self, row: &Row<'_>, column: Option<usize>, seen: Option<Seen>) -> bool {
        match seen {
            Some(Seen { kind, line: line @ 1.., .. }) => {
                let what = if kind == Kind::Other { "was left out or is no student" } else { "is kept" };
                let wanted = format!("each id once; it stands on line {line} already, and that row {what}");
                row.problem(column, wanted, &mut self.problems);
                false
            }
            _ => true,
        }
    }

    /// The school's id when it is known; a problem when it is not. `lost` says what is left out.
    pub fn school<'r>(&mut self, row: &Row<'r>, column: Option<usize>, lost: &str) -> Option<&'r str> {
        let id = row.text(column);
        match self.schools.get(id) {
            Some(Seen { kind: Kind::School, .. }) => Some(id),
            Some(_) => {
                row.problem(
                    column,
                    format!("a school; this is another organisation. {lost}"),
                    &mut self.problems,
                );
                None
            }
            None => {
                let wanted = format!("the id of a school in the list of schools. {lost}");
                row.problem(column, wanted, &mut self.problems);
                None
            }
        }
    }

    pub fn add_school(&mut self, school: School, line: u64) {
        self.schools.insert(&school.source_id, Kind::School, self.roster.schools.len(), line);
        self.roster.schools.push(school);
    }

    pub fn add_student(&mut self, student: Student, line: u64) {
        self.people.insert(&student.source_id, Kind::Student, self.roster.students.len(), line);
        self.roster.students.push(student);
    }

    pub fn add_staff(&mut self, staff: Staff, line: u64) {
        self.people.insert(&staff.source_id, Kind::Staff, self.roster.staff.len(), line);
        self.roster.staff.push(staff);
    }

    pub fn add_section(&mut self, section: Section, line: u64) {
        self.sections.insert(&section.source_id, Kind::Section, self.roster.sections.len(), line);
        self.roster.sections.push(section);
    }

    /// Puts a person into a section. Unknown ones and second times are problems; rows about a person or a
    /// section that was left out with its own problem are passed over.
    pub fn enroll(&mut self, row: &Row<'_>, columns: (Option<usize>, Option<usize>), place: &Place<'_>) {
        let (section_column, person_column) = columns;
        let (section, person) = (self.sections.get(place.section), self.people.get(place.person));
        if section.is_none() {
            let wanted = "the id of a section in the list of sections";
            problem_of(row, section_column, place.section, wanted, &mut self.problems);
        }
        if person.is_none() {
            let wanted = if place.teaches { "the id of a teacher" } else { "the id of a student" };
            problem_of(row, person_column, place.person, wanted, &mut self.problems);
        }
        let (Some(section), Some(person)) = (section, person) else { return };
        let teaches = match person.kind {
            _ if section.kind == Kind::Other => return,
            Kind::Student => false,
            Kind::Staff => true,
            _ => return,
        };
        if teaches != place.teaches {
            let (is, said) = if teaches { ("staff", "a student") } else { ("a student", "staff") };
            let wanted = format!("the role that the person has: {is}, not {said}; read as {is}");
            problem_of(row, person_column, place.person, &wanted, &mut self.problems);
        }
        if !self.enrolled.insert((section.number, person.number)) {
            let wanted = "each person once in a section; the second row is left out";
            problem_of(row, person_column, place.person, wanted, &mut self.problems);
            return;
        }
        self.roster.enrollments.push(Enrollment {
            section: place.section.to_owned(),
            person: place.person.to_owned(),
            teaches,
        });
    }

    /// The grade; one that is missing or unknown is a problem and read as ungraded.
    pub fn grade(&mut self, row: &Row<'_>, column: Option<usize>) -> Grade {
        // A list ("09,10") is a student between two grades: the first counts.
        let first = row.text(column).split([',', ';']).next().unwrap_or_default();
        Grade::parse(first).unwrap_or_else(|| {
            let wanted = "a grade: PK, KG, 01 to 13 or UG; read as ungraded";
            row.problem(column, wanted, &mut self.problems);
            Grade::Ungraded
        })
    }
}

/// A problem of an id that may be one of several in its cell.
fn problem_of(row: &Row<'_>, column: Option<usize>, said: &str, wanted: &str, problems: &mut Problems) {
    problems.push(row.file(), row.line, row.header(column), said, wanted);
}
