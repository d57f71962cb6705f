//! `evenfield serve`.

use std::process::ExitCode;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Serve {}

impl Serve {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
