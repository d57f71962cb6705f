//! What is said twice, of which one would hold in silence, and what can mean nothing.

use super::{Config, SchoolYear};
use crate::Ruling;
use std::collections::BTreeSet;
use std::hash::Hash;

/// What is wrong: line (0 where it is not known), setting, what was said, what was wanted.
pub(super) type Fault = (u64, &'static str, String, &'static str);

/// The second of each pair of equal ones.
fn seconds<T: Hash + Ord + Clone>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut known = BTreeSet::new();
    all.into_iter().filter(|one| !known.insert(one.clone())).collect()
}

/// All that is said twice.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for name in seconds(config.sites.iter().map(|site| &site.name)) {
        faults.push((0, "site.name", name.clone(), "a name that no other site has"));
    }
    for (address, bits) in seconds(config.sites.iter().flat_map(|site| site.prefixes.iter().copied())) {
        faults.push((0, "site.prefixes", format!("{address}/{bits}"), "addresses of one site, once"));
    }
    for district in seconds(config.districts.iter().map(|district| &district.id)) {
        faults.push((0, "district.id", district.clone(), "a [[district]] once"));
    }
    for name in seconds(config.calendars.iter().map(|year| &year.calendar.name)) {
        faults.push((0, "calendar.name", name.clone(), "a name that no other calendar has"));
    }
    let general = config.calendars.iter().filter(|year| year.schools.is_empty());
    for district in seconds(general.map(|year| year.district.clone().unwrap_or_default())) {
        let wanted = "one calendar for all schools of a district: others name their schools";
        faults.push((0, "calendar.schools", district, wanted));
    }
    let schools = config.calendars.iter().flat_map(|year| {
        year.schools.iter().map(|school| (year.district.clone().unwrap_or_default(), school.clone()))
    });
    for (_, school) in seconds(schools) {
        faults.push((0, "calendar.schools", school, "a school in one calendar"));
    }
    config.calendars.iter().for_each(|year| of_year(year, &mut faults));
    // What else is a public suffix is told when all is compiled, with how many listed names it opens.
    for block in config.blocks.iter().filter(|block| !block.measures.whole_suffixes) {
        let opened = block.measures.rules.iter().filter(|rule| rule.1 == Ruling::Allow);
        for (pattern, _) in opened.filter(|(pattern, _)| pattern.name.as_name().labels() < 2) {
            let wanted = "a name below a top-level domain: this one would open all of it";
            faults.push((block.line, "allow", pattern.name.to_string(), wanted));
        }
    }
    faults
}

fn of_year(year: &SchoolYear, faults: &mut Vec<Fault>) {
    let calendar = &year.calendar;
    let of = |said: &str| format!("{said}, of {}", calendar.name);
    for turn in seconds(calendar.rotation.iter()) {
        faults.push((0, "calendar.rotation", of(turn), "each day of the rotation once"));
    }
    for name in seconds(calendar.bells.iter().map(|bell| &bell.name)) {
        faults.push((0, "calendar.bell.name", of(name), "a name that no other bell of the calendar has"));
    }
    let dates = || calendar.changes.iter().map(|change| change.date);
    for date in seconds(dates()) {
        faults.push((0, "calendar.day.date", of(&date.to_string()), "a day once"));
    }
    for change in calendar.changes.iter().filter(|change| change.bell.is_some() || change.turn.is_some()) {
        let holiday = calendar.holidays.iter().any(|(from, to)| (*from..=*to).contains(&change.date));
        let usual = !holiday && calendar.weekdays.contains(&change.date.weekday());
        if !change.school.unwrap_or(usual) {
            let wanted = "`school = true` beside its bell or turn: otherwise there is no school on this day";
            faults.push((0, "calendar.day", of(&change.date.to_string()), wanted));
        }
    }
    for date in dates().filter(|date| !(calendar.first_day..=calendar.last_day).contains(date)) {
        faults.push((0, "calendar.day.date", of(&date.to_string()), "a day of this school year"));
    }
}
