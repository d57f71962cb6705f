//! To whom something is offered: those who are first, as long as there is something to offer and their household may have it.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::HashMap;

/// Why nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// More than are free.
    TooMany,
    /// Nobody waits whose household may have one.
    NobodyWaits,
}

/// How many a household may have, and how many have what: `limit` 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Have<'a> {
    /// The most for a household; 0 is no limit.
    pub limit: i64,
    /// How many each home has, lent or offered.
    pub homes: &'a HashMap<String, i64>,
}

impl Have<'_> {
    /// Whether a home has as many as it may.
    pub fn is_full(&self, home: &str) -> bool {
        self.limit > 0 && self.homes.get(home).is_some_and(|has| *has >= self.limit)
    }
}

/// Which of those who wait are offered something: places in `homes_waiting`, the homes of those who wait in their order. `free` are here
/// and promised to nobody.
///
/// # Errors
/// Why none is.
pub fn offers(
    homes_waiting: &[String],
    have: Have<'_>,
    free: i64,
    count: usize,
) -> Result<Vec<usize>, Wrong> {
    if count as i64 > free {
        return Err(Wrong::TooMany);
    }
    let mut homes = have.homes.clone();
    let mut chosen = Vec::new();
    for (at, home) in homes_waiting.iter().enumerate() {
        if chosen.len() == count {
            break;
        }
        let has = homes.entry(home.clone()).or_default();
        if have.limit == 0 || *has < have.limit {
            *has += 1;
            chosen.push(at);
        }
    }
    if chosen.is_empty() { Err(Wrong::NobodyWaits) } else { Ok(chosen) }
}

/// An offer ends with a day of the district; half a day before that it is the same day in UTC, by which pages write days.
pub const HALF_DAY_MS: i64 = 12 * 3_600_000;

/// When an offer ends that is made now and holds for so many days, ms since 1970 UTC: with the last of these days, in the district's time
/// zone. A household that is told a day has all of that day.
pub fn offer_ends(zone: &TimeZone, now_ms: i64, days: i64) -> i64 {
    let plain = now_ms + (days + 1) * 2 * HALF_DAY_MS;
    let Ok(now) = Timestamp::from_millisecond(now_ms) else { return plain };
    let after = zone.to_datetime(now).date().checked_add((days + 1).days());
    let ends = after.and_then(|day| zone.to_timestamp(day.to_datetime(Time::midnight())));
    ends.map_or(plain, |ends| ends.as_millisecond() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_holds_for_the_whole_of_the_day_that_is_told() {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let at = |text: &str| text.parse::<Timestamp>().expect("a time").as_millisecond();
        let ends = offer_ends(&zone, at("2026-11-30T17:20:36Z"), 7);
        assert_eq!(ends, at("2026-12-08T05:00:00Z") - 1, "7 December is over in New York");
        // In the evening of 30 November it is December in UTC already.
        assert_eq!(offer_ends(&zone, at("2026-12-01T02:00:00Z"), 7), ends);
        let half = Timestamp::from_millisecond(ends - HALF_DAY_MS).expect("a time");
        assert_eq!(TimeZone::UTC.to_datetime(half).date(), jiff::civil::date(2026, 12, 7));
    }
    use proptest::prelude::*;

    fn homes(all: &[&str]) -> Vec<String> {
        all.iter().map(|home| (*home).to_owned()).collect()
    }

    #[test]
    fn no_more_is_offered_than_there_is_and_a_household_may_have() {
        let has = HashMap::from([("c".to_owned(), 1)]);
        let have = Have { limit: 1, homes: &has };
        let waiting = homes(&["a", "a", "c", "b"]);
        assert_eq!(
            offers(&waiting, have, 5, 3),
            Ok(vec![0, 3]),
            "a sibling and a full household are passed over"
        );
        assert_eq!(offers(&waiting, have, 5, 1), Ok(vec![0]));
        assert_eq!(offers(&waiting, have, 2, 3), Err(Wrong::TooMany));
        assert_eq!(offers(&homes(&["c"]), have, 2, 1), Err(Wrong::NobodyWaits));
        assert_eq!(offers(&waiting, Have { limit: 0, ..have }, 9, 9), Ok(vec![0, 1, 2, 3]));
        assert!(have.is_full("c") && !have.is_full("a") && !Have { limit: 0, ..have }.is_full("c"));
    }

    proptest! {
        /// Nobody is passed over whose household might have had one, and no household comes to have more than it may.
        #[test]
        fn the_first_who_may_have_one_get_it(
            waiting in proptest::collection::vec("[a-e]", 1..20),
            (limit, free, count) in (0i64..4, 0i64..10, 1usize..10),
            has in proptest::collection::hash_map("[a-e]", 0i64..5, 0..5),
        ) {
            let have = Have { limit, homes: &has };
            if let Ok(chosen) = offers(&waiting, have, free, count) {
                prop_assert!(chosen.len() <= count && chosen.len() as i64 <= free);
                let mut now = has.clone();
                for (at, home) in waiting.iter().enumerate() {
                    let before = now.get(home).copied().unwrap_or_default();
                    let may = limit == 0 || before < limit;
                    if chosen.contains(&at) {
                        prop_assert!(may);
                        now.insert(home.clone(), before + 1);
                    } else {
                        prop_assert!(!may || chosen.iter().all(|c| *c < at) && chosen.len() == count);
                    }
                }
            }
        }
    }
}
