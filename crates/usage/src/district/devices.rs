//! `devices.csv`: which device is whose. What `student` and `device` say goes into the roster as numbers and pseudonyms alone.

use crate::pseudonym::KeyRing;
use crate::roster::{Roster, RosterError, Student};
use evenfield_model::Problems;
use std::collections::BTreeMap;

const HEADINGS: [&str; 4] = ["student", "device", "school", "sections"];

/// A student's devices, school and sections, as the file has them.
struct Row {
    devices: Vec<String>,
    school: String,
    sections: Vec<String>,
}

/// The file, read.
pub(super) struct Devices {
    students: BTreeMap<String, Row>,
}

/// Reads the file. No problem quotes a student or a device.
pub(super) fn parse(file: &str, text: &str) -> Result<Devices, Problems> {
    let mut problems = Problems::default();
    let mut students: BTreeMap<String, Row> = BTreeMap::new();
    let mut devices: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for (at, record) in rows.records().enumerate() {
        let Ok(record) = record else {
            problems.push(file, at as u64 + 1, "", "", "CSV");
            break;
        };
        let line = record.position().map_or(at as u64 + 1, csv::Position::line);
        if at == 0 {
            if record.iter().ne(HEADINGS) {
                problems.push(file, 1, "", "", format!("the headings {}", HEADINGS.join(",")));
                break;
            }
            continue;
        }
        let cells: Vec<_> = record.iter().map(str::trim).collect();
        let [student, device, school, sections] = cells[..] else {
            problems.push(file, line, "", &format!("{} cells", cells.len()), "4 cells");
            continue;
        };
        if student.is_empty() || school.is_empty() {
            let column = if student.is_empty() { "student" } else { "school" };
            problems.push(file, line, column, "", "not nothing");
            continue;
        }
        if let Some(other) = (!device.is_empty()).then(|| devices.insert(device.to_owned(), line)).flatten() {
            problems.push(file, line, "device", "", format!("a device that line {other} has not"));
        }
        let row = students.entry(student.to_owned()).or_insert_with(|| Row {
            devices: Vec::new(),
            school: school.to_owned(),
            sections: Vec::new(),
        });
        if row.school != school {
            problems.push(
                file,
                line,
                "school",
                school,
                format!("`{}`, as an earlier line of this student", row.school),
            );
        }
        row.devices.extend((!device.is_empty()).then(|| device.to_owned()));
        row.sections.extend(sections.split_ascii_whitespace().map(str::to_owned));
    }
    if problems.is_empty() { Ok(Devices { students }) } else { Err(problems) }
}

impl Devices {
    /// The roster: each device by its pseudonyms of all terms whose keys are there.
    pub fn roster(&self, keys: &KeyRing) -> Result<Roster, RosterError> {
        let names = |each: &dyn Fn(&Row) -> Vec<String>| {
            let mut all: Vec<String> = self.students.values().flat_map(each).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let schools = names(&|row| vec![row.school.clone()]);
        let sections = names(&|row| row.sections.clone());
        // A list is sorted and holds what is looked for; more than 65,536 of them do not fit a number, and the last says so.
        let number = |list: &[String], name: &String| {
            u16::try_from(list.binary_search(name).unwrap_or(usize::MAX)).unwrap_or(u16::MAX)
        };
        let student = |row: &Row| Student {
            devices: row
                .devices
                .iter()
                .flat_map(|device| keys.terms().map(|key| key.pseudonym(device.as_bytes())))
                .collect(),
            school: number(&schools, &row.school),
            sections: row.sections.iter().map(|section| number(&sections, section)).collect(),
        };
        let students: Vec<_> = self.students.values().map(student).collect();
        if schools.len().max(sections.len()) > usize::from(u16::MAX) {
            return Err(RosterError::TooManyUnits(usize::from(u16::MAX)));
        }
        Roster::new(schools, sections, &students)
    }
}
