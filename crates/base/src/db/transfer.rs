//! A district moved between databases: all its rows in one file, the same bytes whichever database they are in.
//!
//! The file is a zip archive. For each table of [`super::tables::TABLES`] that moves there is `TABLE.ndjson`, a
//! line a row, ordered by the primary key: a JSON array of the columns in the order of the manifest. TEXT is a
//! JSON string, BIGINT a JSON number, DOUBLE PRECISION a JSON string with the shortest decimal that reads back
//! as the same number. `manifest.json`, the last entry, names the district, the version of the tables, and of
//! each table its columns, its rows and the SHA-256 of its lines.
//!
//! `audit_moved` holds the district's entries of the audit log with the name of the chain that each is from.

mod load;
#[cfg(test)]
mod tests;

pub use load::{Import, import};

use super::Backend;
use super::tables::{Belongs, Column, Kind, TABLES, Table, columns_of};
use crate::audit;
use crate::exchange::hexadecimal;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use zip::write::SimpleFileOptions;

const FORMAT: &str = "evenfield district 1";

/// What the file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `evenfield district 1`.
    pub format: String,
    /// The district's LEAID.
    pub district: String,
    /// The last migration of the database it is from.
    pub schema: i64,
    /// The tables, in the order in which they are stored.
    pub tables: Vec<TableManifest>,
    /// Of each chain of the audit log, the last entry that is in the file.
    pub audit: BTreeMap<String, i64>,
}

/// What the file says about a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableManifest {
    /// Its name.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of the lines, in hexadecimal.
    pub sha256: String,
}

/// Why a district was not moved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
    /// The file could not be read or written.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// The file is no archive, or a broken one.
    #[error("archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// Anything else, said for the person.
    #[error("{0}")]
    Refused(String),
}

fn refused<T>(why: impl Into<String>) -> Result<T, Error> {
    Err(Error::Refused(why.into()))
}

/// Writes a district's rows to a file, and first in the audit log that they are: the file holds all that is known of each student.
/// Returns the manifest.
///
/// # Errors
/// When there is no such district, or a row cannot be carried over (a number that is none).
pub async fn export(db: &super::Db, district: &str, out: impl Write + Seek) -> Result<Manifest, Error> {
    let there: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM district WHERE id = $1")
        .bind(district)
        .fetch_one(db.read())
        .await?;
    if there == 0 {
        return refused(format!("there is no district {district}"));
    }
    let entry = audit::Entry {
        // Of the installation, so that the same rows give the same file each time.
        district_id: None,
        account_id: None,
        action: "district.export",
        subject: ("district", district),
        detail: serde_json::Value::Null,
    };
    audit::record_look(db, &entry).await?;
    // One snapshot of all tables.
    let mut read = match db.backend() {
        Backend::Sqlite => db.read().begin().await?,
        Backend::Postgres => db.read().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?,
    };
    let mut archive = zip::ZipWriter::new(out);
    let scope = Scope { backend: db.backend(), district, audit_until: None };
    let manifest = write_tables(&mut read, &scope, &mut Archive(&mut archive)).await?;
    archive.start_file("manifest.json", options())?;
    archive.write_all(&serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from)?)?;
    archive.finish()?.flush()?;
    Ok(manifest)
}

/// The same options always, so that the same rows are the same bytes.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().last_modified_time(zip::DateTime::default()).large_file(true)
}

/// What to write.
struct Scope<'a> {
    backend: Backend,
    district: &'a str,
    /// Entries of the audit log after these are left out, and those of other chains.
    audit_until: Option<&'a BTreeMap<String, i64>>,
}

/// Where tables are written to.
trait Sink {
    fn begin(&mut self, table: &str) -> Result<(), Error>;
    fn line(&mut self, line: &[u8]) -> Result<(), Error>;
}

struct Archive<'a, W: Write + Seek>(&'a mut zip::ZipWriter<W>);

impl<W: Write + Seek> Sink for Archive<'_, W> {
    fn begin(&mut self, table: &str) -> Result<(), Error> {
        Ok(self.0.start_file(format!("{table}.ndjson"), options())?)
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        Ok(self.0.write_all(line)?)
    }
}

