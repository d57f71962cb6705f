//! When each task begins and ends, and which tasks the end hangs on: the critical path method (Kelley and Walker, "Critical-path planning and
//! scheduling", Eastern Joint Computer Conference 1959). Days are numbers of [`super::workday`].

use std::collections::BTreeMap;

/// A task as the timeline takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Its number in the register.
    pub number: i64,
    /// Days of work that it takes; 0 for a milestone.
    pub days: i64,
    /// Tasks that must end before it begins.
    pub needs: Vec<i64>,
    /// It begins no sooner.
    pub not_before: Option<i64>,
    /// The last day on which it was worked at, when it is done.
    pub done: Option<i64>,
}

/// When a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub begin: i64,
    /// The day after the last one: the first on which what needs it can begin.
    pub end: i64,
    /// By how many days it may slip before the project ends later; none where it is done.
    pub slack: Option<i64>,
}

impl Span {
    /// Whether the project ends later when it does.
    pub fn is_critical(&self) -> bool {
        self.slack == Some(0)
    }
}

/// Tasks that wait for each other, by number: none of them can ever begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tasks that wait for each other: {0:?}")]
pub struct Circle(pub Vec<i64>);

/// The span of each task by its number, for a project that begins on this day. What is needed and is not there is not waited for.
///
/// # Errors
/// Tasks that wait for each other.
pub fn timeline(works: &[Work], begin: i64) -> Result<BTreeMap<i64, Span>, Circle> {
    let order = in_order(works)?;
    let mut spans: BTreeMap<i64, Span> = BTreeMap::new();
    for work in &order {
        let after = work.needs.iter().filter_map(|need| spans.get(need)).map(|span| span.end).max();
        let free = begin.max(work.not_before.unwrap_or(i64::MIN)).max(after.unwrap_or(i64::MIN));
        let (first, end) = match work.done {
            // What was done was done when it was, whatever it should have waited for.
            Some(last) => (last + 1 - work.days.max(1), last + 1),
            None => (free, free + work.days),
        };
        spans.insert(work.number, Span { begin: first, end, slack: None });
    }
    let last = spans.values().map(|span| span.end).max().unwrap_or(begin);
    // The day by which each task must end, from the last one backwards.
    let mut by: BTreeMap<i64, i64> = works.iter().map(|work| (work.number, last)).collect();
    for work in order.iter().rev().filter(|work| work.done.is_none()) {
        let must = by[&work.number];
        for need in &work.needs {
            by.entry(*need).and_modify(|day| *day = (*day).min(must - work.days));
        }
        if let Some(span) = spans.get_mut(&work.number) {
            span.slack = Some(must - span.end);
        }
    }
    Ok(spans)
}

/// The tasks, each after those that it needs; by number where that leaves a choice.
fn in_order(works: &[Work]) -> Result<Vec<&Work>, Circle> {
    let mut waiting: BTreeMap<i64, &Work> = works.iter().map(|work| (work.number, work)).collect();
    let mut order = Vec::with_capacity(works.len());
    while !waiting.is_empty() {
        let free: Vec<i64> = waiting
            .values()
            .filter(|work| work.needs.iter().all(|need| !waiting.contains_key(need)))
            .map(|work| work.number)
            .collect();
        if free.is_empty() {
            return Err(Circle(circle(&waiting)));
        }
        order.extend(free.iter().filter_map(|number| waiting.remove(number)));
    }
    Ok(order)
}

