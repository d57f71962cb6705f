//! `district.toml`.

use crate::calendar::{Calendar, Term};
use crate::minutes::Method;
use crate::report::Rule;
use evenfield_model::Problems;
use jiff::civil::{Date, Time};
use serde::Deserialize;

/// Calendar, method and rule of a district.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Terms, bells, holidays.
    pub calendar: Calendar,
    /// How minutes are made.
    pub method: Method,
    /// When a number may be shown.
    pub rule: Rule,
    /// How many days a period waits for late facts before it is released.
    pub wait_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    time_zone: String,
    first_bell: String,
    last_bell: String,
    after_school_until: String,
    #[serde(default)]
    holidays: Vec<String>,
    term: Vec<RawTerm>,
    gap_minutes: Option<u16>,
    least_students: Option<u32>,
    protect_others: Option<bool>,
    wait_days: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    name: String,
    first: String,
    last: String,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// All problems of the file; of a file that is no TOML, the first.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let raw: Raw = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or(""));
                let line = before.bytes().filter(|b| *b == b'\n').count() as u64 + 1;
                problems.push(file, line, "", "", error.message());
                return Err(problems);
            }
        };
        let mut date = |column: &str, said: &str| {
            let date = said.parse::<Date>();
            if date.is_err() {
                problems.push(file, 0, column, said, "a date, as `2026-08-12`");
            }
            date.unwrap_or(Date::constant(1970, 1, 1))
        };
        let terms: Vec<_> = (raw.term.iter())
            .map(|t| Term {
                name: t.name.clone(),
                first: date("term.first", &t.first),
                last: date("term.last", &t.last),
            })
            .collect();
        let holidays = raw.holidays.iter().map(|h| date("holidays", h)).collect();
        let mut time = |column: &str, said: &str| {
            let time = said.parse::<Time>();
            if time.is_err() {
                problems.push(file, 0, column, said, "a time, as `08:15`");
            }
            time.unwrap_or(Time::midnight())
        };
        let bells = (time("first_bell", &raw.first_bell), time("last_bell", &raw.last_bell));
        let until = time("after_school_until", &raw.after_school_until);
        let gap = raw.gap_minutes.unwrap_or(Method::default().gap);
        if !(1..=60).contains(&gap) {
            problems.push(file, 0, "gap_minutes", &gap.to_string(), "1 to 60");
        }
        let rule = Rule {
            least: raw.least_students.unwrap_or(Rule::default().least),
            complement: raw.protect_others.unwrap_or(true),
            ..Rule::default()
        };
        if let Err(error) = rule.check() {
            problems.push(file, 0, "least_students", &rule.least.to_string(), error.to_string());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        match Calendar::new(&raw.time_zone, terms, holidays, bells, until) {
            Ok(calendar) => {
                let wait_days = raw.wait_days.unwrap_or(7);
                Ok(Self { calendar, method: Method { gap }, rule, wait_days })
            }
            Err(error) => {
                problems.push(file, 0, "", "", error.to_string());
                Err(problems)
            }
        }
    }
}
