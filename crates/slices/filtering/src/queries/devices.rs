//! Devices that have enrolled.

use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::answer::Whom;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// Whose a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A student's, by id.
    Student(String),
    /// A school's, by id, for whoever uses it.
    School(String),
}

/// A device to store.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its id.
    pub id: String,
    /// What its token is known by.
    pub key: String,
    /// `token` or `serial`.
    pub way: &'static str,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub whose: Whose,
}

const INSERT: &str = "INSERT INTO filter_device (district_id, id, device_key, way, label, student_id, school_id, \
    enrolled_ms, enrolled_by, changed_ms) VALUES";

/// Enrols devices; one that was enrolled before is its new owner's, and revoked no more.
///
/// # Errors
/// The database's.
pub async fn enrol(
    tx: &mut Write,
    district: &str,
    devices: &[NewDevice],
    (by, ms): (&str, i64),
) -> Result<u64> {
    let rows = devices.iter().map(|device| {
        let (student, school) = match &device.whose {
            Whose::Student(id) => (Some(id.as_str()), None),
            Whose::School(id) => (None, Some(id.as_str())),
        };
        let start: Vec<Value> =
            vec![district.into(), (&device.id).into(), (&device.key).into(), device.way.into()];
        let rest: Vec<Value> =
            vec![(&device.label).into(), student.into(), school.into(), ms.into(), by.into(), ms.into()];
        start.into_iter().chain(rest).collect()
    });
    bulk::run(
        tx,
        INSERT,
        "ON CONFLICT (district_id, device_key) DO UPDATE SET label = EXCLUDED.label, student_id = EXCLUDED.student_id, \
         school_id = EXCLUDED.school_id, changed_ms = EXCLUDED.changed_ms, revoked_ms = NULL",
        rows,
    )
    .await
}

/// A device as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// What its token is known by.
    pub key: String,
    /// `token` or `serial`.
    pub way: String,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub whose: Whose,
    /// When it was enrolled, ms since 1970 UTC.
    pub enrolled_ms: i64,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
}

/// The devices of a district, those that count first and the newest of them first; at most so many.
///
/// # Errors
/// The database's.
pub async fn devices(pool: &AnyPool, district: &str, at_most: i64) -> Result<Vec<Device>> {
    let rows = sqlx::query(
        "SELECT id, device_key, way, label, student_id, school_id, enrolled_ms, revoked_ms FROM filter_device \
         WHERE district_id = $1 ORDER BY CASE WHEN revoked_ms IS NULL THEN 0 ELSE 1 END, changed_ms DESC, label, id \
         LIMIT $2",
    )
    .bind(district)
    .bind(at_most)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let student: Option<String> = row.try_get("student_id")?;
            Ok(Device {
                id: row.try_get("id")?,
                key: row.try_get("device_key")?,
                way: row.try_get("way")?,
                label: row.try_get("label")?,
                whose: match student {
                    Some(id) => Whose::Student(id),
                    None => Whose::School(row.try_get("school_id")?),
                },
                enrolled_ms: row.try_get("enrolled_ms")?,
                revoked_ms: row.try_get("revoked_ms")?,
            })
        })
        .collect()
}

/// How many devices are enrolled and not revoked.
///
/// # Errors
/// The database's.
pub async fn count_devices(pool: &AnyPool, district: &str) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM filter_device WHERE district_id = $1 AND revoked_ms IS NULL")
        .bind(district)
        .fetch_one(pool)
        .await
}

/// Revokes a device: from the next version of the policy on nobody knows it. Whether there was one.
///
/// # Errors
/// The database's.
pub async fn revoke_device(tx: &mut Write, district: &str, id: &str, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE filter_device SET revoked_ms = $3, changed_ms = $3 \
         WHERE district_id = $1 AND id = $2 AND revoked_ms IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which of these ids the roster has: students' and schools'.
///
/// # Errors
/// The database's.
pub async fn roster_ids(pool: &AnyPool, district: &str) -> Result<(Vec<String>, Vec<String>)> {
    let students = sqlx::query_scalar("SELECT id FROM student WHERE district_id = $1").bind(district);
    let schools = sqlx::query_scalar("SELECT id FROM school WHERE district_id = $1").bind(district);
    Ok((students.fetch_all(pool).await?, schools.fetch_all(pool).await?))
}

/// Ids and keys of all devices of a district, with whether each counts.
///
/// # Errors
/// The database's.
pub async fn device_keys(tx: &mut Write, district: &str) -> Result<Vec<(String, String, bool)>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT id, device_key, CASE WHEN revoked_ms IS NULL THEN 1 ELSE 0 END FROM filter_device WHERE district_id = $1",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|(id, key, counts)| (id, key, counts == 1)).collect())
}

/// The keys of the devices of a scope that are not revoked.
///
/// # Errors
/// The database's.
pub async fn keys_of(pool: &AnyPool, district: &str, whom: &Whom) -> Result<Vec<String>> {
    let (school, section) = match whom {
        Whom::Everybody => ("", ""),
        Whom::School(id) => (id.as_str(), ""),
        Whom::Section(id) => ("", id.as_str()),
    };
    sqlx::query_scalar(
        "SELECT f.device_key FROM filter_device f WHERE f.district_id = $1 AND f.revoked_ms IS NULL \
         AND ($2 = '' OR f.school_id = $2 OR f.student_id IN \
           (SELECT s.id FROM student s WHERE s.district_id = $1 AND s.school_id = $2)) \
         AND ($3 = '' OR f.student_id IN \
           (SELECT e.person_id FROM enrollment e WHERE e.district_id = $1 AND e.section_id = $3 AND e.teaches = 0))",
    )
    .bind(district)
    .bind(school)
    .bind(section)
    .fetch_all(pool)
    .await
}

/// Whether a device of the district has this id already.
///
/// # Errors
/// The database's.
pub async fn has_device(tx: &mut Write, district: &str, id: &str) -> Result<bool> {
    let count: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM filter_device WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(id)
            .fetch_one(&mut **tx)
            .await?;
    Ok(count > 0)
}
