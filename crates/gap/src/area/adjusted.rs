//! A model variance that is never zero: the adjusted likelihood `A L(A)`.
//!
//! When the likelihood is largest at `A = 0` every area would be given the regression's value with no
//! weight on what was observed there. Multiplying by `A` keeps the estimate above zero.
//! Source: Li and Lahiri, *An adjusted maximum likelihood method for solving small area
//! estimation problems*, J. Multivariate Analysis 101 (2010) 882-892. It is used only where the
//! plain estimate is zero (the mixed rule of Rubin-Bleuer and You, Survey Methodology 42 (2016) 63-85).

use super::AreaError;
use super::fit::{Fit, TOLERANCE};
use super::sums::Observed;

/// The `A` where `1/A + score(A) = 0`, by bisection on a logarithmic scale; variances are scaled so
/// that their median is 1.
///
/// # Errors
/// [`AreaError::Singular`]; [`AreaError::NotConverged`] when no maximum is found.
pub fn solve(fit: Fit, data: &Observed) -> Result<(f64, u32), AreaError> {
    let slope = |a: f64| fit.slope(data, a).map(|s| 1.0 / a + s.score);
    let (mut low, mut high) = (1e-12_f64, 1.0_f64);
    let mut iterations = 0;
    while slope(high)? > 0.0 {
        low = high;
        high *= 4.0;
        iterations += 1;
        if high > 1e18 {
            return Err(AreaError::NotConverged);
        }
    }
    while high / low > 1.0 + TOLERANCE && iterations < 300 {
        let middle = (low * high).sqrt();
        if slope(middle)? > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
        iterations += 1;
    }
    Ok(((low * high).sqrt(), iterations))
}
