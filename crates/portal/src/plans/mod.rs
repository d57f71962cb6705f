//! Slice `plans`: scenarios, the best plans for them with their proofs, and the plan that a district goes by.

pub mod load;
pub mod pages;
pub mod queries;
pub mod rules;
pub mod solve;

#[cfg(test)]
mod tests;
