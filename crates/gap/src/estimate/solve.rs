//! The arithmetic of the model: a ridge-penalised logistic regression with many random effects, its
//! posterior mode, and draws from the normal approximation of its posterior at the mode.
//!
//! Nothing is ever as large as parameters times parameters: `H = X'WX + L` is only multiplied by vectors, and
//! `H x = b` is solved by conjugate gradients (Hestenes and Stiefel 1952) with the diagonal as preconditioner.
//! A draw from `N(0, H^-1)` solves `H x = X'W^(1/2) e1 + L^(1/2) e2` with standard normal `e1`, `e2`
//! (perturb and optimise: Papandreou and Yuille 2010), because the right side has covariance `H`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Parameters before the random effects: intercept, slope on the area's logit share, and one a feature.
pub(super) const FIXED: usize = 2 + FEATURES;
/// Features of a student: FRL yes, FRL unknown, ELL, IEP, middle, high.
pub(super) const FEATURES: usize = 6;

/// Students who look alike to the model, with how many answered and how many lack access.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pattern {
    /// Which features are true, one bit each.
    pub features: u8,
    /// Parameter of the school's effect.
    pub school: u32,
    /// Parameter of the area's effect.
    pub area: u32,
    /// Logit share of the area, less the mean of all.
    pub slope: f64,
    /// Prior logit share.
    pub offset: f64,
    /// Answers.
    pub answers: f64,
    /// Answers that say the measure is true.
    pub lacking: f64,
}

/// Errors that areas have in common: each area's effect is its own parameter and its row times these.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    /// Parameter of the first area.
    pub first: usize,
    /// How many common errors; they are the last parameters.
    pub width: usize,
    /// One row an area.
    pub rows: Vec<f64>,
}

impl Common {
    /// The rows with the parameter of each area.
    fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        (self.first..).zip(self.rows.chunks_exact(self.width.max(1)))
    }

    /// Adds to the effect of each area its part of the common errors, and drops these.
    pub fn fold(&self, theta: &mut Vec<f64>) {
        let errors = theta.split_off(theta.len() - self.width);
        self.rows().for_each(|(area, row)| theta[area] += dot(row, &errors));
    }

    /// The transpose of [`Self::fold`]: what is gathered for areas, gathered for the common errors too.
    fn spread(&self, out: &mut [f64]) {
        let (of_areas, errors) = out.split_at_mut(out.len() - self.width);
        for (area, row) in self.rows() {
            errors.iter_mut().zip(row).for_each(|(e, l)| *e += l * of_areas[area]);
        }
    }
}

/// The model's data and prior: parameters have prior mean 0 and these precisions.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub patterns: Vec<Pattern>,
    /// Mean of each feature over all students: features are centred, so that the area's share stays the mean.
    pub means: [f64; FEATURES],
    pub common: Common,
    pub precision: Vec<f64>,
}

impl Problem {
    /// `x'theta` for each pattern, without the offset.
    fn predict(&self, theta: &[f64]) -> Vec<f64> {
        let mut theta = theta.to_vec();
        self.common.fold(&mut theta);
        let centre: f64 = (0..FEATURES).map(|j| theta[2 + j] * self.means[j]).sum();
        let of_features: Vec<f64> = (0..1u8 << FEATURES)
            .map(|mask| {
                (0..FEATURES).filter(|j| mask >> j & 1 == 1).map(|j| theta[2 + j]).sum::<f64>() - centre
                    + theta[0]
            })
            .collect();
        let one = |p: &Pattern| {
            of_features[usize::from(p.features)]
                + theta[1] * p.slope
                + theta[p.school as usize]
                + theta[p.area as usize]
        };
        self.patterns.iter().map(one).collect()
    }

