//! Slice `filtering`: what is blocked in error and what is answered; the policy that edges fetch.

pub mod pages;
pub mod publish;
pub mod queries;
pub mod rules;
mod source;
mod watch;

#[cfg(test)]
mod tests;
