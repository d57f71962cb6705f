//! Slice `roster`: schools, students, sections, staff, and how they come in.

pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
