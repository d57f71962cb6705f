//! `evenfield radio`.

use super::plan::{interrupted, same_file};
use super::print_problems;
use crate::out::{complain, counted, replace, say};
use anyhow::{Context, Result, ensure};
use evenfield_plan::study::{Outcome, Study, write_sectors, write_served, write_sites, write_summary};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

/// Whom a radio site reaches.
#[derive(clap::Subcommand)]
pub enum Radio {
    /// Work out whom each candidate site of private LTE would serve, by terrain, link budget and antennas
    ///
    /// The study (docs/radio.md) names terrain, candidate sites and students, and says what devices can do. All problems of all files
    /// are listed at once, and nothing is worked out while there is one. Writes sites.csv, sectors.csv and served.csv for a scenario's
    /// [private_lte], summary.csv, and a map of margins for each site and kind of device (coverage_SITE_DEVICE.tif). Ctrl-C ends
    /// it after the sites that are finished, which are written; it ends with 1 then. Maps and tables of an earlier run in the folder
    /// are removed when the first site is finished.
    Coverage(Coverage),
}

impl Radio {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Coverage(args) => args.run(),
        }
    }
}

/// What `evenfield radio coverage` is asked.
#[derive(clap::Args)]
pub struct Coverage {
    /// The study; files that it names are looked for beside it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The names in a folder, or nothing for a file.
fn folder(path: &Path) -> io::Result<Option<Vec<String>>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(None);
    }
    let names =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    names.collect::<io::Result<_>>().map(Some)
}

/// The map of a site with a kind of device.
fn map(site: &str, device: &str) -> String {
    format!("coverage_{site}_{device}.tif")
}

const TABLES: [&str; 4] = ["sites.csv", "sectors.csv", "served.csv", "summary.csv"];

impl Coverage {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let name = self.config.display().to_string();
        let text = std::fs::read_to_string(&self.config).with_context(|| format!("cannot read {name}"))?;
        let base = self.config.parent().unwrap_or(Path::new("")).to_owned();
        let mut inputs = vec![self.config.clone()];
        let read = Study::read(
            &name,
            &text,
            &mut |file, _| {
                inputs.push(base.join(file));
                Ok(Box::new(File::open(base.join(file))?))
            },
            &mut |name| folder(&base.join(name)),
        );
        let study = match read {
            Ok(study) => study,
            Err(problems) => {
                print_problems(&problems);
                complain!("{}; nothing was written", counted(problems.found(), "problem"));
                return Ok(ExitCode::FAILURE);
            }
        };
        for note in &study.notes {
            complain!("note: {note}");
        }
        self.spare(&study, &inputs)?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let outcomes = self.sites(&study, &inputs)?;
        if outcomes.is_empty() {
            complain!("stopped before the first site was finished; nothing was written");
            return Ok(ExitCode::FAILURE);
        }
        self.tables(&study, &outcomes)?;
        for kind in study.devices() {
            let [all, served] = study.students(kind, &outcomes);
            say!("{}: {served:.1} of {all:.1} students can be served", kind.word());
        }
        say!("{}: {}", counted(outcomes.len() as u64, "site"), self.out.display());
        if outcomes.len() < study.sites().len() {
            complain!(
                "stopped: {} of {} sites are finished, and the tables are of these alone",
                outcomes.len(),
                study.sites().len()
            );
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses a folder where something that was read would be written over.
    fn spare(&self, study: &Study, inputs: &[PathBuf]) -> Result<()> {
        let maps = study.sites().flat_map(|site| study.devices().map(move |kind| map(site, kind.word())));
        for file in TABLES.map(str::to_owned).into_iter().chain(maps) {
            let to = self.out.join(file);
            ensure!(
                !inputs.iter().any(|input| same_file(input, &to)),
                "{}: the study is made from this file; wanted another folder to write to",
                to.display()
            );
        }
        Ok(())
    }

    /// Removes what an earlier run has left: an old map beside new ones would be taken for one of them. Nothing else in the folder is
    /// touched, and nothing that was read.
    fn clear(&self, inputs: &[PathBuf]) -> Result<()> {
        let is_ours = |name: &str| {
            let is_map = name.starts_with("coverage_")
                && (name.ends_with("_outdoor.tif") || name.ends_with("_indoor.tif"));
            is_map || TABLES.contains(&name)
        };
        for name in folder(&self.out)?.unwrap_or_default().iter().filter(|name| is_ours(name)) {
            let old = self.out.join(name);
            if !inputs.iter().any(|input| same_file(input, &old)) {
                std::fs::remove_file(&old).with_context(|| format!("cannot remove {}", old.display()))?;
            }
        }
        Ok(())
    }

    /// Works out site after site and writes its maps, until all are done or somebody stops it.
    fn sites(&self, study: &Study, inputs: &[PathBuf]) -> Result<Vec<Outcome>> {
        let stop = interrupted();
        let going = || !stop.load(Ordering::Relaxed);
        let mut outcomes = Vec::new();
        let ids: Vec<String> = study.sites().map(str::to_owned).collect();
        for (n, id) in ids.iter().enumerate() {
            complain!("site {} of {}: {id}", n + 1, ids.len());
            let Some((outcome, rasters)) = study.run(n, &going)? else { break };
            if outcomes.is_empty() {
                self.clear(inputs)?;
            }
            for (device, raster) in outcome.devices.iter().zip(rasters) {
                let bytes = raster.geotiff().with_context(|| format!("cannot make the map of {id}"))?;
                replace(&self.out.join(map(id, device.kind.word())), |to| Ok(to.write_all(&bytes)?))?;
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn tables(&self, study: &Study, outcomes: &[Outcome]) -> Result<()> {
        let at = |file: &str| self.out.join(file);
        replace(&at(TABLES[0]), |to| Ok(write_sites(study, outcomes, to)?))?;
        replace(&at(TABLES[1]), |to| Ok(write_sectors(study, outcomes, to)?))?;
        replace(&at(TABLES[2]), |to| Ok(write_served(study, outcomes, to)?))?;
        replace(&at(TABLES[3]), |to| Ok(write_summary(study, outcomes, to)?))
    }
}
