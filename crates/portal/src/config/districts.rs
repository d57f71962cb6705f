//! `[[district]]` and its `[[district.load]]`: each key is checked by itself, so that all that is wrong is said at once.

use super::Config;
use crate::inputs::{DistrictInputs, FileKind, date};
use evenfield_model::{GeographyKind, Leaid, Problems};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// A key of a table: its name, whether it must be there, and whether a value fits.
type Key = (&'static str, bool, fn(ValueDeserializer<'_>) -> Result<(), toml::de::Error>);

const DISTRICT: [Key; 5] = [
    ("leaid", true, is::<Leaid>),
    ("name", true, is::<String>),
    ("fictional", false, is::<bool>),
    ("term", false, is::<String>),
    ("as_of", false, |value| date(value).map(drop)),
];

const LOAD: [Key; 12] = [
    ("kind", true, is::<FileKind>),
    ("file", true, is::<PathBuf>),
    ("addresses", false, is::<PathBuf>),
    ("source", false, is::<String>),
    ("vintage", false, is::<String>),
    ("licence", false, is::<String>),
    ("geography", false, is::<GeographyKind>),
    ("id", false, is::<String>),
    ("name", false, is::<String>),
    ("within", false, is::<Vec<String>>),
    ("year", false, is::<i32>),
    ("columns", false, is::<BTreeMap<String, String>>),
];

fn is<T: DeserializeOwned>(value: ValueDeserializer<'_>) -> Result<(), toml::de::Error> {
    T::deserialize(value).map(drop)
}

/// Where something is wrong, with which key, and what was wanted.
pub(super) type Fault = (usize, String, String);

/// All that is wrong with the districts; nothing when they can be read.
pub(super) fn faults(value: &Spanned<DeValue<'_>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (table, at) in tables(value, "district", &mut faults) {
        check(table, at, "district", &DISTRICT, &["load"], &mut faults);
        let Some(load) = table.get("load") else { continue };
        for (file, at) in tables(load, "district.load", &mut faults) {
            check(file, at, "district.load", &LOAD, &[], &mut faults);
        }
    }
    faults.sort_by_key(|fault| fault.0);
    faults
}

/// The tables of a repeated table, each with its place.
fn tables<'a>(
    value: &'a Spanned<DeValue<'a>>,
    name: &str,
    faults: &mut Vec<Fault>,
) -> Vec<(&'a DeTable<'a>, usize)> {
    let wanted = || format!("[[{name}]]");
    let Some(list) = value.get_ref().as_array() else {
        faults.push((value.span().start, name.to_owned(), wanted()));
        return Vec::new();
    };
    let mut found = Vec::new();
    for one in list.iter() {
        match one.get_ref().as_table() {
            Some(table) => found.push((table, one.span().start)),
            None => faults.push((one.span().start, name.to_owned(), wanted())),
        }
    }
    found
}

fn check(table: &DeTable<'_>, at: usize, of: &str, keys: &[Key], more: &[&str], faults: &mut Vec<Fault>) {
    for (key, value) in table.iter() {
        let (name, place) = (format!("{of}.{}", key.get_ref()), key.span().start);
        match keys.iter().find(|(known, ..)| known == key.get_ref()) {
            Some((_, _, fits)) => {
                if let Err(error) = fits(ValueDeserializer::from(value.clone())) {
                    faults.push((place, name, super::read::wanted(error.message())));
                }
            }
            None if more.contains(&key.get_ref().as_ref()) => {}
            None => {
                let known: Vec<String> =
                    keys.iter().map(|k| k.0).chain(more.iter().copied()).map(|k| format!("`{k}`")).collect();
                faults.push((place, name, format!("one of {}", known.join(", "))));
            }
        }
    }
    for (name, ..) in keys.iter().filter(|k| k.1 && !table.keys().any(|key| key.get_ref() == k.0)) {
        faults.push((at, format!("{of}.{name}"), format!("`{name}` in each [[{of}]]")));
    }
}

/// The files that districts name and that are not there. Paths are from the folder of the settings file, whose `file` name is
/// for problems and whose text tells the lines.
pub fn missing_files(config: &Config, (file, text): (&str, &str), base: &Path) -> Problems {
    let mut problems = Problems::default();
    let loads = config.districts.iter().flat_map(|district: &DistrictInputs| &district.load);
    let named = loads.flat_map(|load| {
        let addresses = load.addresses.as_ref().map(|path| ("district.load.addresses", path));
        [("district.load.file", &load.file)].into_iter().chain(addresses)
    });
    for (key, path) in named.filter(|(_, path)| !base.join(path).exists()) {
        let said = path.display().to_string();
        let holds = |line: &str| line.split_once('=').is_some_and(|(_, value)| value.contains(&said));
        let line = text.lines().position(holds).map_or(0, |at| at as u64 + 1);
        let wanted = format!("a file that is there; there is no {}", base.join(path).display());
        problems.push(file, line, key, &said, wanted);
    }
    problems
}
