//! The covariates as a matrix that is safe to compute with: centred, scaled, of full rank.

use super::{AreaError, Covariates};
use nalgebra::{DMatrix, DVector};

/// How much of a column's variance may be explained by the columns before it: 1 minus this.
const RANK_TOLERANCE: f64 = 1e-11;

/// Covariates centred and scaled by the mean and standard deviation over the observed areas,
/// row by row, the intercept first. Scaling changes no estimate; it keeps sums well conditioned.
#[derive(Clone, Debug)]
pub struct Design {
    columns: Vec<String>,
    values: Vec<f64>,
    centre: Vec<f64>,
    scale: Vec<f64>,
    intercept: bool,
}

impl Design {
    /// Builds the matrix of all areas; `observed` are the rows that the model is fitted on.
    ///
    /// # Errors
    /// [`AreaError::NoCovariates`] when there is nothing to regress on, [`AreaError::Collinear`] naming
    /// the columns that the ones before them explain.
    pub fn new(covariates: &Covariates, observed: &[usize], intercept: bool) -> Result<Self, AreaError> {
        let k = covariates.names().len();
        if k == 0 && !intercept {
            return Err(AreaError::NoCovariates);
        }
        let (centre, scale) = moments(covariates, observed, intercept);
        let lead = usize::from(intercept);
        let mut columns = Vec::with_capacity(k + lead);
        if intercept {
            columns.push("(intercept)".to_owned());
        }
        columns.extend(covariates.names().iter().cloned());
        let mut values = Vec::with_capacity(covariates.len() * (k + lead));
        for row in 0..covariates.len() {
            if intercept {
                values.push(1.0);
            }
            let x = covariates.row(row);
            values.extend(x.iter().zip(&centre).zip(&scale).map(|((x, c), s)| (x - c) / s));
        }
        let design = Self { columns, values, centre, scale, intercept };
        let spare = design.dependent(observed);
        if spare.is_empty() { Ok(design) } else { Err(AreaError::Collinear { columns: spare }) }
    }

    /// Number of columns, the intercept included.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The columns' names, the intercept first.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The row of one area.
    pub fn row(&self, area: usize) -> &[f64] {
        let p = self.width();
        &self.values[area * p..(area + 1) * p]
    }

    /// The rows of these areas one after another.
    pub fn gather(&self, areas: &[usize]) -> Vec<f64> {
        areas.iter().flat_map(|&area| self.row(area)).copied().collect()
    }

    /// The matrix that takes coefficients of the scaled columns to coefficients in the covariates' own
    /// units: `beta_own = M beta_scaled`.
    pub fn to_own_units(&self) -> DMatrix<f64> {
        let p = self.width();
        let lead = usize::from(self.intercept);
        let mut matrix = DMatrix::identity(p, p);
        for (j, (centre, scale)) in self.centre.iter().zip(&self.scale).enumerate() {
            matrix[(j + lead, j + lead)] = 1.0 / scale;
            if self.intercept {
                matrix[(0, j + lead)] = -centre / scale;
            }
        }
        matrix
    }

    /// Least squares without weights, for a first look at the areas' level.
    pub fn least_squares(&self, observed: &[usize], y: &[f64]) -> Option<DVector<f64>> {
        let p = self.width();
        let mut xx = DMatrix::zeros(p, p);
        let mut xy = DVector::zeros(p);
        for (&area, &y) in observed.iter().zip(y) {
            let x = self.row(area);
            for i in 0..p {
                xy[i] += x[i] * y;
                for j in 0..=i {
                    xx[(i, j)] += x[i] * x[j];
                }
            }
        }
        xx.fill_upper_triangle_with_lower_triangle();
        xx.cholesky().map(|c| c.solve(&xy))
    }

    /// Columns that the ones before them explain: those whose pivot vanishes in the Cholesky
    /// decomposition of the cross-products.
    fn dependent(&self, observed: &[usize]) -> Vec<String> {
        let p = self.width();
        let mut xx = vec![0.0; p * p];
        for &area in observed {
            let x = self.row(area);
            for i in 0..p {
                for j in 0..=i {
                    xx[i * p + j] += x[i] * x[j];
                }
            }
        }
        let mut kept: Vec<usize> = Vec::new();
        let mut found = Vec::new();
        let mut lower = vec![0.0; p * p];
        for i in 0..p {
            let mut pivot = xx[i * p + i];
            for &j in &kept {
                let mut sum = xx[i * p + j];
                for &l in kept.iter().take_while(|&&l| l < j) {
                    sum -= lower[i * p + l] * lower[j * p + l];
                }
                lower[i * p + j] = sum / lower[j * p + j];
                pivot -= lower[i * p + j].powi(2);
            }
            if pivot > RANK_TOLERANCE * xx[i * p + i] && pivot.is_finite() {
                lower[i * p + i] = pivot.sqrt();
                kept.push(i);
            } else {
                found.push(self.columns[i].clone());
            }
        }
        found
    }
}

/// Mean and standard deviation of each covariate over the observed areas. Without an intercept nothing
/// is centred, for that would bring one in. A constant column keeps scale 1 and shows up as dependent.
fn moments(covariates: &Covariates, observed: &[usize], intercept: bool) -> (Vec<f64>, Vec<f64>) {
    let k = covariates.names().len();
    let n = observed.len().max(1) as f64;
    let mut centre = vec![0.0; k];
    if intercept {
        for &area in observed {
            centre.iter_mut().zip(covariates.row(area)).for_each(|(c, x)| *c += x / n);
        }
    }
    let mut scale = vec![0.0; k];
    let mut largest = vec![0.0_f64; k];
    for &area in observed {
        for (j, x) in covariates.row(area).iter().enumerate() {
            scale[j] += (x - centre[j]).powi(2) / n;
            largest[j] = largest[j].max(x.abs());
        }
    }
    for j in 0..k {
        let sd = scale[j].sqrt();
        // What is left of a constant after centring is rounding, not information.
        if intercept && sd <= 1e-13 * largest[j] {
            (centre[j], scale[j]) = (0.0, largest[j].max(1.0));
        } else {
            scale[j] = if sd > 0.0 { sd } else { 1.0 };
        }
    }
    (centre, scale)
}
