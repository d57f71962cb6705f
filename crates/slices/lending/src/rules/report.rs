//! What a programme of lending came to in whole months: what was in use, lost and found, whom it reached, what it cost, who waits. Counts of
//! few students are withheld.

use super::service::Change;
use super::standing::DAY_MS;
use super::state::Wanted;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A mean month, ms: 365.25 days by 12.
const MONTH_MS: i64 = DAY_MS * 1_461 / 48;
/// A count of fewer students than this, but for none, is withheld: the smallest number that most states may publish (NCES 2011-603).
pub const FEW: i64 = 10;
/// A report is about so many months at most.
pub const MONTHS: usize = 36;

/// A loan as reports count it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Span {
    /// The device.
    pub device_id: String,
    /// Whether that is a hotspot: 0 or 1.
    pub hotspot: i64,
    /// When it was lent, ms since 1970 UTC.
    pub out_ms: i64,
    /// When it was back.
    pub in_ms: Option<i64>,
    /// Since when it was lost.
    pub lost_ms: Option<i64>,
    /// When it was given up.
    pub gone_ms: Option<i64>,
}

impl Span {
    fn end_ms(&self) -> Option<i64> {
        self.in_ms.or(self.gone_ms)
    }

    /// For how long it was lent within these times, ms.
    fn within_ms(&self, (from, to): (i64, i64)) -> i64 {
        (self.end_ms().unwrap_or(i64::MAX).min(to) - self.out_ms.max(from)).max(0)
    }
}

/// What happened in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// Devices that somebody had at any time in it.
    pub devices: i64,
    /// Hotspots among these.
    pub hotspots: i64,
    /// Loans that began.
    pub lent: i64,
    /// Devices that came back.
    pub back: i64,
    /// Those that were said to be lost, and are not found since.
    pub lost: i64,
    /// Those that came back though they were lost.
    pub recovered: i64,
    /// Those that were given up.
    pub given_up: i64,
}

/// The first moment of a day, ms since 1970 UTC.
pub fn begins_ms(day: Date) -> i64 {
    let time = TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    time.map_or(0, |time| time.as_millisecond())
}

/// The first days of the months from the one of a day to the one of another, at most [`MONTHS`], the latest ones.
pub fn months(from: Date, to: Date) -> Vec<Date> {
    let mut all = Vec::new();
    let mut first = to.first_of_month();
    while first >= from.first_of_month() && all.len() < MONTHS {
        all.push(first);
        let Ok(before) = first.checked_sub(1.months()) else { break };
        first = before;
    }
    all.reverse();
    all
}

/// From when to when a month is, ms since 1970 UTC; what is later than now has not happened.
fn times(first: Date, now_ms: i64) -> (i64, i64) {
    let next = first.checked_add(1.months()).unwrap_or(Date::MAX);
    (begins_ms(first), begins_ms(next).min(now_ms))
}

/// What happened in a month.
pub fn month(first: Date, spans: &[Span], now_ms: i64) -> Month {
    let (from, to) = times(first, now_ms);
    let is_in = |ms: Option<i64>| ms.is_some_and(|ms| (from..to).contains(&ms));
    let count = |holds: &dyn Fn(&&Span) -> bool| spans.iter().filter(holds).count() as i64;
    let had = |only_hotspots: bool| {
        let had = spans.iter().filter(|s| s.within_ms((from, to)) > 0 && (!only_hotspots || s.hotspot == 1));
        let mut devices: Vec<&str> = had.map(|s| s.device_id.as_str()).collect();
        devices.sort_unstable();
        devices.dedup();
        devices.len() as i64
    };
    Month {
        first,
        devices: had(false),
        hotspots: had(true),
        lent: count(&|s| is_in(Some(s.out_ms))),
        back: count(&|s| is_in(s.in_ms)),
        lost: count(&|s| is_in(s.lost_ms)),
        recovered: count(&|s| s.lost_ms.is_some() && is_in(s.in_ms)),
        given_up: count(&|s| is_in(s.gone_ms)),
    }
}

/// For how long a line was wanted to work within these times, ms. `changes` are those of the line, the oldest first.
fn active_ms(changes: &[Change], (from, to): (i64, i64)) -> i64 {
    let until = |at: usize| changes.get(at + 1).map_or(i64::MAX, |(ms, _)| *ms);
    let active = changes.iter().enumerate().filter(|(_, (_, wanted))| *wanted == Wanted::Active);
    active.map(|(at, (ms, _))| (until(at).min(to) - (*ms).max(from)).max(0)).sum()
}

/// What lines cost while hotspots were lent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Months of lines that were wanted to work.
    pub line_months: f64,
    /// Months for which students had a hotspot.
    pub student_months: f64,
    /// What the lines cost, cents.
    pub cents: i64,
    /// The same for each of those months of a student, cents; none without one.
    pub cents_a_student_month: Option<i64>,
}

