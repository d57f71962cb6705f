//! What is handed over with devices, and what of it did not come back.

use crate::db::{Write, new_id};
use crate::rules::inventory::Device;
use sqlx::AnyPool;

type Result<T> = sqlx::Result<T>;

/// A part that kits may have.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Part {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How many lie in store.
    pub spares: i64,
    /// How many devices are without theirs.
    pub lacking: i64,
}

/// All parts of a district, by name.
///
/// # Errors
/// The database's.
pub async fn parts(pool: &AnyPool, district: &str) -> Result<Vec<Part>> {
    sqlx::query_as(
        "SELECT p.id, p.name, p.spares, (SELECT COUNT(*) FROM lending_device_missing m WHERE m.district_id = p.district_id \
         AND m.part = p.name) AS lacking FROM lending_part p WHERE p.district_id = $1 ORDER BY p.name",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// Stores a part with how many lie in store; one of this name is changed.
///
/// # Errors
/// The database's.
pub async fn put_part(
    tx: &mut Write,
    district: &str,
    (name, spares): (&str, i64),
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_part (district_id, id, name, spares, changed_ms, changed_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (district_id, name) DO UPDATE SET spares = EXCLUDED.spares, changed_ms = EXCLUDED.changed_ms, \
         changed_by = EXCLUDED.changed_by",
    )
    .bind(district)
    .bind(new_id())
    .bind(name)
    .bind(spares)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// What is in each kit: kind, model (empty: all others of the kind), the part's id.
///
/// # Errors
/// The database's.
pub async fn kits(pool: &AnyPool, district: &str) -> Result<Vec<(String, String, String)>> {
    sqlx::query_as(
        "SELECT kind, model, part_id FROM lending_kit WHERE district_id = $1 ORDER BY kind, model, part_id",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// Stores what is in a kit, in the place of what was.
///
/// # Errors
/// The database's.
pub async fn put_kit(
    tx: &mut Write,
    district: &str,
    (kind, model): (&str, &str),
    parts: &[&str],
) -> Result<()> {
    sqlx::query("DELETE FROM lending_kit WHERE district_id = $1 AND kind = $2 AND model = $3")
        .bind(district)
        .bind(kind)
        .bind(model)
        .execute(&mut **tx)
        .await?;
    for part in parts {
        // A part of another district is none.
        sqlx::query(
            "INSERT INTO lending_kit (district_id, kind, model, part_id) SELECT $1, $2, $3, p.id FROM lending_part p \
             WHERE p.district_id = $1 AND p.id = $4",
        )
        .bind(district)
        .bind(kind)
        .bind(model)
        .bind(part)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Keeps with a loan what goes out with its device: what its kit has and it is not without.
///
/// # Errors
/// The database's.
pub async fn hand_over(tx: &mut Write, district: &str, (loan, device): (&str, &Device)) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_loan_part (district_id, loan_id, part, missing) \
         SELECT k.district_id, $2, p.name, 0 FROM lending_kit k JOIN lending_part p ON p.district_id = k.district_id AND p.id = k.part_id \
         WHERE k.district_id = $1 AND k.kind = $3 AND k.model = CASE WHEN EXISTS (SELECT 1 FROM lending_kit o \
         WHERE o.district_id = $1 AND o.kind = $3 AND o.model = $4) THEN CAST($4 AS TEXT) ELSE '' END \
         AND NOT EXISTS (SELECT 1 FROM lending_device_missing m WHERE m.district_id = $1 AND m.device_id = $5 AND m.part = p.name)",
    )
    .bind(district)
    .bind(loan)
    .bind(device.kind.as_str())
    .bind(&device.model)
    .bind(&device.id)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// What went out with a loan, each with whether it did not come back.
///
/// # Errors
/// The database's.
pub async fn loan_parts<'e, E>(database: E, district: &str, loan: &str) -> Result<Vec<(String, bool)>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT part, missing FROM lending_loan_part WHERE district_id = $1 AND loan_id = $2 ORDER BY part",
    )
    .bind(district)
    .bind(loan)
    .fetch_all(database)
    .await?;
    Ok(rows.into_iter().map(|(part, missing)| (part, missing == 1)).collect())
}

/// A part that went out with a loan did not come back: the device is without it. Whether it went out.
///
/// # Errors
/// The database's.
pub async fn miss_part(
    tx: &mut Write,
    district: &str,
    (loan, device): (&str, &str),
    part: &str,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE lending_loan_part SET missing = 1 WHERE district_id = $1 AND loan_id = $2 AND part = $3",
    )
    .bind(district)
    .bind(loan)
    .bind(part)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO lending_device_missing (district_id, device_id, part, loan_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (district_id, device_id, part) DO NOTHING",
    )
    .bind(district)
    .bind(device)
    .bind(part)
    .bind(loan)
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// What was said to be missing at the return of a loan was a mistake.
///
/// # Errors
/// The database's.
pub async fn unmiss_parts(tx: &mut Write, district: &str, loan: &str) -> Result<()> {
    for sql in [
        "UPDATE lending_loan_part SET missing = 0 WHERE district_id = $1 AND loan_id = $2",
        "DELETE FROM lending_device_missing WHERE district_id = $1 AND loan_id = $2",
    ] {
        sqlx::query(sql).bind(district).bind(loan).execute(&mut **tx).await?;
    }
    Ok(())
}

/// What a device is without.
///
/// # Errors
/// The database's.
pub async fn lacking<'e, E>(database: E, district: &str, device: &str) -> Result<Vec<String>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    sqlx::query_scalar(
        "SELECT part FROM lending_device_missing WHERE district_id = $1 AND device_id = $2 ORDER BY part",
    )
    .bind(district)
    .bind(device)
    .fetch_all(database)
    .await
}

/// A device has a part again: the one that was missing, or a new one from the store. Whether it was without, and there was a new one.
///
/// # Errors
/// The database's.
pub async fn complete(
    tx: &mut Write,
    district: &str,
    (device, part): (&str, &str),
    is_new: bool,
) -> Result<bool> {
    if is_new {
        let taken = sqlx::query(
            "UPDATE lending_part SET spares = spares - 1 WHERE district_id = $1 AND name = $2 AND spares > 0",
        )
        .bind(district)
        .bind(part)
        .execute(&mut **tx)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
    }
    let done = sqlx::query(
        "DELETE FROM lending_device_missing WHERE district_id = $1 AND device_id = $2 AND part = $3",
    )
    .bind(district)
    .bind(device)
    .bind(part)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The kinds and models of devices that are not retired, for which there may be a kit.
///
/// # Errors
/// The database's.
pub async fn models(pool: &AnyPool, district: &str) -> Result<Vec<(String, String)>> {
    sqlx::query_as(
        "SELECT DISTINCT kind, model FROM lending_device WHERE district_id = $1 AND state <> 'retired' ORDER BY kind, model LIMIT 200",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}
