//! Slice `survey`: the home-access survey, from the letter with the access code to the response rates.

pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;
