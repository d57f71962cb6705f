//! Reads catalogues and overlays: strict, all problems at once.

use super::{Catalogue, Kind, Part, Resource, ResourceId, Subject};
use evenfield_model::Problems;

const COLUMNS: [&str; 10] =
    ["number", "id", "name", "subject", "kind", "domains", "support", "approved", "goal_minutes", "licences"];
/// The first seven are those of a catalogue; the rest are a district's.
const OF_CATALOGUE: usize = 7;
/// More octets than any catalogue has; an upload is refused before it fills the memory.
const MOST_OCTETS: usize = 16 << 20;

struct Reader<'a> {
    catalogue: Catalogue,
    overlay: bool,
    file: &'a str,
    problems: Problems,
    /// Which column of the file has which of [`COLUMNS`].
    columns: Vec<Option<usize>>,
    /// Ids that this file has spoken of, with their lines.
    seen: std::collections::HashMap<String, u64>,
    /// Names that this file has given, with their lines.
    given: std::collections::HashMap<String, u64>,
}

struct Row<'a> {
    line: u64,
    cells: [&'a str; COLUMNS.len()],
}

pub(super) fn read(base: Catalogue, overlay: bool, file: &str, bytes: &[u8]) -> Result<Catalogue, Problems> {
    let mut reader = Reader {
        catalogue: base,
        overlay,
        file,
        problems: Problems::default(),
        columns: Vec::new(),
        seen: Default::default(),
        given: Default::default(),
    };
    if bytes.len() > MOST_OCTETS {
        reader.problems.push(file, 0, "", &format!("{} octets", bytes.len()), "16 MiB at most");
        return Err(reader.problems);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut records = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    loop {
        let line = records.position().line();
        match records.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                reader.problems.push(file, line, "", &error.to_string(), "CSV");
                break;
            }
        }
        let line = record.position().map_or(line, csv::Position::line);
        reader.record(line, &record);
    }
    if reader.columns.is_empty() && reader.problems.is_empty() {
        reader.problems.push(file, 1, "", "", format!("a line of headings: {}", reader.headings()));
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    reader.catalogue.names.index();
    Ok(reader.catalogue)
}

