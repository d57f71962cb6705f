//! `evenfield policy zone`.

use super::print_problems;
use crate::out::{complain, say};
use anyhow::{Context, Result};
use evenfield_policy::NameBuf;
use evenfield_policy::lists::{Format, Options, export_rpz, read};
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `policy zone`.
#[derive(clap::Args)]
pub struct Zone {
    /// The list
    #[arg(value_name = "FILE")]
    list: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Kind::Domains)]
    format: Kind,
    /// The zone's name
    #[arg(long, value_name = "NAME", default_value = "rpz.invalid")]
    origin: String,
    /// The zone's version
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    serial: u32,
    /// The zone file to write
    #[arg(long, value_name = "ZONE")]
    out: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// One name a line; a `domains` file of UT1
    Domains,
    /// A hosts file
    Hosts,
    /// AdBlock-style rules for DNS
    Adblock,
    /// A response policy zone, made anew without its gaps
    Rpz,
}

impl Zone {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let bytes =
            std::fs::read(&self.list).with_context(|| format!("cannot read {}", self.list.display()))?;
        let origin =
            NameBuf::from_text(&self.origin).with_context(|| format!("{}: not a name", self.origin))?;
        let format = match self.format {
            Kind::Domains => Format::Domains,
            Kind::Hosts => Format::Hosts,
            Kind::Adblock => Format::Adblock,
            Kind::Rpz => Format::Rpz,
        };
        let mut rows = Vec::new();
        let name = self.list.display().to_string();
        let reading = read(format, &name, &bytes, Options::default(), &mut |row| rows.push(row));
        print_problems(&reading.problems);
        let exported = export_rpz(&rows, &origin, self.serial);
        std::fs::write(&self.out, &exported.zone)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        say!("{} entries read, {} names in the zone", reading.rows, exported.names);
        for name in &exported.left_out {
            complain!("{name}: left out, for it is too long to stand below {origin}");
        }
        Ok(if reading.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
