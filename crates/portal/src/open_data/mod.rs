//! Slice `open_data`: what agencies publish, as it was loaded, with its problems.

pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
