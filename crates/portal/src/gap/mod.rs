//! Slice `gap`.

pub mod pages;
