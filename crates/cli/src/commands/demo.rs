//! `evenfield demo`: a fictional district from its files to the open portal.

use super::district;
use super::records::{self, Records, block_on};
use crate::fiction::{self, Town};
use crate::out::say;
use anyhow::{Context, Result, ensure};
use evenfield_portal::App;
use evenfield_portal::account::{First, set_up};
use evenfield_portal::db::now_ms;
use evenfield_portal::jobs::State;
use evenfield_portal::plans::load::load;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Demo {
    /// Folder for the district's files and records; what is there already is used again
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    dir: PathBuf,
    /// Address of the portal
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// About how many students the district has
    #[arg(long, default_value_t = 12_000, value_parser = clap::value_parser!(u32).range(500..=200_000))]
    students: u32,
    /// Seed: the same seed makes the same district
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How long a budget of the scenario is solved at most.
const SECONDS: i64 = 2;

/// Who may sign in to the demo.
const EMAIL: &str = "demo@example.org";

impl Demo {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        block_on(self.open())
    }

    async fn open(self) -> Result<ExitCode> {
        let settings = self.dir.join("evenfield.toml");
        let password = self.dir.join("password.txt");
        if !settings.exists() {
            self.make_files(&settings)?;
        }
        let mut config = records::settings(&settings)?;
        config.listen.clone_from(&self.listen);
        let districts = config.districts.clone();
        let db = Records::open(&config, false).await?;
        let app = App::new(db, config).map_err(anyhow::Error::msg)?;
        if !password.exists() {
            for inputs in &districts {
                let files = district::read_all(inputs, &self.dir)?;
                district::estimate(&app, inputs, files, self.seed).await?;
            }
            for inputs in &districts {
                let district = inputs.leaid.to_string();
                let households =
                    evenfield_portal::lending::example::put(&app.db, &district, now_ms()).await?;
                say!("==> {households} households borrow or wait in the fictional programme of lending");
            }
            self.plan(&app).await?;
            make_account(&app, &password).await?;
        }
        let secret = std::fs::read_to_string(&password).with_context(|| password.display().to_string())?;
        let secret = secret.trim().to_owned();
        super::serve::open(app, |url| {
            say!("\nA fictional district is ready. No figure in it is real, and no person in it exists.\n");
            say!("  Open      {url}");
            say!("  E-mail    {EMAIL}");
            say!("  Password  {secret}");
            say!("\nStop with Ctrl-C. Delete {} to begin anew.", self.dir.display());
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }

    /// A scenario with its plans, so that its pages show something.
    async fn plan(&self, app: &App) -> Result<()> {
        say!("==> Looking for the best plans of a fictional scenario");
        let given = fiction::plan(&Town::new(self.seed, self.students as usize))?;
        let job = load(app, fiction::LEAID, &given, SECONDS).await?;
        let done = evenfield_portal::work::worker(app.clone()).finish(&job, |_| ()).await?;
        ensure!(done.state == State::Done, "the plans were not made: {}", done.error.unwrap_or_default());
        Ok(())
    }

    /// Writes the district's files and the settings that name them.
    fn make_files(&self, settings: &Path) -> Result<()> {
        say!("==> Making a fictional district of about {} students in {}", self.students, self.dir.display());
        let folder = self.dir.join("files");
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let town = Town::new(self.seed, self.students as usize);
        for (name, bytes) in fiction::files(&town)? {
            std::fs::write(folder.join(&name), bytes).with_context(|| name)?;
        }
        std::fs::write(folder.join("policy.toml"), fiction::POLICY)?;
        let key = folder.join("policy.key");
        if !key.exists() {
            super::policy::write_key(&key)?;
        }
        // Written last: where the settings are, all files are.
        let records = std::path::absolute(&self.dir)?.join("evenfield.db");
        std::fs::write(settings, fiction::settings(&records))?;
        Ok(())
    }
}

/// The one account, with a random password that is kept for the next start. It is written last: where it is,
/// the district is loaded and estimated.
async fn make_account(app: &App, file: &Path) -> Result<()> {
    use rand::{RngExt, distr::Alphanumeric};
    let password: String = rand::rng().sample_iter(Alphanumeric).take(16).map(char::from).collect();
    let hash = app.accounts.passwords.hash(&password).await?;
    let mut write = app.db.write().await?;
    set_up(&mut write, First { email: EMAIL, name: "Demo", password_hash: &hash }).await?;
    write.commit().await?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut kept = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut kept, password.as_bytes())?;
    kept.persist(file)?;
    Ok(())
}
