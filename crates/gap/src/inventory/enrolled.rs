//! The file of devices that a filter is to know: a CSV with what each is known by, and `student` or `school`, and perhaps
//! `label`.

use crate::read::{Row, Table, TableRules, decode};
use evenfield_model::Problems;
use std::collections::HashMap;

/// What a device is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The serial, from which a managed Chromebook makes its token.
    Serial,
    /// The token itself.
    Token,
}

impl By {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Serial => &["serial", "serial_number", "serialNumber"],
            Self::Token => &["token"],
        }
    }

    /// The fewest characters: shorter tokens can be tried out.
    fn shortest(self) -> usize {
        match self {
            Self::Serial => 4,
            Self::Token => 16,
        }
    }
}

/// Whose a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A student's, by id.
    Student(String),
    /// A school's, by id.
    School(String),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The serial or the token, as the file has it. To be made into a key and not stored.
    pub known_by: String,
    /// Whose it is.
    pub whose: Whose,
    /// What people call it; may be empty.
    pub label: String,
}

/// Reads the file; `is_known` says whether the roster has a student or a school of this id. No problem repeats a serial or a token.
pub fn parse_enrolled(
    file: &str,
    bytes: &[u8],
    by: By,
    is_known: &dyn Fn(&Whose) -> bool,
) -> (Vec<Enrolled>, Problems) {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    let text = decode(file, bytes, &mut problems);
    let read = text.and_then(|text| {
        let mut table = Table::open(file, &text, TableRules::default(), &mut problems)?;
        rows(&mut table, by, is_known, &mut all, &mut problems);
        Ok(())
    });
    if let Err(error) = read {
        error.note(&mut problems);
    }
    // A list of tokens may be empty as yet; whoever uploads serials has some.
    if by == By::Serial && all.is_empty() && problems.is_empty() {
        problems.push(file, 0, "", "", "at least one device");
    }
    (all, problems)
}

fn rows(
    table: &mut Table<'_>,
    by: By,
    is_known: &dyn Fn(&Whose) -> bool,
    all: &mut Vec<Enrolled>,
    problems: &mut Problems,
) {
    let known_by = table.require(by.columns(), problems);
    let student = table.column(&["student", "student_id", "sourcedId"], problems);
    let school = table.column(&["school", "school_id"], problems);
    let label = table.column(&["label", "asset_id", "asset"], problems);
    if by == By::Token {
        // Lists of serials come from consoles, with all that those know.
        table.report_unknown(|_| false, problems);
    }
    let (file, name) = (table.file().to_owned(), by.columns()[0]);
    let mut seen: HashMap<String, u64> = HashMap::new();
    while let Some(row) = table.next_row(problems) {
        let said = row.text(known_by);
        if said.chars().count() < by.shortest() || said.contains(char::is_whitespace) {
            let wanted = format!("a {name} of at least {} characters without spaces", by.shortest());
            problems.push(&file, row.line, name, "", wanted);
            continue;
        }
        if let Some(first) = seen.get(&said.to_ascii_lowercase()) {
            let wanted = format!("each {name} once; line {first} has this one, too");
            problems.push(&file, row.line, name, "", wanted);
            continue;
        }
        // Tokens are the same whatever their case, and no two devices have serials that differ in it.
        seen.insert(said.to_ascii_lowercase(), row.line);
        match whose(&row, student, school).filter(|whose| is_known(whose)) {
            Some(whose) => {
                let (known_by, label) = (said.to_owned(), row.text(label).to_owned());
                all.push(Enrolled { known_by, whose, label });
            }
            None => {
                let column = if row.filled(student).is_some() { student } else { school };
                row.problem(column, "the id of a student or a school in the roster", problems);
            }
        }
    }
}

/// Whose the row says the device is: a student's where it names both.
fn whose(row: &Row<'_>, student: Option<usize>, school: Option<usize>) -> Option<Whose> {
    let student = row.filled(student).map(|id| Whose::Student(id.to_owned()));
    student.or_else(|| row.filled(school).map(|id| Whose::School(id.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_known(whose: &Whose) -> bool {
        *whose == Whose::Student("S1".to_owned()) || *whose == Whose::School("1".to_owned())
    }

    fn lines(problems: &Problems) -> Vec<u64> {
        problems.kept().iter().map(|p| p.line).collect()
    }

    fn student(known_by: &str, label: &str) -> Enrolled {
        let (known_by, label) = (known_by.to_owned(), label.to_owned());
        Enrolled { known_by, whose: Whose::Student("S1".to_owned()), label }
    }

    #[test]
    fn serials_are_read_and_none_is_repeated() {
        let text = "Serial Number,student_id,school,label,model\n5CD1234XYZ,S1,,cart 3,x\n5cd1234XYZ,S1,,,\n\
                    5CD9999AAA,,1,,\n5CD8888BBB,S9,,,\nx,S1,,,\n5CD7777CCC,,,,\n";
        let (rows, problems) = parse_enrolled("devices.csv", text.as_bytes(), By::Serial, &is_known);
        assert_eq!((&rows[0], rows.len()), (&student("5CD1234XYZ", "cart 3"), 2));
        assert_eq!(rows[1].whose, Whose::School("1".to_owned()));
        assert_eq!(lines(&problems), [3, 5, 6, 7]);
        assert!(problems.kept().iter().all(|p| !p.said.contains("5CD") && !p.wanted.contains("5CD")));
        for text in ["", "serial,student\n"] {
            assert_eq!(parse_enrolled("d.csv", text.as_bytes(), By::Serial, &is_known).1.found(), 1);
        }
    }

    #[test]
    fn tokens_are_read_and_none_is_repeated() {
        let text = "token,student,school\n0123456789abcdef,S1,\nshort,S1,\n0123456789ABCDEF,S1,\n\
                    abcdef0123456789,S2,\nabcdef012345678A,,1\nabcdef012345678B,,\n";
        let (rows, problems) = parse_enrolled("d.csv", text.as_bytes(), By::Token, &is_known);
        assert_eq!((&rows[0], rows.len()), (&student("0123456789abcdef", ""), 2));
        assert_eq!(lines(&problems), [3, 4, 5, 7]);
        assert!(problems.kept().iter().all(|p| !p.said.contains("abcdef") && !p.wanted.contains("abcdef")));
        assert_eq!(parse_enrolled("d.csv", b"token,student\n", By::Token, &is_known).1.found(), 0);
        let unknown = parse_enrolled("d.csv", b"token,student,colour\n", By::Token, &is_known);
        assert_eq!(lines(&unknown.1), [1]);
    }

    proptest! {
        #[test]
        fn any_octets_are_rows_or_problems(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            text in "(serial|token),(student|school),label\n([a-zA-Z0-9, \"]{0,40}\n){0,8}",
        ) {
            for (bytes, by) in [(bytes.as_slice(), By::Serial), (text.as_bytes(), By::Serial), (text.as_bytes(), By::Token)] {
                let (rows, problems) = parse_enrolled("d.csv", bytes, by, &|_| true);
                prop_assert!(by == By::Token || !rows.is_empty() || !problems.is_empty());
                let mut known_by: Vec<_> = rows.iter().map(|row| row.known_by.to_ascii_lowercase()).collect();
                prop_assert!(known_by.iter().all(|known_by| known_by.chars().count() >= by.shortest()));
                known_by.sort();
                known_by.dedup();
                prop_assert_eq!(known_by.len(), rows.len());
            }
        }
    }
}
