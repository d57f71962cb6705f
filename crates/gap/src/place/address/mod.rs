//! From a postal address to a point, without asking any service: the district's own address points.
//!
//! [`street`] breaks an address into the parts of USPS Publication 28; [`points`] holds the address points
//! and looks addresses up in them, each match with a word for how good it is, each miss with its reason.

pub mod full;
mod home;
pub mod points;
pub mod street;
mod words;

pub use home::home_key;
pub use points::{AddressPoints, Match, Miss, Quality};
pub use street::Street;
