//! `evenfield config`.

use std::process::ExitCode;

/// What to do with the settings.
#[derive(clap::Subcommand)]
pub enum Config {
    /// Check a settings file
    Check,
}

impl Config {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
