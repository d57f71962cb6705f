//! From the file to the database: all of it in one transaction, or nothing.

use super::super::tables::{Belongs, Column, Kind, Table, columns_of};
use super::{Error, FORMAT, Manifest, Nowhere, Scope, TableManifest, moving, refused, schema, write_tables};
use crate::audit;
use crate::bulk::{self, Value};
use crate::db::{Db, Write};
use crate::exchange::hexadecimal;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Seek};
use zip::ZipArchive;

/// How to take a district in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Import {
    /// Take the place of the district's rows that are there.
    pub replace: bool,
    /// Write the rows once more from what was stored, and compare the digests before anything is kept.
    pub verify: bool,
}

/// A longer line is refused: a boundary of a whole state has a tenth of it.
const LINE: u64 = 64 << 20;
const MANIFEST: u64 = 1 << 20;
const ROWS_AT_ONCE: usize = 1_000;

/// Stores a district's rows from a file that [`super::export`] wrote. Returns its manifest.
///
/// # Errors
/// When the district is there and is not to be replaced, the file is broken, changed or of another version, or
/// (with `verify`) what was stored is not what the file says. Nothing is stored then.
pub async fn import(db: &Db, file: impl Read + Seek, how: Import) -> Result<Manifest, Error> {
    let mut archive = ZipArchive::new(file)?;
    let manifest = read_manifest(&mut archive)?;
    let mut write = db.write().await?;
    let here = schema(&mut write).await?;
    if manifest.schema != here {
        return refused(format!(
            "the file is from tables of version {}, these are of version {here}: bring both programs up to date",
            manifest.schema
        ));
    }
    make_room(&mut write, &manifest.district, how.replace).await?;
    for (table, said) in moving().zip(&manifest.tables) {
        let columns = columns_of(&mut write, db.backend(), table.name).await?;
        let loading = Loading { table, columns: &columns, said, district: &manifest.district };
        loading.run(&mut write, &mut archive).await?;
    }
    if how.verify {
        let scope =
            Scope { backend: db.backend(), district: &manifest.district, audit_until: Some(&manifest.audit) };
        let stored = write_tables(&mut write, &scope, &mut Nowhere).await?;
        if let Some((said, _)) =
            manifest.tables.iter().zip(&stored.tables).find(|(said, stored)| said != stored)
        {
            return refused(format!("{} is not stored as the file says; nothing was kept", said.name));
        }
    }
    let own: String = sqlx::query_scalar("SELECT chain FROM audit_head").fetch_one(&mut *write).await?;
    let mut moved = Vec::new();
    for (chain, until) in manifest.audit.iter().filter(|(chain, _)| **chain != own) {
        moved.push(audit::moved(&mut write, &manifest.district, (chain, *until)).await?);
    }
    let rows = manifest.tables.iter().map(|t| t.rows).sum::<u64>();
    let entry = audit::Entry {
        // Of the installation, so that the district's own entries stay those of its file.
        district_id: None,
        account_id: None,
        action: audit::IMPORT,
        subject: ("district", &manifest.district),
        detail: json!({ "replace": how.replace, "rows": rows, "moved": moved }),
    };
    audit::record(&mut write, &entry).await?;
    write.commit().await?;
    Ok(manifest)
}

fn read_manifest<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Manifest, Error> {
    let mut text = Vec::new();
    archive.by_name("manifest.json")?.take(MANIFEST).read_to_end(&mut text)?;
    let manifest: Manifest = match serde_json::from_slice(&text) {
        Ok(manifest) => manifest,
        Err(error) => return refused(format!("manifest.json: {error}")),
    };
    if manifest.format != FORMAT {
        return refused(format!("manifest.json: `format` must be \"{FORMAT}\""));
    }
    let names: Vec<&str> = manifest.tables.iter().map(|t| t.name.as_str()).collect();
    let wanted: Vec<&str> = moving().map(|t| t.name).collect();
    if names != wanted {
        return refused("manifest.json: the tables are not those of this version of the program");
    }
    Ok(manifest)
}

async fn make_room(write: &mut Write, district: &str, replace: bool) -> Result<(), Error> {
    let there: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM district WHERE id = $1")
        .bind(district)
        .fetch_one(&mut **write)
        .await?;
    if there > 0 && !replace {
        return refused(format!("district {district} is there; --replace takes its place"));
    }
    let tables: Vec<&Table> = moving().collect();
    for table in tables.into_iter().rev() {
        let belongs = match (table.name, table.belongs) {
            // Other rows refer to the district, and entries of the audit log are only ever added.
            ("district" | "audit_moved", _) | (_, Belongs::Stays(_)) => continue,
            (_, Belongs::Column(column)) => format!("{column} = $1"),
        };
        let sql = format!("DELETE FROM {} WHERE {belongs}", table.name);
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).execute(&mut **write).await?;
    }
    Ok(())
}

