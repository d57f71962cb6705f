//! Loads: noted, listed, removed and put back.

use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use evenfield_model::{Problem, Problems};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

/// What is known of a load besides its rows.
#[derive(Clone, Copy, Debug)]
pub struct LoadFacts<'a> {
    /// What it is: `acs`, `bdc_fixed`, `boundaries`, …
    pub kind: &'a str,
    /// Who published it.
    pub source: &'a str,
    /// The year or as-of date.
    pub vintage: &'a str,
    /// Under which licence.
    pub licence: &'a str,
    /// The file's name.
    pub file_name: &'a str,
    /// SHA-256 of the file and of what was taken out of it, hexadecimal.
    pub digest: &'a str,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// The account's id, or the command that loads.
    pub loaded_by: &'a str,
    /// How many rows were stored.
    pub rows: u64,
    /// What was wrong.
    pub problems: &'a Problems,
}

/// The tables with rows of loads.
const TABLES: [&str; 10] = [
    "load_problem",
    "boundary",
    "area_value",
    "address_point",
    "speed_tile",
    "speed_test",
    "district_part",
    "mobile_cell",
    "mobile_offer",
    "directory_entry",
];

/// Notes a load with its problems and gives its id, which the rows then carry; `None` when this very file
/// was loaded as this before, and nothing is to be done. One that was removed since is as if it had never been loaded,
/// and goes for good. The caller commits it together with the rows.
///
/// # Errors
/// The database's.
pub async fn record_load(
    tx: &mut Write,
    district: &str,
    facts: LoadFacts<'_>,
) -> sqlx::Result<Option<String>> {
    forget_removed(tx, district, &facts).await?;
    let id = new_id();
    let done = sqlx::query(
        "INSERT INTO load (district_id, id, kind, source, vintage, licence, file_name, digest, loaded_ms, \
         loaded_by, row_count, problem_count, empty_count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (district_id, kind, vintage, digest) DO NOTHING",
    )
    .bind(district)
    .bind(&id)
    .bind(facts.kind)
    .bind(facts.source)
    .bind(facts.vintage)
    .bind(facts.licence)
    .bind(facts.file_name)
    .bind(facts.digest)
    .bind(facts.loaded_ms)
    .bind(facts.loaded_by)
    .bind(i64::try_from(facts.rows).unwrap_or(i64::MAX))
    .bind(i64::try_from(facts.problems.found()).unwrap_or(i64::MAX))
    .bind(i64::try_from(facts.problems.empty_cells()).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let problems = facts.problems.kept().iter().zip(1_i64..).map(|(p, position)| {
        vec![
            Value::from(district),
            (&id).into(),
            position.into(),
            (&p.file).into(),
            i64::try_from(p.line).unwrap_or(i64::MAX).into(),
            (&p.column).into(),
            (&p.said).into(),
            (&p.wanted).into(),
        ]
    });
    let insert = "INSERT INTO load_problem (district_id, load_id, position, file, line, column_name, said, \
        wanted) VALUES";
    bulk::run(tx, insert, "", problems).await?;
    Ok(Some(id))
}

/// Deletes the removed load of this very file.
async fn forget_removed(tx: &mut Write, district: &str, facts: &LoadFacts<'_>) -> sqlx::Result<()> {
    let gone: Option<String> = sqlx::query_scalar(
        "DELETE FROM load WHERE district_id = $1 AND kind = $2 AND vintage = $3 AND digest = $4 \
         AND removed_ms IS NOT NULL RETURNING id",
    )
    .bind(district)
    .bind(facts.kind)
    .bind(facts.vintage)
    .bind(facts.digest)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(gone) = gone else { return Ok(()) };
    for table in TABLES {
        let sql = AssertSqlSafe(format!("DELETE FROM {table} WHERE district_id = $1 AND load_id = $2"));
        sqlx::query(sql).bind(district).bind(&gone).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Lets a load no longer count. Its rows stay, so that it can be [put back](put_back); what it had taken the place of
/// counts again. `false` when the district has no such load that counts.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut Write, district: &str, id: &str, now_ms: i64) -> sqlx::Result<bool> {
    let sql = "UPDATE load SET removed_ms = $3 WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL";
    let done = sqlx::query(sql).bind(district).bind(id).bind(now_ms).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a removed load count again, as if it had never been removed. `false` when the district has no such load.
///
/// # Errors
/// The database's.
pub async fn put_back(tx: &mut Write, district: &str, id: &str) -> sqlx::Result<bool> {
    let sql =
        "UPDATE load SET removed_ms = NULL WHERE district_id = $1 AND id = $2 AND removed_ms IS NOT NULL";
    let done = sqlx::query(sql).bind(district).bind(id).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// A load as the data page lists it, of this slice or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Who published it.
    pub source: String,
    /// The year or as-of date.
    pub vintage: String,
    /// Under which licence.
    pub licence: String,
    /// The file's name.
    pub file_name: String,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// Rows stored.
    pub rows: i64,
    /// Problems found.
    pub problems: i64,
    /// When it was removed, milliseconds since 1970 UTC; `None` while it counts.
    pub removed_ms: Option<i64>,
    /// Cells without a value, which are no problem.
    pub empty_cells: i64,
}

impl LoadRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            kind: row.try_get(1)?,
            source: row.try_get(2)?,
            vintage: row.try_get(3)?,
            licence: row.try_get(4)?,
            file_name: row.try_get(5)?,
            loaded_ms: row.try_get(6)?,
            rows: row.try_get(7)?,
            problems: row.try_get(8)?,
            removed_ms: row.try_get(9)?,
            empty_cells: row.try_get(10)?,
        })
    }
}

