//! On which day a loan ends, by the school's calendar.

use super::settings::Rules;
use evenfield_policy::schedule::Calendar;
use jiff::ToSpan;
use jiff::civil::Date;

/// Whether there is school on a day.
fn is_school_day(calendar: &Calendar, day: Date) -> bool {
    let is_within = (calendar.first_day..=calendar.last_day).contains(&day);
    let is_holiday = calendar.holidays.iter().any(|(from, to)| (*from..=*to).contains(&day));
    let usual = is_within && !is_holiday && calendar.weekdays.contains(&day.weekday());
    let change = calendar.changes.iter().find(|change| change.date == day);
    change.and_then(|change| change.school).unwrap_or(usual)
}

/// The last day of a loan that begins or is renewed today. By the rule `due_rule`: 0, so many days; 1, so many days, and then the next
/// day with school, so that somebody is there; 2, the last day of school, however many days these are. No loan goes beyond the last day
/// of school by 1. Where there is no calendar, or its last day has come, so many days count alone.
pub fn due_on(today: Date, rules: &Rules, calendar: Option<&Calendar>) -> Date {
    let by_days = today.checked_add(rules.loan_days.days()).unwrap_or(today);
    let Some(calendar) = calendar.filter(|calendar| calendar.last_day > today && rules.due_rule > 0) else {
        return by_days;
    };
    if rules.due_rule == 2 || by_days >= calendar.last_day {
        return calendar.last_day;
    }
    let mut day = by_days;
    while day < calendar.last_day && !is_school_day(calendar, day) {
        day = day.tomorrow().unwrap_or(calendar.last_day);
    }
    day
}

/// Of the calendars of a district the one of now: that which ends first of those that have not ended.
pub fn calendar_of_now(calendars: Vec<Calendar>, today: Date) -> Option<Calendar> {
    calendars
        .into_iter()
        .filter(|calendar| calendar.last_day > today)
        .min_by_key(|calendar| calendar.last_day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_policy::schedule::Change;
    use jiff::civil::{Weekday, date};
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn calendar() -> Calendar {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        Calendar {
            name: "school".to_owned(),
            zone: TimeZone::UTC,
            first_day: date(2026, 8, 17),
            last_day: date(2027, 6, 4),
            weekdays: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
            holidays: vec![(date(2026, 12, 21), date(2027, 1, 1))],
            rotation: Vec::new(),
            bells: Vec::new(),
            changes: vec![Change { date: date(2027, 1, 4), school: Some(false), bell: None, turn: None }],
            windows: Vec::new(),
        }
    }

    #[test]
    fn a_loan_ends_on_a_day_with_school() {
        let of = |due_rule, loan_days, today| {
            due_on(today, &Rules { due_rule, loan_days, ..Rules::default() }, Some(&calendar()))
        };
        let day = date(2026, 12, 1);
        assert_eq!(of(0, 20, day), date(2026, 12, 21), "by days alone");
        // The winter break ends on a Friday, and the Monday after it is no school day this once.
        assert_eq!(of(1, 20, day), date(2027, 1, 5));
        assert_eq!(of(1, 10, day), date(2026, 12, 11));
        assert_eq!(of(1, 300, day), date(2027, 6, 4), "not beyond the last day");
        assert_eq!(of(2, 20, day), date(2027, 6, 4));
        assert_eq!(of(2, 20, date(2027, 6, 4)), date(2027, 6, 24), "school is over");
        let rules = Rules { due_rule: 2, loan_days: 20, ..Rules::default() };
        assert_eq!(due_on(day, &rules, None), date(2026, 12, 21), "no calendar");
    }

    #[test]
    fn the_calendar_of_now_ends_first_of_those_that_have_not_ended() {
        let next = Calendar { last_day: date(2028, 6, 2), ..calendar() };
        let of =
            |today| calendar_of_now(vec![next.clone(), calendar()], today).map(|calendar| calendar.last_day);
        assert_eq!(of(date(2026, 12, 1)), Some(date(2027, 6, 4)));
        assert_eq!(of(date(2027, 6, 4)), Some(date(2028, 6, 2)));
        assert_eq!(of(date(2028, 6, 2)), None);
    }

    proptest! {
        /// Whatever the rule, a loan ends later than it begins.
        #[test]
        fn a_loan_has_a_day_at_least(rule in 0i64..3, days in 1i64..400, ahead in 0i64..400) {
            let today = date(2026, 8, 1).checked_add(ahead.days()).expect("a day");
            let rules = Rules { due_rule: rule, loan_days: days, ..Rules::default() };
            let due = due_on(today, &rules, Some(&calendar()));
            prop_assert!(due > today);
            prop_assert!(rule != 1 || due <= calendar().last_day || today >= calendar().last_day);
        }
    }
}
