//! Why areas could not be estimated.

/// An input that no model can be fitted to, said in plain words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AreaError {
    /// Too few areas with an estimate.
    #[error(
        "{observed} areas have both an estimate and covariates, and a model with {coefficients} coefficients \
         needs at least {}", coefficients + 3
    )]
    TooFewAreas {
        /// Areas that can be used.
        observed: usize,
        /// Coefficients to estimate, the intercept included.
        coefficients: usize,
    },
    /// Neither covariates nor an intercept.
    #[error("there is no covariate and no intercept: nothing to regress on")]
    NoCovariates,
    /// Columns that say nothing new.
    #[error(
        "these covariates are constant or follow exactly from the ones before them, leave them out: {}",
        columns.join(", ")
    )]
    Collinear {
        /// Their names.
        columns: Vec<String>,
    },
    /// An area given twice.
    #[error("the area \"{0}\" is given twice")]
    Duplicate(String),
    /// An estimate that is not a number, or not a share where one is needed.
    #[error("the estimate of area \"{area}\" is {said}, wanted {wanted}")]
    Estimate {
        /// Which area.
        area: String,
        /// Its value.
        said: f64,
        /// What was wanted.
        wanted: &'static str,
    },
    /// A variance that is not above zero.
    #[error(
        "the sampling variance of area \"{area}\" is {said}, wanted a number above 0: no sample makes an estimate certain. \
         Let the variances be smoothed, or leave the area's estimate and variance blank"
    )]
    Variance {
        /// Which area.
        area: String,
        /// Its value.
        said: f64,
    },
    /// A covariate that is not a finite number, or a row of another width.
    #[error("the covariate {column} of area \"{area}\" is not a finite number")]
    Covariate {
        /// Which area.
        area: String,
        /// Which column.
        column: String,
    },
    /// The matrix of covariates has another size than names and areas say.
    #[error("{areas} areas with {columns} covariates need {} values, there are {values}", areas * columns)]
    Shape {
        /// Areas.
        areas: usize,
        /// Columns.
        columns: usize,
        /// Values given.
        values: usize,
    },
    /// An area without a size where the model variance depends on it.
    #[error("the area \"{0}\" has no size above 0, and the model variance was to go by size")]
    Size(String),
    /// Variances cannot be smoothed.
    #[error("the variances cannot be smoothed: {0}")]
    Smoothing(String),
    /// A total that cannot be reached.
    #[error("the estimates of group \"{group}\" cannot be brought to its total: {why}")]
    Benchmark {
        /// Which group.
        group: String,
        /// Why not.
        why: String,
    },
    /// Weighted cross-products that cannot be inverted.
    #[error("the covariates, weighted by precision, are too nearly dependent to be told apart")]
    Singular,
    /// The likelihood has no maximum that could be found.
    #[error("the model variance could not be found: the search did not converge")]
    NotConverged,
}
