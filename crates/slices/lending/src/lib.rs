//! Slice `lending`: the devices that a district lends, their lines, and who has them.

use evenfield_base::*;

pub mod carrier;
pub mod example;
pub mod follow;
pub mod hook;
pub mod message;
pub mod pages;
pub mod queries;
pub mod rules;

#[cfg(test)]
mod tests;

#[cfg(test)]
#[allow(dead_code, reason = "other crates use it too")]
#[path = "../../../base/src/testing.rs"]
mod testing;

/// The application with this slice, and with those whose pages tell what it knows or take what it needs.
#[cfg(test)]
fn router(app: App) -> axum::Router {
    let others = [evenfield_slice_gap::pages::routes(), evenfield_slice_open_data::pages::routes()];
    let rows = routes::base().into_iter().chain(pages::routes()).chain(others.into_iter().flatten());
    routes::router_of(app, rows.collect(), |rows| rows)
}
