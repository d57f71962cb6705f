//! `evenfield data`.

use std::process::ExitCode;

/// What to fetch.
#[derive(clap::Subcommand)]
pub enum Data {
    /// Download open data
    Get,
}

impl Data {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
