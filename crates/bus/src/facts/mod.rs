//! Facts: everything that happens on a bus, kept until the portal has it.
//!
//! A fact is known by bus, boot and number. [`Spool`] keeps facts on disk, [`Spool::batch`] is what goes to the portal at a
//! time, and [`take`] is how the portal takes it: each fact exactly once, whatever comes twice, late or never.

mod batch;
mod disk;
mod fact;
mod spool;

pub use batch::{Batch, Clock, Fresh, Head, Malformed, Total, take};
pub use disk::{Disk, Folder};
pub use fact::{Fact, LONGEST_LINE, Line, Link, Point, Position, Session, Source};
pub use spool::Spool;

#[cfg(test)]
mod tests;
