//! `[[calendar]]`.

use super::SchoolYear;
use super::fields::Fields;
use crate::schedule::{
    AT_SCHOOL, Bell, BellDay, Calendar, Change, LESSON, NO_SCHOOL, Period, SCHOOL_DAY, Window,
};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const DATE: &str = "a day: 2026-11-26";
const TIME: &str = "a time: 08:30";
const A_WEEKDAY: &str = "a weekday: monday";

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|w| w.1)
}

fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// A time of the day; 24:00 is the midnight at its end.
fn time(text: &str) -> Option<Time> {
    if text == "24:00" {
        return Some(Time::midnight());
    }
    let at: Time = text.parse().ok()?;
    (at.second() == 0 && at.subsec_nanosecond() == 0).then_some(at)
}

/// One day, or `2026-12-21..2027-01-01` with both ends.
fn days(text: &str) -> Option<(Date, Date)> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let (from, to) = (date(from.trim())?, date(to.trim())?);
    (from <= to).then_some((from, to))
}

pub(super) fn calendar(fields: &mut Fields<'_, '_>) -> Option<SchoolYear> {
    let name = fields.need("name");
    let zones = TimeZoneDatabase::bundled();
    let zone = fields.need("time_zone").map(|zone| (zones.get(&zone).ok(), zone));
    if let Some((None, zone)) = &zone {
        fields.complain(format!("a time zone such as America/New_York, which {zone} is not"));
    }
    let (district, schools) = (fields.text("district"), fields.texts("schools"));
    let ends = ["first_day", "last_day"].map(|key| fields.parsed(key, DATE, date));
    let weekdays = fields.each("weekdays", A_WEEKDAY, weekday);
    let usual = WEEKDAYS[..5].iter().map(|w| w.1).collect();
    let mut calendar = Calendar {
        name: name?,
        zone: zone.and_then(|z| z.0).unwrap_or(TimeZone::UTC),
        first_day: ends[0].unwrap_or_default(),
        last_day: ends[1].unwrap_or_default(),
        weekdays: if weekdays.is_empty() { usual } else { weekdays },
        holidays: fields.each("holidays", "a day, or days as 2026-12-21..2027-01-01", days),
        rotation: fields.texts("rotation"),
        bells: Vec::new(),
        changes: Vec::new(),
        windows: Vec::new(),
    };
    let long = |c: &Calendar| c.first_day.until(c.last_day).map_or(i32::MAX, |span| span.get_days());
    if ends.contains(&None) || !(0..=800).contains(&long(&calendar)) {
        fields.complain("first_day and last_day, in this order and at most 800 days apart");
        calendar.last_day = calendar.first_day;
    }
    let turns = calendar.rotation.clone();
    fields.tables("bell", |fields| calendar.bells.extend(bell(fields, &turns)));
    fields.tables("day", |fields| calendar.changes.extend(change(fields, &turns, &calendar.bells)));
    fields.tables("window", |fields| calendar.windows.extend(window(fields)));
    Some(SchoolYear { calendar, district, schools })
}

fn bell(fields: &mut Fields<'_, '_>, turns: &[String]) -> Option<Bell> {
    let name = fields.need("name");
    let turn = |text: &str| turns.iter().find(|t| *t == text).map(|t| BellDay::Turn(t.clone()));
    let days = fields.each("days", "a weekday, or a day of the rotation", |text| {
        turn(text).or_else(|| weekday(text).map(BellDay::On))
    });
    let mut periods = Vec::new();
    fields.tables("period", |fields| periods.extend(period(fields)));
    Some(Bell { name: name?, days, periods })
}

fn period(fields: &mut Fields<'_, '_>) -> Option<Period> {
    let name = label(fields);
    let (from, to) = (fields.parsed("from", TIME, time), fields.parsed("to", TIME, time));
    let lesson = fields.flag("lesson").unwrap_or(true);
    let (Some(from), Some(to)) = (from, to) else {
        fields.complain("`from` and `to`");
        return None;
    };
    if to <= from {
        fields.complain("a period that ends later than it begins, on the same day");
        return None;
    }
    Some(Period { name: name?, from, to, lesson })
}

/// A name that is none of those which every calendar has, and no condition.
fn label(fields: &mut Fields<'_, '_>) -> Option<String> {
    let name = fields.need("name")?;
    if [SCHOOL_DAY, NO_SCHOOL, AT_SCHOOL, LESSON].contains(&name.as_str()) || name.contains('+') {
        fields.complain(format!("another name: `{name}` has a meaning of its own, and `+` joins names"));
        return None;
    }
    Some(name)
}

fn change(fields: &mut Fields<'_, '_>, turns: &[String], bells: &[Bell]) -> Option<Change> {
    let date = fields.parsed("date", DATE, date);
    let change = Change {
        date: date.unwrap_or_default(),
        school: fields.flag("school"),
        bell: fields.parsed("bell", "the name of a bell of this calendar", |text| {
            bells.iter().any(|b| b.name == text).then(|| text.to_owned())
        }),
        turn: fields.parsed("turn", "a day of the rotation", |text| {
            turns.iter().any(|t| t == text).then(|| text.to_owned())
        }),
    };
    if date.is_none() {
        fields.complain("`date`");
    }
    date.map(|_| change)
}

fn window(fields: &mut Fields<'_, '_>) -> Option<Window> {
    let name = label(fields);
    let (from, to) = (fields.parsed("from", TIME, time), fields.parsed("to", TIME, time));
    let weekdays = fields.each("weekdays", A_WEEKDAY, weekday);
    let school = fields.flag("school");
    let (Some(from), Some(to)) = (from, to) else {
        fields.complain("`from` and `to`");
        return None;
    };
    Some(Window { name: name?, from, to, weekdays, school })
}
