//! Who lives together: the students of one address, unless staff said otherwise.

use super::loans::{LOAN_DEVICE, OPEN};
use crate::db::Write;
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// The home of a student `s`, and the join that it needs.
pub(super) const HOME: &str = "COALESCE(o.home, s.home_key)";
pub(super) const HOME_SAID: &str =
    "LEFT JOIN lending_household o ON o.district_id = s.district_id AND o.student_id = s.id";

/// The students of the home `$2`.
const MEMBERS: &str = "SELECT s.id FROM student s LEFT JOIN lending_household o ON o.district_id = s.district_id \
    AND o.student_id = s.id WHERE s.district_id = $1 AND s.home_key = $2 AND o.home IS NULL \
    UNION SELECT h.student_id FROM lending_household h WHERE h.district_id = $1 AND h.home = $2";

/// The key of a student's home; none where nothing is known of it.
///
/// # Errors
/// The database's.
pub async fn home<'e, E>(database: E, district: &str, student: &str) -> Result<Option<String>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!("SELECT {HOME} FROM student s {HOME_SAID} WHERE s.district_id = $1 AND s.id = $2");
    let home: Option<Option<String>> =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(district).bind(student).fetch_optional(database).await?;
    Ok(home.flatten())
}

/// The students of a home, by id: each with her family name and given name.
///
/// # Errors
/// The database's.
pub async fn members<'e, E>(database: E, district: &str, home: &str) -> Result<Vec<(String, String, String)>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!(
        "SELECT id, family_name, given_name FROM student WHERE district_id = $1 AND id IN ({MEMBERS}) ORDER BY id LIMIT 50"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(home).fetch_all(database).await
}

/// How many hotspots the household of a student has.
///
/// # Errors
/// The database's.
pub async fn household_hotspots(tx: &mut Write, district: &str, student: &str) -> Result<i64> {
    let home = home(&mut **tx, district, student).await?.unwrap_or_default();
    let sql = format!(
        "SELECT COUNT(*) FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND {OPEN} AND d.kind = 'hotspot' \
         AND (n.student_id = $3 OR n.student_id IN ({MEMBERS}))"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(district).bind(home).bind(student).fetch_one(&mut **tx).await
}

/// How many hotspots each home has that has any: lent, or offered until a day that has not passed.
///
/// # Errors
/// The database's.
pub async fn hotspots_of_homes(tx: &mut sqlx::AnyConnection, district: &str) -> Result<HashMap<String, i64>> {
    let lent = format!(
        "SELECT COALESCE(o.home, s.home_key, n.student_id) AS home, COUNT(*) FROM {LOAN_DEVICE} \
         LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id {HOME_SAID} \
         WHERE n.district_id = $1 AND {OPEN} AND d.kind = 'hotspot' GROUP BY 1"
    );
    let offered = format!(
        "SELECT COALESCE(o.home, s.home_key, r.student_id) AS home, COUNT(*) FROM lending_request r \
         LEFT JOIN student s ON s.district_id = r.district_id AND s.id = r.student_id {HOME_SAID} \
         WHERE r.district_id = $1 AND r.state = 'offered' GROUP BY 1"
    );
    let mut all: HashMap<String, i64> = HashMap::new();
    for sql in [lent, offered] {
        let rows: Vec<(String, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(district).fetch_all(&mut *tx).await?;
        for (home, count) in rows {
            *all.entry(home).or_default() += count;
        }
    }
    Ok(all)
}

/// How many hotspots are here whose lines may work, and how many of these are offered to somebody.
///
/// # Errors
/// The database's.
pub async fn free_hotspots(tx: &mut sqlx::AnyConnection, district: &str) -> Result<(i64, i64)> {
    let here = sqlx::query_scalar(
        "SELECT COUNT(*) FROM lending_device d LEFT JOIN carrier_line l ON l.district_id = d.district_id AND l.iccid = d.iccid \
         WHERE d.district_id = $1 AND d.kind = 'hotspot' AND d.state = 'here' \
         AND (l.id IS NULL OR (l.wanted <> 'ended' AND l.observed <> 'ended'))",
    )
    .bind(district)
    .fetch_one(&mut *tx)
    .await?;
    let offered = sqlx::query_scalar(
        "SELECT COUNT(*) FROM lending_request WHERE district_id = $1 AND state = 'offered'",
    )
    .bind(district)
    .fetch_one(&mut *tx)
    .await?;
    Ok((here, offered))
}

/// Whether fewer hotspots are here than households were told to come for one.
///
/// # Errors
/// The database's.
pub async fn is_promised(tx: &mut Write, district: &str) -> Result<bool> {
    let offered: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM lending_request WHERE district_id = $1 AND state = 'offered'",
    )
    .bind(district)
    .fetch_one(&mut **tx)
    .await?;
    // Most of the time nothing is offered, and the devices need not be counted at each check-out.
    Ok(offered > 0 && free_hotspots(tx, district).await?.0 < offered)
}

/// Stores that a student lives in this home, whatever her address says; none: the address says it.
///
/// # Errors
/// The database's.
pub async fn put_home(
    tx: &mut Write,
    district: &str,
    student: &str,
    home: Option<&str>,
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query("DELETE FROM lending_household WHERE district_id = $1 AND student_id = $2")
        .bind(district)
        .bind(student)
        .execute(&mut **tx)
        .await?;
    let Some(home) = home else { return Ok(()) };
    sqlx::query(
        "INSERT INTO lending_household (district_id, student_id, home, said_ms, said_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(student)
    .bind(home)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}
