//! Delimited text with named columns.

use super::{ColumnMap, ReadError};
use csv::{ReaderBuilder, StringRecord};
use evenfield_model::Problems;
use std::collections::HashSet;

/// The longest row, bytes. What runs on for longer is no row, and would be held in memory whole.
pub(super) const ROW_BYTES: usize = 4 << 20;

/// How strictly a table is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableRules {
    /// A header in other letters than the standard's is a problem (it is read all the same).
    pub exact_headers: bool,
    /// The delimiter; without one the header line decides between comma, semicolon, tab and bar.
    pub delimiter: Option<u8>,
}

/// A delimited table that is read line by line. The first row names the columns; columns are asked for by
/// name and may stand in any order.
pub struct Table<'t> {
    file: String,
    text: &'t str,
    reader: csv::Reader<Bounded<'t>>,
    headers: Vec<String>,
    folded: Vec<String>,
    asked: Vec<bool>,
    map: Option<ColumnMap>,
    pub(super) record: StringRecord,
    rules: TableRules,
    delimiter: u8,
    line_end: u8,
    /// Where the row begins in the text.
    counted_to: usize,
    line: u64,
}

/// One row of a [`Table`], with as many cells as the header. Cells are given without the spaces around
/// them; the typed ones are in `cell.rs`.
#[derive(Clone, Copy)]
pub struct Row<'r> {
    pub(super) file: &'r str,
    pub(super) headers: &'r [String],
    pub(super) record: &'r StringRecord,
    /// The line on which the row begins, counted from 1.
    pub line: u64,
}

/// Text that seems to end when a row has taken [`ROW_BYTES`] of it.
struct Bounded<'t> {
    rest: &'t [u8],
    /// What the row that is being read may still take.
    left: usize,
    /// Whether a row wanted more.
    cut: bool,
}

impl std::io::Read for Bounded<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let (now, later) = self.rest.split_at(self.rest.len().min(self.left).min(out.len()));
        self.cut |= now.is_empty() && !later.is_empty() && !out.is_empty();
        out[..now.len()].copy_from_slice(now);
        self.rest = later;
        self.left -= now.len();
        Ok(now.len())
    }
}

