//! A server of speed tests after ndt7, M-Lab's protocol, version 0.11 of its specification.
//!
//! ```text
//! connection -> [TLS] -> server::http -> request::read -> 101 -> conduct::Conduct::run -> message::Record
//!                                                              frames of the client: frame
//!                                                              what the kernel knows: diag, tcp_info
//!                                                              how large, how often: pace
//! ```
//!
//! - [`request`] says what may be asked for; [`frame`] reads what a client sends. Both take any octets without a panic.
//! - [`conduct`] is a test from its handshake to its end.
//! - [`message`] is what is said to the client and what is kept: never an address.
//! - [`Running::start`] binds everything and goes on until told to stop.

mod admit;
pub mod conduct;
mod counters;
pub mod diag;
pub mod frame;
pub mod message;
pub mod pace;
pub mod request;
mod results;
mod server;
mod settings;
mod status;
pub mod tcp_info;

pub use server::{Running, StartError, Tell, check};
pub use settings::{Results, Settings};
