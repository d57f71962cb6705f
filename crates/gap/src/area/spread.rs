//! A model variance that goes with the size of the area: `A_i = A (size_i / m)^-k`, `m` the median size.
//!
//! The share of a place of few homes strays further from what its covariates say than that of a city, which is many
//! places in one. `A` and `k` maximise the same (restricted) likelihood as a constant variance, by Fisher
//! scoring in `log A` and `k`. Areas divided by `b_i`, the root of `(size_i / m)^-k`, then follow the model with a
//! constant variance, so that every other formula serves as it is.
//! Source: Rao and Molina, *Small Area Estimation*, 2nd ed. 2015, section 4.2 (the model with `b_i v_i`); a variance that
//! is a power of a covariate: Harvey, Econometrica 44 (1976) 461-465.

use super::AreaError;
use super::fit::Fit;
use super::sums::{Observed, Sums, dot, quadratic};

const STEPS: u32 = 100;
/// Change of `log A` and `k` at which the search stops.
const TOLERANCE: f64 = 1e-7;
/// `log A` below which there is nothing between areas, so that no size can tell it: sampling variances are about 1.
const NOTHING: f64 = -14.0;

/// How the model variance goes with size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// `k`: 0 is a variance that is the same for every area.
    pub power: f64,
    /// `m`.
    pub median: f64,
}

impl Spread {
    /// A variance that is the same for every area.
    pub const CONSTANT: Self = Self { power: 0.0, median: 1.0 };

    /// `b_i` of an area of this size.
    pub fn factor(self, size: f64) -> f64 {
        (size / self.median).powf(-0.5 * self.power)
    }

    /// Finds the power. The variances in `data` are scaled so that their median is 1; sizes are above 0.
    ///
    /// # Errors
    /// [`AreaError::Singular`], [`AreaError::NotConverged`].
    pub fn find(fit: Fit, data: &Observed, sizes: &[f64]) -> Result<Self, AreaError> {
        let mut sorted = sizes.to_vec();
        let middle = sorted.len() / 2;
        let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
        let small: Vec<f64> = sizes.iter().map(|size| (median / size).ln()).collect();
        let mut search = Search { fit, data: data.clone(), sampling: &data.d, small: &small };
        let mut at = [0.0, 0.0];
        let mut here = search.slope(at)?;
        for _ in 0..STEPS {
            let mut step = here.step();
            let moved = |step: [f64; 2]| [at[0] + step[0], at[1] + step[1]];
            let mut there = search.slope(moved(step))?;
            let slack = 1e-11 * (1.0 + here.criterion.abs());
            while there.criterion < here.criterion - slack && largest(step) > TOLERANCE {
                step = step.map(|s| 0.5 * s);
                there = search.slope(moved(step))?;
            }
            (at, here) = (moved(step), there);
            if at[0] < NOTHING {
                return Ok(Self::CONSTANT);
            }
            if largest(step) <= TOLERANCE {
                return Ok(Self { power: at[1], median });
            }
        }
        Err(AreaError::NotConverged)
    }
}

fn largest(step: [f64; 2]) -> f64 {
    step[0].abs().max(step[1].abs())
}

/// The likelihood at one `log A` and `k`: its derivatives and their expected information.
struct Slope {
    criterion: f64,
    score: [f64; 2],
    information: [f64; 3],
}

impl Slope {
    /// Fisher's step, at most 2 at once. Where all sizes are alike the power stays.
    fn step(&self) -> [f64; 2] {
        let ([s, t], [ss, st, tt]) = (self.score, self.information);
        let determinant = ss * tt - st * st;
        let step = if determinant > 1e-12 * ss * tt {
            [(tt * s - st * t) / determinant, (ss * t - st * s) / determinant]
        } else {
            [s / ss, 0.0]
        };
        let shorter = (2.0 / largest(step).max(2.0)).min(1.0);
        step.map(|s| s * shorter)
    }
}

struct Search<'a> {
    fit: Fit,
    /// The areas, with the model variance added to the sampling variance of each.
    data: Observed,
    sampling: &'a [f64],
    /// Log of the median size over the area's.
    small: &'a [f64],
}

impl Search<'_> {
    fn slope(&mut self, [log_a, power]: [f64; 2]) -> Result<Slope, AreaError> {
        let model = |small: f64| (log_a + power * small).exp();
        for ((d, sampling), small) in self.data.d.iter_mut().zip(self.sampling).zip(self.small) {
            *d = sampling + model(*small);
        }
        let sums = Sums::at(&self.data, 0.0, 1)?;
        let restricted = self.fit == Fit::Reml;
        let log_det = if restricted { sums.log_det } else { 0.0 };
        let mut slope = Slope {
            criterion: -0.5 * (sums.log_v + log_det + sums.residual[0]),
            score: [0.0; 2],
            information: [0.0; 3],
        };
        let rows = self.data.x.chunks_exact(self.data.p).zip(&self.data.y).zip(&self.data.d);
        for (((x, y), d), small) in rows.zip(self.small) {
            let w = 1.0 / d;
            let leverage = if restricted { w * quadratic(x, &sums.q) } else { 0.0 };
            let r = y - dot(x, &sums.beta);
            // The part of the area's variance that is the model's.
            let part = w * model(*small);
            let pull = 0.5 * part * (w * r * r - (1.0 - leverage));
            slope.score[0] += pull;
            slope.score[1] += pull * small;
            let known = 0.5 * part * part;
            slope.information[0] += known;
            slope.information[1] += known * small;
            slope.information[2] += known * small * small;
        }
        Ok(slope)
    }
}
