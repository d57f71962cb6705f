//! `evenfield data`: open data from the agencies' own servers, or from a mirror.

mod download;
mod manifest;
mod sources;
#[cfg(test)]
mod tests;

use crate::out::{complain, say};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use sources::{Place, SOURCES, Source};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with open data.
#[derive(clap::Subcommand)]
pub enum Data {
    /// Download open data, resuming where an earlier download was cut off
    Get(Get),
    /// Compare downloaded files with the checksums recorded when they came
    Verify {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// What to download.
#[derive(clap::Args)]
pub struct Get {
    /// Names of sources as `--list` shows them; none means all that every state has
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// The state: two letters, or two digits of its FIPS code
    #[arg(long, value_name = "STATE", required_unless_present = "list")]
    state: Option<String>,
    /// The year: end of the five ACS years, of the boundaries, or the fall of the school year
    #[arg(long, value_name = "YEAR", default_value_t = 2023, value_parser = clap::value_parser!(u16).range(2015..2100))]
    year: u16,
    /// The folder to put the files in
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    to: Option<PathBuf>,
    /// A mirror: its files lie under the name of the server they came from
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// List the sources and stop
    #[arg(long)]
    list: bool,
}

impl Data {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Get(get) if get.list => {
                list();
                Ok(ExitCode::SUCCESS)
            }
            Self::Get(get) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(get.fetch())
            }
            Self::Verify { folder } => verify(&folder),
        }
    }
}

fn list() {
    for source in SOURCES {
        let by_name = if source.everywhere { "" } else { " (not in every state: give its name)" };
        say!("{:<32} {}{by_name}", source.name, source.what);
    }
    say!(
        "\nNot in the list: {}.\nWhat else has to be downloaded by hand stands in docs/formats/open_data.md.",
        sources::FCC_NEEDS_ACCOUNT
    );
}

fn verify(folder: &std::path::Path) -> anyhow::Result<ExitCode> {
    let mut sound = true;
    let recorded = manifest::read(folder)?;
    if recorded.is_empty() {
        bail!(
            "{}: no checksums are recorded here; `evenfield data get --to` a folder records them",
            folder.display()
        );
    }
    for (name, expected) in recorded {
        let found = manifest::digest(&folder.join(&name));
        let word = match found {
            Ok(found) if found == expected => "unchanged",
            Ok(_) => "CHANGED",
            Err(_) => "MISSING",
        };
        sound &= word == "unchanged";
        say!("{name}: {word}");
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Get {
    async fn fetch(self) -> anyhow::Result<ExitCode> {
        let place = Place::new(self.state.as_deref().unwrap_or_default(), self.year)?;
        let folder = self.to.clone().context("--to DIR is missing")?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let wanted = self.wanted()?;
        let client = download::client()?;
        let mut failed = 0;
        for source in wanted {
            if let Err(error) = self.one(source, &place, &folder, &client).await {
                complain!("{}: {error:#}", source.name);
                failed += 1;
            }
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn wanted(&self) -> anyhow::Result<Vec<&'static Source>> {
        if self.sources.is_empty() {
            return Ok(SOURCES.iter().filter(|source| source.everywhere).collect());
        }
        self.sources
            .iter()
            .map(|name| {
                if name.starts_with("fcc-bdc") {
                    bail!("{}", sources::FCC_NEEDS_ACCOUNT);
                }
                SOURCES.iter().find(|source| source.name == name).with_context(|| {
                    format!("no source is called {name}; `evenfield data get --list` shows all")
                })
            })
            .collect()
    }

    async fn one(
        &self,
        source: &Source,
        place: &Place,
        folder: &std::path::Path,
        client: &reqwest::Client,
    ) -> anyhow::Result<()> {
        let url = source.url(place)?;
        let name = source.file(place)?;
        let target = folder.join(&name);
        if target.exists() {
            let what = match manifest::check(folder, &name)? {
                Some(true) => {
                    say!("{name}: here already, checksum verified");
                    return Ok(());
                }
                Some(false) => "is there but is not what was downloaded",
                None => "is there but no checksum of it is recorded",
            };
            bail!("{} {what}; move it away to download it again", target.display());
        }
        let bar = bar(&name);
        let asked = sources::mirrored(&url, self.base_url.as_deref());
        let request = download::Request {
            // A key is added to the request alone, so that it is in no file and in no message; a mirror is not given it.
            secret_query: sources::census_key(&asked, std::env::var("CENSUS_API_KEY").ok()),
            url: asked,
            target,
            magic: source.magic(),
            patience: download::Patience::default(),
        };
        let fetched = download::fetch(client, &request, &bar).await;
        bar.finish_and_clear();
        let fetched = fetched?;
        manifest::record(folder, &name, &fetched.sha256)?;
        manifest::note(folder, &name, &url, source.licence)?;
        say!("{name}: {} bytes, sha256 {}", fetched.bytes, fetched.sha256);
        Ok(())
    }
}

fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style =
        ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(name.to_owned());
    bar
}
