//! Places: boundaries from GeoJSON, TopoJSON and shapefiles, which one a point lies in, and addresses
//! found without a service.
//!
//! [`boundary::read`] is the way in for every format; [`Locator`] answers "in which one is this point";
//! [`web::to_geojson`] writes boundaries small enough for a page; [`address::AddressPoints`] turns
//! a postal address into a point. All coordinates are degrees, longitude first.

pub mod address;
pub mod boundary;
pub mod extent;
pub mod geojson;
pub(crate) mod json;
pub mod lattice;
pub mod locator;
pub mod shapefile;
pub mod simplify;
pub mod topojson;
pub mod validity;
pub mod web;

pub use boundary::{Boundary, BoundaryReading, SelfCrossing};
pub use locator::Locator;

#[cfg(test)]
mod tests;
