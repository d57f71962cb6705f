//! Slice `filtering`: what is blocked in error and what is answered; the policy that edges fetch.

use evenfield_base::*;

pub mod pages;
pub mod publish;
pub mod queries;
pub mod rules;
mod source;
mod watch;

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
    let astray = axum::middleware::from_fn_with_state(app.clone(), pages::led_astray);
    routes::router_of(app, rows, |rows| rows.layer(astray))
}
