//! SQL of the slice `connectivity`.

use super::rules::merge;
use crate::bulk::{self, Value};
use crate::db::Write;
use sqlx::{AnyConnection, AnyPool};

/// A school's line as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct LineRow {
    /// The district's own id of the school, or its NCESSCH.
    pub school_id: String,
    /// Its name.
    pub name: String,
    /// Students.
    pub enrollment: i64,
    /// The contract's speed, Mbps.
    pub contracted_mbps: Option<f64>,
    /// The measured speed, Mbps.
    pub measured_mbps: Option<f64>,
}

/// Who changed lines and when.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    /// The account's id, or the command.
    pub by: &'a str,
    /// Milliseconds since 1970 UTC.
    pub ms: i64,
}

/// A row for the table.
fn values(district: &str, line: &LineRow, changed: Changed<'_>) -> Vec<Value> {
    vec![
        district.into(),
        (&line.school_id).into(),
        (&line.name).into(),
        line.enrollment.into(),
        line.contracted_mbps.into(),
        line.measured_mbps.into(),
        changed.ms.into(),
        changed.by.into(),
    ]
}

const INSERT: &str = "INSERT INTO school_line (district_id, school_id, name, enrollment, contracted_mbps, \
    measured_mbps, changed_ms, changed_by) VALUES";

/// Makes these the lines of the district, in place of those before. The caller commits; a school that is
/// given twice is an error of the database, and nothing is stored.
///
/// # Errors
/// The database's.
pub async fn replace(
    tx: &mut Write,
    district: &str,
    lines: &[LineRow],
    changed: Changed<'_>,
) -> sqlx::Result<u64> {
    sqlx::query("DELETE FROM school_line WHERE district_id = $1").bind(district).execute(&mut **tx).await?;
    bulk::run(tx, INSERT, "", lines.iter().map(|line| values(district, line, changed))).await
}

/// Makes these the lines of the district as a command reads them from a file, but for those that people have changed, added or
/// removed in the portal since: these stay, and their schools' ids are returned where the file says something else. The caller
/// commits.
///
/// # Errors
/// As [`replace`].
pub async fn replace_own(
    tx: &mut Write,
    district: &str,
    lines: &[LineRow],
    changed: Changed<'_>,
) -> sqlx::Result<Vec<String>> {
    let theirs = lines_where(tx, "district_id = $1 AND changed_by <> $2", [district, changed.by]).await?;
    // A line that was removed is no row: the audit log knows.
    let removed: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT subject_id FROM audit_entry WHERE district_id = $1 AND subject_kind = 'school_line' \
         AND action = 'connectivity.remove' AND subject_id NOT IN \
         (SELECT school_id FROM school_line WHERE district_id = $1)",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await?;
    let (own, kept) = merge(lines, &theirs, &removed);
    sqlx::query("DELETE FROM school_line WHERE district_id = $1 AND changed_by = $2")
        .bind(district)
        .bind(changed.by)
        .execute(&mut **tx)
        .await?;
    bulk::run(tx, INSERT, "", own.iter().map(|line| values(district, line, changed))).await?;
    Ok(kept)
}

/// Stores one school's line, new or in place of what was there.
///
/// # Errors
/// The database's.
pub async fn put(tx: &mut Write, district: &str, line: &LineRow, changed: Changed<'_>) -> sqlx::Result<()> {
    bulk::run(
        tx,
        INSERT,
        "ON CONFLICT (district_id, school_id) DO UPDATE SET name = EXCLUDED.name, \
         enrollment = EXCLUDED.enrollment, contracted_mbps = EXCLUDED.contracted_mbps, \
         measured_mbps = EXCLUDED.measured_mbps, changed_ms = EXCLUDED.changed_ms, \
         changed_by = EXCLUDED.changed_by",
        [values(district, line, changed)],
    )
    .await
    .map(|_| ())
}

/// Removes one school's line.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut Write, district: &str, school_id: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM school_line WHERE district_id = $1 AND school_id = $2")
        .bind(district)
        .bind(school_id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// The lines as they stand in the table, by id.
async fn lines_where(
    connection: &mut AnyConnection,
    which: &'static str,
    values: [&str; 2],
) -> sqlx::Result<Vec<LineRow>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT school_id, name, enrollment, contracted_mbps, measured_mbps FROM school_line WHERE {which} \
         ORDER BY school_id"
    ));
    let rows: Vec<Stored> = sqlx::query_as(sql).bind(values[0]).bind(values[1]).fetch_all(connection).await?;
    Ok(rows.into_iter().map(line_row).collect())
}

/// A row as it is stored: school, name, enrollment, contracted and measured Mbps.
type Stored = (String, String, i64, Option<f64>, Option<f64>);

/// The lines of a district by the school's name: the roster's, where it has the school by the district's id or NCESSCH.
///
/// # Errors
/// The database's.
pub async fn read(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<LineRow>> {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT school_id, name, enrollment, contracted_mbps, measured_mbps FROM ( \
           SELECT l.school_id, COALESCE((SELECT MIN(c.name) FROM school c WHERE c.district_id = l.district_id \
             AND (c.id = l.school_id OR c.ncessch = l.school_id)), l.name) AS name, \
             l.enrollment, l.contracted_mbps, l.measured_mbps \
           FROM school_line l WHERE l.district_id = $1) AS line ORDER BY name, school_id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(line_row).collect())
}

fn line_row((school_id, name, enrollment, contracted_mbps, measured_mbps): Stored) -> LineRow {
    LineRow { school_id, name, enrollment, contracted_mbps, measured_mbps }
}

/// A school of the roster.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RosterSchool {
    /// The district's own id.
    pub id: String,
    /// NCES's.
    pub ncessch: Option<String>,
    /// Its name.
    pub name: String,
    /// Students on the roster.
    pub students: i64,
}

/// The schools of the roster, by name.
///
/// # Errors
/// The database's.
pub async fn roster_schools(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<RosterSchool>> {
    sqlx::query_as(
        "SELECT c.id, c.ncessch, c.name, (SELECT COUNT(*) FROM student s WHERE s.district_id = c.district_id \
         AND s.school_id = c.id) AS students FROM school c WHERE c.district_id = $1 ORDER BY c.name, c.id",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}