struct Loading<'a> {
    table: &'a Table,
    columns: &'a [Column],
    said: &'a TableManifest,
    district: &'a str,
}

impl Loading<'_> {
    async fn run<R: Read + Seek>(&self, write: &mut Write, archive: &mut ZipArchive<R>) -> Result<(), Error> {
        let name = self.table.name;
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        if self.said.columns.iter().map(String::as_str).ne(names.iter().copied()) {
            return refused(format!("{name}: the columns are not those of this version of the program"));
        }
        let before = format!("INSERT INTO {name} ({}) VALUES", names.join(", "));
        let after = match name {
            "district" => {
                let set: Vec<String> = names.iter().map(|n| format!("{n} = excluded.{n}")).collect();
                format!("ON CONFLICT (id) DO UPDATE SET {}", set.join(", "))
            }
            "audit_moved" => "ON CONFLICT (chain, seq) DO NOTHING".to_owned(),
            _ => String::new(),
        };
        let mut lines = BufReader::new(archive.by_name(&format!("{name}.ndjson"))?);
        let (mut hash, mut count, mut line) = (Sha256::new(), 0u64, Vec::new());
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        loop {
            line.clear();
            let length = lines.by_ref().take(LINE).read_until(b'\n', &mut line)?;
            if length > 0 {
                if line.last() != Some(&b'\n') {
                    return refused(format!("{name}.ndjson line {}: cut off, or too long", count + 1));
                }
                count += 1;
                hash.update(&line);
                let row = self.row(&line, count)?;
                if !self.is_ours(write, &row).await? {
                    rows.push(row);
                }
            }
            if rows.len() == ROWS_AT_ONCE || (length == 0 && !rows.is_empty()) {
                bulk::run(write, &before, &after, std::mem::take(&mut rows)).await?;
            }
            if length == 0 {
                break;
            }
        }
        if count != self.said.rows || hexadecimal(&hash.finalize()) != self.said.sha256 {
            return refused(format!(
                "{name}.ndjson is not what the manifest says: the file was changed or is broken"
            ));
        }
        Ok(())
    }

    fn row(&self, line: &[u8], number: u64) -> Result<Vec<Value>, Error> {
        let place =
            |what: String| Error::Refused(format!("{}.ndjson line {number}: {what}", self.table.name));
        let values: Vec<serde_json::Value> =
            serde_json::from_slice(line).map_err(|e| place(e.to_string()))?;
        if values.len() != self.columns.len() {
            return Err(place(format!("{} values, {} are wanted", values.len(), self.columns.len())));
        }
        let mut row = Vec::with_capacity(values.len());
        for (column, value) in self.columns.iter().zip(values) {
            let wrong = || place(format!("{}: not a value of its type", column.name));
            if let Belongs::Column(name) = self.table.belongs
                && name == column.name
                && value.as_str() != Some(self.district)
            {
                return Err(place(format!("a row of another district than {}", self.district)));
            }
            row.push(match (column.kind, value) {
                (Some(Kind::Text), serde_json::Value::Null) => Value::Text(None),
                (Some(Kind::Text), serde_json::Value::String(text)) => Value::Text(Some(text)),
                (Some(Kind::Whole), serde_json::Value::Null) => Value::Int(None),
                (Some(Kind::Whole), value) => Value::Int(Some(value.as_i64().ok_or_else(wrong)?)),
                (Some(Kind::Real), serde_json::Value::Null) => Value::Real(None),
                (Some(Kind::Real), serde_json::Value::String(text)) => {
                    Value::Real(Some(text.parse().map_err(|_| wrong())?))
                }
                _ => return Err(wrong()),
            });
        }
        Ok(row)
    }

    /// Whether this is an entry of this installation's own audit chain that comes back; it is there already.
    async fn is_ours(&self, write: &mut Write, row: &[Value]) -> Result<bool, Error> {
        if self.table.name != "audit_moved" {
            return Ok(false);
        }
        let text = |name: &str| {
            let at = self.columns.iter().position(|c| c.name == name);
            at.and_then(|at| if let Value::Text(Some(text)) = &row[at] { Some(text.clone()) } else { None })
        };
        let own: String = sqlx::query_scalar("SELECT chain FROM audit_head").fetch_one(&mut **write).await?;
        if text("chain") != Some(own) {
            return Ok(false);
        }
        let known: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry WHERE digest = $1 AND district_id = $2")
                .bind(text("digest"))
                .bind(self.district)
                .fetch_one(&mut **write)
                .await?;
        if known == 0 {
            return refused(
                "the file has an audit entry of this installation that this installation does not have",
            );
        }
        Ok(true)
    }
}
