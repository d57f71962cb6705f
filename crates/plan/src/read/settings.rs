//! `instance.toml`: budget or count, years, floors. Keys are strict.

use crate::{Fixed, Floor, Instance, Limit, NONE};
use evenfield_model::Problems;
use std::collections::{BTreeMap, BTreeSet};
use toml::de::{DeTable, DeValue};

/// Years of a plan at most.
pub(super) const MOST_YEARS: usize = 20;
/// Cents of a year at most: a trillion dollars.
const MOST_CENTS: u64 = 100_000_000_000_000;

pub(super) struct Settings {
    /// Nothing after a problem with it.
    pub limit: Option<Limit>,
    /// Vendors at most, or [`NONE`].
    pub vendors: u32,
    /// By the group's name: share in millionths and the line.
    floors: Vec<(String, u32, u64)>,
}

struct Source<'t> {
    file: &'t str,
    text: &'t str,
    problems: &'t mut Problems,
}

impl Source<'_> {
    fn line(&self, at: usize) -> u64 {
        self.text.bytes().take(at).filter(|b| *b == b'\n').count() as u64 + 1
    }

    fn complain(&mut self, at: usize, name: &str, wanted: impl Into<String>) {
        let start = self.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let said = self.text.get(start..).and_then(|t| t.lines().next()).unwrap_or_default().trim();
        self.problems.push(self.file, self.line(at), name, said, wanted);
    }
}

/// Reads the settings and notes what is wrong; `None` where they are no TOML.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Option<Settings> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source { file, text, problems };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            source.complain(at, "", format!("TOML: {}", error.message()));
            return None;
        }
    };
    let table: BTreeMap<String, (usize, &DeValue<'_>)> = table
        .get_ref()
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), (key.span().start, value.get_ref())))
        .collect();
    for (key, (at, _)) in &table {
        if !["budget", "count", "years", "floors", "vendors"].contains(&key.as_str()) {
            source.complain(*at, key, "one of: budget, count, years, floors, vendors");
        }
    }
    let years = table.get("years").and_then(|(at, value)| {
        let years = whole(value).filter(|y| (1..=MOST_YEARS as u64).contains(y));
        if years.is_none() {
            source.complain(*at, "years", format!("a whole number from 1 to {MOST_YEARS}"));
        }
        years.map(|y| y as usize)
    });
    let limit = match (table.get("budget"), table.get("count")) {
        (Some((at, value)), None) => {
            amounts(&mut source, *at, "budget", value, years, cents).map(Limit::Budget)
        }
        (None, Some((at, value))) => {
            amounts(&mut source, *at, "count", value, years, whole).map(Limit::Count)
        }
        (Some(_), Some((at, _))) => {
            source.complain(*at, "count", "either `budget` or `count`, not both");
            None
        }
        (None, None) => {
            source.problems.push(file, 0, "budget", "", "`budget`, in dollars, or `count`, of options");
            None
        }
    };
    let floors = table.get("floors").map_or_else(Vec::new, |(at, value)| shares(&mut source, *at, value));
    let vendors = table.get("vendors").map_or(NONE, |(at, value)| {
        let most = whole(value).and_then(|most| u32::try_from(most).ok()).filter(|most| *most > 0);
        most.unwrap_or_else(|| {
            source.complain(*at, "vendors", "a whole number, 1 or more: from so many vendors a plan may buy");
            NONE
        })
    });
    Some(Settings { limit, vendors, floors })
}

