//! When: local days, the settings of a day, and the fixed periods that reports are about.
//!
//! Every period is made of whole weeks, Monday to Sunday: a week belongs to the month and the term that its Thursday is in (ISO
//! 8601 counts weeks so). So a month, a term and the year are sums of weeks, there are no other periods, and no two of them differ
//! by less than a week.

use crate::fact::Place;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use std::collections::BTreeSet;

/// Where and when something was used: the question of the homework gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Setting {
    /// On a school day between the bells: at school, or nobody knows where.
    AtSchool = 0,
    /// After the last bell until the hour that the district says: at school still, or nobody knows where.
    AfterSchool = 1,
    /// At home: a line that the district pays for, or at any other time nobody knows where.
    AtHome = 2,
    /// On a bus.
    OnBus = 3,
    /// By a hotspot that the district lends.
    ByHotspot = 4,
    /// At a library or another partner's.
    AtPartner = 5,
}

impl Setting {
    /// All, by number.
    pub const ALL: [Self; 6] =
        [Self::AtSchool, Self::AfterSchool, Self::AtHome, Self::OnBus, Self::ByHotspot, Self::AtPartner];

    /// The word in files.
    pub fn word(self) -> &'static str {
        ["at_school", "after_school", "at_home", "on_bus", "by_hotspot", "at_partner"][self as usize]
    }
}

/// A term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As `2026-fall`.
    pub name: String,
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// A district's school year.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    terms: Vec<Term>,
    holidays: BTreeSet<Date>,
    bells: (Time, Time),
    after_school_until: Time,
}

/// Why there is no such calendar.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No term, or one that ends before it begins, or two that overlap.
    #[error("terms must each end after they begin, one after the other: {0}")]
    Terms(String),
    /// The bells are not in order.
    #[error("the first bell must be before the last, and that not after the end of the afternoon")]
    Bells,
    /// Not a zone.
    #[error("`{0}` is no time zone, as `America/New_York` is")]
    Zone(String),
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// A week, by its Monday.
    Week(Date),
    /// The weeks of a month, by year and month.
    Month(i16, i8),
    /// A term, by its name.
    Term(String),
    /// The school year, by the name of its first term.
    Year(String),
}

impl Period {
    /// Reads what [`Period`] is written as.
    pub fn from_text(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('-')?;
        match kind {
            "week" => name.parse().ok().map(Self::Week),
            "month" => {
                let (year, month) = name.split_once('-')?;
                let month = month.parse().ok().filter(|m| (1..=12).contains(m))?;
                Some(Self::Month(year.parse().ok()?, month))
            }
            "term" if !name.is_empty() => Some(Self::Term(name.to_owned())),
            "year" if !name.is_empty() => Some(Self::Year(name.to_owned())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Week(monday) => write!(f, "week-{monday}"),
            Self::Month(year, month) => write!(f, "month-{year}-{month:02}"),
            Self::Term(name) => write!(f, "term-{name}"),
            Self::Year(name) => write!(f, "year-{name}"),
        }
    }
}

/// A local day, in minutes since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Its minutes: 1,380, 1,440 or 1,500 of them in most zones.
    pub minutes: std::ops::Range<u32>,
    /// The minutes between the bells; empty when there is no school.
    pub school: std::ops::Range<u32>,
    /// The minutes from the last bell on; empty when there is no school.
    pub after_school: std::ops::Range<u32>,
    /// The periods that the day is in: week, month, term, year.
    pub periods: [Period; 4],
}

impl Day {
    /// The setting of a fact of this day.
    #[inline]
    pub fn setting(&self, place: Place, minute: u32) -> Setting {
        match place {
            Place::Bus => Setting::OnBus,
            Place::Hotspot => Setting::ByHotspot,
            Place::Home => Setting::AtHome,
            Place::Partner => Setting::AtPartner,
            Place::School if self.school.contains(&minute) => Setting::AtSchool,
            Place::School => Setting::AfterSchool,
            Place::Unknown if self.school.contains(&minute) => Setting::AtSchool,
            Place::Unknown if self.after_school.contains(&minute) => Setting::AfterSchool,
            Place::Unknown => Setting::AtHome,
        }
    }
}

