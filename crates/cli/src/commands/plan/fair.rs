//! `evenfield plan fair`: the most that all groups can have at once.

use super::{check_own, instance, search, seconds, share};
use crate::out::{complain, say};
use anyhow::Result;
use evenfield_plan::certificate::Question;
use evenfield_plan::{Floor, Goal, Instance, MILLION};
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
        // Floors that ask for all: where they cannot be met, the largest part of each that can be is looked for, which is what is wanted.
        instance.floors = whole(&instance);
        if instance.floors.is_empty() {
            complain!("{}: wanted demand.csv to name groups", self.dir.display());
            return Ok(ExitCode::FAILURE);
        }
        let certificate = search(&instance, Goal { gap: self.gap, seed: self.seed }, None, self.time);
        check_own(&instance, &certificate)?;
        let (reached, bound) = match certificate.question {
            Question::Floors => (certificate.objective, certificate.bound),
            Question::Objective => (MILLION.into(), MILLION.into()),
        };
        let percent = |millionths: i128| millionths as f64 / 1e4;
        say!("each group can have {:.4}%", percent(reached));
        say!("no plan gives every group more than {:.4}%", percent(bound.min(MILLION.into())));
        say!("\n# to plan with it, in instance.toml:\n[floors]");
        for floor in &instance.floors {
            // A text of JSON is one of TOML too.
            let name = serde_json::Value::from(instance.group_names[floor.group as usize].as_str());
            say!("{name} = {:.6}", percent(reached) / 100.0);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Floors of the whole of each group that has any weight.
fn whole(instance: &Instance) -> Vec<Floor> {
    let floors = (0..instance.group_names.len() as u32).map(|group| Floor { group, share: MILLION as u32 });
    floors.filter(|floor| instance.floor_needs(floor) > 0).collect()
}
