//! `evenfield plan build`: a scenario and its files become the folder of an instance.

use super::same_file;
use crate::commands::print_problems;
use crate::out::{complain, counted, replace, say};
use anyhow::{Context, Result, ensure};
use evenfield_plan::scenario;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `evenfield plan build` is asked.
#[derive(clap::Args)]
pub struct Build {
    /// The scenario; files that it names are looked for beside it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder to write: demand.csv, options.csv, covers.csv, instance.toml, facts.csv, facts.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What is written.
const WRITTEN: [&str; 6] =
    ["demand.csv", "options.csv", "covers.csv", "instance.toml", "facts.csv", "facts.json"];
/// Octets of a member of an archive at most: it is unpacked in memory.
const MEMBER: u64 = 1 << 30;

/// Opens a file, or the member of a folder or of a zip archive.
fn open(base: &Path, file: &str, member: Option<&str>) -> io::Result<Box<dyn Read>> {
    let path = base.join(file);
    let Some(member) = member else { return Ok(Box::new(File::open(path)?)) };
    if path.is_dir() {
        return Ok(Box::new(File::open(path.join(member))?));
    }
    let mut archive = zip::ZipArchive::new(File::open(path)?).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let inside = archive.by_name(member).map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
    inside.take(MEMBER + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MEMBER {
        return Err(io::Error::other("it is larger than 1 GiB when unpacked"));
    }
    Ok(Box::new(io::Cursor::new(bytes)))
}

impl Build {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let name = self.config.display().to_string();
        let text = std::fs::read_to_string(&self.config).with_context(|| format!("cannot read {name}"))?;
        let base = self.config.parent().unwrap_or(Path::new("")).to_owned();
        let mut inputs = vec![self.config.clone()];
        let built = match scenario::build(&name, &text, &mut |file, member| {
            inputs.push(member.map_or_else(|| base.join(file), |member| base.join(file).join(member)));
            open(&base, file, member)
        }) {
            Ok(built) => built,
            Err(problems) => {
                print_problems(&problems);
                complain!("{}; nothing was written", counted(problems.found(), "problem"));
                return Ok(ExitCode::FAILURE);
            }
        };
        for note in &built.notes {
            complain!("note: {note}");
        }
        if built.is_fair() {
            let dir = self.out.display();
            complain!(
                "note: `evenfield plan fair {dir}` says which floors give every group as much; put them into instance.toml before `plan solve`"
            );
        }
        if built.rounded > 0 {
            complain!("{} had more decimals than count: rounded", counted(built.rounded, "number"));
        }
        for file in WRITTEN {
            let to = self.out.join(file);
            ensure!(
                !inputs.iter().any(|input| same_file(input, &to)),
                "{}: the scenario is made from this file; wanted another folder to write to",
                to.display()
            );
        }
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let at = |file: &str| self.out.join(file);
        let facts = built.facts();
        replace(&at("demand.csv"), |to| Ok(built.write_demand(to)?))?;
        replace(&at("options.csv"), |to| Ok(built.write_options(to)?))?;
        replace(&at("covers.csv"), |to| Ok(built.write_covers(to)?))?;
        replace(&at("instance.toml"), |to| Ok(built.write_instance(to)?))?;
        replace(&at("facts.csv"), |to| Ok(facts.write_csv(to)?))?;
        replace(&at("facts.json"), |to| Ok(serde_json::to_writer(to, &facts)?))?;
        let (demands, options) = built.size();
        say!(
            "{}, {}: {}",
            counted(demands as u64, "demand"),
            counted(options as u64, "option"),
            self.out.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}
