//! `evenfield audit`.

use std::process::ExitCode;

/// What to do with the audit log.
#[derive(clap::Subcommand)]
pub enum Audit {
    /// Check the chain of the audit log
    Verify,
}

impl Audit {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