impl Calendar {
    /// A calendar.
    ///
    /// # Errors
    /// [`CalendarError`]
    pub fn new(
        zone: &str,
        terms: Vec<Term>,
        holidays: BTreeSet<Date>,
        bells: (Time, Time),
        after_school_until: Time,
    ) -> Result<Self, CalendarError> {
        let zone = TimeZone::get(zone).map_err(|_| CalendarError::Zone(zone.to_owned()))?;
        if bells.0 >= bells.1 || bells.1 > after_school_until {
            return Err(CalendarError::Bells);
        }
        let bad = terms.iter().find(|t| t.first > t.last || t.name.is_empty());
        let bad =
            bad.or_else(|| terms.windows(2).find(|pair| pair[0].last >= pair[1].first).map(|pair| &pair[1]));
        if let Some(bad) = bad {
            return Err(CalendarError::Terms(bad.name.clone()));
        }
        if terms.is_empty() {
            return Err(CalendarError::Terms("there is none".to_owned()));
        }
        Ok(Self { zone, terms, holidays, bells, after_school_until })
    }

    /// The minute since 1970 at which a local time is, or the first one after it.
    fn minute(&self, date: Date, time: Time) -> u32 {
        let second = self.zone.to_timestamp(date.to_datetime(time)).map_or(0, |t| t.as_second());
        u32::try_from(second.div_euclid(60)).unwrap_or(0)
    }

    /// The day of a date; `None` when its week is in no term.
    pub fn day(&self, date: Date) -> Option<Day> {
        let days_from_monday = i64::from(date.weekday().to_monday_zero_offset());
        let monday = date.checked_sub(Span::new().days(days_from_monday)).ok()?;
        let thursday = monday.checked_add(3.days()).ok()?;
        let term = self.terms.iter().find(|t| (t.first..=t.last).contains(&thursday))?;
        let taught = self.terms.iter().any(|t| (t.first..=t.last).contains(&date))
            && !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !self.holidays.contains(&date);
        let minute = |time| self.minute(date, time);
        let span = |first: Time, last: Time| if taught { minute(first)..minute(last) } else { 0..0 };
        Some(Day {
            date,
            minutes: minute(Time::midnight())..self.minute(date.tomorrow().ok()?, Time::midnight()),
            school: span(self.bells.0, self.bells.1),
            after_school: span(self.bells.1, self.after_school_until),
            periods: [
                Period::Week(monday),
                Period::Month(thursday.year(), thursday.month()),
                Period::Term(term.name.clone()),
                Period::Year(self.terms[0].name.clone()),
            ],
        })
    }

