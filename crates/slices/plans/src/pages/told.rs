//! Figures of plans in words.

use crate::exchange::count;
use crate::layout::Frame;
use crate::queries::Rung;
use crate::rules::answer::Answer;
use crate::rules::ladder::TEN_THOUSAND;
use evenfield_plan::Dollars;
use evenfield_plan::scenario::{Interval, Reach, Report};
use fluent_bundle::FluentValue;

/// Students: whole, or with a tenth where they are few, since an expected number of half a student is not nobody.
pub fn students(n: f64) -> String {
    let tenths = (n * 10.0).round();
    if (1.0..100.0).contains(&tenths) && tenths % 10.0 != 0.0 {
        count_tenths(n)
    } else {
        count(n.round() as i64)
    }
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

/// Students without access before anything is bought: the figure with the ends of its interval, and what it is of and leaves out.
pub struct Without {
    /// In the district; without a figure of that, at the places that are planned for.
    pub figure: (String, String),
    /// The same with its ends in one text.
    pub ranged: String,
    /// Which of them are planned for, and what counts as no access.
    pub means: String,
}

/// Who lacks access, as a report has it.
pub fn without(p: &Frame, report: &Report) -> Without {
    let [planned, low, high] = report.whole.unwrap_or(report.students);
    let of = p.t(if report.whole.is_some() { "plans-interval-district" } else { "plans-interval" });
    let means = match report.whole {
        None => p.t("plans-students-mean"),
        Some(_) => p.tvs(
            "plans-students-known",
            &[
                ("planned", students(report.students[0]).into()),
                ("measure", p.t(&format!("gap-measure-{}", report.measure)).into()),
            ],
        ),
    };
    Without {
        figure: (students(planned), interval(p, low, high, &of)),
        ranged: ranged(p, planned, low, high),
        means,
    }
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

/// Dollars and cents.
pub fn exact(dollars: f64) -> String {
    let cents = (dollars * 100.0).round() as i64;
    format!("${}.{:02}", count(cents / 100), cents % 100)
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

/// What the proof says of a plan, and of what every group has where that was asked for.
pub fn proof(p: &Frame, answer: &Answer) -> String {
    let reached = |told: String, beyond: &[String]| match beyond {
        [] => told,
        all => format!("{told} {}", p.tv("plans-proof-beyond", "list", all.join(", "))),
    };
    let Some(fair) = &answer.fair else { return reached(of_plan(p, answer), &answer.beyond) };
    // What no plan passes is rounded up, and what every group has down.
    let most = percent((fair.bound * 1000.0 - 1e-9).ceil().max(0.0) / 1000.0);
    let least = percent((fair.share * 1000.0 + 1e-9).floor() / 1000.0);
    let told = p.tvs("plans-proof-fair", &[("share", least.into()), ("most", most.into())]);
    format!("{} {}", reached(told, &fair.beyond), of_plan(p, answer))
}

/// The group of whose students the plan serves the smallest share in the last year, and that share: what floors and fairness are about, told alike of
/// every plan. Nothing where the scenario has no groups.
pub fn least_group(report: &Report) -> Option<(String, f64)> {
    let groups = report.groups.iter().filter(|line| line.students > 0.0);
    let shares = groups.map(|line| (line, (line.reach.planned.served / line.students).min(1.0)));
    let (line, share) = shares.min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((format!("{}: {}", line.column, line.group), share))
}

fn of_plan(p: &Frame, answer: &Answer) -> String {
    // What no plan passes is rounded up: else some might.
    let up = |n: f64, parts: f64| (n * parts - 1e-9).ceil() / parts;
    if answer.floors {
        let (key, most) = floors_bound(answer.bound);
        return p.tvs(key, &[("met", percent(answer.objective).into()), ("most", most.into())]);
    }
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

/// What is proved of floors that were not met: the most of them that any plan meets, or, where the bound is no less than all of them,
/// nothing.
fn floors_bound(bound: f64) -> (&'static str, String) {
    if bound < 1.0 {
        ("plans-proof-floors", percent((bound * 1000.0 - 1e-9).ceil() / 1000.0))
    } else {
        ("plans-proof-floors-open", String::new())
    }
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

/// What a larger budget gives more than another, in the last year: a real plan beside a real plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepUp {
    /// What it has more, cents of all years.
    pub cents: u64,
    /// More students connected at home; below 0 there are fewer, and others served better.
    pub connected: f64,
    /// More students served.
    pub served: f64,
}

impl StepUp {
    /// In words: with one message where it gives something, and another where it gives nothing.
    pub fn told(&self, p: &Frame, some: &str, none: &str) -> String {
        let nothing = self.connected.abs() < 0.05 && self.served.abs() < 0.05;
        p.tvs(if nothing { none } else { some }, &self.values())
    }

    /// For messages.
    fn values(&self) -> [(&'static str, FluentValue<'static>); 3] {
        let signed = |n: f64| {
            let tenths = count_tenths(n);
            if n >= 0.0 { format!("+{tenths}") } else { tenths }
        };
        [
            ("more", dollars(self.cents).into()),
            ("connected", signed(self.connected).into()),
            ("served", signed(self.served).into()),
        ]
    }
}

/// What is bought with more money than at this budget: with the $10,000 that the scenario's own has a neighbour for, or else with the
/// next larger budget that is solved. Nothing is scaled: what a step buys need not be bought in parts.
pub fn step_up(rungs: &[Rung], step: i64) -> Option<StepUp> {
    let solved: Vec<(&Rung, &Answer)> = rungs
        .iter()
        .filter_map(|rung| Some((rung, rung.answer.as_ref()?)))
        .filter(|(_, a)| !a.floors)
        .collect();
    let at = solved.iter().position(|(rung, _)| rung.step == step)?;
    let (here, a) = solved.get(at)?;
    let larger = solved.get(at + 1..)?;
    let near = larger.iter().find(|(rung, _)| here.chosen && rung.total() == here.total() + TEN_THOUSAND);
    let (there, b) = near.or_else(|| larger.first())?;
    let cents = there.total().checked_sub(here.total()).filter(|cents| *cents > 0)?;
    let (a, b) = (last(a).planned, last(b).planned);
    Some(StepUp { cents, connected: b.connected - a.connected, served: b.served - a.served })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_thousands() {
        assert_eq!([exact(8791.318), exact(0.05), exact(12.0)], ["$8,791.32", "$0.05", "$12.00"]);
    }

    #[test]
    fn few_students_are_told_to_a_tenth() {
        let told = [0.0, 0.04, 0.48, 1.0, 9.94, 9.96, 10.4, 1234.5].map(students);
        assert_eq!(told, ["0", "0", "0.5", "1", "9.9", "10", "10", "1,235"]);
    }

    #[test]
    fn a_bound_over_all_of_the_floors_proves_nothing() {
        assert_eq!(floors_bound(0.8123), ("plans-proof-floors", "81%".to_owned()));
        assert_eq!(floors_bound(0.05), ("plans-proof-floors", "5.0%".to_owned()));
        for bound in [1.0, 16.0] {
            assert_eq!(floors_bound(bound), ("plans-proof-floors-open", String::new()));
        }
    }
}
