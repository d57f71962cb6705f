//! What two or more crates must agree on: ids, geography codes, grades, measures, code lists,
//! and the shape of a problem found in an input. Data only: no input or output, no clock.

mod access;
mod geography;
mod grade;
mod measure;
mod problem;

pub use access::{Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType};
pub use geography::{Geography, GeographyKind, Geoid, GeoidError, Leaid};
pub use grade::{Grade, GradeBand};
pub use measure::Measure;
pub use problem::{Problem, ProblemKind, Problems, printable};
