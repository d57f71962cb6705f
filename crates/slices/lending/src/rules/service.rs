//! When a household had service: what was wanted of its line while its loan was open, and what the carrier was seen to do.

use super::state::{Observed, Wanted};

/// A line wanted to be something from a time on, ms since 1970 UTC.
pub type Change = (i64, Wanted);

/// The times, in ms since 1970 UTC, within a loan in which its line was suspended; one that has not ended has no end. `changes` are those
/// of the line, the oldest first.
pub fn suspended(changes: &[Change], out_ms: i64, end_ms: Option<i64>) -> Vec<(i64, Option<i64>)> {
    let mut times = Vec::new();
    for (at, (from, wanted)) in changes.iter().enumerate() {
        if *wanted != Wanted::Suspended {
            continue;
        }
        let to = changes[at + 1..].iter().find(|(_, wanted)| *wanted != Wanted::Suspended).map(|(ms, _)| *ms);
        let to = [to, end_ms].into_iter().flatten().min();
        let from = (*from).max(out_ms);
        let is_new =
            times.last().is_none_or(|(_, last): &(i64, Option<i64>)| last.is_some_and(|end| end <= from));
        if is_new && to.is_none_or(|to| to > from) && end_ms.is_none_or(|end| end > from) {
            times.push((from, to));
        }
    }
    times
}

/// That a carrier was seen to do something with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What.
    pub observed: Observed,
    /// When it was seen so first, ms since 1970 UTC.
    pub from_ms: i64,
    /// When it was seen so last, ms; nothing else was seen between.
    pub to_ms: i64,
}

/// What was seen of a line within these times, ms since 1970 UTC, each with when it was seen so first and last. `all` is of the line,
/// the oldest first. Between what is seen and what is seen next nothing is known.
pub fn seen(all: &[Seen], from_ms: i64, end_ms: Option<i64>) -> Vec<Seen> {
    let end_ms = end_ms.unwrap_or(i64::MAX);
    let within = all.iter().filter(|seen| seen.to_ms >= from_ms && seen.from_ms <= end_ms);
    within
        .map(|seen| Seen { from_ms: seen.from_ms.max(from_ms), to_ms: seen.to_ms.min(end_ms), ..*seen })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn suspensions_are_cut_to_the_loan() {
        use Wanted::{Active, Parked, Suspended};
        let changes =
            [(0, Active), (10, Suspended), (20, Active), (30, Suspended), (40, Parked), (50, Suspended)];
        assert_eq!(suspended(&changes, 0, Some(45)), [(10, Some(20)), (30, Some(40))]);
        assert_eq!(suspended(&changes, 15, Some(35)), [(15, Some(20)), (30, Some(35))]);
        assert_eq!(suspended(&changes, 45, None), [(50, None)]);
        assert_eq!(suspended(&changes, 20, Some(30)), []);
        assert_eq!(suspended(&[], 0, None), []);
    }

    #[test]
    fn what_is_seen_is_cut_to_the_loan() {
        let one = |observed, from_ms, to_ms| Seen { observed, from_ms, to_ms };
        let all =
            [one(Observed::Suspended, 0, 9), one(Observed::Active, 12, 30), one(Observed::Suspended, 35, 60)];
        assert_eq!(
            seen(&all, 20, Some(40)),
            [one(Observed::Active, 20, 30), one(Observed::Suspended, 35, 40)]
        );
        assert_eq!(seen(&all, 10, Some(11)), [], "nobody looked");
        assert_eq!(seen(&all, 50, None), [one(Observed::Suspended, 50, 60)]);
    }

    proptest! {
        /// The times lie within the loan, one after another.
        #[test]
        fn times_are_in_order_and_within(
            mut changes in proptest::collection::vec((0i64..100, 0usize..4), 0..20), out in 0i64..100, long in 0i64..100,
        ) {
            changes.sort_by_key(|(at, _)| *at);
            let changes: Vec<Change> = changes.into_iter().map(|(at, n)| (at, Wanted::ALL[n])).collect();
            let end = out + long;
            let times = suspended(&changes, out, Some(end));
            let mut last = out;
            for (from, to) in times {
                let to = to.expect("an end");
                prop_assert!(from >= last && to > from && to <= end);
                last = to;
            }
        }
    }
}
