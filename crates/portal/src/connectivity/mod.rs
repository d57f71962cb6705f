//! Slice `connectivity`: each school's own line against the FCC's goals.

pub mod pages;
pub mod queries;