/// One amount for each year, or a list with one a year.
fn amounts(
    source: &mut Source<'_>,
    at: usize,
    name: &str,
    value: &DeValue<'_>,
    years: Option<usize>,
    read: fn(&DeValue<'_>) -> Option<u64>,
) -> Option<Vec<u64>> {
    let wanted = "a number over 0, or a list with one for each year";
    let one = |value: &DeValue<'_>| read(value).filter(|n| *n <= MOST_CENTS);
    let DeValue::Array(items) = value else {
        let Some(amount) = one(value).filter(|n| *n > 0) else {
            source.complain(at, name, wanted);
            return None;
        };
        return Some(vec![amount; years.unwrap_or(1)]);
    };
    let list: Option<Vec<u64>> = items.iter().map(|item| one(item.get_ref())).collect();
    let Some(list) = list.filter(|list| list.iter().any(|n| *n > 0) && list.len() <= MOST_YEARS) else {
        source.complain(at, name, "numbers, 0 or more, and over 0 in at least one year");
        return None;
    };
    if years.is_some_and(|years| years != list.len()) {
        source.complain(at, name, format!("one number for each of the {} years", years.unwrap_or(1)));
        return None;
    }
    Some(list)
}

fn shares(source: &mut Source<'_>, at: usize, value: &DeValue<'_>) -> Vec<(String, u32, u64)> {
    let DeValue::Table(table) = value else {
        source.complain(at, "floors", "a table of shares by group: [floors]");
        return Vec::new();
    };
    let mut floors = Vec::new();
    for (group, share) in table.iter() {
        let (at, name) = (group.span().start, group.get_ref().to_string());
        match decimal(share.get_ref(), 6).filter(|s| *s <= crate::MILLION) {
            Some(share) => floors.push((name, share as u32, source.line(at))),
            None => source.complain(at, &format!("floors.{name}"), "a share from 0 to 1"),
        }
    }
    floors
}

impl Settings {
    /// Puts them into an instance, where they and the instance agree.
    pub fn put(self, file: &str, instance: &mut Instance, problems: &mut Problems) {
        instance.floors = self.floors(file, &instance.group_names, problems);
        instance.most_vendors = self.vendors;
        let Some(limit) = self.limit else { return };
        instance.limit = limit;
        check_years(file, instance, problems);
        check_bought(file, instance, problems);
    }

    /// The floors by the groups' numbers; one of a group that no demand has is a problem.
    fn floors(&self, file: &str, groups: &[String], problems: &mut Problems) -> Vec<Floor> {
        let mut floors = Vec::new();
        for (name, share, line) in &self.floors {
            match groups.iter().position(|g| g == name) {
                Some(group) if *share > 0 => floors.push(Floor { group: group as u32, share: *share }),
                Some(_) => {}
                None => problems.push(file, *line, "floors", name, "a group of demand.csv"),
            }
        }
        floors.sort_unstable_by_key(|floor| floor.group);
        floors
    }
}

/// No option has a price of a year that is not planned.
fn check_years(file: &str, instance: &Instance, problems: &mut Problems) {
    let (years, priced) = (instance.years(), instance.later.len() + 1);
    if priced > years {
        let wanted = format!("at least {priced}: options have prices of that year");
        problems.push(file, 0, "years", &years.to_string(), wanted);
    }
}

/// What is bought already must be within the limit of each year, and of no more vendors than may be.
fn check_bought(file: &str, instance: &Instance, problems: &mut Problems) {
    let bought = || (0..instance.option_count()).filter(|o| instance.fixed(*o) == Fixed::In);
    let vendors: BTreeSet<u32> = bought().map(|o| instance.vendor(o)).filter(|v| *v != NONE).collect();
    if vendors.len() > instance.most_vendors as usize {
        let wanted = format!("at least {}: the options fixed `in` are of so many vendors", vendors.len());
        problems.push(file, 0, "vendors", &instance.most_vendors.to_string(), wanted);
    }
    let counts = matches!(instance.limit, Limit::Count(_));
    let said = |n: u64| if counts { n.to_string() } else { format!("{}.{:02}", n / 100, n % 100) };
    for (year, amount) in instance.limit.amounts().iter().enumerate() {
        let taken: u64 = bought().map(|o| instance.charge(o, year, year == 0)).sum();
        if taken > *amount {
            let name = if counts { "count" } else { "budget" };
            let wanted =
                format!("at least {} in year {}: the options fixed `in` take so much", said(taken), year + 1);
            problems.push(file, 0, name, &said(*amount), wanted);
        }
    }
}

fn decimal(value: &DeValue<'_>, places: i32) -> Option<u64> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    super::decimal::scaled(text.trim_start_matches('+'), places).ok().map(|(value, _)| value)
}

fn cents(value: &DeValue<'_>) -> Option<u64> {
    decimal(value, 2)
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    matches!(value, DeValue::Integer(_)).then(|| decimal(value, 0)).flatten()
}
