//! Slice `gap`: the homework gap of a district, by measure and place, as maps, tables and files.

pub mod pages;
pub mod queries;
pub mod rules;
#[cfg(test)]
mod tests;
