//! Smoothing of sampling variances by a generalised variance function.
//!
//! A variance estimated from few answers is itself unsteady, and zero when all answers agree. The model
//! takes variances as known, so they are replaced by a fitted curve: `log(D / level) = a + b log(size)`
//! for shares with sizes, `log D = a + b log(size)` for other figures with sizes, and `log D = a + b log(level)` without sizes. The level
//! is `p(1-p)` of the regression's share, or the regression's absolute value for other figures. The curve is scaled so that the variances keep their sum.
//! Source: Wolter, *Introduction to Variance Estimation*, 2nd ed. 2007, chapter 7; the scaling: Hidiroglou,
//! Beaumont and Yung, Survey Methodology 45 (2019) 101-126.

use super::AreaError;
use nalgebra::{DMatrix, DVector};

/// One area as the curve sees it.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Estimated sampling variance; 0 and below take no part in the fit.
    pub variance: f64,
    /// What the variance falls with: sampled or resident persons, when known.
    pub size: Option<f64>,
    /// `p(1-p)` of a share, or the absolute value of another figure, from the regression alone.
    pub level: f64,
}

/// The smoothed variance of each point. `share` fixes the level's exponent at 1 where sizes are known.
///
/// # Errors
/// [`AreaError::Smoothing`] with fewer than five usable variances, or without a size in some area
/// while others have one.
pub fn variances(points: &[Point], share: bool) -> Result<Vec<f64>, AreaError> {
    let sized = points.iter().filter(|p| p.size.is_some_and(|s| s > 0.0)).count();
    if sized > 0 && sized < points.len() {
        return Err(AreaError::Smoothing("some areas have a size above 0 and others have none".to_owned()));
    }
    let sized = sized > 0;
    let fixed = sized && share;
    let row = |p: &Point| {
        let level = p.level.max(1e-300).ln();
        if sized { [1.0, p.size.unwrap_or(1.0).ln()] } else { [1.0, level] }
    };
    let offset = |p: &Point| if fixed { p.level.max(1e-300).ln() } else { 0.0 };
    let used: Vec<&Point> = points.iter().filter(|p| p.variance > 0.0).collect();
    if used.len() < 5 {
        return Err(AreaError::Smoothing(format!(
            "{} areas have a variance above 0 and at least 5 are needed",
            used.len()
        )));
    }
    let (mut xx, mut xy) = (DMatrix::<f64>::zeros(2, 2), DVector::<f64>::zeros(2));
    for p in &used {
        let x = row(p);
        let y = p.variance.ln() - offset(p);
        for i in 0..2 {
            xy[i] += x[i] * y;
            for j in 0..2 {
                xx[(i, j)] += x[i] * x[j];
            }
        }
    }
    // All sizes or levels alike: the curve is flat and only its height can be known.
    let spread = xx[(0, 0)] * xx[(1, 1)] - xx[(0, 1)] * xx[(0, 1)];
    let beta = if spread > 1e-9 * xx[(0, 0)] * xx[(1, 1)].max(1e-300) {
        xx.cholesky().map_or_else(|| DVector::zeros(2), |c| c.solve(&xy))
    } else {
        DVector::from_vec(vec![xy[0] / xx[(0, 0)], 0.0])
    };
    let curve = |p: &Point| {
        let x = row(p);
        (x[0] * beta[0] + x[1] * beta[1] + offset(p)).exp()
    };
    let said: f64 = used.iter().map(|p| p.variance).sum();
    let fitted: f64 = used.iter().map(|p| curve(p)).sum();
    let scale = said / fitted;
    Ok(points.iter().map(|p| curve(p) * scale).collect())
}
