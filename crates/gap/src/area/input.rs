//! What goes in and what comes out.

use super::{AreaError, Fit, Transform};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The direct estimate of one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// The area's id, for example a GEOID.
    pub id: String,
    /// Its direct estimate; a share from 0 to 1 when the model is on the logit or arcsine scale.
    pub estimate: f64,
    /// The estimate's sampling variance (from a Census margin of error: the square of MOE / 1.645).
    pub variance: f64,
    /// What the variances fall with, for smoothing and for a model variance by size: persons sampled, or living there.
    pub size: Option<f64>,
}

impl Area {
    /// An area without a size.
    pub fn new(id: impl Into<String>, estimate: f64, variance: f64) -> Self {
        Self { id: id.into(), estimate, variance, size: None }
    }

    /// The same with a size.
    pub fn with_size(self, size: f64) -> Self {
        Self { size: Some(size), ..self }
    }
}

/// Covariates of all areas, observed or not: one row an area, one column a covariate, no intercept.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariates {
    names: Vec<String>,
    areas: Vec<String>,
    values: Vec<f64>,
    sizes: HashMap<String, f64>,
}

impl Covariates {
    /// Takes `values` row by row.
    ///
    /// # Errors
    /// [`AreaError::Shape`] when the sizes do not fit, [`AreaError::Covariate`] when a value is not finite.
    pub fn new(names: Vec<String>, areas: Vec<String>, values: Vec<f64>) -> Result<Self, AreaError> {
        if values.len() != names.len() * areas.len() {
            return Err(AreaError::Shape { areas: areas.len(), columns: names.len(), values: values.len() });
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(AreaError::Covariate {
                area: areas[at / names.len()].clone(),
                column: names[at % names.len()].clone(),
            });
        }
        Ok(Self { names, areas, values, sizes: HashMap::new() })
    }

    /// The same with sizes by area of those that were not observed, for a model variance by size.
    pub fn with_sizes(self, sizes: HashMap<String, f64>) -> Self {
        Self { sizes, ..self }
    }

    /// The size of an area that was not observed, where it is known.
    pub fn size(&self, area: usize) -> Option<f64> {
        self.sizes.get(&self.areas[area]).copied()
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The areas' ids.
    pub fn areas(&self) -> &[String] {
        &self.areas
    }

    /// Number of areas.
    pub fn len(&self) -> usize {
        self.areas.len()
    }

    /// Whether there is no area.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// The values of one area.
    pub fn row(&self, area: usize) -> &[f64] {
        let k = self.names.len();
        &self.values[area * k..(area + 1) * k]
    }
}

/// How the mean squared error is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mse {
    /// By formula, to second order.
    #[default]
    PrasadRao,
    /// By parametric bootstrap.
    Bootstrap {
        /// How often areas are made anew.
        replicates: u32,
        /// Seed of the random numbers.
        seed: u64,
    },
}

/// How areas are estimated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which likelihood finds the model variance.
    pub fit: Fit,
    /// The scale on which the model is linear.
    pub transform: Transform,
    /// How the mean squared error is estimated.
    pub mse: Mse,
    /// Whether sampling variances are smoothed by a generalised variance function.
    pub smooth: bool,
    /// Whether the regression has an intercept.
    pub intercept: bool,
    /// Whether the summary's coefficients are for covariates in standard deviations.
    pub standardise: bool,
    /// Whether small areas may differ more from each other than large ones: every area then needs a size.
    pub by_size: bool,
    /// Whether to tell what the areas' errors have in common, for the error of their sums.
    pub common: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fit: Fit::Reml,
            transform: Transform::None,
            mse: Mse::PrasadRao,
            smooth: false,
            intercept: true,
            standardise: false,
            by_size: false,
            common: false,
        }
    }
}

/// Where an area's estimate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaMethod {
    /// Direct estimate and regression combined.
    Area,
    /// Regression alone: nothing was observed there.
    Synthetic,
    /// Direct estimate alone: there were no covariates.
    Direct,
}

impl AreaMethod {
    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Synthetic => "synthetic",
            Self::Direct => "direct",
        }
    }
}

/// The estimate of one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaEstimate {
    /// The area's id.
    pub area: String,
    /// Its direct estimate, if there is one.
    pub direct: Option<f64>,
    /// Its estimate.
    pub estimate: f64,
    /// Root of the estimated mean squared error.
    pub se: f64,
    /// Lower end of the 90% interval.
    pub low90: f64,
    /// Upper end of the 90% interval.
    pub high90: f64,
    /// The weight on the direct estimate, `A / (A + D)`: 1 is the direct estimate alone, 0 the regression.
    pub shrinkage: f64,
    /// Where it comes from.
    pub method: AreaMethod,
}
