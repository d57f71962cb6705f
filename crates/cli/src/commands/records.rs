//! Where the records are: the arguments that several commands share.

use anyhow::{Context, Result};
use evenfield_model::Problems;
use evenfield_portal::config::{Config, read_file};
use evenfield_portal::db::{Backend, Db};
use std::path::{Path, PathBuf};

/// The records to use.
#[derive(clap::Args)]
pub struct Records {
    /// The settings file
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    config: Option<PathBuf>,
    /// The database instead of a settings file: sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Records {
    /// The settings: of the file, or all defaults.
    pub fn settings(&self) -> Result<Config> {
        match (&self.config, &self.database) {
            (Some(path), _) => settings(path),
            (None, Some(url)) => Ok(Config::local(url)),
            (None, None) => Ok(evenfield_portal::config::settings::defaults()),
        }
    }

    /// Opens the records. With `must_exist`, a SQLite file that is not there is an error and not a new database.
    pub async fn open(config: &Config, must_exist: bool) -> Result<Db> {
        let url = &config.database_url;
        if Backend::of(url)? == Backend::Sqlite {
            let path = Path::new(url.trim_start_matches("sqlite:").split('?').next().unwrap_or_default());
            if must_exist {
                anyhow::ensure!(path.exists(), "there is no database {}", path.display());
            } else if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
            if !path.exists() {
                for_owner_only(path).with_context(|| format!("cannot make {}", path.display()))?;
            }
        }
        // The address may hold a password, so it is not repeated.
        Db::open(url).await.context("the database cannot be opened")
    }
}

/// Makes an empty file that other people on this machine cannot read. SQLite gives its own files beside it the same
/// permissions.
fn for_owner_only(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// The settings of this file, or all that is wrong with them.
pub fn settings(path: &Path) -> Result<Config> {
    read_file(path).map_err(|problems| {
        let lines: Vec<String> = problems.kept().iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the settings cannot be used\n{}", lines.join("\n"))
    })
}

/// What the settings name and is not there: files of districts.
pub fn missing_files(path: &Path, config: &Config) -> Problems {
    // The settings were read from it a moment ago; without its text problems have no lines.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let base = path.parent().unwrap_or(Path::new(""));
    evenfield_portal::config::missing_files(config, (&path.display().to_string(), &text), base)
}

/// Runs a command that talks to the database.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
