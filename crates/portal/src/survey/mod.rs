//! Slice `survey`.

pub mod pages;
