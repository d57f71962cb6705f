//! `evenfield assess`.

mod areas;

use std::process::ExitCode;

/// What to estimate.
#[derive(clap::Subcommand)]
pub enum Assess {
    /// The gap of one or more districts
    District(super::district::District),
    /// Small-area estimates for any area data
    Areas(Box<areas::Areas>),
}

impl Assess {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::District(args) => args.run(),
            Self::Areas(args) => args.run(),
        }
    }
}
