//! Comma-separated rows from a stream, one line at a time and never a longer one than [`LINE`].
//!
//! Columns are found by the header, in any order; one that is not known is a problem, since a name with a slip of the pen
//! would else be a column left out.

use evenfield_model::Problems;
use std::io::{BufRead, BufReader, Read};

/// Octets of a line at most.
const LINE: u64 = 1 << 16;

/// What becomes of columns that are not wanted by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are problems: one may be a wanted column's name with a slip of the pen.
    Refused,
    /// They are the file's own business.
    Passed,
    /// They can be asked for by [`Rows::others`].
    Kept,
}

pub(crate) struct Rows<R> {
    file: String,
    stream: BufReader<R>,
    columns: &'static [&'static str],
    /// Where each column stands; `None` for one that is left out.
    places: Vec<Option<usize>>,
    /// Columns beside these: the name, and where it stands.
    others: Vec<(String, usize)>,
    cells_wanted: usize,
    line: u64,
    bytes: Vec<u8>,
    /// The row's text without quotation marks, and where its cells end.
    text: String,
    ends: Vec<usize>,
    ended: bool,
}

impl<R: Read> Rows<R> {
    /// Reads the header. The first `required` columns must be there.
    pub fn open(
        file: String,
        stream: R,
        columns: &'static [&'static str],
        required: usize,
        problems: &mut Problems,
    ) -> Option<Self> {
        Self::open_with(file, stream, columns, required, Others::Refused, problems)
    }

    /// Reads the header, with a rule for the columns that are not wanted by name.
    pub fn open_with(
        file: String,
        stream: R,
        columns: &'static [&'static str],
        required: usize,
        others: Others,
        problems: &mut Problems,
    ) -> Option<Self> {
        let stream = BufReader::with_capacity(1 << 18, stream);
        let mut rows = Self {
            file,
            stream,
            columns,
            places: vec![None; columns.len()],
            others: Vec::new(),
            cells_wanted: 0,
            line: 0,
            bytes: Vec::new(),
            text: String::new(),
            ends: Vec::new(),
            ended: false,
        };
        let header = format!("a header: {}", columns.join(","));
        if !rows.next_line(problems) {
            rows.whole(header, problems);
            return None;
        }
        for at in 0..rows.ends.len() {
            let name = rows.cell(at).trim_start_matches('\u{feff}').trim().to_owned();
            match columns.iter().position(|c| *c == name) {
                Some(column) if rows.places[column].is_none() => rows.places[column] = Some(at),
                Some(_) => problems.push(&rows.file, rows.line, &name, &name, "each column once"),
                None if others == Others::Passed => {}
                None if others == Others::Kept && !name.is_empty() => rows.keep(name, at, problems),
                None => {
                    problems.push(
                        &rows.file,
                        rows.line,
                        &name,
                        &name,
                        format!("one of the columns {}", columns.join(", ")),
                    );
                }
            }
        }
        rows.cells_wanted = rows.ends.len();
        let missing: Vec<&str> =
            (0..required).filter(|at| rows.places[*at].is_none()).map(|at| columns[at]).collect();
        if missing.is_empty() {
            return Some(rows);
        }
        let said = String::from_utf8_lossy(&rows.bytes).trim().to_owned();
        problems.push(&rows.file, 1, "", &said, format!("the columns {}", missing.join(", ")));
        None
    }

    fn keep(&mut self, name: String, at: usize, problems: &mut Problems) {
        if self.others.iter().any(|(other, _)| *other == name) {
            problems.push(&self.file, self.line, &name, &name, "each column once");
        }
        self.others.push((name, at));
    }

    /// The names of the columns beside those that are wanted by name.
    pub fn others(&self) -> impl ExactSizeIterator<Item = &str> {
        self.others.iter().map(|(name, _)| name.as_str())
    }

    /// The cell of one of these, without the spaces around it.
    pub fn other(&self, at: usize) -> &str {
        self.cell(self.others[at].1).trim()
    }

    /// Goes to the next row; false at the end.
    pub fn next(&mut self, problems: &mut Problems) -> bool {
        while self.next_line(problems) {
            if self.ends.len() == self.cells_wanted {
                return true;
            }
            if self.bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let said = String::from_utf8_lossy(&self.bytes).trim_end().to_owned();
            let wanted =
                format!("{} cells as in the header; this row has {}", self.cells_wanted, self.ends.len());
            problems.push(&self.file, self.line, "", &said, wanted);
        }
        false
    }

    /// Reads a line that is text; false at the end.
    fn next_line(&mut self, problems: &mut Problems) -> bool {
        while !self.ended {
            self.bytes.clear();
            self.line += 1;
            match self.stream.by_ref().take(LINE).read_until(b'\n', &mut self.bytes) {
                Ok(0) => self.ended = true,
                Ok(read) if read as u64 == LINE && self.bytes.last() != Some(&b'\n') => {
                    let said = String::from_utf8_lossy(&self.bytes[..200]).into_owned();
                    problems.push(
                        &self.file,
                        self.line,
                        "",
                        &said,
                        format!("lines of at most {LINE} octets"),
                    );
                    self.skip_line(problems);
                }
                Ok(_) => match self.split() {
                    Ok(()) => return true,
                    Err(wanted) => {
                        let said = String::from_utf8_lossy(&self.bytes).trim_end().to_owned();
                        problems.push(&self.file, self.line, "", &said, wanted);
                    }
                },
                Err(error) => {
                    self.ended = true;
                    problems.push(&self.file, self.line, "", "", format!("a file that can be read: {error}"));
                }
            }
        }
        false
    }

    fn skip_line(&mut self, problems: &mut Problems) {
        loop {
            self.bytes.clear();
            match self.stream.by_ref().take(LINE).read_until(b'\n', &mut self.bytes) {
                Ok(0) => return self.ended = true,
                Ok(_) if self.bytes.last() == Some(&b'\n') => return,
                Ok(_) => {}
                Err(error) => {
                    self.ended = true;
                    return problems.push(
                        &self.file,
                        self.line,
                        "",
                        "",
                        format!("a file that can be read: {error}"),
                    );
                }
            }
        }
    }

    /// Cells of the line, RFC 4180 without line ends in cells.
    fn split(&mut self) -> Result<(), &'static str> {
        let line = std::str::from_utf8(&self.bytes).map_err(|_| "text in UTF-8")?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\0') {
            return Err("text without NUL characters");
        }
        self.text.clear();
        self.ends.clear();
        if !line.contains('"') {
            for cell in line.split(',') {
                self.text.push_str(cell);
                self.ends.push(self.text.len());
            }
            return Ok(());
        }
        let mut rest = line;
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                rest = quoted;
                loop {
                    let (inside, after) = rest.split_once('"').ok_or("a closing quotation mark")?;
                    self.text.push_str(inside);
                    rest = after;
                    let Some(more) = rest.strip_prefix('"') else { break };
                    self.text.push('"');
                    rest = more;
                }
            } else {
                let end = rest.find(',').unwrap_or(rest.len());
                self.text.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            self.ends.push(self.text.len());
            if rest.is_empty() {
                return Ok(());
            }
            rest = rest.strip_prefix(',').ok_or("a comma after a closing quotation mark")?;
        }
    }

    fn cell(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// The line of the row, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether the file has this column.
    pub fn has(&self, column: usize) -> bool {
        self.places[column].is_some()
    }

    /// The cell without the spaces around it; empty when the file has no such column.
    pub fn text(&self, column: usize) -> &str {
        self.places[column].map_or("", |at| self.cell(at).trim())
    }

    /// Notes a problem of a cell.
    pub fn problem(&self, column: usize, wanted: impl Into<String>, problems: &mut Problems) {
        problems.push(&self.file, self.line, self.columns[column], self.text(column), wanted);
    }

    /// Notes a problem of the whole file.
    pub fn whole(&self, wanted: impl Into<String>, problems: &mut Problems) {
        problems.push(&self.file, 0, "", "", wanted);
    }

    /// The name of a column.
    pub fn name(&self, column: usize) -> &'static str {
        self.columns[column]
    }
}
