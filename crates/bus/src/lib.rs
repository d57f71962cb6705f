//! The gateway on a school bus.
//!
//! ```text
//! access point -> radius::Server -> gate::Gate: who, how long, how fast
//!                     '-> sessions::Sessions -> keeper::Keeper -> facts::Spool -> upload::Uploader -> portal
//! receiver, router -> telemetry ---------------------'
//! ```
//! - [`radius`] answers access points; [`gate`] decides who comes in, by [`passes`].
//! - [`facts`] is what is known of a bus, kept until the portal has it, and how the portal takes it exactly once.

pub mod clock;
pub mod facts;
pub mod gate;
pub mod gateway;
pub mod keeper;
pub mod keyed;
pub mod page;
pub mod passes;
pub mod radius;
pub mod schedule;
pub mod sessions;
pub mod telemetry;
pub mod ticket;
pub mod upload;
