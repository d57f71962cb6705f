//! Scales on which a share can be modelled, and the way back.
//!
//! A share with sampling variance `D` is read as a count `x = n p` out of an effective sample
//! `n = p(1-p) / D`. The corrections that make the transformed value nearly unbiased and its variance
//! free of `p` are Anscombe's: Biometrika 35 (1948) 246-254 for the arcsine, Biometrika 43 (1956) 461-464
//! for the logit. Both are finite at 0 and 1.

use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;

/// The scale on which the model is linear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// The estimates as they are.
    #[default]
    None,
    /// `log(p / (1 - p))`.
    Logit,
    /// `arcsin(sqrt(p))`.
    Arcsine,
}

/// A value back on its own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Back {
    /// Mean of the value given the transformed estimate and its error.
    pub mean: f64,
    /// Standard deviation of the same.
    pub se: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Transform {
    /// Whether the values must be shares from 0 to 1.
    pub fn needs_share(self) -> bool {
        self != Self::None
    }

    /// The transformed share and its sampling variance, `n` being the effective sample size. The variance of
    /// the logit depends on the share: it is taken at `expected`, the regression's share, because at the
    /// observed one it would be large just where the share happens to be small and pull estimates up.
    pub fn forward(self, share: f64, expected: f64, n: f64) -> (f64, f64) {
        let x = n * share;
        match self {
            Self::None => (share, expected * (1.0 - expected) / n),
            Self::Logit => {
                let typical = n * expected;
                let variance = 1.0 / (typical + 0.5) + 1.0 / (n - typical + 0.5);
                (((x + 0.5) / (n - x + 0.5)).ln(), variance)
            }
            Self::Arcsine => (((x + 0.375) / (n + 0.75)).sqrt().asin(), 1.0 / (4.0 * n + 2.0)),
        }
    }

    /// The share at a transformed value.
    pub fn inverse(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Logit => 1.0 / (1.0 + (-value).exp()),
            Self::Arcsine => value.clamp(0.0, FRAC_PI_2).sin().powi(2),
        }
    }

    /// Back to the share: the mean over the normal distribution of the transformed value (a plain inverse
    /// would be biased, as the curve is bent), its standard deviation, and the interval of `z` standard
    /// errors taken on the transformed scale, so that it stays within 0 and 1.
    pub fn back(self, value: f64, mse: f64, z: f64) -> Back {
        let se = mse.max(0.0).sqrt();
        let (low, high) = (self.inverse(value - z * se), self.inverse(value + z * se));
        let (mean, variance) = match self {
            Self::None => (value, mse.max(0.0)),
            Self::Logit => logit_moments(value, se),
            Self::Arcsine => arcsine_moments(value, se * se),
        };
        Back { mean: mean.clamp(low, high), se: variance.max(0.0).sqrt(), low, high }
    }
}

/// Mean and variance of `sin^2(t)`, `t` normal: from `sin^2 t = (1 - cos 2t) / 2` and
/// `E cos kt = exp(-k^2 v / 2) cos k m`.
fn arcsine_moments(m: f64, v: f64) -> (f64, f64) {
    let first = (-2.0 * v).exp() * (2.0 * m).cos();
    let second = (-8.0 * v).exp() * (4.0 * m).cos();
    ((1.0 - first) / 2.0, ((1.0 + second) / 2.0 - first * first) / 4.0)
}

/// Mean and variance of `1 / (1 + exp(-t))`, `t` normal, by the trapezium rule at quarter standard deviations,
/// whose error is below 1e-12 for a smooth integrand against a normal density.
fn logit_moments(m: f64, s: f64) -> (f64, f64) {
    let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
    for step in -32..=32 {
        let z = f64::from(step) * 0.25;
        let weight = (-0.5 * z * z).exp();
        let p = Transform::Logit.inverse(m + s * z);
        total += weight;
        first += weight * p;
        second += weight * p * p;
    }
    let mean = first / total;
    (mean, second / total - mean * mean)
}
