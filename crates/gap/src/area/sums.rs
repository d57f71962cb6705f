//! Weighted sums over the areas: the one pass on which every formula here stands.

use super::AreaError;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Areas summed together before the partial sums are added in order: the result does not
/// depend on how many cores there are.
const CHUNK: usize = 4096;

/// What the model is fitted on: one row of covariates, one estimate and one sampling variance an area.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Covariates row by row, `p` a row.
    pub x: Vec<f64>,
    /// Number of columns.
    pub p: usize,
    /// Direct estimates.
    pub y: Vec<f64>,
    /// Sampling variances, above 0.
    pub d: Vec<f64>,
}

impl Observed {
    /// Number of areas.
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// The covariates of one area.
    pub fn row(&self, area: usize) -> &[f64] {
        &self.x[area * self.p..(area + 1) * self.p]
    }

    /// Divides the equation of each area by its factor.
    pub fn divide(&mut self, factors: &[f64]) {
        divide(&mut self.x, self.p, factors);
        for ((y, d), factor) in self.y.iter_mut().zip(&mut self.d).zip(factors) {
            *y /= factor;
            *d = *d / factor / factor;
        }
    }

    /// Whether there is no area.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }
}

/// Sums at one model variance `A`, with the weight `w = 1 / (A + D)` of each area.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Sum of `w^k x x'` for k = 1, 2, 3 (as many as were asked for).
    pub cross: Vec<DMatrix<f64>>,
    /// Inverse of the first: the covariance of the coefficients.
    pub q: DMatrix<f64>,
    /// Log of the determinant of the first.
    pub log_det: f64,
    /// Generalised least squares coefficients.
    pub beta: DVector<f64>,
    /// Sums of `w` and `w^2`.
    pub weight: [f64; 2],
    /// Sum of `log(A + D)`.
    pub log_v: f64,
    /// Sums of `w r^2` and `w^2 r^2`, where `r = y - x'beta`.
    pub residual: [f64; 2],
}

struct Partial {
    cross: Vec<f64>,
    xy: Vec<f64>,
    weight: [f64; 2],
    log_v: f64,
}

impl Sums {
    /// Makes the sums at model variance `a`, with the first `powers` (1 to 3) cross-products.
    ///
    /// # Errors
    /// [`AreaError::Singular`] when the weighted cross-products cannot be inverted.
    pub fn at(data: &Observed, a: f64, powers: usize) -> Result<Self, AreaError> {
        let p = data.p;
        let triangle = p * (p + 1) / 2;
        let parts: Vec<Partial> = data
            .y
            .par_chunks(CHUNK)
            .zip(data.d.par_chunks(CHUNK))
            .zip(data.x.par_chunks(CHUNK * p))
            .map(|((y, d), x)| partial(x, y, d, (a, powers)))
            .collect();
        let mut total =
            Partial { cross: vec![0.0; triangle * powers], xy: vec![0.0; p], weight: [0.0; 2], log_v: 0.0 };
        for part in &parts {
            total.cross.iter_mut().zip(&part.cross).for_each(|(t, v)| *t += v);
            total.xy.iter_mut().zip(&part.xy).for_each(|(t, v)| *t += v);
            total.weight[0] += part.weight[0];
            total.weight[1] += part.weight[1];
            total.log_v += part.log_v;
        }
        let cross: Vec<DMatrix<f64>> =
            total.cross.chunks(triangle.max(1)).map(|flat| unpack(flat, p)).collect();
        let cholesky = cross[0].clone().cholesky().ok_or(AreaError::Singular)?;
        let log_det = 2.0 * cholesky.l_dirty().diagonal().iter().map(|v| v.ln()).sum::<f64>();
        let beta = cholesky.solve(&DVector::from_vec(total.xy));
        let residual = residuals(data, a, &beta);
        if !log_det.is_finite() || !residual[1].is_finite() {
            return Err(AreaError::Singular);
        }
        Ok(Self {
            q: cholesky.inverse(),
            cross,
            log_det,
            beta,
            weight: total.weight,
            log_v: total.log_v,
            residual,
        })
    }
}

fn partial(x: &[f64], y: &[f64], d: &[f64], (a, powers): (f64, usize)) -> Partial {
    let p = x.len() / y.len();
    let triangle = p * (p + 1) / 2;
    let mut part =
        Partial { cross: vec![0.0; triangle * powers], xy: vec![0.0; p], weight: [0.0; 2], log_v: 0.0 };
    for ((x, y), d) in x.chunks_exact(p).zip(y).zip(d) {
        let w = 1.0 / (a + d);
        part.weight[0] += w;
        part.weight[1] += w * w;
        part.log_v += (a + d).ln();
        for (sum, x) in part.xy.iter_mut().zip(x) {
            *sum += w * x * y;
        }
        let mut weight = w;
        for cross in part.cross.chunks_exact_mut(triangle) {
            let mut at = 0;
            for i in 0..p {
                let wx = weight * x[i];
                for (sum, x) in cross[at..=at + i].iter_mut().zip(x) {
                    *sum += wx * x;
                }
                at += i + 1;
            }
            weight *= w;
        }
    }
    part
}

fn residuals(data: &Observed, a: f64, beta: &DVector<f64>) -> [f64; 2] {
    let parts: Vec<[f64; 2]> = data
        .y
        .par_chunks(CHUNK)
        .zip(data.d.par_chunks(CHUNK))
        .zip(data.x.par_chunks(CHUNK * data.p))
        .map(|((y, d), x)| {
            let mut sums = [0.0; 2];
            for ((x, y), d) in x.chunks_exact(data.p).zip(y).zip(d) {
                let w = 1.0 / (a + d);
                let r = y - dot(x, beta);
                sums[0] += w * r * r;
                sums[1] += w * w * r * r;
            }
            sums
        })
        .collect();
    parts.iter().fold([0.0; 2], |t, s| [t[0] + s[0], t[1] + s[1]])
}

fn unpack(flat: &[f64], p: usize) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(p, p);
    let mut at = 0;
    for i in 0..p {
        for j in 0..=i {
            matrix[(i, j)] = flat[at];
            matrix[(j, i)] = flat[at];
            at += 1;
        }
    }
    matrix
}

/// Divides each row of `p` numbers by its factor.
pub fn divide(rows: &mut [f64], p: usize, factors: &[f64]) {
    for (row, factor) in rows.chunks_exact_mut(p).zip(factors).filter(|(_, factor)| **factor != 1.0) {
        row.iter_mut().for_each(|x| *x /= factor);
    }
}

/// `x'beta`.
pub fn dot(x: &[f64], beta: &DVector<f64>) -> f64 {
    x.iter().zip(beta.iter()).map(|(x, b)| x * b).sum()
}

/// `x'Qx`.
pub fn quadratic(x: &[f64], q: &DMatrix<f64>) -> f64 {
    let p = x.len();
    let flat = q.as_slice();
    let mut sum = 0.0;
    for (j, column) in flat.chunks_exact(p).enumerate() {
        let inner: f64 = column[..j].iter().zip(x).map(|(q, x)| q * x).sum();
        sum += x[j] * (2.0 * inner + column[j] * x[j]);
    }
    sum
}

/// Trace of the product of two symmetric matrices.
pub fn trace_product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
}
