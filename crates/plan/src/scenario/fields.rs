//! Tables of a scenario, taken apart field by field; what is wrong is noted, and reading goes on.

use crate::MILLION;
use crate::read::decimal::scaled;
use evenfield_model::Problems;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'t> = Spanned<DeValue<'t>>;

/// The file, and what is wrong with it so far.
pub(crate) struct Source<'t> {
    pub file: &'t str,
    pub text: &'t str,
    pub problems: Problems,
}

/// Reads a whole file's table; `None` after noting what is wrong with the whole file.
pub(crate) fn read<T>(
    file: &str,
    text: &str,
    problems: &mut Problems,
    read: impl FnOnce(&mut Fields<'_, '_>) -> T,
) -> Option<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source { file, text, problems: Problems::default() };
    let done = match DeTable::parse(text) {
        Ok(table) => {
            let mut fields = Fields::new(&mut source, "", 0, table.get_ref());
            let done = read(&mut fields);
            fields.finish();
            Some(done)
        }
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1;
            source.problems.push(file, line, "", "", format!("TOML: {}", error.message()));
            None
        }
    };
    problems.append(source.problems);
    done
}

impl Source<'_> {
    fn complain(&mut self, at: usize, name: &str, wanted: impl Into<String>) {
        let line = self.text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1;
        let start = self.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let said = self.text.get(start..).and_then(|t| t.lines().next()).unwrap_or_default().trim();
        self.problems.push(self.file, line, name, said, wanted);
    }
}

/// One table; each field is taken once, and what is left at the end is not known.
pub(crate) struct Fields<'t, 's> {
    source: &'s mut Source<'t>,
    name: String,
    at: usize,
    fields: BTreeMap<String, (usize, &'s Value<'t>)>,
}

impl<'t, 's> Fields<'t, 's> {
    pub fn new(source: &'s mut Source<'t>, name: &str, at: usize, table: &'s DeTable<'t>) -> Self {
        let fields = table.iter().map(|(k, v)| (k.get_ref().to_string(), (k.span().start, v))).collect();
        Self { source, name: name.to_owned(), at, fields }
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn read<T>(&mut self, key: &str, wanted: &str, read: impl Fn(&DeValue<'t>) -> Option<T>) -> Option<T> {
        let (at, value) = self.fields.remove(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.source.complain(at, &self.full(key), wanted);
        }
        read
    }

    /// Text that is not blank.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, "text in quotation marks", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        })
    }

    /// Notes that a field is missing, unless it is there.
    pub fn needs(&mut self, key: &str) {
        if !self.fields.contains_key(key) {
            self.complain(key, "a value: it is needed");
        }
    }

    /// Text that must be there.
    pub fn need(&mut self, key: &str) -> Option<String> {
        self.needs(key);
        self.text(key)
    }

    /// A list of texts; one text stands for a list of one.
    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let one = |value: &DeValue<'t>| value.as_str().map(str::to_owned);
        self.read(key, "texts in quotation marks", |value| match value {
            DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
            value => Some(vec![one(value)?]),
        })
    }

    /// True or false.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    /// A whole number.
    pub fn whole(&mut self, key: &str, low: u64, high: u64) -> Option<u64> {
        let wanted = format!("a whole number from {low} to {high}");
        self.read(key, &wanted, |value| {
            let whole = matches!(value, DeValue::Integer(_)).then(|| decimal(value, 0)).flatten();
            whole.filter(|n| (low..=high).contains(n))
        })
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let wanted = format!("one of: {}", all.join(", "));
        self.read(key, &wanted, |value| {
            let said = value.as_str()?;
            words.iter().find(|(word, _)| *word == said).map(|(_, value)| *value)
        })
    }

    /// A number from `low` to `high`, which may be below 0.
    pub fn number(&mut self, key: &str, low: f64, high: f64) -> Option<f64> {
        self.read(key, &format!("a number from {low} to {high}"), |value| {
            let text = match value {
                DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
                DeValue::Float(number) => number.as_str(),
                _ => return None,
            };
            text.parse::<f64>().ok().filter(|number| (low..=high).contains(number))
        })
    }

