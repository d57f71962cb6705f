//! What it would mean if those who did not answer are different.
//!
//! Weighting corrects for what the roster knows. Surveys of home access miss exactly those without it, so what the
//! roster does not know is shown as a range: a pattern mixture (Little 1993) in which students who did not answer
//! are `k` times as likely to lack access as like students who did.

use serde::{Deserialize, Serialize};

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
