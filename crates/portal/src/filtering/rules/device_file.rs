//! The file of Chromebooks: a CSV with `serial`, and `student` or `school`, and perhaps `label`.

use super::ask;
use evenfield_gap::read::{Table, TableRules, decode};
use evenfield_model::Problems;
use std::collections::{HashMap, HashSet};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The serial, as the device has it. Not stored.
    pub serial: String,
    /// The student's id.
    pub student: Option<String>,
    /// The school's id, when it is nobody's own.
    pub school: Option<String>,
    /// What people call it.
    pub label: String,
}

/// The most characters of a label.
pub const LABEL: usize = 80;

/// Reads the file against the roster's ids. No problem repeats a serial.
pub fn read(
    file: &str,
    bytes: &[u8],
    students: &HashSet<String>,
    schools: &HashSet<String>,
) -> (Vec<Row>, Problems) {
    let (mut rows, mut problems) = (Vec::new(), Problems::default());
    let text = match decode(file, bytes, &mut problems) {
        Ok(text) => text,
        Err(error) => {
            error.note(&mut problems);
            return (rows, problems);
        }
    };
    let mut table = match Table::open(file, &text, TableRules::default(), &mut problems) {
        Ok(table) => table,
        Err(error) => {
            error.note(&mut problems);
            return (rows, problems);
        }
    };
    let serial = table.require(&["serial", "serial_number", "serialNumber"], &mut problems);
    let student = table.column(&["student", "student_id", "sourcedId"], &mut problems);
    let school = table.column(&["school", "school_id"], &mut problems);
    let label = table.column(&["label", "asset_id", "asset"], &mut problems);
    let mut seen: HashMap<String, u64> = HashMap::new();
    while let Some(row) = table.next_row(&mut problems) {
        let said = row.text(serial);
        if said.len() < 4 || said.contains(char::is_whitespace) {
            problems.push(file, row.line, "serial", "", "a serial of at least 4 characters without spaces");
            continue;
        }
        if let Some(first) = seen.insert(said.to_owned(), row.line) {
            problems.push(
                file,
                row.line,
                "serial",
                "",
                format!("each serial once; line {first} has this one, too"),
            );
            continue;
        }
        let (of_student, of_school) = (row.filled(student), row.filled(school));
        let is_known = match (of_student, of_school) {
            (Some(id), _) => students.contains(id),
            (None, Some(id)) => schools.contains(id),
            (None, None) => false,
        };
        if !is_known {
            let column = if of_student.is_some() { student } else { school };
            row.problem(column, "the id of a student or a school in the roster", &mut problems);
            continue;
        }
        rows.push(Row {
            serial: said.to_owned(),
            student: of_student.map(str::to_owned),
            school: of_school.filter(|_| of_student.is_none()).map(str::to_owned),
            label: ask::line(row.text(label), LABEL),
        });
    }
    if rows.is_empty() && problems.is_empty() {
        problems.push(file, 0, "", "", "at least one device");
    }
    (rows, problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(ids: &[&str]) -> HashSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn rows_are_read_and_no_serial_is_repeated() {
        let text = "Serial Number,student_id,school,label\n5CD1234XYZ,S1,,cart 3\n5CD1234XYZ,S1,,\n5CD9999AAA,,1,\n\
                    5CD8888BBB,S9,,\nx,S1,,\n5CD7777CCC,,,\n";
        let (rows, problems) = read("devices.csv", text.as_bytes(), &set(&["S1"]), &set(&["1"]));
        let row = |serial: &str, student: Option<&str>, school: Option<&str>, label: &str| Row {
            serial: serial.to_owned(),
            student: student.map(str::to_owned),
            school: school.map(str::to_owned),
            label: label.to_owned(),
        };
        assert_eq!(
            rows,
            [row("5CD1234XYZ", Some("S1"), None, "cart 3"), row("5CD9999AAA", None, Some("1"), "")]
        );
        let lines: Vec<u64> = problems.kept().iter().map(|p| p.line).collect();
        assert_eq!(lines, [3, 5, 6, 7]);
        assert!(problems.kept().iter().all(|p| !p.said.contains("5CD") && !p.wanted.contains("5CD")));
        assert_eq!(read("d.csv", b"", &set(&[]), &set(&[])).1.found(), 1);
        assert_eq!(read("d.csv", b"serial,student\n", &set(&[]), &set(&[])).1.found(), 1);
    }

    proptest! {
        #[test]
        fn any_octets_are_rows_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (rows, problems) = read("d.csv", &bytes, &set(&["S1"]), &set(&["1"]));
            prop_assert!(!rows.is_empty() || !problems.is_empty());
        }
    }
}
