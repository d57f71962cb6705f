//! HTTP of the slice `account`.

use crate::routes::Route;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    Vec::new()
}
