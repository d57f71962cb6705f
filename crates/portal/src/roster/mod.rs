//! Slice `roster`.

pub mod pages;
