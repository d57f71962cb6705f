//! Since when a line is not used, from what carriers say. Days of which they say nothing are unknown and count for nothing.

use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How an amount is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counting {
    /// It was used in the days of the row.
    Within,
    /// It was used since the carrier's cycle began; the cycle begins anew now and then.
    Since,
}

impl Counting {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Within, Self::Since];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Within => "within",
            Self::Since => "since",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counting| counting.as_str() == word)
    }
}

/// What a carrier said of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The first day that is meant.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// How much, octets.
    pub octets: i64,
    /// How that is meant.
    pub counting: Counting,
}

/// How a line was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// The last day on which it perhaps was.
    pub used_on: Option<Date>,
    /// The last day of which anything is known.
    pub known_to: Option<Date>,
    /// Days without use since it was used last, of which that is known.
    pub idle_days: i64,
}

/// The last day on or before this one on which a cycle began that begins on this day of each month.
fn cycle_began(day: Date, cycle_day: i8) -> Option<Date> {
    let first = if day.day() >= cycle_day { day } else { day.checked_sub(1.month()).ok()? };
    first.with().day(cycle_day).build().ok()
}

/// From when on a total says what was used, and whether something was. A total counts from the day on which the cycle began: where a cycle
/// began since the total before, what was used in between in the cycle that ended is unknown. Where nobody has said on which day cycles begin,
/// only a total that is no less and not nothing can be compared.
fn since(before: Option<&Reading>, reading: &Reading, cycle_day: Option<i8>) -> (Date, bool) {
    let alone = (reading.to, reading.octets > 0);
    let Some(before) = before.filter(|before| before.to < reading.to) else { return alone };
    let next = before.to.tomorrow().unwrap_or(before.to);
    match cycle_day {
        Some(day) => match cycle_began(reading.to, day) {
            Some(began) if began > before.to => (began, reading.octets > 0),
            // Less within a cycle: the carrier has corrected itself, and nothing is known but of the day itself.
            _ if reading.octets < before.octets => alone,
            _ => (next, reading.octets > before.octets),
        },
        None if reading.octets < before.octets || reading.octets == 0 => alone,
        None => (next, reading.octets > before.octets),
    }
}

/// How a line was used from this day on: a new loan begins anew. `cycle_day` is the day of a month on which its carrier's cycle begins, 1 to
/// 28, where that is known.
pub fn line_use(readings: &[Reading], begins: Date, cycle_day: Option<i8>) -> Use {
    let mut readings: Vec<&Reading> = readings.iter().collect();
    readings.sort_by_key(|reading| (reading.to, reading.from));
    let mut total: Option<&Reading> = None;
    // Each day of which something is known, with whether it was perhaps used.
    let mut days: BTreeMap<Date, bool> = BTreeMap::new();
    for reading in readings {
        let (from, used) = match reading.counting {
            Counting::Within => (reading.from, reading.octets > 0),
            Counting::Since => since(total.replace(reading), reading, cycle_day),
        };
        let mut day = from.max(begins);
        while day <= reading.to {
            *days.entry(day).or_insert(false) |= used;
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
    }
    let used_on = days.iter().rev().find(|(_, used)| **used).map(|(day, _)| *day);
    let idle = days.keys().filter(|day| used_on.is_none_or(|used| **day > used)).count();
    Use { used_on, known_to: days.keys().next_back().copied(), idle_days: idle as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn day(n: i64) -> Date {
        date(2026, 1, 1).checked_add(n.days()).expect("a day")
    }

    fn within(from: i64, to: i64, octets: i64) -> Reading {
        Reading { from: day(from), to: day(to), octets, counting: Counting::Within }
    }

    fn total(to: i64, octets: i64) -> Reading {
        Reading { from: day(to), to: day(to), octets, counting: Counting::Since }
    }

    #[test]
    fn known_days_without_use_count_and_unknown_ones_do_not() {
        let all = [within(0, 0, 5), within(1, 10, 0), within(20, 29, 0)];
        let known = line_use(&all, day(0), None);
        assert_eq!(known, Use { used_on: Some(day(0)), known_to: Some(day(29)), idle_days: 20 });
        assert_eq!(line_use(&all, day(25), None).idle_days, 5, "a new loan begins anew");
        assert_eq!(line_use(&[], day(0), None), Use::default());
    }

    #[test]
    fn totals_are_compared_with_those_before() {
        let all = [total(10, 700), total(20, 700), total(30, 700)];
        assert_eq!(line_use(&all, day(0), None).idle_days, 20);
        let used = [total(10, 700), total(20, 3), total(30, 3)];
        assert_eq!(line_use(&used, day(0), None).idle_days, 10, "a new cycle with some");
        assert_eq!(
            line_use(&[total(10, 0)], day(0), None).idle_days,
            1,
            "the first total says nothing of before"
        );
    }

    #[test]
    fn what_was_used_in_a_cycle_that_ended_is_unknown() {
        // Day 31 is 1 February: on the fifth of a month a cycle begins.
        let zeros = [total(10, 700), total(40, 0), total(45, 0)];
        let known = line_use(&zeros, day(0), Some(5));
        // 5 to 10 February and 11 to 15 February: the days between the first total and the cycle's end are not known to be without use.
        assert_eq!((known.used_on, known.idle_days), (Some(day(10)), 11));
        assert_eq!(line_use(&zeros, day(0), None).idle_days, 2, "nobody knows when a cycle begins");
        let long = [total(10, 700), total(74, 0)];
        assert_eq!(line_use(&long, day(0), Some(17)).idle_days, 28, "17 February to 16 March");
        let corrected = [total(10, 700), total(20, 600)];
        assert_eq!(line_use(&corrected, day(0), Some(28)).used_on, Some(day(20)));
    }

    proptest! {
        /// Readings in any order, and twice, say the same; and what is said to be used never makes a line more idle.
        #[test]
        fn the_order_and_repetition_of_readings_do_not_matter(
            rows in proptest::collection::vec((0i64..60, 0i64..5, 0i64..3), 0..20), turn in 0usize..20, extra in 0i64..60,
        ) {
            let mut all: Vec<Reading> = rows.iter().map(|(to, long, octets)| within((to - long).max(0), *to, *octets)).collect();
            let known = line_use(&all, day(0), None);
            let mut other = all.clone();
            if !other.is_empty() {
                let turn = turn % other.len();
                other.rotate_left(turn);
                other.extend_from_slice(&all);
            }
            prop_assert_eq!(line_use(&other, day(0), None), known);
            all.push(within(extra, extra, 1));
            prop_assert!(line_use(&all, day(0), None).idle_days <= known.idle_days);
            prop_assert!(known.idle_days <= 60);
        }
    }
}
