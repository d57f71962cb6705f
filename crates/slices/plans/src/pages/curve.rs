//! The budget curve: students by budget, as a drawing and as a table.

use super::told;
use crate::exchange::count;
use crate::layout::Frame;
use crate::queries::Rung;
use crate::rules::answer::Answer;

/// Width of the drawing, px of its view box.
const WIDTH: f64 = 640.0;
/// Height.
const HEIGHT: f64 = 300.0;
/// Room for the axes: left, right, top, bottom.
const ROOM: [f64; 4] = [56.0, 44.0, 16.0, 40.0];

/// A mark on an axis.
pub struct Tick {
    /// Where.
    pub at: String,
    /// Where its text stands.
    pub text_at: String,
    /// What.
    pub label: String,
}

/// A point of the curve.
pub struct Point {
    /// Where.
    pub x: String,
    /// Who is served.
    pub served: String,
    /// Who is connected at home.
    pub connected: String,
    /// Whether the page is about it.
    pub current: bool,
}

/// A row of the table.
pub struct Row {
    /// The budget of all years.
    pub budget: String,
    /// The page of it.
    pub href: String,
    /// Connected at home, in the last year.
    pub connected: String,
    /// Served, in the last year.
    pub served: String,
    /// What a larger budget gives more.
    pub more: String,
    /// The proven gap.
    pub gap: String,
    /// Whether the page is about it.
    pub current: bool,
}

/// The curve.
pub struct Curve {
    /// Points of the line of who is served.
    pub served: String,
    /// Points of the line of who is connected at home.
    pub connected: String,
    /// Each budget.
    pub points: Vec<Point>,
    /// Numbers of students.
    pub up: Vec<Tick>,
    /// Budgets.
    pub along: Vec<Tick>,
    /// The same as a table.
    pub rows: Vec<Row>,
}

/// A round number of at least this, for the end of an axis.
fn round_up(n: f64) -> f64 {
    let power = 10f64.powf(n.max(1.0).log10().floor());
    [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|round| *round >= n)
        .unwrap_or(n)
}

/// A number of students beside an axis: with the decimals that it has.
fn few(n: f64) -> String {
    let hundredths = (n * 100.0).round() as i64;
    let text = format!("{}.{:02}", count(hundredths / 100), hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Draws the curve.
pub fn curve(p: &Frame, rungs: &[Rung], step: i64, href: impl Fn(i64) -> String) -> Curve {
    let solved: Vec<(&Rung, &Answer)> =
        rungs.iter().filter_map(|rung| Some((rung, rung.answer.as_ref()?))).collect();
    let most = solved.iter().map(|(rung, _)| rung.total()).max().unwrap_or(0) as f64 / 100.0;
    let top = solved.iter().map(|(_, answer)| told::last(answer).planned.served).fold(0.0, f64::max);
    let (end, top) = (round_up(most), round_up(top));
    let x = |dollars: f64| ROOM[0] + (WIDTH - ROOM[0] - ROOM[1]) * dollars / end;
    let y = |students: f64| HEIGHT - ROOM[3] - (HEIGHT - ROOM[2] - ROOM[3]) * students / top;
    let tenth = |n: f64| format!("{n:.1}");
    let line = |of: fn(&Answer) -> f64| {
        let points =
            solved.iter().map(|(rung, a)| format!("{:.1},{:.1}", x(rung.total() as f64 / 100.0), y(of(a))));
        points.collect::<Vec<_>>().join(" ")
    };
    let quarters = [0.0, 0.25, 0.5, 0.75, 1.0];
    Curve {
        served: line(|a| told::last(a).planned.served),
        connected: line(|a| told::last(a).planned.connected),
        points: solved
            .iter()
            .map(|(rung, a)| Point {
                x: tenth(x(rung.total() as f64 / 100.0)),
                served: tenth(y(told::last(a).planned.served)),
                connected: tenth(y(told::last(a).planned.connected)),
                current: rung.step == step,
            })
            .collect(),
        up: quarters
            .map(|part| {
                let at = y(top * part);
                Tick { at: tenth(at), text_at: tenth(at + 4.0), label: few(top * part) }
            })
            .into(),
        along: quarters
            .map(|part| Tick {
                at: tenth(x(end * part)),
                text_at: tenth(HEIGHT - ROOM[3] + 18.0),
                label: told::dollars((end * part * 100.0) as u64),
            })
            .into(),
        rows: solved.iter().map(|(rung, answer)| row(p, rungs, (rung, answer), step, &href)).collect(),
    }
}

fn row(
    p: &Frame,
    rungs: &[Rung],
    (rung, answer): (&Rung, &Answer),
    step: i64,
    href: &impl Fn(i64) -> String,
) -> Row {
    let [connected, served] = told::both(p, &told::last(answer));
    Row {
        budget: told::dollars(rung.total()),
        href: href(rung.step),
        more: told::step_up(rungs, rung.step)
            .map_or_else(String::new, |up| up.told(p, "plans-more", "plans-more-nothing")),
        gap: if answer.floors { p.t("plans-floors-unmet") } else { told::percent(answer.gap) },
        current: rung.step == step,
        connected,
        served,
    }
}

#[cfg(test)]
mod tests {
    use super::{few, round_up};

    #[test]
    fn quarters_of_small_numbers_are_not_rounded() {
        assert_eq!([0.0, 1.25, 2.5, 3.75, 5.0].map(few), ["0", "1.25", "2.5", "3.75", "5"]);
        assert_eq!(few(1_200.0), "1,200");
    }

    #[test]
    fn axes_end_at_round_numbers() {
        for (n, round) in
            [(0.0, 1.0), (1.0, 1.0), (3.0, 3.2), (24.0, 24.0), (101.0, 120.0), (999_999.0, 1_000_000.0)]
        {
            assert_eq!(round_up(n), round);
        }
    }
}