    /// A number from `low` to `high`, in millionths.
    pub fn millionths(&mut self, key: &str, low: u64, high: u64) -> Option<u64> {
        let shown = |n: u64| n as f64 / MILLION as f64;
        let wanted = format!("a number from {} to {}", shown(low), shown(high));
        self.read(key, &wanted, |value| decimal(value, 6).filter(|n| (low..=high).contains(n)))
    }

    /// A share from 0 to 1, in millionths.
    pub fn share(&mut self, key: &str) -> Option<u64> {
        self.millionths(key, 0, MILLION)
    }

    /// Dollars, in cents: one amount for all of `years`, or one for each.
    pub fn dollars(&mut self, key: &str, years: usize, most: u64) -> Option<Vec<u64>> {
        let most_shown = most / 100;
        let wanted = format!(
            "dollars: a number over 0 and at most {most_shown}, or a list of {years}, one for each year and not all 0"
        );
        let one = |value: &DeValue<'t>| decimal(value, 2).filter(|n| *n <= most);
        self.read(key, &wanted, |value| {
            let list: Vec<u64> = match value {
                DeValue::Array(items) => {
                    items.iter().map(|item| one(item.get_ref())).collect::<Option<_>>()?
                }
                value => vec![one(value)?; years],
            };
            (list.len() == years && list.iter().any(|n| *n > 0)).then_some(list)
        })
    }

    /// Shares by names that the file chooses.
    pub fn shares(&mut self, key: &str) -> Option<Vec<(String, u64)>> {
        self.table(key, |fields| {
            let names: Vec<String> = fields.fields.keys().cloned().collect();
            names.into_iter().filter_map(|name| Some((name.clone(), fields.share(&name)?))).collect()
        })
    }

    /// One table, when it is there.
    pub fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Fields<'t, '_>) -> T) -> Option<T> {
        let (at, value) = self.fields.remove(key)?;
        let name = self.full(key);
        let DeValue::Table(table) = value.get_ref() else {
            self.source.complain(at, &name, format!("a table: [{name}]"));
            return None;
        };
        let mut fields = Fields::new(self.source, &name, at, table);
        let done = read(&mut fields);
        fields.finish();
        Some(done)
    }

    /// A list of tables, each read by itself.
    pub fn tables<T>(&mut self, key: &str, mut read: impl FnMut(&mut Fields<'t, '_>) -> Option<T>) -> Vec<T> {
        let Some((at, value)) = self.fields.remove(key) else { return Vec::new() };
        let name = self.full(key);
        let DeValue::Array(items) = value.get_ref() else {
            self.source.complain(at, &name, format!("a list of tables: [[{name}]]"));
            return Vec::new();
        };
        let mut list = Vec::new();
        for item in items {
            let DeValue::Table(table) = item.get_ref() else {
                self.source.complain(item.span().start, &name, "a table");
                continue;
            };
            let mut fields = Fields::new(self.source, &name, item.span().start, table);
            list.extend(read(&mut fields));
            fields.finish();
        }
        list
    }

    /// Notes a problem of a field of this table, or of the table itself when the name is empty.
    pub fn complain(&mut self, key: &str, wanted: impl Into<String>) {
        let name = if key.is_empty() { self.name.clone() } else { self.full(key) };
        self.source.complain(self.at, &name, wanted);
    }

    /// Notes each field that nothing took.
    pub fn finish(mut self) {
        for (key, (at, _)) in std::mem::take(&mut self.fields) {
            let name = self.full(&key);
            self.source.complain(at, &name, "a setting that there is; this one is not known here");
        }
    }
}

fn decimal(value: &DeValue<'_>, places: i32) -> Option<u64> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    scaled(text.trim_start_matches('+'), places).ok().map(|(value, _)| value)
}
