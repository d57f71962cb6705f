//! Finding the model variance: Fisher scoring that never goes downhill.

use super::sums::{Observed, Sums};
use super::{AreaError, adjusted, ml, reml};
use serde::{Deserialize, Serialize};

/// Relative change of the model variance at which the search stops.
pub const TOLERANCE: f64 = 1e-12;
const STEPS: u32 = 200;

/// Which likelihood the model variance maximises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Restricted maximum likelihood: allows for the coefficients being estimated.
    #[default]
    Reml,
    /// Maximum likelihood.
    Ml,
}

/// A likelihood at one model variance.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    /// Log-likelihood up to a constant.
    pub criterion: f64,
    /// Its derivative.
    pub score: f64,
    /// Its expected information.
    pub information: f64,
}

/// Where the search ended.
#[derive(Clone, Debug)]
pub struct Solution {
    /// Model variance `A`.
    pub a: f64,
    /// Steps taken.
    pub iterations: u32,
    /// Whether the likelihood was largest at zero, so that the adjusted one was used.
    pub adjusted: bool,
    /// The sums at `a`, with two cross-products.
    pub sums: Sums,
}

impl Fit {
    /// The likelihood at `a`.
    ///
    /// # Errors
    /// [`AreaError::Singular`].
    pub fn slope(self, data: &Observed, a: f64) -> Result<Slope, AreaError> {
        match self {
            Self::Reml => reml::slope(data, a),
            Self::Ml => ml::slope(data, a),
        }
    }

    /// Finds the model variance and the coefficients. The variances in `data` are scaled so that
    /// their median is 1.
    ///
    /// # Errors
    /// [`AreaError::Singular`], [`AreaError::NotConverged`].
    pub fn solve(self, data: &Observed) -> Result<Solution, AreaError> {
        let (mut a, mut iterations) = self.climb(data, 1.0)?;
        if a == 0.0 {
            // The likelihood may have a second hill away from zero.
            let floor = self.slope(data, 0.0)?.criterion;
            for power in -6..=6 {
                let start = 4.0_f64.powi(power);
                if self.slope(data, start)?.criterion > floor {
                    let (found, more) = self.climb(data, start)?;
                    iterations += more;
                    if found > 0.0 && self.slope(data, found)?.criterion > floor {
                        a = found;
                        break;
                    }
                }
            }
        }
        let adjusted = a == 0.0;
        if adjusted {
            let (found, more) = adjusted::solve(self, data)?;
            a = found;
            iterations += more;
        }
        Ok(Solution { a, iterations, adjusted, sums: Sums::at(data, a, 2)? })
    }

    fn climb(self, data: &Observed, start: f64) -> Result<(f64, u32), AreaError> {
        let mut a = start;
        let mut here = self.slope(data, a)?;
        for iteration in 1..=STEPS {
            let mut step = here.score / here.information;
            if !step.is_finite() {
                return Err(AreaError::NotConverged);
            }
            let mut next = (a + step).max(0.0);
            let mut there = self.slope(data, next)?;
            // Rounding may show a fall where the top is flat: only a real one halves the step.
            let slack = 1e-11 * (1.0 + here.criterion.abs());
            while there.criterion < here.criterion - slack && step.abs() > TOLERANCE * (a + 1.0) {
                step *= 0.5;
                next = (a + step).max(0.0);
                there = self.slope(data, next)?;
            }
            let moved = (next - a).abs();
            (a, here) = (next, there);
            if moved <= TOLERANCE * a || (a == 0.0 && here.score <= 0.0) {
                return Ok((a, iteration));
            }
            // Close to zero the scale is that of the sampling variances, whose median is 1.
            if moved <= TOLERANCE && a < 1e-9 && here.score <= 0.0 {
                return Ok((0.0, iteration));
            }
        }
        Err(AreaError::NotConverged)
    }
}
