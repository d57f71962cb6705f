//! What is pure in the slice `plans`.

pub mod area;
pub mod form;
pub mod read;
pub mod scenario;