/// A load of this slice; `None` when the district has no such load.
///
/// # Errors
/// The database's.
pub async fn load(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Option<LoadRow>> {
    let row = sqlx::query(
        "SELECT id, kind, source, vintage, licence, file_name, loaded_ms, row_count, problem_count, removed_ms, empty_count \
         FROM load WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(LoadRow::from_row).transpose()
}

/// Everything that was loaded in a district, the latest first: open data, and the rosters and survey files
/// of the other slices (whose sources and licences are the district's own).
///
/// # Errors
/// The database's.
pub async fn loads(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<LoadRow>> {
    let rows = sqlx::query(
        "SELECT id, kind, source, vintage, licence, file_name, loaded_ms, row_count, problem_count, removed_ms, empty_count \
           FROM load WHERE district_id = $1 \
         UNION ALL SELECT id, 'roster', '', '', '', file_name, loaded_ms, students, problems, NULL, 0 \
           FROM roster_load WHERE district_id = $1 AND undone_ms IS NULL \
         UNION ALL SELECT id, 'survey', '', '', '', file_name, loaded_ms, answers, problems, removed_ms, 0 \
           FROM survey_load WHERE district_id = $1 \
         ORDER BY 7 DESC, 1 DESC LIMIT 500",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter().map(LoadRow::from_row).collect()
}

/// The problems of a load of this slice; `None` when the district has no such load.
///
/// # Errors
/// The database's.
pub async fn load_problems(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Option<Vec<Problem>>> {
    if load(pool, district, id).await?.is_none() {
        return Ok(None);
    }
    let rows: Vec<(String, i64, String, String, String)> = sqlx::query_as(
        "SELECT file, line, column_name, said, wanted FROM load_problem \
         WHERE district_id = $1 AND load_id = $2 ORDER BY position",
    )
    .bind(district)
    .bind(id)
    .fetch_all(pool)
    .await?;
    Ok(Some(
        rows.into_iter()
            .map(|(file, line, column, said, wanted)| Problem {
                file,
                line: u64::try_from(line).unwrap_or(0),
                column,
                said,
                wanted,
                note: false,
            })
            .collect(),
    ))
}
