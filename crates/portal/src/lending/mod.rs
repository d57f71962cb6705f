//! Slice `lending`: the devices that a district lends, their lines, and who has them.

pub mod carrier;
pub mod example;
pub mod follow;
pub mod hook;
pub mod message;
pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
