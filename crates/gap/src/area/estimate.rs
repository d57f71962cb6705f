//! From direct estimates and covariates to the estimates of all areas.

use super::AreaError;
use super::bootstrap::{self, Plan};
use super::design::Design;
use super::fit::{Fit, Solution};
use super::input::{Area, AreaEstimate, AreaMethod, Covariates, Mse, Settings};
use super::prasad_rao::PrasadRao;
use super::smooth::{self, Point};
use super::spread::Spread;
use super::sums::{Observed, divide, dot};
use super::transform::{Back, Transform};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Standard errors in half of a 90% interval: the 0.95 quantile of the normal distribution.
const Z90: f64 = 1.644_853_626_951_472_7;
/// Effective sample sizes above this change nothing and would only lose digits.
const LARGEST_SAMPLE: f64 = 1e12;

/// One coefficient of the regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// The covariate, or `(intercept)`.
    pub name: String,
    /// Its value on the model's scale.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
}

/// What the fitted model looks like. Everything is on the model's scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Areas the model was fitted on.
    pub observed: usize,
    /// Areas with covariates alone.
    pub synthetic: usize,
    /// Areas with a direct estimate alone.
    pub direct: usize,
    /// Which likelihood.
    pub fit: Fit,
    /// Which scale.
    pub transform: Transform,
    /// The model variance `A`; where it goes by size, that of the median size.
    pub model_variance: f64,
    /// Where it goes by size, the median size and the power of `size / median` by which it falls.
    pub by_size: Option<(f64, f64)>,
    /// Whether the likelihood was largest at zero, so that the adjusted one gave `model_variance`.
    pub adjusted: bool,
    /// Steps until it was found.
    pub iterations: u32,
    /// The coefficients, the intercept first.
    pub coefficients: Vec<Coefficient>,
    /// Log-likelihood (the full one, also under REML).
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Mean weight on the direct estimates of observed areas.
    pub mean_shrinkage: f64,
}

/// All areas and the model behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// First every area with covariates in their order, then those with a direct estimate alone.
    pub estimates: Vec<AreaEstimate>,
    /// Where asked for, one row an estimate: what its error owes to the error of each of as many independent standard
    /// normal numbers, the same for all areas. The errors of two areas have the covariance of the product of their rows;
    /// what is left of an area's squared error is its own. Estimates from nothing but the direct one have no row.
    pub common: Vec<Vec<f64>>,
    /// The model.
    pub summary: Summary,
}

