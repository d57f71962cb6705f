//! `evenfield policy`.

mod build;
mod evidence;
mod explain;
mod people;
mod zone;

use super::print_problems;
use crate::out::say;
use anyhow::{Context, Result};
use evenfield_policy::config::Config;
use evenfield_policy::{PublicKey, SecretKey};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What students may reach: checks, compiles and explains it.
#[derive(clap::Subcommand)]
pub enum Policy {
    /// Make the key that signs snapshots
    ///
    /// The secret part stays with whoever compiles; the public part, printed and written beside it with the
    /// ending .pub, goes to every edge.
    Key {
        /// Where to write the secret key; must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Say everything that is wrong with the settings, the lists, the rosters and the devices
    ///
    /// Ends with 0 when nothing is wrong, 1 when something is.
    Check(build::Check),
    /// Compile settings, lists, rosters and devices to one signed snapshot
    Build(build::Build),
    /// Say what a snapshot decides on a name, and each step that led to it
    Explain(explain::Explain),
    /// Read evidence of what was in force, as the portal exports it
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// Write a list of names as a response policy zone for another resolver
    Zone(zone::Zone),
}

impl Policy {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Key { out } => make_key(&out),
            Self::Check(args) => args.run(),
            Self::Build(args) => args.run(),
            Self::Explain(args) => args.run(),
            Self::Evidence(command) => command.run(),
            Self::Zone(args) => args.run(),
        }
    }
}

/// The settings, or what is wrong with them printed.
fn settings(path: &Path) -> Result<Option<Config>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match evenfield_policy::config::read(&path.display().to_string(), &text) {
        Ok(config) => Ok(Some(config)),
        Err(problems) => {
            print_problems(&problems);
            Ok(None)
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("no random numbers from the operating system")?;
    Ok(bytes)
}

fn make_key(out: &Path) -> Result<ExitCode> {
    say!("{}", write_key(out)?);
    Ok(ExitCode::SUCCESS)
}

/// Writes a new key and, beside it, its public part.
pub fn write_key(out: &Path) -> Result<PublicKey> {
    let seed: [u8; 32] = random()?;
    let secret: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(out).with_context(|| format!("cannot make {}", out.display()))?;
    std::io::Write::write_all(&mut file, format!("{secret}\n").as_bytes())?;
    let public = SecretKey::from_seed(&seed).public();
    std::fs::write(public_path(out), format!("{public}\n"))?;
    Ok(public)
}

fn public_path(secret: &Path) -> PathBuf {
    let mut name = secret.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn read_key<K>(path: &Path, read: impl Fn(&str) -> Option<K>) -> Result<K> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    read(&text).with_context(|| format!("{}: wanted a key of 64 hexadecimal digits", path.display()))
}

/// A public key: the digits themselves, or the file that holds them.
fn public_key(text: &str) -> Result<PublicKey> {
    PublicKey::from_hex(text).map_or_else(|| read_key(Path::new(text), PublicKey::from_hex), Ok)
}
