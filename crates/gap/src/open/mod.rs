//! What agencies publish, each file parsed to `(rows, problems)`.
//!
//! * [`acs`]: Census tables of subscriptions and computers, with their margins of error.
//! * [`fcc`]: where which service is offered, and at what speed.
//! * [`nces`]: districts, schools, membership, geocodes, and which tracts a district covers.
//! * [`tiles`], [`ndt7`]: measured speeds.
//! * [`area_table`]: any other table of areas, long or wide.
//!
//! Each parser takes the bytes as downloaded, packed (`.zip`, `.gz`, `.xz`) or not, and the file's name for its
//! problems.

pub mod acs;
pub mod area_table;
pub mod fcc;
pub mod nces;
pub mod ndt7;
pub mod tiles;

pub use area_table::{AreaRow, AreaTable};
