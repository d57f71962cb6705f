//! From the text of a settings file to checked settings, or all that is wrong with it.

use super::Config;
use super::settings::{REPEATED, REQUIRED_OF_REPEATED, SETTINGS, defaults};
use crate::inputs::DistrictInputs;
use evenfield_model::Problems;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What settings refer to outside their file.
pub trait Outside {
    /// The environment variable, when it is set and not empty.
    fn variable(&self, name: &str) -> Option<String>;
    /// The text of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn file(&self, path: &str) -> Result<String, String>;
    /// Where a file is that is read later.
    fn path(&self, path: &str) -> PathBuf;
}

/// This process's environment, and files by paths from a folder.
pub struct Process {
    /// The folder of the settings file.
    pub base: PathBuf,
}

impl Outside for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn file(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.base.join(path)).map_err(|error| error.to_string())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }
}

/// A value to check.
pub struct Value<'a> {
    pub(super) raw: &'a DeValue<'a>,
    pub(super) outside: &'a dyn Outside,
}

impl<'a> Value<'a> {
    pub(super) fn text(&self) -> Result<&'a str, String> {
        self.raw.as_str().filter(|text| !text.is_empty()).ok_or_else(|| "text in quotation marks".to_owned())
    }

    pub(super) fn flag(&self) -> Result<bool, String> {
        self.raw.as_bool().ok_or_else(|| "true or false".to_owned())
    }

    pub(super) fn whole(&self, low: u32, high: u32) -> Result<u32, String> {
        self.raw
            .as_integer()
            .and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok())
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (low..=high).contains(n))
            .ok_or_else(|| format!("a whole number from {low} to {high}"))
    }

    pub(super) fn real(&self, low: f64, high: f64) -> Result<f64, String> {
        let text = self.raw.as_float().map(|x| x.as_str()).or(self.raw.as_integer().map(|n| n.as_str()));
        text.and_then(|t| t.parse().ok())
            .filter(|x| (low..=high).contains(x))
            .ok_or_else(|| format!("a number from {low} to {high}"))
    }
}

/// The part of the file that names districts.
#[derive(serde::Deserialize)]
struct Districts {
    #[serde(default)]
    district: Vec<DistrictInputs>,
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    outside: &'a dyn Outside,
    config: Config,
    problems: Problems,
}

/// Reads settings; `file` is the name for problems.
///
/// # Errors
/// Everything that is wrong, with the file, the line, the setting, what was said and what was wanted.
pub fn read(file: &str, text: &str, outside: &dyn Outside) -> Result<Config, Problems> {
    // The byte order mark that some editors put at the beginning.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { file, text, outside, config: defaults(), problems: Problems::default() };
    match DeTable::parse(text) {
        Ok(table) => {
            reader.table("", table.get_ref());
        }
        Err(error) => {
            let line = reader.line(error.span().map_or(0, |span| span.start));
            reader.problems.push(file, line, "", "", format!("TOML: {}", error.message()));
        }
    }
    let filtering = &reader.config.filtering;
    if filtering.policy.is_some() != filtering.key.is_some() {
        let wanted = "`filtering.policy` and `filtering.key`, or neither";
        reader.problems.push(file, 0, "filtering", "", wanted);
    }
    if filtering.block_page && reader.config.public_url.is_none() {
        let wanted = "`server.public_url` with it: blocked names are sent there";
        reader.problems.push(file, 0, "filtering.block_page", "true", wanted);
    }
    let notices = &reader.config.notices;
    if notices.smtp.is_some() != notices.from.is_some() {
        let wanted = "`notices.smtp` and `notices.from`, or neither";
        reader.problems.push(file, 0, "notices", "", wanted);
    }
    if notices.text.is_some() && reader.config.public_url.is_none() {
        let wanted = "`server.public_url` with it: the gateway tells what became of messages there";
        reader.problems.push(file, 0, "notices.text", "", wanted);
    }
    if reader.problems.is_empty() { Ok(reader.config) } else { Err(reader.problems) }
}

/// Reads a settings file.
///
/// # Errors
/// As [`read`], and when the file cannot be read.
pub fn read_file(path: &Path) -> Result<Config, Problems> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let mut problems = Problems::default();
        problems.push(&name, 0, "", "", format!("a file that can be read ({error})"));
        problems
    })?;
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    read(&name, &text, &Process { base })
}

