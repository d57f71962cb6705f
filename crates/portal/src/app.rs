//! What every handler may reach.

use crate::{config::Config, db::Db, words::Words};
use std::sync::Arc;

/// The application's parts; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The records.
    pub db: Db,
    /// The checked settings.
    pub config: Arc<Config>,
    /// Text in each language.
    pub words: Arc<Words>,
}
