//! Days of work: Monday to Friday, numbered one after the other, so that lengths are added to days.

use jiff::civil::{Date, date};

/// Monday, 3 January 2000: day 0.
const FIRST: Date = date(2000, 1, 3);

/// The number of the first day of work on or after a day.
pub fn number(day: Date) -> i64 {
    let days = i64::from((day - FIRST).get_days());
    let (weeks, weekday) = (days.div_euclid(7), days.rem_euclid(7));
    // Saturday and Sunday are as the Monday after them.
    weeks * 5 + weekday.min(5)
}

/// The day of work with this number.
pub fn day(number: i64) -> Date {
    let days = number.div_euclid(5) * 7 + number.rem_euclid(5);
    FIRST.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weekends_are_as_the_monday_after_them() {
        let friday = date(2026, 11, 27);
        assert_eq!(number(date(2026, 11, 28)), number(friday) + 1);
        assert_eq!(number(date(2026, 11, 30)), number(friday) + 1);
        assert_eq!(day(number(date(2026, 11, 29))), date(2026, 11, 30));
        assert_eq!((number(FIRST), number(date(1999, 12, 31))), (0, -1));
    }

    proptest! {
        #[test]
        fn numbers_are_days_and_back(n in -100_000i64..100_000) {
            prop_assert_eq!(number(day(n)), n);
            prop_assert!(day(n) < day(n + 1));
        }
    }
}
