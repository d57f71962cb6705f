//! Slice `plans`: scenarios, the best plans for them with their proofs, and the plan that a district goes by.

pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
