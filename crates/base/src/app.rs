//! What every handler may reach.

use crate::account::Accounts;
use crate::policy::Published;
use crate::routes::limits::Limits;
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
    /// How often somebody may try.
    pub limits: Arc<Limits>,
    /// Passwords, identity providers, the set-up code.
    pub accounts: Arc<Accounts>,
    /// The policy that edges fetch.
    pub policy: Arc<Published>,
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When a file of messages inside the program cannot be read, or there is no randomness.
    pub fn new(db: Db, config: Config) -> Result<Self, String> {
        Ok(Self {
            db,
            words: Arc::new(Words::load()?),
            limits: Arc::new(Limits::new(config.rates)),
            config: Arc::new(config),
            policy: Arc::default(),
            accounts: Arc::new(Accounts::new().map_err(|e| e.to_string())?),
        })
    }
}
