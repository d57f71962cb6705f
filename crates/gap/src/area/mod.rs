//! Figures of many areas made steadier by each other: small-area estimation by the Fay-Herriot model.
//!
//! Each area has a direct estimate `y` with a sampling variance `D` and covariates `x`. The model is
//! `y = x'beta + u + e`, `u ~ N(0, A)` from area to area, `e ~ N(0, D)` from sampling. The estimate is
//! `x'beta + g (y - x'beta)` with the weight `g = A / (A + D)` on what was observed there; an area with
//! covariates alone gets `x'beta`. [`estimate_areas`] does it all; one formula is in one file.

mod adjusted;
mod benchmark;
mod bootstrap;
mod design;
mod error;
mod estimate;
mod fit;
mod input;
mod ml;
mod prasad_rao;
mod reml;
mod smooth;
mod spread;
mod sums;
mod tables;
mod transform;

#[cfg(test)]
mod tests;

pub use benchmark::{Benchmark, Group, benchmark, keep_shares, total};
pub use error::AreaError;
pub use estimate::{Coefficient, Outcome, Summary, estimate_areas};
pub use fit::Fit;
pub use input::{Area, AreaEstimate, AreaMethod, Covariates, Mse, Settings};
pub use tables::{
    CovariateRows, EstimateRows, TotalRows, Totals, WeightRows, groups, link, read_covariates,
    read_estimates, read_totals, read_weights,
};
pub use transform::Transform;
