//! `evenfield usage`.

use super::print_problems;
use crate::out::{complain, counted, say};
use anyhow::{Context, Result};
use evenfield_usage::district::{DistrictError, Done, alone, report};
use evenfield_usage::keep::RealDisk;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How digital resources are used.
#[derive(clap::Subcommand)]
pub enum Usage {
    /// Add up the segments of a district and release each period that is over, once
    ///
    /// The folder (docs/usage.md) holds district.toml, devices.csv, keys.csv, perhaps overlay.csv, and the segments in store/. Writes
    /// reports/PERIOD.csv for each week, month, term and year that ended long enough ago, and ledger.csv, which holds what was withheld
    /// and is for the district alone. A period that was released stays as it was. All problems of all files are listed at once, and
    /// nothing is written while there is one. Several folders are taken one after the other, each for itself.
    Report(Report),
}

impl Usage {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Report(args) => args.run(),
        }
    }
}

/// The arguments of `usage report`.
#[derive(clap::Args)]
pub struct Report {
    /// The folders of districts
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
    /// The day to report on; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<jiff::civil::Date>,
}

impl Report {
    fn run(&self) -> Result<ExitCode> {
        let today = self
            .as_of
            .unwrap_or_else(|| jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date());
        let mut failed = 0;
        for (n, folder) in self.folders.iter().enumerate() {
            if self.folders.len() > 1 {
                complain!("{} of {}: {}", n + 1, self.folders.len(), folder.display());
            }
            match one(folder, today) {
                Ok(true) => {}
                Ok(false) => failed += 1,
                // The others are none the worse for it.
                Err(error) => {
                    complain!("evenfield: {error:#}");
                    failed += 1;
                }
            }
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Makes the reports of one folder; `false` when its files have problems.
fn one(folder: &Path, today: jiff::civil::Date) -> Result<bool> {
    let Some(_alone) = alone(folder).with_context(|| format!("cannot lock {}", folder.display()))? else {
        anyhow::bail!("{}: another run is at work in this folder", folder.display());
    };
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}")?);
    bar.set_message(format!("adding up {}", folder.join("store").display()));
    bar.enable_steady_tick(Duration::from_millis(200));
    let done = report(&RealDisk, folder, today);
    bar.finish_and_clear();
    match done {
        Ok(done) => {
            tell(&done);
            Ok(true)
        }
        Err(DistrictError::Problems(problems)) => {
            print_problems(&problems);
            complain!("{}; nothing was written", counted(problems.found(), "problem"));
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("no report of {}", folder.display())),
    }
}

fn tell(done: &Done) {
    let c = done.coverage;
    complain!(
        "{}: {} for a resource of a known device, {} blocked, {} without an answer, {} for no resource, {} of no known device, {} \
         outside the terms",
        counted(c.facts, "fact"),
        c.counted,
        c.blocked,
        c.failed,
        c.other,
        c.nobody,
        c.outside,
    );
    for period in &done.released {
        complain!("released {period}");
    }
    for file in &done.files {
        say!("{}", file.display());
    }
    if done.files.is_empty() {
        complain!("no period is over for long enough yet");
    }
}
