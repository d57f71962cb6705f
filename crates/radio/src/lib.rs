//! Whom a radio site reaches.
//!
//! ```text
//! terrain, site -> profile -> path loss (itm, tr38901) -> link budget, both ways -> coverage -> students served, sector capacity
//! ```
//!
//! [`itm`] is the irregular terrain model (Longley-Rice).

pub mod free_space;
pub mod itm;