/// Estimates all areas: those with covariates (observed or not) and those with a direct estimate alone.
/// `progress` hears the share done, 0 to 1, from any thread.
///
/// # Errors
/// [`AreaError`]: what is wrong with the input, with the area or column named.
pub fn estimate_areas(
    areas: &[Area],
    covariates: &Covariates,
    settings: &Settings,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Outcome, AreaError> {
    let matched = Matched::new(areas, covariates, settings)?;
    let coefficients = covariates.names().len() + usize::from(settings.intercept);
    if matched.rows.len() < coefficients + 3 {
        return Err(AreaError::TooFewAreas { observed: matched.rows.len(), coefficients });
    }
    let design = Design::new(covariates, &matched.rows, settings.intercept)?;
    progress(0.05);
    let (mut data, scale) = observe(areas, &matched, &design, settings)?;
    let unseen = matched.unseen(covariates.len());
    let (spread, factors) = spread(areas, &matched, (covariates, &unseen), &data, settings)?;
    data.divide(&factors.observed);
    let solution = settings.fit.solve(&data)?;
    progress(0.2);
    let model = Model { settings, design: &design, data: &data, solution: &solution, scale, spread, factors };
    let (mse, mse_unseen) = model.mean_squared_errors(&unseen, &|share: f64| progress(0.2 + 0.75 * share))?;

    let mut estimates: Vec<Option<AreaEstimate>> = vec![None; covariates.len()];
    for (i, (&row, &area)) in matched.rows.iter().zip(&matched.areas).enumerate() {
        estimates[row] = Some(model.observed(i, &areas[area], mse[i]));
    }
    for (at, (&row, &mse)) in unseen.iter().zip(&mse_unseen).enumerate() {
        estimates[row] = Some(model.synthetic(at, row, &covariates.areas()[row], mse));
    }
    let mut estimates: Vec<AreaEstimate> = estimates.into_iter().flatten().collect();
    let common = if settings.common {
        model.common(&estimates, (&matched.rows, &mse), (&unseen, &mse_unseen))?
    } else {
        Vec::new()
    };
    estimates.extend(matched.alone.iter().map(|&area| direct(&areas[area], settings.transform)));
    progress(1.0);
    let summary = model.summary(unseen.len(), matched.alone.len());
    Ok(Outcome { estimates, common, summary })
}

/// Which area has which covariates.
struct Matched {
    /// Rows of covariates with a direct estimate, ascending.
    rows: Vec<usize>,
    /// The areas of `rows`.
    areas: Vec<usize>,
    /// Areas without covariates.
    alone: Vec<usize>,
}

impl Matched {
    fn new(areas: &[Area], covariates: &Covariates, settings: &Settings) -> Result<Self, AreaError> {
        let mut row_of: HashMap<&str, usize> = HashMap::with_capacity(covariates.len());
        for (row, id) in covariates.areas().iter().enumerate() {
            if row_of.insert(id, row).is_some() {
                return Err(AreaError::Duplicate(id.clone()));
            }
        }
        let mut seen = std::collections::HashSet::with_capacity(areas.len());
        let mut pairs = Vec::with_capacity(areas.len());
        let mut alone = Vec::new();
        for (i, area) in areas.iter().enumerate() {
            if !seen.insert(area.id.as_str()) {
                return Err(AreaError::Duplicate(area.id.clone()));
            }
            let row = row_of.get(area.id.as_str()).copied();
            check(area, settings, row.is_some())?;
            match row {
                Some(row) => pairs.push((row, i)),
                None => alone.push(i),
            }
        }
        pairs.sort_unstable();
        let (rows, areas) = pairs.into_iter().unzip();
        Ok(Self { rows, areas, alone })
    }

    fn unseen(&self, all: usize) -> Vec<usize> {
        let mut seen = vec![false; all];
        self.rows.iter().for_each(|&row| seen[row] = true);
        (0..all).filter(|&row| !seen[row]).collect()
    }
}

fn check(area: &Area, settings: &Settings, has_covariates: bool) -> Result<(), AreaError> {
    let estimate = |wanted| AreaError::Estimate { area: area.id.clone(), said: area.estimate, wanted };
    if !area.estimate.is_finite() {
        return Err(estimate("a finite number"));
    }
    if settings.transform.needs_share() && !(0.0..=1.0).contains(&area.estimate) {
        return Err(estimate("a share from 0 to 1"));
    }
    let mendable = settings.smooth && has_covariates && area.variance == 0.0;
    if !(area.variance.is_finite() && area.variance > 0.0 || mendable) {
        return Err(AreaError::Variance { area: area.id.clone(), said: area.variance });
    }
    Ok(())
}

/// The observed areas on the model's scale, divided by the returned scale so that the median of the
/// variances is 1: nothing over- or underflows whatever the units.
fn observe(
    areas: &[Area],
    matched: &Matched,
    design: &Design,
    settings: &Settings,
) -> Result<(Observed, f64), AreaError> {
    let raw: Vec<f64> = matched.areas.iter().map(|&i| areas[i].estimate).collect();
    let mut variances: Vec<f64> = matched.areas.iter().map(|&i| areas[i].variance).collect();
    let share = settings.transform.needs_share();
    let mut expected = Vec::new();
    if settings.smooth || share {
        expected = regression_values(design, &matched.rows, &raw, share)?;
    }
    let spread = |p: f64| p * (1.0 - p);
    if settings.smooth {
        let points: Vec<Point> = matched
            .areas
            .iter()
            .zip(&expected)
            .map(|(&i, &p)| Point {
                variance: areas[i].variance,
                size: areas[i].size,
                level: if share { spread(p) } else { p.abs() },
            })
            .collect();
        variances = smooth::variances(&points, share)?;
    }
    let (mut y, mut d) = (raw, variances);
    if share {
        for (i, (y, d)) in y.iter_mut().zip(&mut d).enumerate() {
            let own = spread(*y);
            let typical = if settings.smooth || own <= 0.0 { spread(expected[i]) } else { own };
            (*y, *d) = settings.transform.forward(*y, expected[i], (typical / *d).min(LARGEST_SAMPLE));
        }
    }
    let mut sorted = d.clone();
    let middle = sorted.len() / 2;
    let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
    let scale = median.sqrt();
    y.iter_mut().for_each(|v| *v /= scale);
    // The square of the scale may not be the median itself; dividing twice keeps to one scale.
    d.iter_mut().for_each(|v| *v = *v / scale / scale);
    Ok((Observed { x: design.gather(&matched.rows), p: design.width(), y, d }, scale))
}

/// By what the spread of each area about the regression differs from that of the median size.
struct Factors {
    observed: Vec<f64>,
    unseen: Vec<f64>,
}

fn spread(
    areas: &[Area],
    matched: &Matched,
    (covariates, unseen): (&Covariates, &[usize]),
    data: &Observed,
    settings: &Settings,
) -> Result<(Spread, Factors), AreaError> {
    if !settings.by_size {
        let factors = Factors { observed: vec![1.0; matched.rows.len()], unseen: vec![1.0; unseen.len()] };
        return Ok((Spread::CONSTANT, factors));
    }
    let above_0 = |size: Option<f64>, id: &str| {
        size.filter(|s| s.is_finite() && *s > 0.0).ok_or_else(|| AreaError::Size(id.to_owned()))
    };
    let observed = matched.areas.iter().map(|&i| above_0(areas[i].size, &areas[i].id));
    let sizes = observed.collect::<Result<Vec<f64>, _>>()?;
    let others = unseen.iter().map(|&row| above_0(covariates.size(row), &covariates.areas()[row]));
    let others = others.collect::<Result<Vec<f64>, _>>()?;
    let spread = Spread::find(settings.fit, data, &sizes)?;
    let factors = |sizes: &[f64]| sizes.iter().map(|&size| spread.factor(size)).collect();
    Ok((spread, Factors { observed: factors(&sizes), unseen: factors(&others) }))
}

/// Each area's regression value by least squares; that of a share is kept away from 0 and 1.
fn regression_values(
    design: &Design,
    rows: &[usize],
    raw: &[f64],
    share: bool,
) -> Result<Vec<f64>, AreaError> {
    let beta = design.least_squares(rows, raw).ok_or(AreaError::Singular)?;
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    let low = (0.1 * mean).max(1e-4);
    let high = 1.0 - (0.1 * (1.0 - mean)).max(1e-4);
    let value = |row: usize| dot(design.row(row), &beta);
    Ok(rows.iter().map(|&row| if share { value(row).clamp(low, high) } else { value(row) }).collect())
}

/// The direct estimate with its own interval, within 0 and 1 for a share.
fn direct(area: &Area, transform: Transform) -> AreaEstimate {
    let p = area.estimate;
    let se = area.variance.sqrt();
    let (low, high) = if transform.needs_share() {
        let n = ((p * (1.0 - p)).max(1e-4) / area.variance).min(LARGEST_SAMPLE);
        let (value, variance) = transform.forward(p, p, n);
        let Back { low, high, .. } = transform.back(value, variance, Z90);
        (low.min(p), high.max(p))
    } else {
        (p - Z90 * se, p + Z90 * se)
    };
    AreaEstimate {
        area: area.id.clone(),
        direct: Some(p),
        estimate: p,
        se,
        low90: low,
        high90: high,
        shrinkage: 1.0,
        method: AreaMethod::Direct,
    }
}

struct Model<'a> {
    settings: &'a Settings,
    design: &'a Design,
    data: &'a Observed,
    solution: &'a Solution,
    scale: f64,
    spread: Spread,
    factors: Factors,
}