impl Reader<'_> {
    fn headings(&self) -> String {
        COLUMNS[..if self.overlay { COLUMNS.len() } else { OF_CATALOGUE }].join(",")
    }

    fn say(&mut self, row: &Row<'_>, column: usize, wanted: impl Into<String>) {
        self.problems.push(self.file, row.line, COLUMNS[column], row.cells[column], wanted);
    }

    fn record(&mut self, line: u64, record: &csv::ByteRecord) {
        if self.columns.is_empty() {
            return self.heading(line, record);
        }
        if record.len() != self.columns.len() {
            let said = format!("{} cells", record.len());
            let wanted = format!("{} cells, as the headings have", self.columns.len());
            return self.problems.push(self.file, line, "", &said, wanted);
        }
        let mut row = Row { line, cells: [""; COLUMNS.len()] };
        for (cell, column) in record.iter().zip(&self.columns) {
            let Ok(text) = std::str::from_utf8(cell) else {
                return self.problems.push(self.file, line, "", &String::from_utf8_lossy(cell), "UTF-8");
            };
            if let Some(column) = column {
                row.cells[*column] = text.trim();
            }
        }
        self.row(&row);
    }

    fn heading(&mut self, line: u64, record: &csv::ByteRecord) {
        let known = if self.overlay { COLUMNS.len() } else { OF_CATALOGUE };
        let names: Vec<_> = record.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned()).collect();
        self.columns =
            names.iter().map(|name| COLUMNS[..known].iter().position(|column| column == name)).collect();
        for (at, name) in names.iter().enumerate() {
            if self.columns[at].is_none() {
                let wanted = format!("one of the headings {}", self.headings());
                self.problems.push(self.file, line, "", name, wanted);
            } else if names[..at].contains(name) {
                self.problems.push(self.file, line, name, name, "a heading once");
            }
        }
        for (at, column) in COLUMNS[..known].iter().enumerate() {
            let needed = if self.overlay { at == 1 } else { true };
            if needed && !self.columns.contains(&Some(at)) {
                self.problems.push(self.file, line, column, "", format!("a column `{column}`"));
            }
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let [number, id, name, subject, kind, domains, support, approved, goal, licences] = row.cells;
        if id.is_empty() || !id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return self.say(row, 1, "a word of small letters, digits and _");
        }
        if let Some(line) = self.seen.insert(id.to_owned(), row.line) {
            return self.say(row, 1, format!("a word that line {line} has not"));
        }
        let old = self.catalogue.by_id(id).cloned();
        let Some(number) = self.number(row, number, old.as_ref()) else { return };
        if let Some(other) = self.catalogue.resources.get(&number).filter(|r| r.id != id) {
            let wanted = format!("a number that `{}` has not", other.id);
            return self.say(row, 0, wanted);
        }
        let subject =
            self.word(row, 3, subject, old.as_ref().map(|r| r.subject), Subject::ALL, Subject::word);
        let kind = self.word(row, 4, kind, old.as_ref().map(|r| r.kind), Kind::ALL, Kind::word);
        if name.is_empty() && old.is_none() {
            self.say(row, 2, "what people call it");
        }
        let resource = Resource {
            number,
            id: id.to_owned(),
            name: if name.is_empty() { old.as_ref().map_or("", |r| &r.name) } else { name }.to_owned(),
            subject: subject.unwrap_or(Subject::General),
            kind: kind.unwrap_or(Kind::Courseware),
            approved: self.yes_or_no(row, 7, approved).or(old.as_ref().and_then(|r| r.approved)),
            goal_minutes: self.count(row, 8, goal, 10_080).or(old.as_ref().and_then(|r| r.goal_minutes)),
            licences: self.count(row, 9, licences, 10_000_000).or(old.as_ref().and_then(|r| r.licences)),
        };
        if old.is_none() && domains.is_empty() {
            self.say(row, 5, "one name at least");
        }
        self.catalogue.resources.insert(number, resource);
        self.names(row, 5, domains, number, Part::Core);
        self.names(row, 6, support, number, Part::Support);
    }

    fn number(&mut self, row: &Row<'_>, said: &str, old: Option<&Resource>) -> Option<ResourceId> {
        if let Some(old) = old {
            if said.is_empty() || said == old.number.0.to_string() {
                return Some(old.number);
            }
            self.say(row, 0, format!("{}, which `{}` has", old.number.0, old.id));
            return None;
        }
        let first = if self.overlay { Catalogue::FIRST_OF_DISTRICT } else { 1 };
        let last = if self.overlay { u16::MAX } else { Catalogue::FIRST_OF_DISTRICT - 1 };
        match said.parse() {
            Ok(number) if (first..=last).contains(&number) => Some(ResourceId(number)),
            _ => {
                self.say(row, 0, format!("a number from {first} to {last}"));
                None
            }
        }
    }

    fn word<T: Copy>(
        &mut self,
        row: &Row<'_>,
        column: usize,
        said: &str,
        old: Option<T>,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        if said.is_empty() && old.is_some() {
            return old;
        }
        let found = all.iter().copied().find(|one| word(*one) == said);
        if found.is_none() {
            let words: Vec<_> = all.iter().map(|one| word(*one)).collect();
            self.say(row, column, format!("one of {}", words.join(", ")));
        }
        found
    }

    fn yes_or_no(&mut self, row: &Row<'_>, column: usize, said: &str) -> Option<bool> {
        match said {
            "yes" => Some(true),
            "no" => Some(false),
            "" => None,
            _ => {
                self.say(row, column, "yes, no or nothing");
                None
            }
        }
    }

    fn count(&mut self, row: &Row<'_>, column: usize, said: &str, most: u32) -> Option<u32> {
        if said.is_empty() {
            return None;
        }
        let count = said.parse().ok().filter(|n| *n <= most);
        if count.is_none() {
            self.say(row, column, format!("a whole number up to {most}, or nothing"));
        }
        count
    }

    fn names(&mut self, row: &Row<'_>, column: usize, said: &str, number: ResourceId, part: Part) {
        for name in said.split_ascii_whitespace() {
            let (away, name) = match name.strip_prefix('-') {
                Some(rest) if self.overlay => (true, rest),
                _ => (false, name),
            };
            let mut wrong = |wanted: String| {
                self.problems.push(self.file, row.line, COLUMNS[column], name, wanted);
            };
            if !is_name(name) {
                wrong("names like `khanacademy.org`, in small letters, with a space between".to_owned());
            } else if let Some(line) = self.given.insert(name.to_owned(), row.line) {
                wrong(format!("a name that line {line} has not"));
            } else if !away {
                // In an overlay, a name moves to the resource that the district says.
                self.catalogue.names.put(name, number, part);
            } else {
                match self.catalogue.names.listed(name) {
                    Some(found) if found.resource == number => self.catalogue.names.remove(name),
                    _ => wrong("a name that the resource has".to_owned()),
                }
            }
        }
    }
}

/// A host name of two labels at least, in small letters (RFC 1123).
fn is_name(name: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}
