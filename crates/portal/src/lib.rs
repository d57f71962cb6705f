//! The portal: one axum application made of slices.
//!
//! Start at [`routes`]: the one table of everything that can be asked, and who may ask it.
//! A slice is a folder with the same files in each: `pages.rs` (HTTP only), `rules.rs` (pure),
//! `queries.rs` (SQL only), `templates/`, `tests.rs`. Slices do not know each other.
//! Below them stands the crate [`evenfield_base`].
//! Above them, and alone in knowing several: [`routes`], [`work`] (the table of jobs), [`assess`] (the estimate), [`loading`] (files from
//! disk).

pub mod assess;
pub mod loading;
pub mod routes;
pub mod serve;
pub mod work;

pub mod connectivity;
pub mod filtering;
pub mod gap;
pub mod lending;
pub mod open_data;
pub mod plans;
pub mod roster;
pub mod survey;

#[cfg(test)]
#[allow(dead_code, reason = "other crates use it too")]
#[path = "../../base/src/testing.rs"]
mod testing;

pub use evenfield_base::{
    App, access, account, audit, bulk, code, config, contact, db, error, exchange, inputs, jobs, layout,
    policy, rates, secret, shapes, words,
};
pub use routes::router;
