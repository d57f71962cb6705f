//! `evenfield config`.

use crate::out::{complain, say};
use anyhow::Result;
use evenfield_model::Problem;
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
            complain!("{}", say(problem));
        }
        Ok(ExitCode::FAILURE)
    }
}

/// A problem on one line: `evenfield.toml:4: server.lissen: …`.
pub fn say(problem: &Problem) -> String {
    let mut line = problem.file.clone();
    if problem.line > 0 {
        line += &format!(":{}", problem.line);
    }
    if !problem.column.is_empty() {
        line += &format!(": {}", problem.column);
    }
    if !problem.said.is_empty() {
        line += &format!(": said `{}`", problem.said);
    }
    line + &format!(": wanted {}", problem.wanted)
}
