//! `[[district]]` and its `[[district.load]]`: each key is checked by itself, so that all that is wrong is said at once.

use super::Config;
use crate::inputs::{DistrictInputs, FileKind, date};
use evenfield_model::{GeographyKind, Leaid, Problems};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// A key of a table: its name, whether it must be there, and whether a value fits.
type Key = (&'static str, bool, fn(ValueDeserializer<'_>) -> Result<(), toml::de::Error>);

const DISTRICT: [Key; 5] = [
    ("leaid", true, is::<Leaid>),
    ("name", true, |value| checked(value, "the district's name", |name: &String| !name.trim().is_empty())),
    ("fictional", false, is::<bool>),
    ("term", false, |value| {
        checked(value, "a term like 2026-fall", |term: &String| evenfield_gap::survey::is_term(term))
    }),
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
    ("year", false, |value| {
        checked(value, &format!("a year from {} to {}", YEARS.start(), YEARS.end()), |year: &i32| {
            YEARS.contains(year)
        })
    }),
    ("columns", false, is::<BTreeMap<String, String>>),
];

/// Years that tables of areas are of: from the first census with tracts everywhere on, with room for projections.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// Whether a value is of its type and fits; `wanted` says what does.
fn checked<T: DeserializeOwned>(
    value: ValueDeserializer<'_>,
    wanted: &str,
    fits: impl FnOnce(&T) -> bool,
) -> Result<(), toml::de::Error> {
    match fits(&T::deserialize(value)?) {
        true => Ok(()),
        false => Err(serde::de::Error::custom(wanted)),
    }
}

fn is<T: DeserializeOwned>(value: ValueDeserializer<'_>) -> Result<(), toml::de::Error> {
    T::deserialize(value).map(drop)
}

/// Where something is wrong, with which key, and what was wanted.
pub(super) type Fault = (usize, String, String);

/// All that is wrong with the districts; nothing when they can be read.
pub(super) fn faults(value: &Spanned<DeValue<'_>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut leaids = HashSet::new();
    for (table, at) in tables(value, "district", &mut faults) {
        check(table, at, "district", &DISTRICT, &["load"], &mut faults);
        if let Some((key, leaid)) = table.get_key_value("leaid")
            && let Some(leaid) = leaid.get_ref().as_str()
            && !leaids.insert(leaid)
        {
            let wanted = "a LEAID that no [[district]] before has; put all its files under one";
            faults.push((key.span().start, "district.leaid".to_owned(), wanted.to_owned()));
        }
        let Some(load) = table.get("load") else { continue };
        for (file, at) in tables(load, "district.load", &mut faults) {
            check(file, at, "district.load", &LOAD, &[], &mut faults);
            let kind = file.get("kind").and_then(|kind| kind.get_ref().as_str()).unwrap_or_default();
            if matches!(kind, "boundaries" | "wide_table") && file.get("geography").is_none() {
                let wanted = format!("`geography` with kind `{kind}`: what its rows are of, as block_group");
                faults.push((at, "district.load.geography".to_owned(), wanted));
            }
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
