//! Mean squared error of the estimates, to second order.
//!
//! Source: Prasad and Rao, JASA 85 (1990) 163-171; for REML and ML: Datta and Lahiri, Statistica Sinica 10
//! (2000) 613-627. With `B = D / (A + D)` and `w = 1 / (A + D)`:
//! `g1 = A B`, `g2 = B^2 x'Qx`, `g3 = B^2 w VarA`, `VarA = 2 / sum w^2`;
//! REML: `g1 + g2 + 2 g3`. ML is biased downwards in `A` by `tr(Q sum w^2 xx') / sum w^2`, which adds
//! `B^2` times that.

use super::fit::{Fit, Solution};
use super::sums::{quadratic, trace_product};

/// What does not change from area to area.
#[derive(Clone, Copy, Debug)]
pub struct PrasadRao {
    a: f64,
    variance_of_a: f64,
    bias: f64,
}

impl PrasadRao {
    /// Prepares the formula at a solution.
    pub fn new(fit: Fit, solution: &Solution) -> Self {
        let sums = &solution.sums;
        let bias = match fit {
            Fit::Reml => 0.0,
            Fit::Ml => trace_product(&sums.q, &sums.cross[1]) / sums.weight[1],
        };
        Self { a: solution.a, variance_of_a: 2.0 / sums.weight[1], bias }
    }

    /// Mean squared error of an area observed with sampling variance `d`.
    pub fn observed(&self, x: &[f64], d: f64, solution: &Solution) -> f64 {
        let w = 1.0 / (self.a + d);
        let b = d * w;
        let g1 = self.a * b;
        let g2 = b * b * quadratic(x, &solution.sums.q);
        let g3 = b * b * w * self.variance_of_a;
        g1 + g2 + 2.0 * g3 + b * b * self.bias
    }

    /// Mean squared error of an area with covariates alone: the model's variance, ML's bias
    /// taken out, and that of the regression.
    pub fn synthetic(&self, x: &[f64], solution: &Solution) -> f64 {
        self.a + self.bias + quadratic(x, &solution.sums.q)
    }
}
