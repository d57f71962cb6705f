//! Segments on their way: sealed at the edge, kept exactly once in a store, listed in its manifest.
//!
//! 1. [`Spool::seal`]: written aside, synced, renamed into its place, the folder synced. From then on it is never lost.
//! 2. [`upload`]: put into the [`Store`] under a name with its digest, then its entry into the manifest under a name that is its
//!    identity alone, both create-only; only then is it removed from the spool. To do any step twice changes nothing.
//! 3. [`visible`]: what the manifest lists is there, whole, once. What it does not list is not there yet.
//!
//! Whoever hands facts to [`Spool::seal`] keeps them until it returns, and hands over the same facts under the same identity if the
//! process ends before. A spool belongs to one process; a store may have any number of writers.

mod disk;
mod manifest;
#[cfg(test)]
mod simulator;
mod spool;
mod store;
mod upload;

pub use disk::{Disk, RealDisk};
pub use manifest::{Entry, Visible, fetch, visible};
pub use spool::{Kept, Spool, Waiting};
pub use store::{FolderStore, Put, Store};
pub use upload::{Uploaded, upload, upload_one};
