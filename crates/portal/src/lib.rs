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

pub use evenfield_slice_connectivity as connectivity;
pub use evenfield_slice_filtering as filtering;
pub use evenfield_slice_gap as gap;
pub use evenfield_slice_lending as lending;
pub use evenfield_slice_open_data as open_data;
pub use evenfield_slice_plans as plans;
pub use evenfield_slice_projects as projects;
pub use evenfield_slice_roster as roster;
pub use evenfield_slice_survey as survey;

#[cfg(test)]
#[allow(dead_code, reason = "other crates use it too")]
#[path = "../../base/src/testing.rs"]
mod testing;

pub use evenfield_base::{
    App, access, account, audit, bulk, code, config, contact, db, error, exchange, inputs, jobs, layout,
    policy, rates, secret, shapes, words,
};
pub use routes::router;
