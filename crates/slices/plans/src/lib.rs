//! Slice `plans`: scenarios, the best plans for them with their proofs, and the plan that a district goes by.

use evenfield_base::*;

pub mod load;
pub mod pages;
pub mod queries;
pub mod rules;
pub mod solve;

#[cfg(test)]
mod tests;

#[cfg(test)]
#[allow(dead_code, reason = "other crates use it too")]
#[path = "../../../base/src/testing.rs"]
mod testing;

/// The application with this slice alone.
#[cfg(test)]
fn router(app: App) -> axum::Router {
    let rows = routes::base().into_iter().chain(pages::routes()).collect();
    routes::router_of(app, rows, |rows| rows)
}
