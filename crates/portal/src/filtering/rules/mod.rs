//! Rules of the slice `filtering`: pure.

pub mod answer;
pub mod ask;
pub mod merge;
pub mod why;