impl Model<'_> {
    fn mean_squared_errors(
        &self,
        unseen: &[usize],
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<(Vec<f64>, Vec<f64>), AreaError> {
        let p = self.data.p;
        let mut rows = self.design.gather(unseen);
        divide(&mut rows, p, &self.factors.unseen);
        match self.settings.mse {
            Mse::PrasadRao => {
                let formula = PrasadRao::new(self.settings.fit, self.solution);
                let seen = self.data.x.chunks_exact(p).zip(&self.data.d);
                Ok((
                    seen.map(|(x, &d)| formula.observed(x, d, self.solution)).collect(),
                    rows.chunks_exact(p).map(|x| formula.synthetic(x, self.solution)).collect(),
                ))
            }
            Mse::Bootstrap { replicates, seed } => bootstrap::mean_squared_errors(
                Plan { fit: self.settings.fit, replicates, seed },
                self.data,
                self.solution,
                &rows,
                progress,
            ),
        }
    }

    fn weight(&self, i: usize) -> f64 {
        self.solution.a / (self.solution.a + self.data.d[i])
    }

    /// Back from the model's scale and the area's factor.
    fn back(&self, value: f64, mse: f64, factor: f64) -> Back {
        let unit = self.scale * factor;
        self.settings.transform.back(value * unit, mse * unit * unit, Z90)
    }

    fn observed(&self, i: usize, area: &Area, mse: f64) -> AreaEstimate {
        let level = dot(self.data.row(i), &self.solution.sums.beta);
        let weight = self.weight(i);
        let back = self.back(level + weight * (self.data.y[i] - level), mse, self.factors.observed[i]);
        estimate_of(&area.id, (Some(area.estimate), weight, AreaMethod::Area), back)
    }

    fn synthetic(&self, at: usize, row: usize, id: &str, mse: f64) -> AreaEstimate {
        let factor = self.factors.unseen[at];
        let back = self.back(dot(self.design.row(row), &self.solution.sums.beta) / factor, mse, factor);
        estimate_of(id, (None, 0.0, AreaMethod::Synthetic), back)
    }

    /// What the error of the coefficients does to each estimate. The errors of two areas have the covariance
    /// `(1 - g_i) x_i' Q x_j (1 - g_j)` (Rao and Molina 2015, section 6.2, from the error of the best linear
    /// unbiased predictor); with `Q = C C'` the row is `(1 - g_i) x_i' C`, here as a part of the standard error.
    fn common(
        &self,
        estimates: &[AreaEstimate],
        (rows, mse): (&[usize], &[f64]),
        (unseen, mse_unseen): (&[usize], &[f64]),
    ) -> Result<Vec<Vec<f64>>, AreaError> {
        let root = self.solution.sums.q.clone().cholesky().ok_or(AreaError::Singular)?.unpack();
        let row = |x: &[f64], of: f64, mse: f64, se: f64| -> Vec<f64> {
            let loading =
                |column: usize| -> f64 { x.iter().zip(root.column(column).iter()).map(|(x, c)| x * c).sum() };
            let part = if mse > 0.0 { of * se / mse.sqrt() } else { 0.0 };
            (0..root.ncols()).map(|column| part * loading(column)).collect()
        };
        let mut out = vec![Vec::new(); estimates.len()];
        for (i, (&at, &mse)) in rows.iter().zip(mse).enumerate() {
            out[at] = row(self.data.row(i), 1.0 - self.weight(i), mse, estimates[at].se);
        }
        for ((&at, &mse), factor) in unseen.iter().zip(mse_unseen).zip(&self.factors.unseen) {
            out[at] = row(self.design.row(at), 1.0 / factor, mse, estimates[at].se);
        }
        Ok(out)
    }

    fn summary(&self, synthetic: usize, direct: usize) -> Summary {
        let sums = &self.solution.sums;
        let n = self.data.len() as f64;
        let (mut beta, mut q) = (sums.beta.clone(), sums.q.clone());
        if !self.settings.standardise {
            let own = self.design.to_own_units();
            beta = &own * beta;
            q = &own * q * own.transpose();
        }
        let coefficients = self
            .design
            .columns()
            .iter()
            .enumerate()
            .map(|(j, name)| Coefficient {
                name: name.clone(),
                value: beta[j] * self.scale,
                se: q[(j, j)].max(0.0).sqrt() * self.scale,
            })
            .collect();
        let factors: f64 = self.factors.observed.iter().map(|f| f.ln()).sum();
        let log_v = sums.log_v + 2.0 * (n * self.scale.ln() + factors);
        let log_likelihood = -0.5 * (n * std::f64::consts::TAU.ln() + log_v + sums.residual[0]);
        let parameters = (self.data.p + 1 + usize::from(self.settings.by_size)) as f64;
        Summary {
            observed: self.data.len(),
            synthetic,
            direct,
            fit: self.settings.fit,
            transform: self.settings.transform,
            model_variance: self.solution.a * self.scale * self.scale,
            by_size: self.settings.by_size.then_some((self.spread.median, self.spread.power)),
            adjusted: self.solution.adjusted,
            iterations: self.solution.iterations,
            coefficients,
            log_likelihood,
            aic: 2.0 * parameters - 2.0 * log_likelihood,
            bic: n.ln() * parameters - 2.0 * log_likelihood,
            mean_shrinkage: (0..self.data.len()).map(|i| self.weight(i)).sum::<f64>() / n,
        }
    }
}

fn estimate_of(
    id: &str,
    (direct, shrinkage, method): (Option<f64>, f64, AreaMethod),
    back: Back,
) -> AreaEstimate {
    AreaEstimate {
        area: id.to_owned(),
        direct,
        estimate: back.mean,
        se: back.se,
        low90: back.low,
        high90: back.high,
        shrinkage,
        method,
    }
}
