//! When a household had service: while its loan was open, but for the times in which its line was suspended.

use super::state::Wanted;

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
