//! From counted draws to a figure with its interval.

use super::rollup::Tally;
use super::{Estimate, Method};
use evenfield_model::{Geography, Measure};

/// The figure of a tally: the mean of what is expected; the interval from the 5th to the 95th percentile of the draws.
pub(super) fn of_tally(
    measure: Measure,
    method: Method,
    at: &Geography,
    group: &str,
    tally: &Tally,
) -> Estimate {
    let n = f64::from(tally.students);
    let known = f64::from(tally.known);
    let draws: Vec<f64> = tally.draws.iter().map(|&d| (known + f64::from(d)) / n).collect();
    let value = ((known + tally.expected) / n).clamp(0.0, 1.0);
    let spread = Spread::of(draws);
    Estimate {
        measure,
        barrier: None,
        geography: at.clone(),
        group: group.to_owned(),
        value,
        se: spread.sd,
        low90: spread.low.min(value).clamp(0.0, 1.0),
        high90: spread.high.max(value).clamp(0.0, 1.0),
        answers: tally.answers,
        students: tally.students,
        method,
    }
}

/// How far draws lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// Standard deviation.
    pub sd: f64,
    /// 5th percentile.
    pub low: f64,
    /// 95th percentile.
    pub high: f64,
}

impl Spread {
    /// The spread of at least one draw.
    pub fn of(mut draws: Vec<f64>) -> Self {
        if draws.is_empty() {
            return Self { sd: 0.0, low: f64::INFINITY, high: f64::NEG_INFINITY };
        }
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let squares = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
        draws.sort_unstable_by(f64::total_cmp);
        Self { sd: (squares / (n - 1.0).max(1.0)).sqrt(), low: at(&draws, 0.05), high: at(&draws, 0.95) }
    }
}

/// A quantile of sorted numbers, between two of them by proportion (Hyndman and Fan 1996, type 6): the range from the 5th to
/// the 95th percentile of however many draws then holds one more draw with probability 90%.
fn at(sorted: &[f64], p: f64) -> f64 {
    let position = (p * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, (sorted.len() - 1) as f64);
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
