//! Rules of the slice `filtering`: pure.

pub mod answer;
pub mod ask;
pub mod device_file;
pub mod enroll;
pub mod evidence;
pub mod merge;
pub mod why;
