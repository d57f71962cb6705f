//! `evenfield db`.

use std::process::ExitCode;

/// What to do with the records.
#[derive(clap::Subcommand)]
pub enum Db {
    /// Write a district to a file
    Export,
    /// Read a district from a file
    Import,
}

impl Db {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        anyhow::bail!("this command is not built yet")
    }
}
