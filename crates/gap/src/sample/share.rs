//! A weighted share, how sure it is, and what weighting costs.
//!
//! Share: `p = sum w y / sum w`. Variance: by linearisation with what the margins do not explain. `e` is the residual of
//! the weighted regression of `y` on the categories of the margins (raking is asymptotically the same as
//! regression: Deville and Särndal 1992), and
//! `var = (1 - n/N) n/(n-1) sum (w (e - mean))^2 / (sum w)^2`. Interval: Korn and Graubard 1998, the exact
//! binomial interval (Clopper and Pearson) with the effective number of answers in place of the number; it stays
//! within 0 and 1 and has a sensible end when nobody or everybody says yes.

use super::rake::Margin;
use nalgebra::{DMatrix, DVector};
use statrs::distribution::{Beta, ContinuousCDF};

/// What a share rests on.
#[derive(Clone, Copy, Debug)]
pub struct Design<'a> {
    /// One weight an answer.
    pub weights: &'a [f64],
    /// The margins that the weights were raked to; empty for none.
    pub margins: &'a [Margin],
    /// Students in all, for the finite population correction; `None` for none.
    pub students: Option<f64>,
}

/// A weighted share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightedShare {
    /// The share, 0 to 1.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// Lower end of the 90% interval.
    pub low90: f64,
    /// Upper end of the 90% interval.
    pub high90: f64,
    /// Answers that say whether the measure is true.
    pub answers: usize,
    /// Kish's design effect of the weights: `n sum w^2 / (sum w)^2`.
    pub kish_deff: f64,
    /// `answers / kish_deff`.
    pub kish_n: f64,
}

/// The share of yes among the known answers; `None` when none is known. The answers are in the order of the weights.
pub fn share(answers: &[Option<bool>], design: Design) -> Option<WeightedShare> {
    let known: Vec<(usize, f64)> =
        answers.iter().enumerate().filter_map(|(i, a)| Some((i, f64::from(u8::from((*a)?))))).collect();
    let weights: Vec<f64> = known.iter().map(|&(i, _)| design.weights[i]).collect();
    let total: f64 = weights.iter().sum();
    if known.is_empty() || total <= 0.0 {
        return None;
    }
    let value = known.iter().zip(&weights).map(|((_, y), w)| y * w).sum::<f64>() / total;
    let n = known.len() as f64;
    let residuals = residuals(&known, &weights, design.margins, value);
    let scores: Vec<f64> = residuals.iter().zip(&weights).map(|(e, w)| e * w).collect();
    let mean = scores.iter().sum::<f64>() / n;
    let squares: f64 = scores.iter().map(|s| (s - mean).powi(2)).sum();
    let correction = design.students.map_or(1.0, |all| (1.0 - n / all).max(0.0));
    let variance = if n > 1.0 { correction * n / (n - 1.0) * squares / (total * total) } else { 0.25 };
    let kish_deff = kish(&weights);
    let (low90, high90) = interval(value, variance, n / kish_deff);
    let se = variance.sqrt();
    Some(WeightedShare { value, se, low90, high90, answers: known.len(), kish_deff, kish_n: n / kish_deff })
}

/// The share that is counted for the one or for the other: `none` of all, and of the rest `slow`, `p = g + (1 - g) s`. To
/// first order, the two taken as independent, `var = (1 - s)^2 var g + (1 - g)^2 var s`; the interval is as for one
/// share, with `p (1 - p) / var` answers. `answers` are those of both, what weighting costs is that of `slow`.
pub fn in_two_parts(none: &WeightedShare, slow: &WeightedShare, counted: usize) -> WeightedShare {
    let (g, s) = (none.value, slow.value);
    let value = g + (1.0 - g) * s;
    let variance = ((1.0 - s) * none.se).powi(2) + ((1.0 - g) * slow.se).powi(2);
    let (low90, high90) = interval(value, variance, slow.kish_n);
    WeightedShare { value, se: variance.sqrt(), low90, high90, answers: counted, ..*slow }
}

/// Kish's design effect of unequal weights (Kish 1965, section 11.7): `n sum w^2 / (sum w)^2`, at least 1.
pub fn kish(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    weights.len() as f64 * squares / (sum * sum)
}

/// What the margins do not explain.
fn residuals(known: &[(usize, f64)], weights: &[f64], margins: &[Margin], mean: f64) -> Vec<f64> {
    // One column for the mean and one for each category but the first of each margin.
    let starts: Vec<usize> = margins
        .iter()
        .scan(1, |next, m| {
            let start = *next;
            *next += m.totals.len() - 1;
            Some(start)
        })
        .collect();
    let size = 1 + margins.iter().map(|m| m.totals.len() - 1).sum::<usize>();
    let columns = |answer: usize| {
        let of_margins = margins.iter().zip(&starts).filter_map(move |(m, start)| match m.category[answer] {
            0 => None,
            c => Some(start + c - 1),
        });
        std::iter::once(0).chain(of_margins).collect::<Vec<usize>>()
    };
    let mut a = DMatrix::<f64>::zeros(size, size);
    let mut b = DVector::<f64>::zeros(size);
    for (&(answer, y), &w) in known.iter().zip(weights) {
        let columns = columns(answer);
        for &j in &columns {
            b[j] += w * (y - mean);
            for &k in &columns {
                a[(j, k)] += w;
            }
        }
    }
    // Item non-response can leave a category without answers: a trace of ridge keeps the solve defined.
    let ridge = 1e-10 * weights.iter().sum::<f64>();
    for j in 0..size {
        a[(j, j)] += ridge;
    }
    let beta = a.cholesky().map_or_else(|| DVector::zeros(size), |c| c.solve(&b));
    let one = |&(answer, y): &(usize, f64)| y - mean - columns(answer).iter().map(|&j| beta[j]).sum::<f64>();
    known.iter().map(one).collect()
}

/// The interval of Korn and Graubard. Where the variance is 0, because all answers are alike, Kish's effective
/// number of answers stands in.
fn interval(value: f64, variance: f64, kish_n: f64) -> (f64, f64) {
    let plain = value * (1.0 - value);
    let effective = if variance > 0.0 && plain > 0.0 { plain / variance } else { kish_n };
    let x = value * effective;
    let end = |shape_a: f64, shape_b: f64, p: f64| Beta::new(shape_a, shape_b).ok().map(|b| b.inverse_cdf(p));
    let low = if x > 0.0 { end(x, effective - x + 1.0, 0.05).unwrap_or(0.0) } else { 0.0 };
    let high = if x < effective { end(x + 1.0, effective - x, 0.95).unwrap_or(1.0) } else { 1.0 };
    (low.clamp(0.0, value), high.clamp(value, 1.0))
}
