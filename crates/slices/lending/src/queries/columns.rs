//! What the columns of files with other headings are.

use crate::db::{Write, new_id};
use crate::exchange::digest;
use crate::rules::columns::{Columns, File};
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A map that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its id.
    pub id: String,
    /// Of which files.
    pub file: File,
    /// What it says.
    pub columns: Columns,
    /// When it was said, ms since 1970 UTC.
    pub changed_ms: i64,
}

/// All maps of a district, the newest first.
///
/// # Errors
/// The database's; a map that no program has written is one.
pub async fn column_maps(pool: &AnyPool, district: &str) -> Result<Vec<Mapped>> {
    let rows = sqlx::query(
        "SELECT id, file, headings, columns, changed_ms FROM lending_columns WHERE district_id = $1 ORDER BY changed_ms DESC, id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let list = |json: String| {
        serde_json::from_str::<Vec<String>>(&json).map_err(|error| sqlx::Error::Decode(error.into()))
    };
    let read = |row: &sqlx::any::AnyRow| {
        let word: String = row.try_get("file")?;
        let file =
            File::from_word(&word).ok_or_else(|| sqlx::Error::Decode(format!("no file is {word}").into()))?;
        let columns =
            Columns { headings: list(row.try_get("headings")?)?, columns: list(row.try_get("columns")?)? };
        Ok(Mapped { id: row.try_get("id")?, file, columns, changed_ms: row.try_get("changed_ms")? })
    };
    rows.iter().map(read).collect()
}

/// Keeps what the columns of files with these headings are, in the place of what was said of them before.
///
/// # Errors
/// The database's.
pub async fn put_column_map(
    tx: &mut Write,
    district: &str,
    (file, columns): (File, &Columns),
    (by, ms): (&str, i64),
) -> Result<()> {
    let json =
        |list: &[String]| serde_json::to_string(list).map_err(|error| sqlx::Error::Encode(error.into()));
    sqlx::query(
        "INSERT INTO lending_columns (district_id, id, file, mark, headings, columns, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (district_id, file, mark) DO UPDATE SET \
         headings = EXCLUDED.headings, columns = EXCLUDED.columns, changed_ms = EXCLUDED.changed_ms, \
         changed_by = EXCLUDED.changed_by",
    )
    .bind(district)
    .bind(new_id())
    .bind(file.as_str())
    .bind(digest([columns.key().as_bytes()]))
    .bind(json(&columns.headings)?)
    .bind(json(&columns.columns)?)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Removes a map. Whether there was one.
///
/// # Errors
/// The database's.
pub async fn remove_column_map(tx: &mut Write, district: &str, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM lending_columns WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
