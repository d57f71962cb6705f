//! Facts at the edge.
//!
//! A thread that answers queries puts an [`Event`] of 32 octets into its own [`Ring`], which never waits: what finds no
//! room is dropped and counted. One writer empties all rings into a [`Log`]: segments in a folder, framed and
//! checksummed, append-only, with bounded disk use. A process that is killed leaves at most its last frame torn, and a
//! disk that is full costs the events, counted, and nothing else.
//!
//! No event holds a name that was asked for, an address or a token. [`Used`] goes by a ring of its own, and to no disk as it is.

mod event;
mod log;
mod ring;
mod used;

pub use event::{Because, Did, Event, Transport, Who};
pub use log::{Limits, Log, ReadError, Segment, parse, read};
pub use ring::{Record, Ring, ring};
pub use used::{Resource, Used};
