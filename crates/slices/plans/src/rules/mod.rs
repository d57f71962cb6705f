//! What is pure in the slice `plans`.

pub mod answer;
pub mod area;
pub mod floors;
pub mod form;
pub mod ladder;
pub mod mark;
pub mod read;
pub mod scenario;
pub mod wrong;