/// What the lines of these changes cost in the months, at so many cents a line and month.
pub fn cost<'c>(
    first_days: &[Date],
    changes: impl Iterator<Item = &'c [Change]>,
    spans: &[Span],
    (line_cents, now_ms): (i64, i64),
) -> Cost {
    let (Some(first), Some(last)) = (first_days.first(), first_days.last()) else { return Cost::default() };
    let all = (times(*first, now_ms).0, times(*last, now_ms).1);
    let months = |ms: i64| ms as f64 / MONTH_MS as f64;
    let line_months: f64 = changes.map(|changes| months(active_ms(changes, all))).sum();
    let student_months: f64 =
        spans.iter().filter(|s| s.hotspot == 1).map(|span| months(span.within_ms(all))).sum();
    let cents = (line_months * line_cents as f64).round();
    Cost {
        line_months,
        student_months,
        cents: cents as i64,
        cents_a_student_month: (student_months > 0.0).then(|| (cents / student_months).round() as i64),
    }
}

/// How many students of a group asked, and how many of these got a hotspot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The group.
    pub group: String,
    /// How many asked.
    pub asked: i64,
    /// How many got one.
    pub served: i64,
}

/// The same as it may be shown: `None` is withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The group.
    pub group: String,
    /// How many asked.
    pub asked: Option<i64>,
    /// How many got one.
    pub served: Option<i64>,
}

/// Whether a count is of so few students that it is withheld.
pub fn is_few(n: i64) -> bool {
    (1..FEW).contains(&n)
}

/// Hides more rows until what is hidden cannot be worked out from the sum of the column: two rows at least, and of none few students.
fn close(hidden: &mut [bool], counts: &[Vec<i64>]) {
    loop {
        let all: Vec<usize> = (0..hidden.len()).filter(|at| hidden[*at]).collect();
        let sums = counts.iter().map(|column| all.iter().map(|at| column[*at]).sum::<i64>());
        let is_open = all.len() == 1 || sums.into_iter().any(is_few);
        if all.is_empty() || !is_open {
            return;
        }
        // The row that tells least goes first; one of which all counts are none hides nothing.
        let size = |at: &usize| counts.iter().map(|column| column[*at]).sum::<i64>();
        let next = (0..hidden.len()).filter(|at| !hidden[*at] && size(at) > 0).min_by_key(size);
        let Some(next) = next else { return };
        hidden[next] = true;
    }
}

/// The groups of one kind as they may be shown beside their sum. Withheld are counts of few students who asked, who got one, or who got
/// none, and what else these could be worked out from.
pub fn shown(all: &[Reach]) -> Vec<Shown> {
    let column = |of: fn(&Reach) -> i64| all.iter().map(of).collect::<Vec<i64>>();
    let (asked, served) = (column(|r| r.asked), column(|r| r.served));
    let unserved = column(|r| r.asked - r.served);
    let mut no_asked: Vec<bool> = asked.iter().map(|n| is_few(*n)).collect();
    close(&mut no_asked, std::slice::from_ref(&asked));
    let hides = |at: usize| no_asked[at] || is_few(served[at]) || is_few(unserved[at]);
    let mut no_served: Vec<bool> = (0..all.len()).map(hides).collect();
    close(&mut no_served, &[served, unserved]);
    let row = |(at, reach): (usize, &Reach)| Shown {
        group: reach.group.clone(),
        asked: Some(reach.asked).filter(|_| !no_asked[at]),
        served: Some(reach.served).filter(|_| !no_served[at]),
    };
    all.iter().enumerate().map(row).collect()
}

/// The band of a grade code: of a report's groups.
pub fn band(grade: &str) -> &'static str {
    match grade {
        "06" | "07" | "08" => "middle",
        "09" | "10" | "11" | "12" | "13" => "high",
        "" => "unknown",
        _ => "elementary",
    }
}

