//! Whether a line will have used up its data in a test: from what it used so far in its cycle, and what it uses in a day of late.

use super::usage::{Counting, Reading};
use jiff::ToSpan;
use jiff::civil::Date;

/// What a line uses in a day is taken from so many days before the last one that is known.
const DAYS: i64 = 14;

/// The first day of the cycle that a day is in; cycles begin on this day of each month, 1 to 28.
pub fn cycle_begins(day: Date, cycle_day: i8) -> Date {
    let this = day.with().day(cycle_day.clamp(1, 28)).build().unwrap_or(day);
    if this <= day { this } else { this.checked_sub(1.months()).unwrap_or(this) }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// What was used within these days, octets, and of how many of them something is known. What is said of some days together is spread over
/// them evenly; of two amounts for one day the larger counts, since carriers correct upwards.
fn used(readings: &[Reading], from: Date, to: Date) -> (f64, i64) {
    let (mut octets, mut known) = (0.0, 0);
    let mut day = from;
    while day <= to {
        let of_day = readings
            .iter()
            .filter(|r| r.counting == Counting::Within && (r.from..=r.to).contains(&day))
            .map(|r| r.octets as f64 / (days_between(r.from, r.to) + 1) as f64)
            .reduce(f64::max);
        octets += of_day.unwrap_or(0.0);
        known += i64::from(of_day.is_some());
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    (octets, known)
}

/// What a line has used in its cycle and uses in a day, octets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// So much in the cycle until the last day that is known.
    pub so_far: f64,
    /// So much in a day.
    pub a_day: f64,
    /// The last day that is known.
    pub known_to: Date,
}

/// The pace of a line; none where nothing is known of it. Totals since a cycle began are told from each other; amounts of days are summed.
pub fn pace(readings: &[Reading], cycle_day: i8) -> Option<Pace> {
    let known_to = readings.iter().map(|reading| reading.to).max()?;
    let begins = cycle_begins(known_to, cycle_day);
    let mut totals: Vec<&Reading> = readings.iter().filter(|r| r.counting == Counting::Since).collect();
    totals.sort_by_key(|reading| (reading.to, reading.octets));
    if let Some(last) = totals.last().filter(|last| last.to == known_to) {
        let days = (days_between(begins, last.to) + 1) as f64;
        return Some(Pace { so_far: last.octets as f64, a_day: last.octets as f64 / days, known_to });
    }
    let from = known_to.checked_sub((DAYS - 1).days()).ok()?;
    let (octets, known) = used(readings, from, known_to);
    Some(Pace { so_far: used(readings, begins, known_to).0, a_day: octets / known.max(1) as f64, known_to })
}

/// The first day of a test on which a line will have used up `cap` octets of its cycle, if it goes on as it does; none when it lasts.
pub fn runs_out(pace: Pace, cap: i64, cycle_day: i8, (from, until): (Date, Date)) -> Option<Date> {
    let now = cycle_begins(pace.known_to, cycle_day);
    let mut day = from;
    while day <= until {
        let begins = cycle_begins(day, cycle_day);
        let by_then = if begins == now {
            pace.so_far + pace.a_day * days_between(pace.known_to, day).max(0) as f64
        } else {
            // In a cycle that has not begun yet nothing is used so far.
            pace.a_day * (days_between(begins, day) + 1) as f64
        };
        if by_then >= cap as f64 {
            return Some(day);
        }
        day = day.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const GB: i64 = 1_000_000_000;

    fn within(from: Date, to: Date, octets: i64) -> Reading {
        Reading { from, to, octets, counting: Counting::Within }
    }

    #[test]
    fn a_cycle_begins_on_its_day() {
        assert_eq!(cycle_begins(date(2027, 3, 15), 15), date(2027, 3, 15));
        assert_eq!(cycle_begins(date(2027, 3, 14), 15), date(2027, 2, 15));
        assert_eq!(cycle_begins(date(2027, 1, 3), 28), date(2026, 12, 28));
    }

    /// Known answer: 10 GB by the 10th of a cycle of 20 GB, half of a GB a day of late: used up 20 days later, on the 30th.
    #[test]
    fn a_line_that_goes_on_as_it_does_runs_out() {
        let day = |n: i8| date(2027, 4, n);
        // 14 days of half a GB; of the first three of the month a file says 8 GB: 8 + 7 × 0.5 = 11.5.
        let readings = [
            within(date(2027, 3, 28), day(10), 7 * GB),
            within(day(1), day(3), 6 * GB + GB / 2 + 3 * GB / 2),
        ];
        let pace = pace(&readings, 1).expect("a pace");
        assert!((pace.so_far - 11.5e9).abs() < 1.0, "{pace:?}");
        let steady = Pace { so_far: 10e9, a_day: 0.5e9, known_to: day(10) };
        assert_eq!(runs_out(steady, 20 * GB, 1, (day(20), day(30))), Some(day(30)));
        assert_eq!(runs_out(steady, 20 * GB, 1, (day(20), day(29))), None);
        // In May it has all of it again: 31 days of half a GB are 15.5.
        assert_eq!(runs_out(steady, 20 * GB, 1, (date(2027, 5, 1), date(2027, 5, 31))), None);
        assert_eq!(
            runs_out(steady, 15 * GB, 1, (date(2027, 5, 1), date(2027, 5, 31))),
            Some(date(2027, 5, 30))
        );
    }

    #[test]
    fn totals_are_the_use_of_the_cycle() {
        let since = |n: i8, octets| Reading {
            from: date(2027, 4, n),
            to: date(2027, 4, n),
            octets,
            counting: Counting::Since,
        };
        let pace = pace(&[since(5, GB), since(10, 4 * GB)], 1).expect("a pace");
        assert_eq!((pace.so_far, pace.a_day), (4e9, 4e8));
        assert_eq!(super::pace(&[], 1), None);
    }

    proptest! {
        /// Whoever uses more runs out no later.
        #[test]
        fn more_use_runs_out_no_later(a_day in 0f64..3e9, more in 0f64..1e9, so_far in 0f64..2e10, ahead in 0i64..60) {
            let known_to = date(2027, 4, 10);
            let from = known_to.checked_add(ahead.days()).expect("a day");
            let window = (from, from.checked_add(5.days()).expect("a day"));
            let slow = runs_out(Pace { so_far, a_day, known_to }, 20 * GB, 1, window);
            let fast = runs_out(Pace { so_far, a_day: a_day + more, known_to }, 20 * GB, 1, window);
            prop_assert!(slow.is_none_or(|slow| fast.is_some_and(|fast| fast <= slow)));
        }
    }
}
