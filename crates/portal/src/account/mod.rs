//! Slice `account`.

pub mod pages;
