//! `evenfield plan fair`: the most that all groups can have at once.

use super::{OWN_FAULT, instance, progress, seconds, share};
use crate::out::{complain, say};
use anyhow::{Context, Result};
use evenfield_plan::{Goal, fair};
use std::path::PathBuf;
use std::process::ExitCode;

/// What `evenfield plan fair` is asked.
#[derive(clap::Args)]
pub struct Fair {
    /// The folder with the instance; its own floors are not looked at
    dir: PathBuf,
    /// The gap with which to be content
    #[arg(long, default_value_t = 0.001, value_parser = share)]
    gap: f64,
    /// Seconds to search at most, reading not counted
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    time: f64,
    /// Where random choices start
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Fair {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Some(mut instance) = instance(&self.dir) else { return Ok(ExitCode::FAILURE) };
        let goal = Goal { gap: self.gap, seed: self.seed };
        let found = fair(&mut instance, goal, None, &mut progress(self.time)).context(OWN_FAULT)?;
        let Some(found) = found else {
            complain!("{}: wanted demand.csv to name groups that an option reaches", self.dir.display());
            return Ok(ExitCode::FAILURE);
        };
        let percent = |millionths: u32| f64::from(millionths) / 1e4;
        say!("each group within reach can have {:.4}%", percent(found.share));
        say!("no plan gives every one of them more than {:.4}%", percent(found.bound));
        if !found.beyond.is_empty() {
            let names = instance.names_of(&found.beyond).join(", ");
            say!("no option that could be bought reaches these groups: {names}");
        }
        say!("\n# to plan with it, in instance.toml:\n[floors]");
        for floor in &instance.floors {
            // A text of JSON is one of TOML too.
            let name = serde_json::Value::from(instance.group_names[floor.group as usize].as_str());
            say!("{name} = {:.6}", percent(floor.share) / 100.0);
        }
        Ok(ExitCode::SUCCESS)
    }
}
