//! Figures with their intervals.

use evenfield_model::{Geography, Measure};
use serde::{Deserialize, Serialize};

/// How a figure was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Weighted survey answers alone.
    Survey,
    /// Open data of areas alone (Fay-Herriot).
    Area,
    /// Survey and area data combined.
    Combined,
    /// Predicted from covariates: nothing was observed there.
    Synthetic,
}

impl Method {
    /// The word used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Area => "area",
            Self::Combined => "combined",
            Self::Synthetic => "synthetic",
        }
    }
}

/// One figure: the share of the students of one place and group for whom a measure is true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What is measured.
    pub measure: Measure,
    /// Where.
    pub geography: Geography,
    /// The group of students, `all` or for example `frl:yes`, `grade_band:high`.
    pub group: String,
    /// The share, 0 to 1.
    pub value: f64,
    /// Standard error of the share.
    pub se: f64,
    /// Lower end of the 90% interval, 0 to 1.
    pub low90: f64,
    /// Upper end of the 90% interval, 0 to 1.
    pub high90: f64,
    /// How many answers lie behind it.
    pub answers: u32,
    /// How many students it is about.
    pub students: u32,
    /// How it was made.
    pub method: Method,
}