/// One ring among tasks each of which waits for another one of them.
fn circle(waiting: &BTreeMap<i64, &Work>) -> Vec<i64> {
    let mut way: Vec<i64> = Vec::new();
    let mut at = waiting.keys().next().copied();
    while let Some(number) = at {
        if let Some(from) = way.iter().position(|seen| *seen == number) {
            return way.split_off(from);
        }
        way.push(number);
        at = waiting[&number].needs.iter().find(|need| waiting.contains_key(need)).copied();
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn work(number: i64, days: i64, needs: &[i64]) -> Work {
        Work { number, days, needs: needs.to_vec(), ..Work::default() }
    }

    #[test]
    fn a_known_network_has_its_known_path() {
        // 1 (3 days) -> 2 (4) -> 4 (2) and 1 -> 3 (1) -> 4: 3 may slip by 3.
        let works = [work(4, 2, &[2, 3]), work(3, 1, &[1]), work(2, 4, &[1]), work(1, 3, &[])];
        let spans = timeline(&works, 100).expect("no circle");
        let told = |n: i64| (spans[&n].begin, spans[&n].end, spans[&n].slack);
        assert_eq!(
            [1, 2, 3, 4].map(told),
            [(100, 103, Some(0)), (103, 107, Some(0)), (103, 104, Some(3)), (107, 109, Some(0)),]
        );
        assert!(spans[&2].is_critical() && !spans[&3].is_critical());
    }

    #[test]
    fn what_is_done_moves_what_waits_for_it() {
        let mut works = [work(1, 3, &[]), work(2, 4, &[1])];
        works[0].done = Some(110);
        let spans = timeline(&works, 100).expect("no circle");
        assert_eq!((spans[&1].begin, spans[&1].slack), (108, None));
        assert_eq!((spans[&2].begin, spans[&2].end), (111, 115));
        works[1].not_before = Some(120);
        assert_eq!(timeline(&works, 100).expect("no circle")[&2].begin, 120);
    }

    #[test]
    fn tasks_that_wait_for_each_other_are_named() {
        let works =
            [work(1, 1, &[]), work(2, 1, &[1, 4]), work(3, 1, &[2]), work(4, 1, &[3]), work(5, 1, &[4])];
        let Circle(mut ring) = timeline(&works, 0).expect_err("a circle");
        ring.sort_unstable();
        assert_eq!(ring, [2, 3, 4]);
        assert_eq!(timeline(&[work(7, 1, &[7])], 0), Err(Circle(vec![7])));
    }

    proptest! {
        #[test]
        fn nothing_begins_before_what_it_needs_and_slack_is_what_it_says(
            days in prop::collection::vec(0i64..9, 1..12),
            picks in prop::collection::vec(0usize..64, 0..24),
            late in 0usize..12,
        ) {
            let mut works: Vec<Work> =
                days.iter().zip(1..).map(|(days, number)| work(number, *days, &[])).collect();
            for pick in picks {
                // Edges go from lower to higher numbers: no circle.
                let (a, b) = (pick % 8, pick / 8);
                if a.max(b) < works.len() && a != b {
                    works[a.max(b)].needs.push(a.min(b) as i64 + 1);
                }
            }
            let spans = timeline(&works, 0).expect("no circle");
            let end = |spans: &BTreeMap<i64, Span>| spans.values().map(|s| s.end).max().unwrap_or(0);
            for work in &works {
                for need in &work.needs {
                    prop_assert!(spans[&work.number].begin >= spans[need].end);
                }
            }
            prop_assert!(spans.values().any(Span::is_critical));
            // A task that slips by its slack moves nothing; by a day more, the end by that day.
            let late = late % works.len();
            let (number, span) = (works[late].number, spans[&works[late].number]);
            let slack = span.slack.expect("not done");
            prop_assert!(slack >= 0);
            works[late].not_before = Some(span.begin + slack);
            let moved = timeline(&works, 0).expect("no circle");
            prop_assert_eq!(end(&moved), end(&spans));
            prop_assert!(moved[&number].is_critical());
            works[late].not_before = Some(span.begin + slack + 1);
            prop_assert_eq!(end(&timeline(&works, 0).expect("no circle")), end(&spans) + 1);
        }

        #[test]
        fn any_needs_are_a_timeline_or_a_circle(
            needs in prop::collection::vec(prop::collection::vec(0i64..8, 0..4), 0..8),
        ) {
            let works: Vec<Work> = needs.iter().zip(0..).map(|(needs, n)| work(n, 1, needs)).collect();
            if let Err(Circle(ring)) = timeline(&works, 0) {
                prop_assert!(!ring.is_empty());
                for (at, number) in ring.iter().enumerate() {
                    let next = ring[(at + 1) % ring.len()];
                    prop_assert!(works[*number as usize].needs.contains(&next));
                }
            }
        }
    }
}
