//! What is wrong with an input, said so that the person who sent it can mend it.

use serde::{Deserialize, Serialize};

/// One thing wrong with one place of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, or the file within an archive, as the person named it.
    pub file: String,
    /// The line, counted from 1; 0 when the whole file is meant.
    pub line: u64,
    /// The column's header; empty when the whole line is meant.
    pub column: String,
    /// What the input said, cut to a readable length.
    pub said: String,
    /// What was wanted instead, in plain words.
    pub wanted: String,
    /// Whether it is a note: something to look at, though no row is lost by it.
    #[serde(default)]
    pub note: bool,
}

/// One line, without control characters: what an input says must not move the terminal's cursor.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// On one line, as `evenfield.toml:4: server.lissen: wanted a setting that there is`.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut line = self.file.clone();
        if self.line > 0 {
            line += &format!(":{}", self.line);
        }
        if !self.column.is_empty() {
            line += &format!(": {}", self.column);
        }
        if !self.said.is_empty() {
            line += &format!(": said `{}`", self.said);
        }
        f.write_str(&printable(&(line + &format!(": wanted {}", self.wanted))))
    }
}

/// Problems in the order found: the first [`Problems::KEPT`] whole, the rest counted, so that a file of
/// a million bad rows takes bounded memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    kept: Vec<Problem>,
    found: u64,
    #[serde(default)]
    kinds: Vec<ProblemKind>,
    #[serde(default)]
    empty_cells: u64,
    #[serde(default)]
    notes: u64,
}

/// How many problems one column of one file has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemKind {
    /// The file.
    pub file: String,
    /// The column's header; empty when whole lines or the whole file are meant.
    pub column: String,
    /// How many were found, kept or not.
    pub found: u64,
}

impl Problems {
    /// How many problems are kept whole.
    pub const KEPT: usize = 10_000;
    /// How many characters of the input a problem quotes.
    pub const QUOTED: usize = 80;
    /// How many kinds are told apart.
    pub const KINDS: usize = 1_000;

    /// Notes a problem; `said` is cut to [`Problems::QUOTED`] characters.
    pub fn push(&mut self, file: &str, line: u64, column: &str, said: &str, wanted: impl Into<String>) {
        self.add((file, line, column), said, wanted.into(), false);
    }

    /// Notes what people should look at although every row was read: it is listed with the problems, and stops nothing.
    pub fn push_note(&mut self, file: &str, line: u64, column: &str, said: &str, wanted: impl Into<String>) {
        self.notes += 1;
        self.add((file, line, column), said, wanted.into(), true);
    }

    fn add(&mut self, (file, line, column): (&str, u64, &str), said: &str, wanted: String, note: bool) {
        self.found += 1;
        self.count(file, column, 1);
        if self.kept.len() < Self::KEPT {
            let mut quoted: String = said.chars().take(Self::QUOTED).collect();
            if said.chars().nth(Self::QUOTED).is_some() {
                quoted.push('…');
            }
            self.kept.push(Problem {
                file: file.to_owned(),
                line,
                column: column.to_owned(),
                said: quoted,
                wanted,
                note,
            });
        }
    }

    fn count(&mut self, file: &str, column: &str, found: u64) {
        // The latest kind is the likeliest to come again.
        match self.kinds.iter().rposition(|k| k.column == column && k.file == file) {
            Some(at) => self.kinds[at].found += found,
            None if self.kinds.len() < Self::KINDS => {
                self.kinds.push(ProblemKind { file: file.to_owned(), column: column.to_owned(), found });
            }
            None => {}
        }
    }

    /// Notes a cell without a value where one need not be: nothing is wrong, but people want to know how many there are.
    pub fn note_empty_cell(&mut self) {
        self.empty_cells += 1;
    }

    /// How many cells had no value where one need not be.
    pub fn empty_cells(&self) -> u64 {
        self.empty_cells
    }

    /// How many were found by file and column, for the first [`Problems::KINDS`] of these.
    pub fn kinds(&self) -> &[ProblemKind] {
        &self.kinds
    }

    /// Adds the problems of another part of the input.
    pub fn append(&mut self, other: Self) {
        self.found += other.found;
        self.empty_cells += other.empty_cells;
        self.notes += other.notes;
        for kind in &other.kinds {
            self.count(&kind.file, &kind.column, kind.found);
        }
        let room = Self::KEPT.saturating_sub(self.kept.len());
        self.kept.extend(other.kept.into_iter().take(room));
    }

    /// The problems kept whole, in the order found.
    pub fn kept(&self) -> &[Problem] {
        &self.kept
    }

    /// How many were found in all, kept or not.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// How many of those found are no notes: by each of them something is lost.
    pub fn wrong(&self) -> u64 {
        self.found.saturating_sub(self.notes)
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_problems_take_bounded_memory() {
        let mut problems = Problems::default();
        for line in 1..=1_000_000 {
            problems.push("users.csv", line, "grades", "??", "a grade");
        }
        problems.push("users.csv", 0, "", "", "UTF-8");
        let mut all = Problems::default();
        all.append(problems.clone());
        all.append(problems.clone());
        let counts: Vec<_> = all.kinds().iter().map(|k| (k.column.as_str(), k.found)).collect();
        assert_eq!(counts, [("grades", 2_000_000), ("", 2)]);
        assert_eq!(problems.found(), 1_000_001);
        assert_eq!(problems.kept().len(), Problems::KEPT);
    }

    #[test]
    fn a_note_is_listed_and_loses_nothing() {
        let mut problems = Problems::default();
        problems.push_note("users.csv", 0, "", "UTF-16", "UTF-8");
        assert_eq!((problems.found(), problems.wrong(), problems.is_empty()), (1, 0, false));
        let mut all = Problems::default();
        all.push("users.csv", 3, "grades", "??", "a grade");
        all.append(problems);
        assert_eq!((all.found(), all.wrong()), (2, 1));
        assert_eq!(all.kept().iter().map(|p| p.note).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_long_quotation_is_cut() {
        let mut problems = Problems::default();
        problems.push("f", 1, "c", &"é".repeat(500), "less");
        assert_eq!(problems.kept()[0].said.chars().count(), Problems::QUOTED + 1);
    }

    #[test]
    fn an_input_does_not_move_the_cursor() {
        let mut problems = Problems::default();
        problems.push("a\u{1b}[2J.csv", 3, "ar\rea", "x\n\u{9b}1m", "a number");
        assert_eq!(problems.kept()[0].to_string(), "a [2J.csv:3: ar ea: said `x  1m`: wanted a number");
    }
}
