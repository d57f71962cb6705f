//! Slice `survey`: the home-access survey, from the letter with the access code to the response rates.

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

/// The application with this slice, and with those whose pages tell what it knows.
#[cfg(test)]
fn router(app: App) -> axum::Router {
    let others = [
        evenfield_slice_gap::pages::routes(),
        evenfield_slice_open_data::pages::routes(),
        evenfield_slice_roster::pages::routes(),
    ];
    let rows = routes::base().into_iter().chain(pages::routes()).chain(others.into_iter().flatten());
    routes::router_of(app, rows.collect(), |rows| rows)
}
