//! Slice `connectivity`.

pub mod pages;
