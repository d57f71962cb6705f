//! A register as a CSV file: `number` and its fields. What is written is read as what it was.

use super::register::{Entry, Known, Register, Values, values};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a file at most.
const ROWS: usize = 5_000;

/// Something wrong in a file: where, what was said, and the key of the message that says what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1; 0 for the whole file.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What was said.
    pub said: String,
    /// The key.
    pub wanted: &'static str,
}

/// An entry to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub number: i64,
    /// What it says.
    pub values: Values,
    /// Whether there is none of that number yet.
    pub is_new: bool,
}

/// The header of a register's file.
pub fn header(register: Register) -> Vec<&'static str> {
    [&["number"], register.fields().iter().map(|field| field.name).collect::<Vec<_>>().as_slice()].concat()
}

/// The entries of a file. One without a number is the entry of that name where there is one, and else a new one, so that a file that is read twice
/// is read once. Numbers that are not there yet may be given, to be named in the same file.
///
/// # Errors
/// All that is wrong, by line.
pub fn read(
    text: &str,
    register: Register,
    entries: &[Entry],
    known: &Known,
) -> Result<Vec<Row>, Vec<Wrong>> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let Ok(head) = reader.headers().cloned() else {
        return Err(vec![wrong(1, "", "", "projects-wanted-csv")]);
    };
    let columns: BTreeMap<String, usize> =
        head.iter().enumerate().map(|(at, name)| (name.trim().to_lowercase(), at)).collect();
    if !columns.contains_key("name") {
        return Err(vec![wrong(
            1,
            "",
            &head.iter().collect::<Vec<_>>().join(","),
            "projects-wanted-columns",
        )]);
    }
    let mut problems = Vec::new();
    for (name, at) in &columns {
        if !header(register).contains(&name.as_str()) {
            problems.push(wrong(1, name, &head[*at], "projects-wanted-columns"));
        }
    }
    let (mut lines, mut numbers) = (Vec::new(), Numbers::new(register, entries));
    for (at, record) in reader.records().enumerate() {
        let Ok(record) = record else {
            problems.push(wrong(at as u64 + 2, "", "", "projects-wanted-csv"));
            continue;
        };
        let line = record.position().map_or(0, csv::Position::line);
        if lines.len() == ROWS {
            problems.push(wrong(line, "", "", "projects-wanted-fewer"));
            break;
        }
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell =
            |name: &str| columns.get(name).and_then(|at| record.get(*at)).unwrap_or_default().to_owned();
        match numbers.of(&cell("number"), &cell("name")) {
            Ok(number) => {
                lines.push((line, number, register.fields().iter().map(|f| (f.name, cell(f.name))).collect()))
            }
            Err(wanted) => problems.push(wrong(line, "number", &cell("number"), wanted)),
        }
    }
    let mut known = known.clone();
    known.entry(register).or_default().extend(lines.iter().map(|(_, (number, _), _)| *number));
    let mut rows = Vec::new();
    for line in lines {
        match row(register, line, &known) {
            Ok(row) => rows.push(row),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if rows.is_empty() && problems.is_empty() {
        problems.push(wrong(0, "", "", "projects-wanted-rows"));
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

fn wrong(line: u64, column: &str, said: &str, wanted: &'static str) -> Wrong {
    Wrong { line, column: column.to_owned(), said: said.chars().take(80).collect(), wanted }
}

/// A line of a file: where it stands, its number and whether that is new, and its cells by the names of the fields.
type Line = (u64, (i64, bool), BTreeMap<&'static str, String>);

fn row(register: Register, (line, (number, is_new), said): Line, known: &Known) -> Result<Row, Vec<Wrong>> {
    let values = values(register, |name| said[name].clone(), known).map_err(|fields| {
        let told = fields.into_iter().map(|(field, wanted)| wrong(line, field, &said[field], wanted));
        told.collect::<Vec<_>>()
    })?;
    Ok(Row { number, values, is_new })
}

/// Which number each row of a file has.
struct Numbers<'a> {
    taken: BTreeSet<i64>,
    names: BTreeMap<&'a str, i64>,
    seen: BTreeSet<i64>,
    next: i64,
}

impl<'a> Numbers<'a> {
    fn new(register: Register, entries: &'a [Entry]) -> Self {
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.register == register).collect();
        let kept = own.iter().filter(|entry| entry.removed_ms.is_none());
        Self {
            taken: own.iter().map(|entry| entry.number).collect(),
            names: kept.map(|entry| (entry.text("name"), entry.number)).collect(),
            seen: BTreeSet::new(),
            next: own.iter().map(|entry| entry.number).max().unwrap_or(0) + 1,
        }
    }

    /// The number of a row and whether it is new.
    fn of(&mut self, number: &str, name: &str) -> Result<(i64, bool), &'static str> {
        let number = match number.trim() {
            "" => self.names.get(name.trim()).copied().unwrap_or_else(|| {
                while self.seen.contains(&self.next) {
                    self.next += 1;
                }
                self.next
            }),
            said => {
                let number = said.parse::<i64>().ok().filter(|number| (1..=1_000_000).contains(number));
                number.ok_or("projects-wanted-own-number")?
            }
        };
        if !self.seen.insert(number) {
            return Err("projects-wanted-once");
        }
        Ok((number, !self.taken.contains(&number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(number: i64, name: &str) -> Entry {
        let values =
            Values::from([("name".to_owned(), name.to_owned()), ("days".to_owned(), "2".to_owned())]);
        Entry { register: Register::Task, number, values, removed_ms: None }
    }

    fn known(numbers: &[i64]) -> Known {
        Known::from([(Register::Task, numbers.iter().copied().collect())])
    }

    #[test]
    fn a_file_that_is_read_twice_is_read_once() {
        let text = "\u{feff}Name,days,needs\nOrder,3,\nInstall,2,1\nOld,4,\n";
        let before = [entry(1, "Old")];
        let rows = read(text, Register::Task, &before, &known(&[1])).expect("a file");
        let numbers: Vec<_> = rows.iter().map(|row| (row.number, row.is_new)).collect();
        assert_eq!(numbers, [(2, true), (3, true), (1, false)]);
        let after: Vec<Entry> = rows
            .into_iter()
            .map(|row| Entry {
                register: Register::Task,
                number: row.number,
                values: row.values,
                removed_ms: None,
            })
            .collect();
        let again = read(text, Register::Task, &after, &known(&[1, 2, 3])).expect("a file");
        assert!(again.iter().all(|row| !row.is_new));
        assert!(
            again.iter().all(|row| after.iter().any(|e| e.number == row.number && e.values == row.values))
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_by_line() {
        let text = "number,name,days,needs,color\n1,,3,,\n1,B,x,9,\nz,C,1,,\n";
        let told: Vec<(u64, String, &str)> = read(text, Register::Task, &[], &Known::new())
            .expect_err("problems")
            .into_iter()
            .map(|wrong| (wrong.line, wrong.column, wrong.wanted))
            .collect();
        let wanted = [
            (1, "color", "projects-wanted-columns"),
            (3, "number", "projects-wanted-once"),
            (4, "number", "projects-wanted-own-number"),
            (2, "name", "projects-wanted-something"),
        ];
        assert_eq!(told, wanted.map(|(line, column, key)| (line, column.to_owned(), key)));
        let none = |text| read(text, Register::Task, &[], &Known::new()).expect_err("problems")[0].wanted;
        assert_eq!(
            [none(""), none("x\n"), none("name,days\n")],
            ["projects-wanted-columns", "projects-wanted-columns", "projects-wanted-rows",]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_rows_or_problems(text in "(name|days|needs|number|[0-9,\"\n;a ]){0,60}") {
            let entries = [entry(1, "a")];
            match read(&text, Register::Task, &entries, &known(&[1])) {
                Ok(rows) => {
                    let numbers: BTreeSet<i64> = rows.iter().map(|row| row.number).collect();
                    prop_assert_eq!(numbers.len(), rows.len());
                }
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
