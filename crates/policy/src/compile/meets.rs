//! When what is opened for a section holds.

use super::people::{Facts, meetings};
use crate::config::{Config, SchoolYear};
use crate::schedule::LESSON;

/// When an override in the periods of a section holds for the students of a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meets {
    /// In these periods of the school's calendar, as the roster says them: `3`, `3+A`.
    Periods(Vec<String>),
    /// In every lesson: the roster says no period.
    Lessons,
    /// All the time: the settings know no bells of the school.
    AllDay,
    /// Never: the school's bells have no such period.
    Never,
}

/// When an override in the periods of a section of this school holds, of which the roster says this period.
pub fn meets(config: &Config, district: &str, school: &str, period: Option<&str>) -> Meets {
    let facts = Facts { district: Some(district), school: Some(school), ..Facts::default() };
    let year = facts.calendar(config).map(|at| &config.calendars[at]);
    let Some(year) = year.filter(|year| !year.calendar.bells.is_empty()) else { return Meets::AllDay };
    let Some(periods) = period.and_then(meetings) else {
        let has = year.calendar.bells.iter().flat_map(|bell| &bell.periods).any(|period| period.lesson);
        return if has { Meets::Lessons } else { Meets::Never };
    };
    let known = |labels: &Vec<String>| labels.iter().all(|label| has_label(year, label));
    let periods: Vec<String> = periods.into_iter().filter(known).map(|labels| labels.join("+")).collect();
    if periods.is_empty() { Meets::Never } else { Meets::Periods(periods) }
}

/// Whether a calendar has a label of its own by this name, or of all calendars.
pub(crate) fn has_label(year: &SchoolYear, label: &str) -> bool {
    use crate::schedule::{AT_SCHOOL, NO_SCHOOL, SCHOOL_DAY};
    let c = &year.calendar;
    [AT_SCHOOL, LESSON, NO_SCHOOL, SCHOOL_DAY].contains(&label)
        || c.rotation.iter().any(|turn| turn == label)
        || c.windows.iter().any(|w| w.name == label)
        || c.bells.iter().flat_map(|b| &b.periods).any(|p| p.name == label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_meets_as_calendar_and_roster_say() {
        let text = r#"
[default]
[[district]]
id = "1"
[[calendar]]
name = "elm"
schools = ["elm"]
time_zone = "America/New_York"
first_day = 2026-08-24
last_day = 2027-06-11
rotation = ["A", "B"]
[[calendar.bell]]
name = "regular"
period = [{ name = "1", from = 08:00, to = 09:00 }, { name = "lunch", from = 12:00, to = 13:00, lesson = false }]
[[calendar]]
name = "oak"
schools = ["oak"]
time_zone = "America/New_York"
first_day = 2026-08-24
last_day = 2027-06-11
"#;
        let config = crate::config::read("policy.toml", text).expect("sound settings");
        let asked = |school: &str, period: Option<&str>| meets(&config, "1", school, period);
        let periods = |all: &[&str]| Meets::Periods(all.iter().map(|p| (*p).to_owned()).collect());
        assert_eq!(asked("elm", Some("1(A-B)")), periods(&["1+A", "1+B"]));
        // What the calendar does not know is left out.
        assert_eq!(asked("elm", Some("1 7(A) 1(C)")), periods(&["1"]));
        assert_eq!(asked("elm", None), Meets::Lessons);
        assert_eq!(asked("elm", Some("7")), Meets::Never);
        for (school, period) in [("oak", None), ("oak", Some("1")), ("ash", Some("1"))] {
            assert_eq!(asked(school, period), Meets::AllDay, "{school} {period:?}");
        }
    }
}
