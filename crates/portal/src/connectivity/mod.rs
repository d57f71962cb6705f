//! Slice `connectivity`: each school's own line against the FCC's goals.

pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