    /// All days of all weeks of the year, in order.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        let week = 7.days();
        let first = self.terms.first().and_then(|t| t.first.checked_sub(week).ok());
        let last = self.terms.last().and_then(|t| t.last.checked_add(week).ok());
        let dates = std::iter::successors(first, |date| date.tomorrow().ok());
        dates.take_while(move |date| Some(*date) <= last).filter_map(|date| self.day(date))
    }

    /// How many weeks of the year are in a period: what a goal by the week is multiplied with.
    pub fn weeks(&self, period: &Period) -> u32 {
        let days =
            self.days().filter(|day| day.periods.contains(period) && day.date.weekday() == Weekday::Monday);
        days.count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn calendar() -> Calendar {
        let term = |name: &str, first, last| Term { name: name.to_owned(), first, last };
        Calendar::new(
            "America/New_York",
            vec![
                term("2026-fall", date(2026, 8, 12), date(2026, 12, 18)),
                term("2027-spring", date(2027, 1, 4), date(2027, 5, 28)),
            ],
            BTreeSet::from([date(2026, 11, 26)]),
            (time(8, 0, 0, 0), time(15, 0, 0, 0)),
            time(17, 0, 0, 0),
        )
        .expect("a calendar")
    }

    #[test]
    fn weeks_make_up_months_terms_and_the_year() {
        let calendar = calendar();
        let days: Vec<_> = calendar.days().collect();
        assert_eq!(days.len() % 7, 0);
        assert_eq!(days[0].date, date(2026, 8, 10), "the week of the first Thursday, whole");
        for pair in days.windows(2) {
            assert!(pair[0].minutes.end <= pair[1].minutes.start);
        }
        for level in 1..4 {
            let sum: u32 = {
                let mut periods: Vec<_> = days.iter().map(|d| d.periods[level].clone()).collect();
                periods.dedup();
                periods.iter().map(|p| calendar.weeks(p)).sum()
            };
            assert_eq!(sum as usize, days.len() / 7);
        }
        // 1 October 2026 is a Thursday: the week of 28 September is October's.
        let day = calendar.day(date(2026, 9, 28)).expect("a day");
        assert_eq!(day.periods[1], Period::Month(2026, 10));
        assert_eq!(calendar.weeks(&Period::Month(2026, 10)), 5);
        assert_eq!(calendar.day(date(2026, 12, 24)), None, "between terms");
        for period in days.iter().flat_map(|d| &d.periods) {
            assert_eq!(Period::from_text(&period.to_string()).as_ref(), Some(period));
        }
        for other in ["", "week", "week-1", "month-2026-13", "term-", "day-2026-09-01"] {
            assert_eq!(Period::from_text(other), None, "{other}");
        }
    }

    #[test]
    fn settings_follow_place_bells_and_clocks_that_are_put_back() {
        let calendar = calendar();
        let day = calendar.day(date(2026, 11, 2)).expect("a day");
        // 08:00 in New York in November is 13:00 UTC: minute 780 of the UTC day.
        let utc = |hour: u32, minute: u32| 29_892_960 + hour * 60 + minute;
        assert_eq!(day.school, utc(13, 0)..utc(20, 0));
        assert_eq!(day.setting(Place::Unknown, utc(13, 0)), Setting::AtSchool);
        assert_eq!(day.setting(Place::Unknown, utc(12, 59)), Setting::AtHome);
        assert_eq!(day.setting(Place::Unknown, utc(21, 59)), Setting::AfterSchool);
        assert_eq!(day.setting(Place::School, utc(12, 59)), Setting::AfterSchool);
        assert_eq!(day.setting(Place::Bus, utc(14, 0)), Setting::OnBus);
        let longest = calendar.day(date(2026, 11, 1)).expect("a day");
        assert_eq!(longest.minutes.len(), 1_500);
        assert_eq!(calendar.day(date(2027, 3, 14)).expect("a day").minutes.len(), 1_380);
        let holiday = calendar.day(date(2026, 11, 26)).expect("a day");
        assert!(holiday.school.is_empty());
        assert_eq!(holiday.setting(Place::Unknown, holiday.minutes.start + 600), Setting::AtHome);
    }

    #[test]
    fn a_calendar_that_cannot_be_is_refused() {
        let make = |terms: &[(Date, Date)], bells: (i8, i8), until: i8, zone: &str| {
            let terms =
                terms.iter().map(|(first, last)| Term { name: "t".into(), first: *first, last: *last });
            let at = |hour| time(hour, 0, 0, 0);
            Calendar::new(zone, terms.collect(), BTreeSet::new(), (at(bells.0), at(bells.1)), at(until)).err()
        };
        let (a, b) = (date(2026, 8, 1), date(2026, 12, 1));
        assert_eq!(make(&[(a, b)], (8, 15), 17, "UTC"), None);
        assert!(matches!(make(&[], (8, 15), 17, "UTC"), Some(CalendarError::Terms(_))));
        assert!(matches!(make(&[(b, a)], (8, 15), 17, "UTC"), Some(CalendarError::Terms(_))));
        assert!(matches!(make(&[(a, b), (b, b)], (8, 15), 17, "UTC"), Some(CalendarError::Terms(_))));
        assert_eq!(make(&[(a, b)], (15, 8), 17, "UTC"), Some(CalendarError::Bells));
        assert!(matches!(make(&[(a, b)], (8, 15), 17, "Mars/Olympus"), Some(CalendarError::Zone(_))));
    }
}
