//! What a person says of the columns of a file with other headings.

use evenfield_gap::inventory::{self, seen, usage};
use evenfield_gap::read::{ColumnMap, NOT_READ, fold};
use std::collections::HashSet;

/// A kind of file that is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// The inventory.
    Devices,
    /// What a carrier says that lines are.
    Lines,
    /// What a carrier says that lines used.
    Usage,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Devices, Self::Lines, Self::Usage];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Devices => "devices",
            Self::Lines => "lines",
            Self::Usage => "usage",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.as_str() == word)
    }

    /// The columns that it may have, each with whether it must.
    pub fn columns(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Devices => &inventory::COLUMNS,
            Self::Lines => &seen::COLUMNS,
            Self::Usage => &usage::COLUMNS,
        }
    }
}

/// The most columns of a file.
const MOST: usize = 200;
/// The longest heading, characters.
const LONG: usize = 200;

/// Why what was said cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is no heading, or too many, or one is too long.
    Headings,
    /// Something else is said of a heading than a column's name, [`NOT_READ`] or nothing.
    Unknown,
    /// Two headings are said to be one column.
    Twice,
}

/// The headings of a file, and what is said of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// As they stood in the file.
    pub headings: Vec<String>,
    /// For each a column's name, [`NOT_READ`], or nothing.
    pub columns: Vec<String>,
}

impl Columns {
    /// Checks what a form says, heading by heading.
    ///
    /// # Errors
    /// Why it cannot be kept.
    pub fn read(file: File, said: &[(String, String)]) -> Result<Self, Wrong> {
        let is_long = |heading: &str| heading.chars().count() > LONG;
        if said.is_empty() || said.len() > MOST || said.iter().any(|(heading, _)| is_long(heading)) {
            return Err(Wrong::Headings);
        }
        let mut once = HashSet::new();
        for (_, column) in said.iter().filter(|(_, column)| !column.is_empty() && column != NOT_READ) {
            if !file.columns().iter().any(|(name, _)| name == column) {
                return Err(Wrong::Unknown);
            }
            if !once.insert(column) {
                return Err(Wrong::Twice);
            }
        }
        let (headings, columns) = said.iter().cloned().unzip();
        Ok(Self { headings, columns })
    }

    /// As the reader of files takes it.
    pub fn map(&self) -> ColumnMap {
        ColumnMap::new(self.headings.iter().map(String::as_str), self.columns.iter().map(String::as_str))
    }

    /// The header row in one form: files with the same one have one map.
    pub fn key(&self) -> String {
        self.headings.iter().map(|heading| fold(heading)).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(heading, column)| ((*heading).to_owned(), (*column).to_owned())).collect()
    }

    #[test]
    fn a_column_is_said_once_and_is_one_that_the_file_may_have() {
        let read = |all: &[(&str, &str)]| Columns::read(File::Devices, &said(all));
        assert_eq!(read(&[]), Err(Wrong::Headings));
        assert_eq!(read(&[("Tag No.", "barcode"), ("Thing", "barcode")]), Err(Wrong::Twice));
        assert_eq!(read(&[("Tag No.", "colour")]), Err(Wrong::Unknown));
        let columns =
            read(&[("Tag No.", "barcode"), ("What", "type"), ("Type", "-"), ("Make", "")]).expect("a map");
        assert_eq!(columns.key(), "tagno\nwhat\ntype\nmake");
        let text = "tag no,WHAT,type,Make\nA1,hotspot,purchase,Acme\n";
        let (items, problems) = inventory::parse("d.csv", text.as_bytes(), &[columns.map()]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((items[0].barcode.as_str(), items[0].text(inventory::Text::Make)), ("A1", Some("Acme")));
        // The same headings in another order are another file.
        let text = "WHAT,tag no,type,Make\nhotspot,A1,purchase,Acme\n";
        assert!(!inventory::parse("d.csv", text.as_bytes(), &[columns.map()]).1.is_empty());
    }

    #[test]
    fn each_column_that_may_be_chosen_is_one_that_its_reader_knows() {
        for file in File::ALL {
            for (name, _) in file.columns() {
                let columns = Columns::read(file, &said(&[("x", name)])).expect("a map");
                let text = b"x\n\xff\n";
                let found = match file {
                    File::Devices => inventory::parse("f", text, &[columns.map()]).1,
                    File::Lines => seen::parse_seen("f", text, &[columns.map()]).1,
                    File::Usage => {
                        let day = jiff::civil::date(2026, 11, 1);
                        let shape = usage::Shape { unit: usage::Unit::Mega, base: 1_000, day, today: day };
                        usage::parse_usage("f", text, shape, &[columns.map()]).1
                    }
                };
                // What must be there and is said to be there is not missed.
                assert!(
                    found.kept().iter().all(|p| p.wanted != format!("a column {name}")),
                    "{name}: {found:?}"
                );
            }
        }
    }
}