    /// `X'v`.
    fn gather(&self, v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.precision.len()];
        for (p, &v) in self.patterns.iter().zip(v) {
            out[0] += v;
            out[1] += v * p.slope;
            for j in 0..FEATURES {
                out[2 + j] += v * (f64::from(p.features >> j & 1) - self.means[j]);
            }
            out[p.school as usize] += v;
            out[p.area as usize] += v;
        }
        self.common.spread(&mut out);
        out
    }

    /// `H x` for working weights `w`, with this precision.
    fn multiply(&self, w: &[f64], precision: &[f64], x: &[f64]) -> Vec<f64> {
        let weighted: Vec<f64> = self.predict(x).iter().zip(w).map(|(e, w)| e * w).collect();
        let mut out = self.gather(&weighted);
        for ((o, l), x) in out.iter_mut().zip(precision).zip(x) {
            *o += l * x;
        }
        out
    }

    /// The diagonal of `X'WX`: what the answers tell of each parameter.
    fn information(&self, w: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.precision.len()];
        for (p, &w) in self.patterns.iter().zip(w) {
            out[0] += w;
            out[1] += w * p.slope * p.slope;
            for j in 0..FEATURES {
                out[2 + j] += w * (f64::from(p.features >> j & 1) - self.means[j]).powi(2);
            }
            out[p.school as usize] += w;
            out[p.area as usize] += w;
        }
        let (of_areas, errors) = out.split_at_mut(self.precision.len() - self.common.width);
        for (area, row) in self.common.rows() {
            errors.iter_mut().zip(row).for_each(|(e, l)| *e += l * l * of_areas[area]);
        }
        out
    }

    /// Solves `H x = b`, of which `precision` and [`Self::information`] make up the diagonal.
    fn solve(&self, w: &[f64], (information, precision): (&[f64], &[f64]), b: &[f64]) -> Vec<f64> {
        let diagonal: Vec<f64> = information.iter().zip(precision).map(|(i, l)| i + l).collect();
        let mut x = vec![0.0; b.len()];
        let mut r = b.to_vec();
        let mut z: Vec<f64> = r.iter().zip(&diagonal).map(|(r, d)| r / d).collect();
        let mut p = z.clone();
        let mut rz = dot(&r, &z);
        let stop = rz * 1e-14;
        for _ in 0..1_000 {
            if rz <= stop || rz == 0.0 {
                break;
            }
            let hp = self.multiply(w, precision, &p);
            let alpha = rz / dot(&p, &hp);
            for i in 0..x.len() {
                x[i] += alpha * p[i];
                r[i] -= alpha * hp[i];
                z[i] = r[i] / diagonal[i];
            }
            let next = dot(&r, &z);
            let beta = next / rz;
            rz = next;
            for (p, z) in p.iter_mut().zip(&z) {
                *p = z + beta * *p;
            }
        }
        x
    }

    /// Logarithm of the posterior density, up to a constant.
    fn log_posterior(&self, theta: &[f64]) -> f64 {
        let eta = self.predict(theta);
        let likelihood: f64 = self
            .patterns
            .iter()
            .zip(&eta)
            .map(|(p, e)| {
                let e = e + p.offset;
                p.lacking * e - p.answers * softplus(e)
            })
            .sum();
        likelihood - 0.5 * self.precision.iter().zip(theta).map(|(l, t)| l * t * t).sum::<f64>()
    }

    /// The posterior mode by Newton's method with step halving, and the working weights there.
    pub fn mode(&self, start: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut theta = start.to_vec();
        let mut best = self.log_posterior(&theta);
        for _ in 0..30 {
            let (w, residual) = self.working(&theta);
            let mut gradient = self.gather(&residual);
            for ((g, l), t) in gradient.iter_mut().zip(&self.precision).zip(&theta) {
                *g -= l * t;
            }
            let step = self.solve(&w, (&self.information(&w), &self.precision), &gradient);
            let mut size = 1.0;
            let before = best;
            while size > 1e-4 {
                let tried: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + size * s).collect();
                let value = self.log_posterior(&tried);
                if value >= best {
                    (theta, best) = (tried, value);
                    break;
                }
                size /= 2.0;
            }
            if best - before < 1e-8 * (1.0 + best.abs()) {
                break;
            }
        }
        let (w, _) = self.working(&theta);
        (theta, w)
    }

    /// Working weights `n p (1 - p)` and residuals `y - n p`.
    fn working(&self, theta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        self.predict(theta)
            .iter()
            .zip(&self.patterns)
            .map(|(e, p)| {
                let share = logistic(e + p.offset);
                (p.answers * share * (1.0 - share), p.lacking - p.answers * share)
            })
            .unzip()
    }

    /// By how much the posterior's mean lies off its mode, to first order: `-1/2 H^-1 sum_i w_i' v_i x_i`, with `w_i'` the
    /// derivative of the working weight and `v_i` the posterior variance of `x_i'theta`, here that of `deviations` (the first term of
    /// the expansion of Tierney and Kadane 1986).
    pub fn mean_off_mode(&self, theta: &[f64], w: &[f64], deviations: &[Vec<f64>]) -> Vec<f64> {
        let mut variance = vec![0.0; self.patterns.len()];
        for deviation in deviations {
            variance
                .iter_mut()
                .zip(self.predict(deviation))
                .for_each(|(v, e)| *v += e * e / deviations.len() as f64);
        }
        let eta = self.predict(theta);
        let pull: Vec<f64> = (self.patterns.iter().zip(&eta).zip(w.iter().zip(&variance)))
            .map(|((p, e), (w, v))| -0.5 * w * (1.0 - 2.0 * logistic(e + p.offset)) * v)
            .collect();
        self.solve(w, (&self.information(w), &self.precision), &self.gather(&pull))
    }

    /// `count` draws of the deviation from the mode. Draw `r` depends on `seed` and `r` alone.
    pub fn deviations(&self, w: &[f64], seed: u64, count: usize) -> Vec<Vec<f64>> {
        // Under its own precision the mode pulls nowhere.
        let mode = vec![0.0; self.precision.len()];
        self.deviations_under(w, &mode, (seed, count), |_| self.precision.clone())
    }

    /// The same, each draw from the posterior under a precision of its own, whose mode is found by one step of Newton's method:
    /// the gradient at `mode` is `(L - L') mode`.
    pub fn deviations_under(
        &self,
        w: &[f64],
        mode: &[f64],
        (seed, count): (u64, usize),
        precision: impl Fn(&mut Normal) -> Vec<f64> + Sync,
    ) -> Vec<Vec<f64>> {
        let information = self.information(w);
        let draw = |draw: usize| {
            let mut normal = Normal::new(seed, draw as u64);
            let precision = precision(&mut normal);
            let noise: Vec<f64> = w.iter().map(|w| w.sqrt() * normal.next()).collect();
            let mut b = self.gather(&noise);
            for (k, b) in b.iter_mut().enumerate() {
                *b += precision[k].sqrt() * normal.next() + (self.precision[k] - precision[k]) * mode[k];
            }
            self.solve(w, (&information, &precision), &b)
        };
        (0..count).into_par_iter().map(draw).collect()
    }
}

/// Standard normal numbers (Box and Muller 1958) of one stream of a seed.
pub(super) struct Normal {
    rng: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normal {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { rng, spare: None }
    }

    /// A uniform number above 0 and at most 1.
    pub fn uniform(&mut self) -> f64 {
        1.0 - self.rng.random::<f64>()
    }

    pub fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// A gamma number of this shape and scale 1 (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.next();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `1 / (1 + exp(-x))`.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(p / (1 - p))`.
pub(super) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
