//! `evenfield db`.

use super::records::{Records, block_on};
use crate::out::say;
use anyhow::{Context, Result};
use evenfield_portal::db::transfer::{Import, Manifest, export, import};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to do with the records.
#[derive(clap::Subcommand)]
pub enum Db {
    /// Write all rows of a district to a file, the same bytes from SQLite and from PostgreSQL
    ///
    /// The file holds names and addresses of students: keep it as you keep the database.
    Export {
        #[command(flatten)]
        records: Records,
        /// The district's LEAID
        #[arg(long, value_name = "LEAID")]
        district: String,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Store a district from such a file, all of it or nothing
    Import {
        #[command(flatten)]
        records: Records,
        /// The file to read
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Take the place of the district's rows that are there
        #[arg(long)]
        replace: bool,
        /// Compare what was stored with the file before it is kept
        #[arg(long)]
        verify: bool,
    },
}

impl Db {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Export { records, district, out } => block_on(write(&records, &district, &out))?,
            Self::Import { records, file, replace, verify } => {
                block_on(read(&records, &file, Import { replace, verify }))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn write(records: &Records, district: &str, out: &Path) -> Result<()> {
    let db = Records::open(&records.settings()?, true).await?;
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Under its name only when it is whole.
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write to {}", folder.display()))?;
    let manifest = export(&db, district, BufWriter::new(file.as_file_mut())).await?;
    file.as_file().sync_all()?;
    file.persist(out).with_context(|| format!("cannot write {}", out.display()))?;
    db.close().await;
    report("written", &manifest);
    Ok(())
}

async fn read(records: &Records, path: &Path, how: Import) -> Result<()> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let db = Records::open(&records.settings()?, false).await?;
    let outcome = import(&db, BufReader::new(file), how).await;
    db.close().await;
    report(if how.verify { "stored and compared" } else { "stored" }, &outcome?);
    Ok(())
}

fn report(done: &str, manifest: &Manifest) {
    for table in manifest.tables.iter().filter(|t| t.rows > 0) {
        say!("{:>12}  {}", table.rows, table.name);
    }
    say!("district {} {done}", manifest.district);
}
