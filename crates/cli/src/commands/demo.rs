//! `evenfield demo`.

use std::process::ExitCode;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Demo {}

impl Demo {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
