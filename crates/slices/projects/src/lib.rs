//! Slice `projects`: from a plan to a community that carries it out. A project is a few registers (aims, members, resources,
//! stakeholders, commitments, deliverables, tasks, meetings, risks, lessons), what follows from its tasks (a timeline with its critical path), and a
//! progress report every two weeks.

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
