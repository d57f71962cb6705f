//! `evenfield config`.

use crate::out::{complain, say};
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with the settings.
#[derive(clap::Subcommand)]
pub enum Config {
    /// Check a settings file, and say everything that is wrong with it
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Config {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Self::Check { file } = self;
        let problems = match evenfield_portal::config::read_file(&file) {
            Ok(config) => super::records::missing_files(&file, &config),
            Err(problems) => problems,
        };
        if problems.is_empty() {
            say!("{}: OK", file.display());
            return Ok(ExitCode::SUCCESS);
        }
        for problem in problems.kept() {
            complain!("{problem}");
        }
        Ok(ExitCode::FAILURE)
    }
}
