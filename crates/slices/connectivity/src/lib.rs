//! Slice `connectivity`: each school's own line against the FCC's goals.

use evenfield_base::*;

pub mod pages;
pub mod queries;
pub mod rules;

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
