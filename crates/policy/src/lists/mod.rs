//! Lists of names as others publish them: to rows and problems.
//!
//! | format | a line | is about |
//! |---|---|---|
//! | [`Format::Domains`] | `name`, `*.name`, `.name` | the name and what is below it; `*.` only what is below |
//! | [`Format::Hosts`] | `0.0.0.0 name other-name` | each name alone |
//! | [`Format::Adblock`] | `\|\|name^`, `@@\|\|name^`, `\|name^`, `name` | `\|\|`: with what is below; else the name alone; `@@` excepts |
//! | [`Format::Rpz`] | a zone file: `name CNAME .` | the name alone; `*.name` what is below; `rpz-passthru.` excepts |
//!
//! The folders of the University of Toulouse (UT1) hold a [`Format::Domains`] file for each category.

mod adblock;
mod export;
mod hosts;
mod rpz;

pub use export::{Exported, export_rpz};

use crate::build::Cover;
use crate::name::{NameBuf, NameError};
use evenfield_model::Problems;

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One name a line; so are the `domains` files of UT1.
    Domains,
    /// A hosts file.
    Hosts,
    /// AdBlock-style rules for DNS.
    Adblock,
    /// A response policy zone.
    Rpz,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Domains, Self::Hosts, Self::Adblock, Self::Rpz];

    /// The word for it in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Hosts => "hosts",
            Self::Adblock => "adblock",
            Self::Rpz => "rpz",
        }
    }
}

/// How a list is to be taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What every entry is about, instead of what its format says.
    pub cover: Option<Cover>,
    /// Whether names of one label (`zip`) are taken. They list everything below a top-level domain.
    pub top_level: bool,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The name.
    pub name: NameBuf,
    /// What it is about.
    pub cover: Cover,
    /// Whether it excepts the name instead of listing it.
    pub excepted: bool,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Entries given on.
    pub rows: u64,
    /// Lines that are sound but say nothing about names of the DNS (addresses, rules for the parts of a page, triggers on
    /// addresses): left out, and counted here.
    pub not_names: u64,
    /// What is wrong.
    pub problems: Problems,
}

/// The longest line that is read, octets.
const LONGEST_LINE: usize = 4_096;

/// Reads a list, `file` being its name for problems, and gives each entry on to `put`. Memory is bounded by one line
/// and the kept problems. The same name may come several times.
pub fn read(format: Format, file: &str, bytes: &[u8], options: Options, put: &mut dyn FnMut(Row)) -> Reading {
    let mut reader = Reader { file, options, put, line: 0, reading: Reading::default() };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut zone = rpz::Zone::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line += 1;
        let Some(line) = reader.text(line) else { continue };
        match format {
            Format::Domains => reader.domain(line),
            Format::Hosts => hosts::line(&mut reader, line),
            Format::Adblock => adblock::line(&mut reader, line),
            Format::Rpz => zone.line(&mut reader, line),
        }
    }
    if format == Format::Rpz {
        zone.end(&mut reader);
    }
    reader.reading
}

struct Reader<'a> {
    file: &'a str,
    options: Options,
    put: &'a mut dyn FnMut(Row),
    line: u64,
    reading: Reading,
}

impl Reader<'_> {
    /// The line as text without white space at its end; `None` when it is no text or too long.
    fn text<'l>(&mut self, line: &'l [u8]) -> Option<&'l str> {
        if line.len() > LONGEST_LINE {
            let beginning = String::from_utf8_lossy(&line[..80]).into_owned();
            self.complain(&beginning, "a line of at most 4,096 bytes");
            return None;
        }
        match std::str::from_utf8(line) {
            Ok(text) if !text.contains('\0') => Some(text.trim_end()),
            _ => {
                self.complain(&String::from_utf8_lossy(line), "text in UTF-8");
                None
            }
        }
    }

    fn complain(&mut self, said: &str, wanted: &str) {
        self.reading.problems.push(self.file, self.line, "", said, wanted);
    }

    fn domain(&mut self, line: &str) {
        let line = without_comment(line, &['#', ';', '!']);
        if line.is_empty() {
            return;
        }
        if let Some(below) = line.strip_prefix("*.") {
            return self.name(line, below, Cover::Below, false);
        }
        self.name(line, line.strip_prefix('.').unwrap_or(line), Cover::Both, false);
    }

    /// Gives an entry on; `said` is what stands there.
    fn name(&mut self, said: &str, name: &str, cover: Cover, excepted: bool) {
        if is_address(name) {
            self.reading.not_names += 1;
            return;
        }
        let name = match NameBuf::from_text(name) {
            Ok(name) => name,
            Err(NameError::Character) => {
                return self.complain(
                    said,
                    "a host name: letters, digits, hyphens and dots, with no address or path",
                );
            }
            Err(error) => return self.complain(said, &format!("a host name, but {error}")),
        };
        if !self.options.top_level && name.as_name().labels() == 1 {
            return self.complain(
                said,
                "a name with a dot in it: this one means all names below a top-level domain (set top_level = true for \
                 a list of those)",
            );
        }
        self.reading.rows += 1;
        (self.put)(Row { name, cover: self.options.cover.unwrap_or(cover), excepted });
    }
}

/// The line without white space around it and without what follows a comment's sign at its beginning or after white
/// space.
fn without_comment<'l>(line: &'l str, signs: &[char]) -> &'l str {
    let mut before_is_space = true;
    for (at, c) in line.char_indices() {
        if before_is_space && signs.contains(&c) {
            return line[..at].trim();
        }
        before_is_space = c.is_whitespace();
    }
    line.trim()
}

/// Whether it is an IPv4 or IPv6 address, or a range of them.
fn is_address(text: &str) -> bool {
    let text = text.split('/').next().unwrap_or_default().trim_matches(['[', ']']);
    text.parse::<core::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
