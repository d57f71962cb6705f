//! Tables of the American Community Survey, with margins of error at the 90% level.
//!
//! [`table::parse`] reads any detailed table in the shapes of the Census API and of data.census.gov;
//! [`share`] makes the shares that measures need from B28002, B28003, B28005 and B28011; the formulas for
//! margins are [`moe_sum`] and [`moe_proportion`]; [`design_effect`] stands in where a file has lost its margins.

mod api;
mod bulk;
pub mod design_effect;
pub mod geo_id;
pub mod moe_proportion;
pub mod moe_sum;
pub mod share;
pub mod table;
pub mod value;

pub use share::{Share, ShareKind, shares};
pub use table::{AcsRow, AcsTable, Cell};

/// Standard errors of a 90% margin: Census margins are this many standard errors wide.
pub const Z90: f64 = 1.645;

#[cfg(test)]
mod tests;
