//! What a progress report tells, worked out of the registers: what was done in its two weeks, what is late, what comes next.

use super::register::{Entry, Register};
use super::timeline::{Circle, Span, Work, timeline};
use super::workday;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Days of a report.
pub const DAYS: i32 = 14;

/// The period of the report after that which ended on a day, or the first one of a project that begins on `begin`.
pub fn period(begin: Date, last: Option<Date>) -> (Date, Date) {
    let from = last.and_then(|day| day.tomorrow().ok()).unwrap_or(begin);
    (from, from.saturating_add(jiff::Span::new().days(DAYS - 1)))
}

/// The timeline of the tasks that are not taken out.
///
/// # Errors
/// Tasks that wait for each other.
pub fn spans(entries: &[Entry], begin: Date) -> Result<BTreeMap<i64, Span>, Circle> {
    let works: Vec<Work> = tasks(entries)
        .map(|task| Work {
            number: task.number,
            days: task.text("days").parse().unwrap_or(0),
            needs: task.numbers("needs"),
            not_before: task.day("not_before").map(workday::number),
            done: task.day("done").map(workday::number),
        })
        .collect();
    timeline(&works, workday::number(begin))
}

/// The last day of a span.
pub fn last_day(span: Span) -> Date {
    workday::day((span.end - 1).max(span.begin))
}

fn tasks(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(|entry| entry.register == Register::Task && entry.removed_ms.is_none())
}

/// A task in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The day that counts: when it was done, was due, begins or is to end.
    #[serde(serialize_with = "written")]
    pub day: Date,
}

/// Money of all tasks, cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// As planned.
    pub planned: i64,
    /// Spent so far.
    pub spent: i64,
}

/// What the registers say of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The first day.
    #[serde(serialize_with = "written")]
    pub from: Date,
    /// The last day.
    #[serde(serialize_with = "written")]
    pub to: Date,
    /// Tasks, and those of them that are done.
    pub tasks: usize,
    /// Done by the last day.
    pub done: usize,
    /// Done in these days.
    pub done_now: Vec<Item>,
    /// Not done though due by the last day.
    pub late: Vec<Item>,
    /// To begin in the next period, or under way.
    pub next: Vec<Item>,
    /// The day on which the last task ends; none without tasks, or where tasks wait for each other.
    #[serde(serialize_with = "written_if")]
    pub end: Option<Date>,
    /// Money.
    pub money: Money,
    /// Risks that are open, with the high ones first.
    pub risks: Vec<String>,
    /// Lessons of these days.
    pub lessons: Vec<String>,
}

/// A day as `2026-11-30`.
fn written<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn written_if<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(to)
}

