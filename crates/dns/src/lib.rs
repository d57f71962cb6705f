//! The filtering resolver.
//!
//! ```text
//! datagrams  -> worker::Worker, a thread a core ----.
//! TCP TLS .. -> transports, on Tokio -------------- pipeline::answer -> policy::decide -> wire -> out
//!                                                   |          '-> events, by a ring that never waits
//!                                                   '-> what is not kept: upstream::Resolver, then answer_with
//! ```
//!
//! - [`pipeline`] is the way of a query, on one screen.
//! - [`wire`] reads queries in place and writes answers; no octets make it panic.
//! - [`Running::start`] binds everything and goes on until told to stop.
//!
//! It is no open resolver: who may ask stands in [`Settings::clients`], or shows a device's token.

pub mod access;
pub mod cache;
mod counters;
mod fetch;
pub mod pipeline;
mod portal;
mod rules;
mod server;
mod settings;
mod status;
mod transports;
mod upstream;
pub mod wire;
mod worker;

pub use pipeline::Resources;
pub use portal::Caller;
pub use server::{Bound, Running, StartError, check};
pub use settings::{By, Fetch, Listen, Portal, Server, Settings, Tls, Upstreams, Validation};

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The clocks of the program.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Begins to count.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Seconds since the program began.
    pub fn up_s(&self) -> u32 {
        self.start.elapsed().as_secs() as u32
    }

    /// Seconds since 1970.
    pub fn wall_s(&self) -> u32 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs() as u32)
    }
}
