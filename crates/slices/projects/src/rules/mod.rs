//! What is pure in the slice `projects`.

pub mod calendar;
pub mod progress;
pub mod register;
pub mod sheet;
pub mod start;
pub mod timeline;
pub mod workday;
