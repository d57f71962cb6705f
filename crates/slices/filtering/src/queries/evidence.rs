//! What was in force for which device since when, and the steps of the safety policy.

use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::evidence::{Device, Measure, Since, Step};
use sqlx::{AnyPool, Row};
use std::collections::{BTreeMap, HashMap};

type Result<T> = sqlx::Result<T>;

/// The measure that was last written down for each device of a district; empty for one that the policy knew no more.
///
/// # Errors
/// The database's.
pub async fn last_measures(tx: &mut Write, district: &str) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.device_id, m.measure_id FROM filter_device_measure m WHERE m.district_id = $1 AND m.version = \
         (SELECT MAX(l.version) FROM filter_device_measure l WHERE l.district_id = m.district_id AND l.device_id = m.device_id)",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Writes down what holds from this version on, where it is something else than before.
///
/// # Errors
/// The database's.
pub async fn insert_measures(
    tx: &mut Write,
    district: &str,
    version: i64,
    measures: &BTreeMap<String, Measure>,
    changed: &[(String, String)],
) -> Result<()> {
    let rows = measures.iter().map(|(id, measure)| {
        let text = serde_json::to_string(measure).unwrap_or_default();
        vec![district.into(), id.into(), (&text).into()]
    });
    bulk::run(
        tx,
        "INSERT INTO filter_measure (district_id, id, measure_json) VALUES",
        "ON CONFLICT (district_id, id) DO NOTHING",
        rows,
    )
    .await?;
    let rows = changed.iter().map(|(device, measure)| -> Vec<Value> {
        vec![district.into(), device.into(), version.into(), measure.into()]
    });
    let insert = "INSERT INTO filter_device_measure (district_id, device_id, version, measure_id) VALUES";
    bulk::run(tx, insert, "", rows).await.map(drop)
}

/// The measures of a district.
///
/// # Errors
/// The database's.
pub async fn measures(pool: &AnyPool, district: &str) -> Result<BTreeMap<String, Measure>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, measure_json FROM filter_measure WHERE district_id = $1")
            .bind(district)
            .fetch_all(pool)
            .await?;
    let read = |(id, text): (String, String)| {
        serde_json::from_str(&text).map(|measure| (id, measure)).map_err(|e| sqlx::Error::Decode(e.into()))
    };
    rows.into_iter().map(read).collect()
}

/// The devices of a district with what held for each; nobody's id.
///
/// # Errors
/// The database's.
pub async fn devices_in_force(pool: &AnyPool, district: &str) -> Result<Vec<Device>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT device_id, version, measure_id FROM filter_device_measure WHERE district_id = $1 ORDER BY version",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let mut in_force: HashMap<String, Vec<Since>> = HashMap::new();
    for (device, version, measure) in rows {
        in_force.entry(device).or_default().push(Since { version, measure });
    }
    let rows = sqlx::query(
        "SELECT id, student_id, enrolled_ms, revoked_ms FROM filter_device WHERE district_id = $1 ORDER BY id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let (id, student): (String, Option<String>) = (row.try_get("id")?, row.try_get("student_id")?);
            Ok(Device {
                of: if student.is_some() { "student" } else { "school" }.to_owned(),
                enrolled_ms: row.try_get("enrolled_ms")?,
                revoked_ms: row.try_get("revoked_ms")?,
                in_force: in_force.remove(&id).unwrap_or_default(),
                id,
            })
        })
        .collect()
}

/// The steps as they were written down, each time; the last of a step is what holds.
///
/// # Errors
/// The database's.
pub async fn steps(pool: &AnyPool, district: &str) -> Result<Vec<Step>> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT step, done_on, note FROM safety_step_entry WHERE district_id = $1 ORDER BY step, changed_ms",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(step, done_on, note)| Step { step, done_on, note }).collect())
}

/// Writes a step down. What was said of it before stays.
///
/// # Errors
/// The database's.
pub async fn put_step(tx: &mut Write, district: &str, step: &Step, (by, ms): (&str, i64)) -> Result<()> {
    // Two of the same moment, or after the clock was put back, stand one after the other.
    let last: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(changed_ms) FROM safety_step_entry WHERE district_id = $1 AND step = $2",
    )
    .bind(district)
    .bind(&step.step)
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO safety_step_entry (district_id, step, changed_ms, done_on, note, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(district)
    .bind(&step.step)
    .bind(last.map_or(ms, |last| ms.max(last + 1)))
    .bind(&step.done_on)
    .bind(&step.note)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}
