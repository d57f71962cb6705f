//! The one table of everything that can be asked of the portal, and who may ask it. What a row is, and what a request passes on its
//! way to it, stands in [`evenfield_base::routes`].

#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

pub use evenfield_base::routes::*;

use crate::{App, connectivity, filtering, gap, lending, open_data, plans, projects, roster, survey};
use axum::Router;
use axum::middleware::from_fn_with_state;

/// The table: each slice adds its rows.
pub fn table() -> Vec<Route> {
    [
        base(),
        roster::pages::routes(),
        survey::pages::routes(),
        open_data::pages::routes(),
        gap::pages::routes(),
        connectivity::pages::routes(),
        filtering::pages::routes(),
        lending::pages::routes(),
        plans::pages::routes(),
        projects::pages::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The application.
pub fn router(app: App) -> Router {
    let astray = from_fn_with_state(app.clone(), filtering::pages::led_astray);
    router_of(app, table(), |rows| rows.layer(astray))
}
