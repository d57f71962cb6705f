//! Figures of plans in words.

use crate::exchange::count;
use crate::layout::Frame;
use crate::plans::queries::Rung;
use crate::plans::rules::answer::Answer;
use evenfield_plan::Dollars;
use evenfield_plan::scenario::{Interval, Reach};

/// Students, whole.
pub fn students(n: f64) -> String {
    count(n.round() as i64)
}

/// A figure with both ends of its interval.
pub fn ranged(p: &Frame, planned: f64, low: f64, high: f64) -> String {
    let values =
        [("value", students(planned).into()), ("low", students(low).into()), ("high", students(high).into())];
    p.tvs("plans-range", &values)
}

/// The ends of an interval, and what the figure is of.
pub fn interval(p: &Frame, low: f64, high: f64, of: &str) -> String {
    p.tvs("plans-ends", &[("low", students(low).into()), ("high", students(high).into()), ("of", of.into())])
}

/// One figure of an interval of a plan.
pub fn reach(p: &Frame, interval: &Interval, of: fn(&Reach) -> f64) -> String {
    ranged(p, of(&interval.planned), of(&interval.low), of(&interval.high))
}

/// Who is connected at home, and who is served: never one without the other.
pub fn both(p: &Frame, interval: &Interval) -> [String; 2] {
    [reach(p, interval, |r| r.connected), reach(p, interval, |r| r.served)]
}

/// Dollars, whole.
pub fn dollars(cents: u64) -> String {
    format!("${}", count(i64::try_from(cents.saturating_add(50) / 100).unwrap_or(i64::MAX)))
}

/// The same of an amount.
pub fn money(amount: Dollars) -> String {
    dollars(amount.0)
}

/// A school year: `2026–27`.
pub fn school_year(year: u64) -> String {
    format!("{year}–{:02}", (year + 1) % 100)
}

/// A share in percent, with as many digits as say something.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "0.1%".to_owned()
    } else if percent < 10.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// What the proof says of a plan.
pub fn proof(p: &Frame, answer: &Answer) -> String {
    if answer.floors {
        return p.tvs(
            "plans-proof-floors",
            &[("met", percent(answer.objective).into()), ("most", percent(answer.bound).into())],
        );
    }
    // What no plan passes is rounded up: else some might.
    let up = |n: f64, parts: f64| (n * parts - 1e-9).ceil() / parts;
    let key = if answer.gap <= 0.0 { "plans-proof-best" } else { "plans-proof" };
    p.tvs(
        key,
        &[
            ("worth", count_tenths(answer.objective).into()),
            ("bound", count_tenths(up(answer.bound, 10.0)).into()),
            ("gap", percent(up(answer.gap, 1000.0)).into()),
        ],
    )
}

/// A number with one decimal.
pub fn count_tenths(n: f64) -> String {
    let tenths = (n.abs() * 10.0).round() as i64;
    format!("{}{}.{}", if n < 0.0 { "-" } else { "" }, count(tenths / 10), tenths % 10)
}

/// The answer of the last school year.
pub fn last(answer: &Answer) -> Interval {
    answer.report.years.last().map_or_else(Interval::default, |year| year.reach)
}

/// The budget that a page is about: the one asked for, or the scenario's own, or the first that is solved.
pub fn chosen(rungs: &[Rung], asked: Option<i64>) -> Option<(&Rung, &Answer)> {
    let solved = || rungs.iter().filter_map(|rung| Some((rung, rung.answer.as_ref()?)));
    match asked {
        Some(step) => solved().find(|(rung, _)| rung.step == step),
        None => solved().find(|(rung, _)| rung.chosen).or_else(|| solved().next()),
    }
}

/// What the next $10,000 give at a budget, by the next larger one that is solved: connected at home and served in the last year.
pub fn next_ten_thousand(rungs: &[Rung], step: i64) -> Option<(f64, f64)> {
    let solved: Vec<(&Rung, &Answer)> = rungs
        .iter()
        .filter_map(|rung| Some((rung, rung.answer.as_ref()?)))
        .filter(|(_, a)| !a.floors)
        .collect();
    let at = solved.iter().position(|(rung, _)| rung.step == step)?;
    let ((here, a), (there, b)) = (solved.get(at)?, solved.get(at + 1)?);
    let steps = (there.total() - here.total()) as f64 / 1_000_000.0;
    let (a, b) = (last(a).planned, last(b).planned);
    (steps > 0.0).then(|| ((b.connected - a.connected) / steps, (b.served - a.served) / steps))
}
