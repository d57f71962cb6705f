//! The portal: one axum application made of slices.
//!
//! Start at [`routes`]: the one table of everything that can be asked, and who may ask it.
//! A slice is a folder with the same files in each: `pages.rs` (HTTP only), `rules.rs` (pure),
//! `queries.rs` (SQL only), `templates/`, `tests.rs`. Slices do not know each other.
//! Below them: [`db`] (records), [`jobs`] (work that takes long), [`audit`] (who looked at what),
//! [`access`] (which role may do what), [`words`] (text in each language), [`error`].
//! Above them, and alone in knowing several: [`routes`], [`assess`] (the estimate), [`loading`] (files from disk).

pub mod access;
pub mod app;
pub mod assess;
pub mod audit;
pub mod bulk;
mod code;
pub mod config;
pub mod db;
pub mod error;
pub mod exchange;
pub mod inputs;
pub mod jobs;
pub mod layout;
pub mod loading;
pub mod rates;
pub mod routes;
pub mod secret;
pub mod serve;
pub mod shapes;
pub mod words;

pub mod account;
pub mod connectivity;
pub mod filtering;
pub mod gap;
pub mod lending;
pub mod open_data;
pub mod plans;
pub mod roster;
pub mod survey;

pub use app::App;
pub use routes::router;
