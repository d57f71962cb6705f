//! `evenfield assess`.

mod areas;

use std::process::ExitCode;

/// What to estimate.
#[derive(clap::Subcommand)]
pub enum Assess {
    /// The gap of one or more districts
    District,
    /// Small-area estimates for any area data
    Areas(Box<areas::Areas>),
}

impl Assess {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::District => anyhow::bail!("this command is not built yet"),
            Self::Areas(args) => args.run(),
        }
    }
}
