//! Mean squared error by parametric bootstrap: areas are made from the fitted model, the model is
//! fitted to them again, and how far the estimates fall from the made truth is averaged.
//!
//! Source: Gonzalez-Manteiga and others, Computational Statistics and Data Analysis 52 (2008) 5242-5252, the estimate by one
//! bootstrap, without their correction of its bias by a second.

use super::AreaError;
use super::fit::{Fit, Solution};
use super::sums::{Observed, dot};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// How the bootstrap is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Which likelihood.
    pub fit: Fit,
    /// How many times areas are made anew.
    pub replicates: u32,
    /// Seed; each replicate has its own stream, so the result does not depend on the cores.
    pub seed: u64,
}

/// Mean squared errors of the observed areas and of those with covariates alone (`synthetic`, rows of the
/// same width), in that order. `progress` hears the share of replicates done.
///
/// # Errors
/// Those of the fit, when one replicate after another cannot be fitted.
pub fn mean_squared_errors(
    plan: Plan,
    data: &Observed,
    solution: &Solution,
    synthetic: &[f64],
    progress: &(dyn Fn(f64) + Sync),
) -> Result<(Vec<f64>, Vec<f64>), AreaError> {
    let done = AtomicU32::new(0);
    let level: Vec<f64> = data.x.chunks_exact(data.p).map(|x| dot(x, &solution.sums.beta)).collect();
    let beyond: Vec<f64> = synthetic.chunks_exact(data.p).map(|x| dot(x, &solution.sums.beta)).collect();
    let all = level.len() + beyond.len();
    // Replicates are summed in batches of fixed size and order: same sums on any number of cores.
    let batches: Vec<(u32, u32)> =
        (0..plan.replicates).step_by(8).map(|b| (b, (b + 8).min(plan.replicates))).collect();
    let mut total = vec![0.0; all];
    let mut fitted = 0_u32;
    for group in batches.chunks(8) {
        let parts: Vec<(Vec<f64>, u32)> = group
            .par_iter()
            .map(|&(from, to)| {
                let mut sum = vec![0.0; all];
                let mut fitted = 0;
                for replicate in from..to {
                    let made = Replicate { level: &level, beyond: &beyond, a: solution.a };
                    fitted +=
                        u32::from(made.add_errors(plan, data, synthetic, (replicate, &mut sum)).is_ok());
                    let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
                    progress(f64::from(so_far) / f64::from(plan.replicates));
                }
                (sum, fitted)
            })
            .collect();
        for (sum, count) in parts {
            total.iter_mut().zip(sum).for_each(|(t, s)| *t += s);
            fitted += count;
        }
    }
    if fitted * 2 < plan.replicates || fitted == 0 {
        return Err(AreaError::NotConverged);
    }
    total.iter_mut().for_each(|t| *t /= f64::from(fitted));
    let beyond = total.split_off(level.len());
    Ok((total, beyond))
}

struct Replicate<'a> {
    level: &'a [f64],
    beyond: &'a [f64],
    a: f64,
}

impl Replicate<'_> {
    fn add_errors(
        &self,
        plan: Plan,
        data: &Observed,
        synthetic: &[f64],
        (replicate, sum): (u32, &mut [f64]),
    ) -> Result<(), AreaError> {
        let mut normal = Normal::new(plan.seed, u64::from(replicate));
        let sd = self.a.sqrt();
        let truth: Vec<f64> = self.level.iter().map(|v| v + sd * normal.next()).collect();
        let y: Vec<f64> = truth.iter().zip(&data.d).map(|(t, d)| t + d.sqrt() * normal.next()).collect();
        let made = Observed { x: data.x.clone(), p: data.p, y, d: data.d.clone() };
        let again = plan.fit.solve(&made)?;
        let beta = &again.sums.beta;
        for (i, x) in made.x.chunks_exact(made.p).enumerate() {
            let weight = again.a / (again.a + made.d[i]);
            let level = dot(x, beta);
            sum[i] += (level + weight * (made.y[i] - level) - truth[i]).powi(2);
        }
        for (i, x) in synthetic.chunks_exact(data.p).enumerate() {
            let truth = self.beyond[i] + sd * normal.next();
            sum[self.level.len() + i] += (dot(x, beta) - truth).powi(2);
        }
        Ok(())
    }
}

/// Standard normal numbers by Marsaglia's polar method (SIAM Review 6 (1964) 260-264).
pub(super) struct Normal {
    rng: ChaCha12Rng,
    spare: Option<f64>,
}

impl Normal {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { rng, spare: None }
    }

    pub(super) fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let u: f64 = self.rng.random::<f64>() * 2.0 - 1.0;
            let v: f64 = self.rng.random::<f64>() * 2.0 - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }
}
