//! Whom a radio site reaches.
//!
//! ```text
//! terrain, site -> profile -> path loss (itm, tr38901) -> antenna -> link budget, both ways -> coverage -> students served, sector capacity
//! ```
//!
//! [`itm`] is the irregular terrain model (Longley-Rice), [`tr38901`] has formulas without terrain, [`budget`] says how much loss a link
//! stands, [`antenna`] what a sector radiates where, [`terrain`] knows heights, [`coverage`] puts them together.

pub mod antenna;
pub mod budget;
pub mod coverage;
pub mod free_space;
pub mod itm;
pub mod terrain;
pub mod tr38901;
