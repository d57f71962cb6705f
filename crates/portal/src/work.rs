//! The table of all work that takes long, see [`crate::jobs`].

use crate::jobs::worker::Worker;
use crate::jobs::{Handler, estimate, handler};
use crate::{App, assess, plans};

/// The table.
pub fn table() -> Vec<Handler> {
    vec![handler(estimate::KIND, assess::run), handler(plans::solve::KIND, plans::solve::run)]
}

/// A worker that knows all of it.
pub fn worker(app: App) -> Worker {
    Worker::with(app, table())
}