/// Takes the digests alone.
struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn line(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

async fn schema(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT CAST(MAX(version) AS BIGINT) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
}

fn moving() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(|table| !matches!(table.belongs, Belongs::Stays(_)))
}

async fn write_tables(
    connection: &mut AnyConnection,
    scope: &Scope<'_>,
    sink: &mut impl Sink,
) -> Result<Manifest, Error> {
    let mut manifest = Manifest {
        format: FORMAT.to_owned(),
        district: scope.district.to_owned(),
        schema: schema(&mut *connection).await?,
        tables: Vec::new(),
        audit: BTreeMap::new(),
    };
    for table in moving() {
        let columns = columns_of(&mut *connection, scope.backend, table.name).await?;
        sink.begin(table.name)?;
        let sql = select(table, &columns, scope.backend);
        let (mut rows, mut hash) = (0, Sha256::new());
        let mut stream = sqlx::query(AssertSqlSafe(sql)).bind(scope.district).fetch(&mut *connection);
        while let Some(row) = stream.try_next().await? {
            if table.name == "audit_moved" {
                let (chain, seq): (String, i64) = (row.try_get("chain")?, row.try_get("seq")?);
                if scope.audit_until.is_some_and(|until| until.get(&chain).is_none_or(|last| seq > *last)) {
                    continue;
                }
                manifest.audit.insert(chain, seq);
            }
            let line = line(table.name, &columns, &row)?;
            hash.update(&line);
            sink.line(&line)?;
            rows += 1;
        }
        manifest.tables.push(TableManifest {
            name: table.name.to_owned(),
            columns: columns.into_iter().map(|c| c.name).collect(),
            rows,
            sha256: hexadecimal(&hash.finalize()),
        });
    }
    Ok(manifest)
}

/// The rows of a district, in the order of the bytes of the primary key on both databases.
fn select(table: &Table, columns: &[Column], backend: Backend) -> String {
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let names = names.join(", ");
    let mut key: Vec<&Column> = columns.iter().filter(|c| c.key > 0).collect();
    key.sort_by_key(|c| c.key);
    let order: Vec<String> = key
        .iter()
        .map(|c| match (backend, c.kind) {
            (Backend::Postgres, Some(Kind::Text)) => format!("{} COLLATE \"C\"", c.name),
            _ => c.name.clone(),
        })
        .collect();
    let from = match table.name {
        // This installation's own entries leave as those of its chain.
        "audit_moved" => {
            let own = names.replacen("chain", "(SELECT chain FROM audit_head) AS chain", 1);
            format!("(SELECT {names} FROM audit_moved UNION ALL SELECT {own} FROM audit_entry) AS entries")
        }
        name => name.to_owned(),
    };
    let belongs = match table.belongs {
        Belongs::Column(column) => format!("{column} = $1"),
        Belongs::Stays(_) => "1 = 0".to_owned(),
    };
    format!("SELECT {names} FROM {from} WHERE {belongs} ORDER BY {}", order.join(", "))
}

fn line(table: &str, columns: &[Column], row: &AnyRow) -> Result<Vec<u8>, Error> {
    let mut values = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        values.push(match column.kind {
            Some(Kind::Text) => row.try_get::<Option<String>, _>(index)?.into(),
            Some(Kind::Whole) => row.try_get::<Option<i64>, _>(index)?.into(),
            Some(Kind::Real) => match row.try_get::<Option<f64>, _>(index)? {
                Some(x) if x.is_nan() => {
                    return refused(format!("{table}.{} holds a number that is none (NaN)", column.name));
                }
                // SQLite knows no negative zero, so neither does the file.
                Some(x) => serde_json::Value::String(format!("{:?}", x + 0.0)),
                None => serde_json::Value::Null,
            },
            None => return refused(format!("{table}.{} has a type that is not portable", column.name)),
        });
    }
    let mut line = serde_json::to_vec(&values).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(line)
}
