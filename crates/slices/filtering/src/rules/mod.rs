//! Rules of the slice `filtering`: pure.

pub mod answer;
pub mod ask;
pub mod enroll;
pub mod evidence;
pub mod extension;
pub mod kept;
pub mod lists;
pub mod merge;
pub mod scope;
pub mod why;
