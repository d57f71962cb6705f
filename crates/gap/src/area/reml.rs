//! Restricted maximum likelihood of the model variance.
//!
//! Source: Rao and Molina, *Small Area Estimation*, 2nd ed. 2015, section 6.1.2, for the model of
//! Fay and Herriot, JASA 74 (1979) 269-277: `y = X beta + u + e`, `V = diag(A + D)`,
//! `P = V^-1 - V^-1 X Q X' V^-1`, `Q = (X' V^-1 X)^-1`.

use super::AreaError;
use super::fit::Slope;
use super::sums::{Observed, Sums, trace_product};

/// The restricted log-likelihood up to a constant, its derivative in `A` and its expected information:
/// `-(sum log(A+D) + log|X'V^-1X| + r'V^-1r) / 2`, `(-tr P + y'PPy) / 2`, `tr(PP) / 2`.
///
/// # Errors
/// [`AreaError::Singular`].
pub fn slope(data: &Observed, a: f64) -> Result<Slope, AreaError> {
    let sums = Sums::at(data, a, 3)?;
    let trace_p = sums.weight[0] - trace_product(&sums.q, &sums.cross[1]);
    let qs = &sums.q * &sums.cross[1];
    let trace_pp =
        sums.weight[1] - 2.0 * trace_product(&sums.q, &sums.cross[2]) + trace_product(&qs, &qs.transpose());
    Ok(Slope {
        criterion: -0.5 * (sums.log_v + sums.log_det + sums.residual[0]),
        score: 0.5 * (sums.residual[1] - trace_p),
        information: 0.5 * trace_pp,
    })
}
