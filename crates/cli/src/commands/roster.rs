//! `evenfield roster`.

use std::process::ExitCode;

/// What to do with a roster file.
#[derive(clap::Subcommand)]
pub enum Roster {
    /// Print every problem of a roster file
    Check,
}

impl Roster {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
