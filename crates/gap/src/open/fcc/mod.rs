//! Where which service is offered, as the Federal Communications Commission publishes it.

pub mod fixed;
pub mod form477;
pub mod mobile;
pub mod technology;

pub use fixed::{AreaService, FixedAvailability};
pub use technology::{Medium, Technology};

#[cfg(test)]
mod tests;
