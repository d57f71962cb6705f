//! The gateway on a school bus.
//!
//! - [`radius`] answers access points; [`gate`] decides who comes in, by [`passes`].

pub mod gate;
pub mod keyed;
pub mod passes;
pub mod radius;
