//! Tables of the settings, taken apart field by field; what is wrong is noted, and reading goes on.

use crate::config::Pattern;
use crate::{Cover, NameBuf};
use evenfield_model::Problems;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'t> = Spanned<DeValue<'t>>;

/// The file, and what is wrong with it so far.
pub(super) struct Source<'t> {
    pub file: &'t str,
    pub text: &'t str,
    pub problems: Problems,
}

impl Source<'_> {
    pub fn line(&self, at: usize) -> u64 {
        self.text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1
    }

    pub fn complain(&mut self, at: usize, name: &str, wanted: impl Into<String>) {
        let rest = self.text.get(at..).unwrap_or_default();
        let said = rest.lines().next().unwrap_or_default().trim();
        self.problems.push(self.file, self.line(at), name, said, wanted);
    }
}

/// One table; each field is taken once, and what is left at the end is unknown.
pub(super) struct Fields<'t, 's> {
    pub source: &'s mut Source<'t>,
    pub name: String,
    /// Where the table begins.
    pub at: usize,
    fields: BTreeMap<String, (usize, &'s Value<'t>)>,
}

impl<'t, 's> Fields<'t, 's> {
    pub fn new(source: &'s mut Source<'t>, name: &str, at: usize, table: &'s DeTable<'t>) -> Self {
        let fields = table.iter().map(|(k, v)| (k.get_ref().to_string(), (k.span().start, v))).collect();
        Self { source, name: name.to_owned(), at, fields }
    }

    fn take(&mut self, key: &str) -> Option<(usize, &'s Value<'t>)> {
        self.fields.remove(key)
    }

    /// A field's name with its table's.
    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Takes a field and reads it; one that is not as wanted counts as left out.
    fn read<T>(&mut self, key: &str, wanted: &str, read: impl Fn(&DeValue<'t>) -> Option<T>) -> Option<T> {
        let (at, value) = self.take(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.source.complain(at, &self.full(key), wanted);
        }
        read
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, "text in quotation marks", text)
    }

    /// A field that must be there.
    pub fn need(&mut self, key: &str) -> Option<String> {
        if !self.fields.contains_key(key) {
            let (at, name) = (self.at, self.full(key));
            self.source.complain(at, &name, format!("`{key}` in this table"));
            return None;
        }
        self.text(key)
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, "true or false", |value| value.as_bool())
    }

    pub fn whole(&mut self, key: &str, low: u16, high: u16) -> Option<u16> {
        self.read(key, &format!("a whole number from {low} to {high}"), |value| {
            let number = value.as_integer()?;
            let number = u16::from_str_radix(number.as_str(), number.radix()).ok()?;
            (low..=high).contains(&number).then_some(number)
        })
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let all: Vec<&str> = words.iter().map(|w| w.0).collect();
        let wanted = format!("one of: {}", all.join(", "));
        self.read(key, &wanted, |value| words.iter().find(|w| Some(w.0) == value.as_str()).map(|w| w.1))
    }

    /// A text or date or time, read by its own kind's rules.
    pub fn parsed<T>(&mut self, key: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.read(key, wanted, |value| parse(&shown(value)?))
    }

    /// A list of texts; one text stands for a list of one.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        self.each(key, "texts in quotation marks", |text| Some(text.to_owned()))
    }

    /// A list, each item read from its text; one that is not as wanted is left out.
    pub fn each<T>(&mut self, key: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let Some((at, value)) = self.take(key) else { return Vec::new() };
        let name = self.full(key);
        let one;
        let items: Vec<(usize, &DeValue<'t>)> = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|v| (v.span().start, v.get_ref())).collect(),
            other => {
                one = [(at, other)];
                one.to_vec()
            }
        };
        let mut read = Vec::new();
        for (at, item) in items {
            match shown(item).and_then(|text| parse(&text)) {
                Some(item) => read.push(item),
                None => self.source.complain(at, &name, wanted),
            }
        }
        read
    }

    /// Names as the settings write them.
    pub fn patterns(&mut self, key: &str) -> Vec<Pattern> {
        self.each(key, "a name: `name.example`, `*.name.example` or `=name.example`", pattern)
    }

    /// The tables of a list of tables, each to be read.
    pub fn tables(&mut self, key: &str, mut read: impl FnMut(&mut Fields<'t, '_>)) {
        let Some((at, value)) = self.take(key) else { return };
        let name = self.full(key);
        let DeValue::Array(items) = value.get_ref() else {
            return self.source.complain(at, &name, format!("a list of tables: [[{name}]]"));
        };
        for item in items {
            let DeValue::Table(table) = item.get_ref() else {
                self.source.complain(item.span().start, &name, "a table");
                continue;
            };
            let mut fields = Fields::new(self.source, &name, item.span().start, table);
            read(&mut fields);
            fields.finish();
        }
    }

    /// One table, when it is there.
    pub fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Fields<'t, '_>) -> T) -> Option<T> {
        let (at, value) = self.take(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.source.complain(at, key, format!("a table: [{key}]"));
            return None;
        };
        let mut fields = Fields::new(self.source, key, at, table);
        let done = read(&mut fields);
        fields.finish();
        Some(done)
    }

    pub fn complain(&mut self, wanted: impl Into<String>) {
        let (at, name) = (self.at, self.name.clone());
        self.source.complain(at, &name, wanted);
    }

    pub fn line(&self) -> u64 {
        self.source.line(self.at)
    }

    /// Complains of each field that nothing took.
    pub fn finish(mut self) {
        for (key, (at, _)) in std::mem::take(&mut self.fields) {
            let name = self.full(&key);
            self.source.complain(at, &name, "a setting that there is; this one is not known here");
        }
    }
}

fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A text, or a date or time as TOML writes it without quotation marks.
fn shown(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Datetime(at) => Some(at.to_string()),
        other => text(other),
    }
}

pub(super) fn pattern(text: &str) -> Option<Pattern> {
    let (name, cover) = match (text.strip_prefix("*."), text.strip_prefix('=')) {
        (Some(below), _) => (below, Cover::Below),
        (_, Some(exact)) => (exact, Cover::Exact),
        _ => (text, Cover::Both),
    };
    Some(Pattern { name: NameBuf::from_text(name).ok()?, cover })
}