impl Reader<'_> {
    fn line(&self, at: usize) -> u64 {
        self.text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1
    }

    /// The place of the key is that of the complaint; the whole line is quoted.
    fn complain(&mut self, at: usize, name: &str, wanted: String) {
        let rest = &self.text[line_start(at, self.text)..];
        let said = rest.lines().next().unwrap_or_default().trim();
        // What stands in a line about secrets is not repeated.
        let said = if name.contains("secret") || name == "database" { "" } else { said };
        self.problems.push(self.file, self.line(at), name, said, wanted);
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let at = key.span().start;
            let name = if prefix.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{prefix}.{}", key.get_ref())
            };
            if prefix.is_empty() && key.get_ref() == "district" {
                // A table of its own shape: see `inputs`.
                self.districts(value);
                continue;
            }
            let is_table = SETTINGS.iter().any(|s| s.name.split_once('.').is_some_and(|(t, _)| t == name));
            match (value.get_ref(), SETTINGS.iter().find(|s| s.name == name)) {
                (raw, Some(setting)) => {
                    let value = Value { raw, outside: self.outside };
                    if let Err(wanted) = (setting.put)(&mut self.config, &value) {
                        self.complain(at, &name, wanted);
                    }
                }
                (DeValue::Array(list), None) if name == REPEATED => {
                    for one in list.iter() {
                        self.provider(one.span().start, one.get_ref());
                    }
                }
                (DeValue::Table(inner), None) if is_table && name != REPEATED => self.table(&name, inner),
                _ if is_table => {
                    let wanted =
                        if name == REPEATED { format!("[[{name}]]") } else { format!("a table, [{name}]") };
                    self.complain(at, &name, wanted);
                }
                _ => {
                    let wanted = format!("a setting that there is; the nearest is `{}`", nearest(&name));
                    // Its value is not repeated: a misspelled `database` may hold a password.
                    self.problems.push(self.file, self.line(at), &name, key.get_ref(), wanted);
                }
            }
        }
    }

    /// `[[district]]` and its files.
    fn districts(&mut self, value: &Spanned<DeValue<'_>>) {
        let faults = super::districts::faults(value);
        if faults.is_empty() {
            match toml::from_str::<Districts>(self.text) {
                Ok(found) => self.config.districts = found.district,
                Err(error) => {
                    let at = error.span().map_or(0, |span| span.start);
                    self.complain(at, "district", wanted(error.message()));
                }
            }
        }
        for (at, name, wanted) in faults {
            self.complain(at, &name, wanted);
        }
    }

    fn provider(&mut self, at: usize, one: &DeValue<'_>) {
        let Some(table) = one.as_table() else {
            return self.complain(at, REPEATED, format!("[[{REPEATED}]]"));
        };
        self.config.oidc.push(super::OidcProvider::default());
        self.table(REPEATED, table);
        for name in REQUIRED_OF_REPEATED {
            let key = name.split_once('.').map_or(name, |(_, key)| key);
            if !table.keys().any(|k| k.get_ref() == key) {
                self.complain(at, name, format!("`{key}` in each [[{REPEATED}]]"));
            }
        }
        let secrets = table.keys().filter(|k| k.get_ref().starts_with("client_secret_")).count();
        if secrets != 1 {
            self.complain(
                at,
                "oidc.client_secret_env",
                "one of `client_secret_env` and `client_secret_file`".into(),
            );
        }
        let ids = self.config.oidc.iter().map(|p| p.id.clone()).collect::<Vec<_>>();
        if ids.iter().filter(|id| Some(*id) == ids.last()).count() > 1 {
            self.complain(at, "oidc.id", "an id that no other provider has".into());
        }
        if let Some(last) = self.config.oidc.last_mut().filter(|p| p.name.is_empty()) {
            last.name = last.id.clone();
        }
    }
}

/// What was wanted, of a message as `invalid type: integer `3`, expected a string`.
pub(super) fn wanted(message: &str) -> String {
    match (message.rsplit_once("expected "), message.strip_prefix("missing field ")) {
        (Some((_, wanted)), _) => wanted.to_owned(),
        (None, Some(field)) => format!("{field} in each table"),
        (None, None) => message.to_owned(),
    }
}

fn line_start(at: usize, text: &str) -> usize {
    text[..at.min(text.len())].rfind('\n').map_or(0, |n| n + 1)
}

/// The known setting with the fewest letters to change.
pub fn nearest(name: &str) -> &'static str {
    SETTINGS.iter().map(|s| s.name).min_by_key(|known| distance(name, known)).unwrap_or_default()
}

/// Letters to insert, delete or replace (Levenshtein 1966; one row of the table at a time).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}