/// The middle of some numbers of days; none without one.
pub fn median(mut days: Vec<i64>) -> Option<i64> {
    days.sort_unstable();
    let middle = days.len() / 2;
    match days.len() {
        0 => None,
        n if n.is_multiple_of(2) => Some((days[middle - 1] + days[middle]) / 2),
        _ => Some(days[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn at(month: i8, day: i8) -> i64 {
        begins_ms(date(2026, month, day))
    }

    fn span(device: &str, out_ms: i64, in_ms: Option<i64>) -> Span {
        Span { device_id: device.to_owned(), hotspot: 1, out_ms, in_ms, lost_ms: None, gone_ms: None }
    }

    #[test]
    fn a_month_has_what_happened_in_it() {
        let spans = [
            span("a", at(9, 5), Some(at(9, 10))),
            span("a", at(9, 12), None),
            Span { lost_ms: Some(at(9, 20)), ..span("b", at(8, 1), Some(at(10, 3))) },
            Span {
                hotspot: 0,
                gone_ms: Some(at(9, 30)),
                lost_ms: Some(at(8, 30)),
                ..span("c", at(8, 2), None)
            },
            span("d", at(10, 1), None),
        ];
        let of = |first| month(first, &spans, at(12, 1));
        let september = of(date(2026, 9, 1));
        assert_eq!((september.devices, september.hotspots), (3, 2), "a twice is one");
        assert_eq!((september.lent, september.back, september.lost), (2, 1, 1));
        assert_eq!((september.recovered, september.given_up), (0, 1));
        assert_eq!((of(date(2026, 10, 1)).recovered, of(date(2026, 8, 1)).lost), (1, 1));
        assert_eq!(of(date(2026, 12, 1)).devices, 0, "it has not come");
        assert_eq!(
            months(date(2026, 8, 9), date(2026, 10, 30)),
            [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
        );
        assert_eq!(
            (
                months(date(2020, 1, 1), date(2026, 1, 1)).len(),
                months(date(2026, 2, 1), date(2026, 1, 1)).len()
            ),
            (MONTHS, 0)
        );
    }

    /// Known answer: two lines work through September and October (61 days), one student has a hotspot for all of it; at $15 a month
    /// that is 2 × 61 / 30.4375 × $15 = $60.12, which is $30 for each of the 2.004 months of the student.
    #[test]
    fn lines_cost_what_they_are_wanted_to_work_for() {
        let changes: [Vec<Change>; 2] =
            [vec![(at(8, 1), Wanted::Active)], vec![(at(7, 1), Wanted::Active), (at(11, 5), Wanted::Parked)]];
        let days = months(date(2026, 9, 1), date(2026, 10, 1));
        let spans = [span("a", at(8, 1), None)];
        let cost = cost(&days, changes.iter().map(Vec::as_slice), &spans, (1_500, at(12, 1)));
        assert_eq!((cost.cents, cost.cents_a_student_month), (6_012, Some(3_000)));
        assert!((cost.line_months - 2.0 * 61.0 / 30.4375).abs() < 1e-9, "{cost:?}");
        assert_eq!(super::cost(&days, [].into_iter(), &[], (1_500, at(12, 1))).cents_a_student_month, None);
    }

    fn reach(counts: &[(i64, i64)]) -> Vec<Reach> {
        let row = |(at, (asked, served)): (usize, &(i64, i64))| Reach {
            group: at.to_string(),
            asked: *asked,
            served: *served,
        };
        counts.iter().enumerate().map(row).collect()
    }

    #[test]
    fn counts_of_few_are_withheld_and_cannot_be_worked_out() {
        let of = |counts: &[(i64, i64)]| -> Vec<(Option<i64>, Option<i64>)> {
            shown(&reach(counts)).into_iter().map(|row| (row.asked, row.served)).collect()
        };
        assert_eq!(of(&[(40, 20), (30, 15)]), [(Some(40), Some(20)), (Some(30), Some(15))]);
        assert_eq!(of(&[(40, 20), (3, 1), (30, 15)]), [(Some(40), Some(20)), (None, None), (None, None)]);
        assert_eq!(of(&[(40, 0), (30, 30)]), [(Some(40), Some(0)), (Some(30), Some(30))], "none is no few");
        assert_eq!(of(&[(40, 38), (30, 15)]), [(Some(40), None), (Some(30), None)], "two got none");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(
            (median(vec![]), median(vec![9]), median(vec![9, 1, 4]), median(vec![9, 1, 4, 6])),
            (None, Some(9), Some(4), Some(5))
        );
        assert_eq!(
            (band("KG"), band("06"), band("12"), band("")),
            ("elementary", "middle", "high", "unknown")
        );
    }

    proptest! {
        /// Whoever knows the sums learns no count of few students.
        #[test]
        fn sums_give_no_count_of_few_away(counts in proptest::collection::vec((0i64..60, 0i64..60), 1..8)) {
            let counts: Vec<(i64, i64)> = counts.into_iter().map(|(asked, served)| (asked, served.min(asked))).collect();
            let all = reach(&counts);
            let rows = shown(&all);
            let total = |of: fn(&Reach) -> i64| all.iter().map(of).sum::<i64>();
            for (row, reach) in rows.iter().zip(&all) {
                prop_assert!(row.asked.is_none_or(|n| n == reach.asked && !is_few(n)));
                prop_assert!(row.served.is_none_or(|n| n == reach.served && !is_few(n) && !is_few(reach.asked - n)));
            }
            let hidden = |is: fn(&Shown) -> bool| rows.iter().filter(|row| is(row)).count();
            let rest = total(|r| r.asked) - rows.iter().filter_map(|row| row.asked).sum::<i64>();
            // What is left over is of several groups, or all of the table is hidden.
            let (asked, served) = (hidden(|r| r.asked.is_none()), hidden(|r| r.served.is_none()));
            let some = |at: usize| counts[at].0 > 0;
            let full = (0..counts.len()).filter(|at| some(*at)).count();
            prop_assert!(asked != 1 || full == 1);
            prop_assert!(!is_few(rest) || asked == full);
            prop_assert!(served != 1 || full == 1);
        }
    }
}