/// Tells of the days from `from` to `to`, both within.
pub fn told(entries: &[Entry], begin: Date, (from, to): (Date, Date)) -> Told {
    let spans = spans(entries, begin).unwrap_or_default();
    let item =
        |task: &Entry, day: Date| Item { number: task.number, name: task.text("name").to_owned(), day };
    let within = |day: Date| (from..=to).contains(&day);
    let (_, next_to) = period(begin, Some(to));
    let (mut done_now, mut late, mut next) = (Vec::new(), Vec::new(), Vec::new());
    let (mut money, mut done) = (Money::default(), 0);
    for task in tasks(entries) {
        money.planned += task.cents("planned").unwrap_or(0);
        money.spent += task.cents("spent").unwrap_or(0);
        let ended = task.day("done").filter(|day| *day <= to);
        if let Some(day) = ended {
            done += 1;
            done_now.extend(within(day).then(|| item(task, day)));
            continue;
        }
        if let Some(due) = task.day("due").filter(|day| *day <= to) {
            late.push(item(task, due));
        }
        if let Some(span) = spans.get(&task.number).filter(|span| workday::day(span.begin) <= next_to) {
            next.push(item(task, last_day(*span)));
        }
    }
    for list in [&mut done_now, &mut late, &mut next] {
        list.sort_by_key(|item| (item.day, item.number));
    }
    let kept = |register| {
        entries.iter().filter(move |entry| entry.register == register && entry.removed_ms.is_none())
    };
    let mut risks: Vec<&Entry> =
        kept(Register::Risk).filter(|risk| risk.day("closed").is_none_or(|day| day > to)).collect();
    let weight =
        |word: &str| ["high", "middle", "low"].iter().position(|degree| *degree == word).unwrap_or(3);
    risks.sort_by_key(|risk| (weight(risk.text("chance")) + weight(risk.text("harm")), risk.number));
    let names = |list: Vec<&Entry>| list.iter().map(|entry| entry.text("name").to_owned()).collect();
    Told {
        from,
        to,
        tasks: tasks(entries).count(),
        done,
        done_now,
        late,
        next,
        end: spans.values().copied().map(last_day).max(),
        money,
        risks: names(risks),
        lessons: names(
            kept(Register::Lesson).filter(|lesson| lesson.day("learned").is_some_and(within)).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn entry(register: Register, number: i64, values: &[(&str, &str)]) -> Entry {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Entry { register, number, values, removed_ms: None }
    }

    #[test]
    fn periods_follow_each_other() {
        let (from, to) = period(date(2026, 12, 1), None);
        assert_eq!((from, to), (date(2026, 12, 1), date(2026, 12, 14)));
        assert_eq!(period(date(2026, 12, 1), Some(to)).0, date(2026, 12, 15));
    }

    #[test]
    fn a_report_tells_what_was_done_what_is_late_and_what_comes_next() {
        let mut gone = entry(Register::Task, 9, &[("name", "Gone"), ("days", "1"), ("spent", "99.00")]);
        gone.removed_ms = Some(1);
        let entries = [
            entry(
                Register::Task,
                1,
                &[("name", "Agree"), ("days", "3"), ("done", "2026-12-03"), ("spent", "10.50")],
            ),
            entry(
                Register::Task,
                2,
                &[
                    ("name", "Order"),
                    ("days", "5"),
                    ("needs", "1"),
                    ("due", "2026-12-10"),
                    ("planned", "100.00"),
                ],
            ),
            entry(
                Register::Task,
                3,
                &[("name", "Open"), ("days", "2"), ("needs", "2"), ("not_before", "2027-03-01")],
            ),
            gone,
            entry(Register::Risk, 1, &[("name", "Later"), ("chance", "low"), ("harm", "low")]),
            entry(Register::Risk, 2, &[("name", "Worse"), ("chance", "high"), ("harm", "middle")]),
            entry(
                Register::Risk,
                3,
                &[("name", "Over"), ("chance", "high"), ("harm", "high"), ("closed", "2026-12-02")],
            ),
            entry(Register::Lesson, 1, &[("name", "Ask early"), ("learned", "2026-12-14")]),
            entry(Register::Lesson, 2, &[("name", "Before"), ("learned", "2026-11-30")]),
        ];
        let told = told(&entries, date(2026, 12, 1), (date(2026, 12, 1), date(2026, 12, 14)));
        let names = |list: &[Item]| list.iter().map(|item| item.name.clone()).collect::<Vec<_>>();
        assert_eq!((told.tasks, told.done), (3, 1));
        assert_eq!(
            (names(&told.done_now), names(&told.late)),
            (vec!["Agree".to_owned()], vec!["Order".to_owned()])
        );
        // Five days of work after Thursday the 3rd: until Thursday the 10th.
        assert_eq!(told.next, [Item { number: 2, name: "Order".to_owned(), day: date(2026, 12, 10) }]);
        assert_eq!(told.end, Some(date(2027, 3, 2)));
        assert_eq!(told.money, Money { planned: 10_000, spent: 1_050 });
        assert_eq!(
            (told.risks, told.lessons),
            (vec!["Worse".to_owned(), "Later".to_owned()], vec!["Ask early".to_owned()])
        );
    }
}
