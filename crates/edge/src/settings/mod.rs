//! Settings files: every setting once, with its check and what the reference page says; read strictly, all faults told at once.

mod bus;
mod dns;
mod speedtest;

pub use bus::BUS;
pub use dns::{DNS, Resolver};
pub use speedtest::SPEEDTEST;

use evenfield_model::Problems;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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

/// Settings that several kinds of file have.
impl<S> Setting<S> {
    const fn status(
        name: &'static str,
        default: &'static str,
        put: fn(&mut S, &Value<'_>) -> Option<()>,
    ) -> Self {
        Self {
            name,
            default: Some(default),
            required: false,
            wanted: "an address of this machine's loopback and a port",
            about: "Where `/health` and `/metrics` (Prometheus) are.",
            put,
        }
    }

    const fn certificate(put: fn(&mut S, &Value<'_>) -> Option<()>) -> Self {
        Self {
            name: "tls.certificate",
            default: None,
            required: false,
            wanted: "a PEM file",
            about: "The certificate and those between it and its root. A new one is taken within ten seconds.",
            put,
        }
    }

    const fn key(put: fn(&mut S, &Value<'_>) -> Option<()>) -> Self {
        Self {
            name: "tls.key",
            default: None,
            required: false,
            wanted: "a PEM file",
            about: "Its key. Put a new one in its place before the certificate.",
            put,
        }
    }
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

    /// A file or a folder, from the folder of the settings.
    fn path(&self) -> Option<PathBuf> {
        self.text().map(|path| self.folder.join(path))
    }

    /// An address where nobody else comes.
    fn loopback(&self) -> Option<SocketAddr> {
        self.parsed().filter(|address: &SocketAddr| address.ip().is_loopback())
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

/// A settings file.
struct File<'a> {
    name: &'a str,
    folder: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, at: usize) -> u64 {
        self.text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1
    }
}

/// What is wrong with a setting: its line (0 where it is not there), its name, what was said, what is wanted.
type Found = (u64, String, String, String);

/// A kind of settings file.
pub struct Definition<S: 'static> {
    /// Its settings, in the order in which they are put: some add to others.
    pub settings: &'static [Setting<S>],
    /// What there is before any default.
    blank: fn() -> S,
    /// What else is wrong, by name and what is wanted; it is told which settings the file has.
    also: Also<S>,
    /// A table that holds the settings of another kind.
    inner: Option<Inner<S>>,
}

/// What is wrong with settings together, by name and what is wanted.
type Also<S> = fn(&S, &dyn Fn(&str) -> bool) -> Vec<(&'static str, String)>;

/// The name of a table, and what takes it.
type Inner<S> = (&'static str, fn(&mut S, &File<'_>, &DeTable<'_>) -> Vec<Found>);

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

    fn read(&self, name: &str, folder: &Path, text: &str) -> Result<S, Problems> {
        let file = File { name, folder, text };
        let mut problems = Problems::default();
        let (settings, found) = match DeTable::parse(text) {
            Ok(table) => self.take(&file, table.get_ref(), ""),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                problems.push(name, file.line(at), "", "", format!("TOML: {}", error.message()));
                return Err(problems);
            }
        };
        for (line, setting, said, wanted) in found {
            problems.push(file.name, line, &setting, &said, wanted);
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// Takes a table of a file, and says all that is wrong with it; `before` stands before the names of its settings.
    fn take(&self, file: &File<'_>, table: &DeTable<'_>, before: &str) -> (S, Vec<Found>) {
        let mut settings = self.defaults();
        let mut found = Vec::new();
        let mut entries = self.entries(table);
        // In the order of the definition, then by place for people.
        let place =
            |name: &str| self.settings.iter().position(|s| s.name == name).unwrap_or(self.settings.len());
        entries.sort_by_key(|(name, at, _)| (place(name), *at));
        for (name, at, value) in &entries {
            if let (Some((inner, take)), DeValue::Table(table)) = (self.inner, value.get_ref())
                && inner == name
            {
                found.extend(take(&mut settings, file, table));
                continue;
            }
            let said = file.text.get(value.span()).unwrap_or_default().to_owned();
            match self.settings.iter().find(|s| s.name == name) {
                None => {
                    let wanted = "a setting that there is".to_owned();
                    found.push((file.line(*at), format!("{before}{name}"), String::new(), wanted));
                }
                Some(setting) => {
                    let value = Value { raw: value.get_ref(), folder: file.folder };
                    if (setting.put)(&mut settings, &value).is_none() {
                        let wanted = setting.wanted.to_owned();
                        found.push((file.line(*at), format!("{before}{name}"), said, wanted));
                    }
                }
            }
        }
        let said = |name: &str| entries.iter().any(|(entry, ..)| entry == name);
        let missing = self.settings.iter().filter(|setting| setting.required && !said(setting.name));
        let missing = missing.map(|s| (s.name, format!("{}; it is required", s.wanted)));
        let also = missing.chain((self.also)(&settings, &said));
        found.extend(also.map(|(name, wanted)| (0, format!("{before}{name}"), String::new(), wanted)));
        found.sort();
        (settings, found)
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
