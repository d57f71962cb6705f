//! Settings files: every setting once, with its check and what the reference page says; read strictly, all faults told at once.

mod dns;
mod speedtest;

pub use dns::DNS;
pub use speedtest::SPEEDTEST;

use evenfield_model::Problems;
use std::path::Path;
use std::str::FromStr;
use toml::de::{DeTable, DeValue};

/// One setting of a kind of file.
pub struct Setting<S> {
    /// `table.key`.
    pub name: &'static str,
    /// The default, as TOML; none when there is none.
    pub default: Option<&'static str>,
    /// Whether it must be there.
    required: bool,
    /// What may stand there, for people.
    pub wanted: &'static str,
    /// What it is for, for people.
    pub about: &'static str,
    /// Puts the value into the settings; `None` when it is not what is wanted.
    put: fn(&mut S, &Value<'_>) -> Option<()>,
}

/// A value and where its file is.
struct Value<'a> {
    raw: &'a DeValue<'a>,
    folder: &'a Path,
}

impl Value<'_> {
    fn text(&self) -> Option<&str> {
        self.raw.as_str().filter(|text| !text.is_empty())
    }

    fn parsed<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    fn whole(&self, low: u32, high: u32) -> Option<u32> {
        let number = self.raw.as_integer()?;
        let number = u32::from_str_radix(number.as_str(), number.radix()).ok()?;
        (low..=high).contains(&number).then_some(number)
    }

    /// A list in which everything is what is wanted.
    fn list<T: FromStr>(&self) -> Option<Vec<T>> {
        let list = self.raw.as_array()?;
        list.iter().map(|one| one.get_ref().as_str()?.parse().ok()).collect()
    }
}

/// A kind of settings file.
pub struct Definition<S: 'static> {
    /// Its settings, in the order in which they are put: some add to others.
    pub settings: &'static [Setting<S>],
    /// What there is before any default.
    blank: fn() -> S,
    /// What else is wrong, by name and what is wanted; it is told which settings the file has.
    also: Also<S>,
}

/// What is wrong with settings together, by name and what is wanted.
type Also<S> = fn(&S, &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)>;

impl<S> Definition<S> {
    /// What holds where the file says nothing.
    fn defaults(&self) -> S {
        let mut settings = (self.blank)();
        for setting in self.settings {
            let Some(default) = setting.default else { continue };
            if let Ok(value) = DeValue::parse(default) {
                // A default that adds to what is not there adds nothing.
                let _ = (setting.put)(&mut settings, &Value { raw: value.get_ref(), folder: Path::new("") });
            }
        }
        settings
    }

    /// Reads a settings file.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read_file(&self, path: &Path) -> Result<S, Problems> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => self.read(&name, path.parent().unwrap_or(Path::new("")), &text),
            Err(error) => {
                let mut problems = Problems::default();
                problems.push(&name, 0, "", "", format!("a file that can be read ({error})"));
                Err(problems)
            }
        }
    }

    fn read(&self, file: &str, folder: &Path, text: &str) -> Result<S, Problems> {
        let mut settings = self.defaults();
        let mut problems = Problems::default();
        let line = |at: usize| text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                problems.push(file, line(at), "", "", format!("TOML: {}", error.message()));
                return Err(problems);
            }
        };
        let mut entries = self.entries(table.get_ref());
        // In the order of the definition, then by place for people.
        let place =
            |name: &str| self.settings.iter().position(|s| s.name == name).unwrap_or(self.settings.len());
        entries.sort_by_key(|(name, at, _)| (place(name), *at));
        let mut found = Vec::new();
        for (name, at, value) in &entries {
            let said = text.get(value.span()).unwrap_or_default();
            match self.settings.iter().find(|s| s.name == name) {
                None => found.push((line(*at), name.clone(), "", "a setting that there is".to_owned())),
                Some(setting) => {
                    let value = Value { raw: value.get_ref(), folder };
                    if (setting.put)(&mut settings, &value).is_none() {
                        found.push((line(*at), name.clone(), said, setting.wanted.to_owned()));
                    }
                }
            }
        }
        let said = |name: &str| entries.iter().any(|(entry, ..)| entry == name);
        let missing = self.settings.iter().filter(|setting| setting.required && !said(setting.name));
        found.extend(missing.map(|s| (0, s.name.to_owned(), "", format!("{}; it is required", s.wanted))));
        let also = (self.also)(&settings, &said);
        found.extend(also.into_iter().map(|(name, wanted)| (0, name.to_owned(), "", wanted)));
        found.sort();
        for (line, name, said, wanted) in found {
            problems.push(file, line, &name, said, wanted);
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn entries<'a>(&self, table: &'a DeTable<'a>) -> Entries<'a> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let prefix = format!("{}.", key.get_ref());
            match value.get_ref() {
                DeValue::Table(table) if self.settings.iter().any(|s| s.name.starts_with(&prefix)) => {
                    for (inner, value) in table {
                        entries.push((format!("{prefix}{}", inner.get_ref()), inner.span().start, value));
                    }
                }
                _ => entries.push((key.get_ref().to_string(), key.span().start, value)),
            }
        }
        entries
    }
}

/// Settings with their tables' names before them, where they stand, and their values.
type Entries<'a> = Vec<(String, usize, &'a toml::Spanned<DeValue<'a>>)>;
