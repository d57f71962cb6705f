//! `evenfield assess`.

use std::process::ExitCode;

/// What to estimate.
#[derive(clap::Subcommand)]
pub enum Assess {
    /// The gap of one or more districts
    District,
    /// Small-area estimates for any area data
    Areas,
}

impl Assess {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
