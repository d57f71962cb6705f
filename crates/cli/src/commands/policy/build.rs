//! `evenfield policy check` and `evenfield policy build`.

use super::people::people;
use super::{print_problems, random, read_key, settings};
use crate::out::{replace, say};
use anyhow::Result;
use evenfield_model::Problems;
use evenfield_policy::SecretKey;
use evenfield_policy::compile::{Compiled, compile};
use evenfield_policy::config::Config;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The arguments of `policy check`.
#[derive(clap::Args)]
pub struct Check {
    /// The settings
    #[arg(value_name = "FILE")]
    config: PathBuf,
}

/// The arguments of `policy build`.
#[derive(clap::Args)]
pub struct Build {
    /// The settings; files that they name are looked for in the same folder
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The snapshot to write; an older one is replaced whole
    #[arg(long, value_name = "SNAPSHOT")]
    out: PathBuf,
    /// The secret key, made by `evenfield policy key`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// When schedules begin; now by default
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Check {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Some(config) = settings(&self.config)? else { return Ok(ExitCode::FAILURE) };
        let Some((compiled, mut problems)) = compiled(&self.config, &config, Timestamp::now())? else {
            return Ok(ExitCode::FAILURE);
        };
        problems.append(compiled.problems.clone());
        print_problems(&problems);
        print_lists(&compiled);
        if problems.is_empty() {
            say!("{}: OK", self.config.display());
        }
        Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Build {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let key = read_key(&self.key, SecretKey::from_hex)?;
        let Some(config) = settings(&self.config)? else { return Ok(ExitCode::FAILURE) };
        let now = self.at.unwrap_or_else(Timestamp::now);
        let Some((compiled, problems)) = compiled(&self.config, &config, now)? else {
            return Ok(ExitCode::FAILURE);
        };
        print_lists(&compiled);
        let found = problems.found() + compiled.problems.found();
        let (devices, policies) = (compiled.devices, compiled.policies);
        let bytes = compiled.finish(&key)?;
        replace(&self.out, |file| Ok(file.write_all(&bytes)?))?;
        let snapshot = evenfield_policy::Snapshot::open(bytes, &key.public())?;
        let digest: String = snapshot.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        say!("{devices} devices, {policies} policies, {} bytes, digest {digest}", snapshot.len());
        if found > 0 {
            say!("{found} problems in lists, rosters and devices: `evenfield policy check` names them");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Compiles with what the settings name; `None` when it cannot be, with the reasons printed.
fn compiled(path: &Path, config: &Config, now: Timestamp) -> Result<Option<(Compiled, Problems)>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (people, problems) = people(folder, config, now)?;
    let mut read = |file: &str| std::fs::read(folder.join(file)).map_err(|error| error.to_string());
    match compile(&path.display().to_string(), config, &people, &mut read, now, random()?) {
        Ok(compiled) => Ok(Some((compiled, problems))),
        Err(unread) => {
            print_problems(&unread);
            Ok(None)
        }
    }
}

fn print_lists(compiled: &Compiled) {
    for list in &compiled.lists {
        say!(
            "list {} (category {}, version {}): {} names, {} lines about something else, {} problems",
            list.name,
            list.category,
            list.version,
            list.rows,
            list.not_names,
            list.problems
        );
    }
}
