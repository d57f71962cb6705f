//! Maximum likelihood of the model variance.
//!
//! Source: Rao and Molina, *Small Area Estimation*, 2nd ed. 2015, section 6.1.2.

use super::AreaError;
use super::fit::Slope;
use super::sums::{Observed, Sums};

/// The profile log-likelihood up to a constant, its derivative in `A` and its expected information:
/// `-(sum log(A+D) + r'V^-1r) / 2`, `(-sum w + sum w^2 r^2) / 2`, `sum w^2 / 2`.
///
/// # Errors
/// [`AreaError::Singular`].
pub fn slope(data: &Observed, a: f64) -> Result<Slope, AreaError> {
    let sums = Sums::at(data, a, 1)?;
    Ok(Slope {
        criterion: -0.5 * (sums.log_v + sums.residual[0]),
        score: 0.5 * (sums.residual[1] - sums.weight[0]),
        information: 0.5 * sums.weight[1],
    })
}
