//! Who answered, and what it would mean if those who did not are different.
//!
//! Weighting corrects for what the roster knows. Surveys of home access miss exactly those without it, so what the
//! roster does not know is shown as a range: a pattern mixture (Little 1993) in which students who did not answer
//! are `k` times as likely to lack access as like students who did.

use crate::estimate::{Answer, Student};
use serde::{Deserialize, Serialize};

/// How many students of a place or group answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseRate {
    /// `all`, `school:<index>` or a group such as `frl:yes`.
    pub group: String,
    /// Students.
    pub students: u32,
    /// Students with an answer.
    pub answers: u32,
}

impl ResponseRate {
    /// Answers among students, 0 to 1; 0 where there are no students.
    pub fn rate(&self) -> f64 {
        if self.students == 0 { 0.0 } else { f64::from(self.answers) / f64::from(self.students) }
    }
}

/// Response rates of all, of each school (`school:<index>`), and of the groups of FRL, ELL, IEP and grade band.
pub fn response_rates(students: &[Student], answers: &[Answer]) -> Vec<ResponseRate> {
    let mut answered = vec![false; students.len()];
    for answer in answers {
        if let Some(mark) = answered.get_mut(answer.student as usize) {
            *mark = true;
        }
    }
    let mut rates: std::collections::BTreeMap<(u8, u32, String), (u32, u32)> =
        std::collections::BTreeMap::new();
    for (student, &answered) in students.iter().zip(&answered) {
        let known = |name: &str, value: Option<bool>| {
            format!("{name}:{}", value.map_or("unknown", |v| if v { "yes" } else { "no" }))
        };
        let groups = [
            (0, 0, "all".to_owned()),
            (1, student.school, format!("school:{}", student.school)),
            (2, 0, known("frl", student.frl)),
            (2, 0, known("ell", student.ell)),
            (2, 0, known("iep", student.iep)),
            (2, 0, format!("grade_band:{}", student.band.as_str())),
        ];
        for group in groups {
            let rate = rates.entry(group).or_default();
            rate.0 += 1;
            rate.1 += u32::from(answered);
        }
    }
    let rate = |((_, _, group), (students, answers))| ResponseRate { group, students, answers };
    rates.into_iter().map(rate).collect()
}

/// The figure if non-respondents are `times` as likely to lack access.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// How many times as likely.
    pub times: f64,
    /// The figure then, 0 to 1.
    pub value: f64,
}

/// The figure for each of `times`: `r p + (1 - r) min(1, k p)`, with `p` the weighted share of respondents and `r`
/// the response rate.
pub fn mixture(share: f64, response_rate: f64, times: &[f64]) -> Vec<Shift> {
    let value = |k: f64| response_rate * share + (1.0 - response_rate) * (k * share).clamp(0.0, 1.0);
    times.iter().map(|&k| Shift { times: k, value: value(k) }).collect()
}

/// How many times as likely non-respondents would have to be to lack access for the figure to reach `threshold`;
/// `None` when no number of times can do it.
pub fn tipping_point(share: f64, response_rate: f64, threshold: f64) -> Option<f64> {
    let silent = 1.0 - response_rate;
    if share <= 0.0 || silent <= 0.0 {
        return None;
    }
    let of_silent = (threshold - response_rate * share) / silent;
    (0.0..=1.0).contains(&of_silent).then_some(of_silent / share)
}
