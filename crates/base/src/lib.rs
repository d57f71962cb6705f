//! What the slices of the portal stand on.
//!
//! [`db`] (records), [`jobs`] (work that takes long), [`audit`] (who looked at what), [`access`] (which role may do what), [`account`]
//! (who there is), [`routes`] (what a request passes before it comes to a slice), [`layout`] (the frame of a page), [`words`] (text in
//! each language), [`config`] (settings), [`error`]. A crate of its own so that a slice is built beside others, and anew without them.

pub mod access;
pub mod account;
pub mod app;
pub mod audit;
pub mod bulk;
pub mod code;
pub mod config;
pub mod contact;
pub mod db;
pub mod error;
pub mod exchange;
pub mod inputs;
pub mod jobs;
pub mod layout;
pub mod policy;
pub mod rates;
pub mod routes;
pub mod secret;
pub mod shapes;
#[cfg(test)]
#[allow(dead_code, reason = "other crates use it too")]
mod testing;
pub mod words;

pub use app::App;

/// The application with what is here alone.
#[cfg(test)]
fn router(app: App) -> axum::Router {
    routes::router_of(app, routes::base(), |rows| rows)
}