/// Letters and digits alone, in lower case: `Student_ID`, `student id` and `studentId` are the same.
pub fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl<'t> Table<'t> {
    /// Opens a table whose text is in memory and reads its header; headers that stand twice or are empty are
    /// problems.
    ///
    /// # Errors
    /// [`ReadError::Empty`] when there is no header, [`ReadError::Missing`] when the first row has no end.
    pub fn open(
        file: &str,
        text: &'t str,
        rules: TableRules,
        problems: &mut Problems,
    ) -> Result<Self, ReadError> {
        let delimiter = rules.delimiter.unwrap_or_else(|| guess_delimiter(text));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Bounded { rest: text.as_bytes(), left: ROW_BYTES, cut: false });
        let line_end = if text.contains('\n') { b'\n' } else { b'\r' };
        let mut table = Self {
            file: file.to_owned(),
            text,
            reader,
            headers: Vec::new(),
            folded: Vec::new(),
            asked: Vec::new(),
            map: None,
            record: StringRecord::new(),
            rules,
            delimiter,
            line_end,
            counted_to: 0,
            line: 1,
        };
        let found = table.read_record(problems);
        if table.reader.get_ref().cut {
            return Err(ReadError::Missing { file: file.to_owned(), wanted: too_long("a header") });
        }
        if !found || table.record.iter().all(|h| h.trim().is_empty()) {
            return Err(ReadError::Empty { file: file.to_owned() });
        }
        table.headers = table.record.iter().map(|h| h.trim().to_owned()).collect();
        table.folded = table.headers.iter().map(|h| fold(h)).collect();
        table.asked = vec![false; table.headers.len()];
        table.check_headers(problems);
        Ok(table)
    }

    /// Reads the columns as one of these maps says that is about files with this header row.
    pub fn mapped(mut self, maps: &[ColumnMap]) -> Self {
        self.map = maps.iter().find(|map| map.is_of(&self.folded)).cloned();
        self
    }

    fn check_headers(&self, problems: &mut Problems) {
        let mut seen = HashSet::new();
        for header in self.headers.iter().filter(|header| !header.is_empty()) {
            if !seen.insert(header) {
                let wanted = "each column once; the first of this name is read";
                problems.push(&self.file, self.line, header, header, wanted);
            }
        }
    }

    /// The file's name, as problems give it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The headers as they stand in the file.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The position of the first column with one of these names. The exact name is looked for first, then
    /// one that differs in letter case, spaces and signs; under [`TableRules::exact_headers`] the latter is a
    /// problem as well. What a map ([`Table::mapped`]) says of the first name, or of a heading, goes before.
    pub fn column(&mut self, names: &[&str], problems: &mut Problems) -> Option<usize> {
        let said = self.map.as_ref().and_then(|map| map.position(names[0]));
        let is_free = |at: usize| !self.map.as_ref().is_some_and(|map| map.says(at));
        let place = |all: &[String], name: &str| (0..all.len()).find(|at| all[*at] == name && is_free(*at));
        let exact = said.or_else(|| names.iter().find_map(|name| place(&self.headers, name)));
        let found = exact.or_else(|| {
            let near = names.iter().find_map(|name| place(&self.folded, &fold(name)))?;
            if self.rules.exact_headers {
                let said = &self.headers[near];
                problems.push(&self.file, 1, said, said, format!("the header {} in these letters", names[0]));
            }
            Some(near)
        });
        if let Some(at) = found {
            self.asked[at] = true;
        }
        found
    }

    /// As [`Table::column`]; a column that is not there is a problem.
    pub fn require(&mut self, names: &[&str], problems: &mut Problems) -> Option<usize> {
        let found = self.column(names, problems);
        if found.is_none() {
            let said = self.headers.join(",");
            problems.push(&self.file, 1, names[0], &said, format!("a column {}", names[0]));
        }
        found
    }

    /// Notes the columns that nobody asked for and that `known` does not know either.
    pub fn report_unknown(&self, known: impl Fn(&str) -> bool, problems: &mut Problems) {
        for (header, asked) in self.headers.iter().zip(&self.asked) {
            if !asked && !header.is_empty() && !known(header) {
                problems.push(&self.file, 1, header, header, "a column that is known; this one is not read");
            }
        }
    }

    /// How many bytes of the text were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row. Empty lines are passed over; a row with more or fewer cells than the header, or with a
    /// NUL character, is a problem and passed over too.
    pub fn next_row(&mut self, problems: &mut Problems) -> Option<Row<'_>> {
        while self.read_record(problems) {
            if self.is_sound(problems) {
                let Self { file, headers, record, line, .. } = self;
                return Some(Row { file, headers, record, line: *line });
            }
        }
        None
    }

    fn is_sound(&self, problems: &mut Problems) -> bool {
        let (found, wanted) = (self.record.len(), self.headers.len());
        if found != wanted {
            if self.record.iter().all(|cell| cell.trim().is_empty()) {
                return false;
            }
            if found < wanted || self.record.iter().skip(wanted).any(|cell| !cell.trim().is_empty()) {
                let said: String = self.record.iter().take(8).collect::<Vec<_>>().join(",");
                problems.push(&self.file, self.line, "", &said, self.ragged(found));
                return false;
            }
        }
        if self.record.as_slice().contains('\0') {
            problems.push(&self.file, self.line, "", self.record.as_slice(), "text without NUL characters");
            return false;
        }
        if self.swallows_rows() {
            let wanted = "a closing quotation mark; without it this row runs on into the next ones";
            problems.push(&self.file, self.line, "", self.record.as_slice(), wanted);
            return false;
        }
        !self.record.as_slice().trim().is_empty()
    }

    /// Whether the row runs over lines and a quotation mark that closes a cell is not at the end of it: it is then
    /// the opening one of a later row, and the rows between stand in the cell.
    fn swallows_rows(&self) -> bool {
        if !self.record.as_slice().as_bytes().contains(&self.line_end) {
            return false;
        }
        let mut raw = &self.text.as_bytes()[self.counted_to..self.reader.position().byte() as usize];
        let ends_cell = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        loop {
            if raw.first() == Some(&b'"') {
                let mut close = 1;
                while let Some(found) = raw[close..].iter().position(|b| *b == b'"') {
                    close += found + 1;
                    if raw.get(close) != Some(&b'"') {
                        break;
                    }
                    close += 1;
                }
                raw = &raw[close..];
                if raw.first().is_some_and(|b| !ends_cell(b)) {
                    return true;
                }
            }
            match raw.iter().position(ends_cell) {
                Some(end) if raw[end] == self.delimiter => raw = &raw[end + 1..],
                _ => return false,
            }
        }
    }

    /// What is wanted of a row with the wrong number of cells.
    fn ragged(&self, found: usize) -> String {
        let wanted = format!("{} cells as in the header; this row has {found}", self.headers.len());
        match self.record.iter().map(|cell| cell.bytes().filter(|b| *b == self.line_end).count()).max() {
            Some(lines) if lines > 0 => format!(
                "{wanted} and one of them runs over {} lines: a quotation mark is probably not closed",
                lines + 1
            ),
            _ => wanted,
        }
    }

    /// Reads one record and finds the line on which it begins. One that is too long ends the table.
    fn read_record(&mut self, problems: &mut Problems) -> bool {
        let from = self.reader.position().byte() as usize;
        if self.reader.get_ref().cut {
            return false;
        }
        self.reader.get_mut().left = ROW_BYTES;
        let read = self.reader.read_record(&mut self.record);
        if matches!(read, Ok(false)) {
            return false;
        }
        let bytes = self.text.as_bytes();
        // The reader leaves the second half of a CRLF, and passes over empty lines, before the record.
        let start = from + bytes[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let start = start.max(self.counted_to);
        self.line += bytes[self.counted_to..start].iter().filter(|b| **b == self.line_end).count() as u64;
        self.counted_to = start;
        if self.reader.get_ref().cut {
            let said = self.text.get(start..).unwrap_or_default();
            let wanted = format!("{}; the rest of the file is not read", too_long("a row"));
            problems.push(&self.file, self.line, "", said, wanted);
            return false;
        }
        if let Err(error) = read {
            problems.push(&self.file, self.line, "", "", format!("a readable row ({error})"));
            return false;
        }
        true
    }
}

fn too_long(what: &str) -> String {
    let most = ROW_BYTES >> 20;
    format!(
        "{what} of at most {most} MiB; a quotation mark is probably not closed, or the lines have no ends"
    )
}

/// The delimiter that stands most often in the header line, outside quotation marks.
fn guess_delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if !quoted && let Some((_, count)) = counts.iter_mut().find(|(d, _)| *d == byte) {
            *count += 1;
        }
    }
    // Of equals the first is taken: the comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}
