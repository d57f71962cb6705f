//! The areas' figures of one measure: Fay-Herriot where there are enough areas, else the direct figures.

use super::counted::Counted;
use super::counties;
use super::covariates::{self, Covariates};
use super::shares::{self, Direct, Found};
use super::values::Values;
use crate::area::{self, Area, AreaError, AreaMethod, Fit, Mse, Transform};
use crate::estimate::AreaShare;
use evenfield_model::{GeographyKind, Geoid, Measure};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// 95th percentile of the normal distribution: half the width of a 90% interval in standard errors.
const Z90: f64 = 1.645;

/// How the figures of the areas were made, for the methods page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaReport {
    /// The measure.
    pub measure: Measure,
    /// The table it rests on.
    pub table: String,
    /// Whom the table counts.
    pub counted: Counted,
    /// Whether the table is blind to a part of the measure: it asks about subscriptions and not about computers.
    #[serde(default)]
    pub leaves_out_computers: bool,
    /// The kind of area.
    pub kind: GeographyKind,
    /// Areas with a direct figure.
    pub observed: u32,
    /// Areas without one.
    pub synthetic: u32,
    /// Counties whose areas were moved to the share that is published for the whole of it.
    #[serde(default)]
    pub benchmarked: u32,
    /// The covariates used.
    pub covariates: Vec<String>,
    /// The variance between areas on the model's scale; `None` where direct figures stand alone.
    pub model_variance: Option<f64>,
    /// Mean weight of the direct figures, 0 to 1.
    pub mean_shrinkage: Option<f64>,
    /// Why the direct figures stand alone, where they do.
    pub note: Option<String>,
}

/// Figures of all areas for a measure; `None` when no table gives it.
pub(super) fn measure(values: &Values, measure: Measure) -> Option<(Vec<AreaShare>, AreaReport)> {
    let Found { nearest, kind, areas: direct, counties: published } = shares::direct(values, measure)?;
    let areas: Vec<&str> = values.areas(kind).collect();
    let known: HashMap<&str, f64> = direct.iter().map(|d| (d.area.as_str(), d.share)).collect();
    let target: Vec<Option<f64>> = areas.iter().map(|a| known.get(a).copied()).collect();
    let covariates = covariates::of(values, kind, &areas, &target);
    let mut report = AreaReport {
        measure,
        table: nearest.table().to_owned(),
        counted: if nearest.of_children() { Counted::ChildrenInHouseholds } else { Counted::Households },
        leaves_out_computers: nearest.leaves_out_computers(),
        kind,
        observed: direct.len() as u32,
        synthetic: 0,
        benchmarked: 0,
        covariates: covariates.names.clone(),
        model_variance: None,
        mean_shrinkage: None,
        note: None,
    };
    let modelled = if covariates.names.is_empty() {
        Err("no covariate is known of these areas".to_owned())
    } else {
        fay_herriot(&direct, &areas, covariates).map_err(|e| e.to_string())
    };
    let shares = match modelled {
        Ok(mut outcome) => {
            report.benchmarked = counties::hold(&mut outcome, &direct, &published);
            report.model_variance = Some(outcome.summary.model_variance);
            report.mean_shrinkage = Some(outcome.summary.mean_shrinkage);
            report.synthetic = outcome.summary.synthetic as u32;
            let parts = outcome.estimates.iter().zip(&outcome.common);
            parts.filter_map(|(e, common)| of_estimate(measure, e, common)).collect()
        }
        Err(why) => {
            report.note = Some(why);
            report.covariates.clear();
            direct.iter().filter_map(|d| of_direct(measure, d)).collect()
        }
    };
    Some((shares, report))
}

/// Shares are modelled on the arcsine scale, where a share of nothing has a place too.
fn fay_herriot(
    direct: &[Direct],
    areas: &[&str],
    covariates: Covariates,
) -> Result<area::Outcome, AreaError> {
    let observed: Vec<Area> =
        direct.iter().map(|d| Area::new(&*d.area, d.share, d.variance).with_size(d.whole)).collect();
    let ids = areas.iter().map(|a| (*a).to_owned()).collect();
    let covariates =
        area::Covariates::new(covariates.names, ids, covariates.rows.into_iter().flatten().collect())?;
    let settings = area::Settings {
        fit: Fit::Reml,
        transform: Transform::Arcsine,
        mse: Mse::PrasadRao,
        // A published variance of a few homes is itself a guess; the variance function is steadier.
        smooth: true,
        common: true,
        ..area::Settings::default()
    };
    area::estimate_areas(&observed, &covariates, &settings, &|_| {})
}

fn of_estimate(measure: Measure, estimate: &area::AreaEstimate, common: &[f64]) -> Option<AreaShare> {
    Some(AreaShare {
        geoid: Geoid::parse(&estimate.area).ok()?,
        measure,
        value: estimate.estimate,
        se: estimate.se,
        low90: estimate.low90,
        high90: estimate.high90,
        common: common.to_vec(),
        observed: estimate.method != AreaMethod::Synthetic,
    })
}

fn of_direct(measure: Measure, direct: &Direct) -> Option<AreaShare> {
    let se = direct.variance.sqrt();
    Some(AreaShare {
        geoid: Geoid::parse(&direct.area).ok()?,
        measure,
        value: direct.share,
        se,
        low90: (direct.share - Z90 * se).max(0.0),
        high90: (direct.share + Z90 * se).min(1.0),
        common: Vec::new(),
        observed: true,
    })
}
