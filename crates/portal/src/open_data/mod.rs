//! Slice `open_data`.

pub mod pages;
