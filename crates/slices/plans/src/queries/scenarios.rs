//! Scenarios and their files.

use super::{Result, joined, json, parts, read_json};
use crate::bulk;
use crate::db::Write;
use crate::rules::form::Slot;
use crate::rules::read::Checked;
use crate::rules::scenario::Settings;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use std::collections::{BTreeMap, HashMap};

/// A scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What its pages say.
    pub settings: Settings,
    /// One more with each change.
    pub revision: i64,
    /// What reading it came to, if it was read since the last change.
    pub check: Option<Checked>,
    /// When it was changed, ms since 1970 UTC.
    pub changed_ms: i64,
    /// When it was removed; it can be brought back.
    pub removed_ms: Option<i64>,
}

/// A file of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As the person's own file is called.
    pub name: String,
    /// Octets.
    pub size: i64,
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// When it was stored, ms since 1970 UTC.
    pub stored_ms: i64,
}

const COLUMNS: &str = "id, name, settings_json, revision, check_json, changed_ms, removed_ms";

fn read(row: &AnyRow) -> Result<Scenario> {
    let settings: String = row.try_get("settings_json")?;
    let check: Option<String> = row.try_get("check_json")?;
    Ok(Scenario {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        settings: read_json(&settings)?,
        revision: row.try_get("revision")?,
        check: check.as_deref().map(read_json).transpose()?,
        changed_ms: row.try_get("changed_ms")?,
        removed_ms: row.try_get("removed_ms")?,
    })
}

/// A district's scenarios, those that were removed as well; the newest change first.
///
/// # Errors
/// The database's.
pub async fn list(db: &AnyPool, district: &str) -> Result<Vec<Scenario>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM plan_scenario WHERE district_id = $1 ORDER BY changed_ms DESC, id DESC"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).fetch_all(db).await?.iter().map(read).collect()
}

/// One scenario.
///
/// # Errors
/// The database's.
pub async fn scenario(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    district: &str,
    id: &str,
) -> Result<Option<Scenario>> {
    let sql = format!("SELECT {COLUMNS} FROM plan_scenario WHERE district_id = $1 AND id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
}

/// Stores a new scenario.
///
/// # Errors
/// The database's.
pub async fn insert(
    write: &mut Write,
    district: &str,
    (id, name): (&str, &str),
    settings: &Settings,
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO plan_scenario (district_id, id, name, settings_json, revision, made_ms, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, 1, $5, $5, $6)",
    )
    .bind(district)
    .bind(id)
    .bind(name)
    .bind(json(settings)?)
    .bind(ms)
    .bind(by)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Changes name and settings of a scenario; what was read before counts no more. Returns the new revision; `None` when there is none.
///
/// # Errors
/// The database's.
pub async fn update(
    write: &mut Write,
    district: &str,
    (id, name): (&str, &str),
    settings: &Settings,
    (by, ms): (&str, i64),
) -> Result<Option<i64>> {
    sqlx::query_scalar(
        "UPDATE plan_scenario SET name = $3, settings_json = $4, revision = revision + 1, check_json = NULL, \
         changed_ms = $5, changed_by = $6 WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL RETURNING revision",
    )
    .bind(district)
    .bind(id)
    .bind(name)
    .bind(json(settings)?)
    .bind(ms)
    .bind(by)
    .fetch_optional(&mut **write)
    .await
}

/// Gives a scenario another name; false when there is none.
///
/// # Errors
/// The database's.
pub async fn rename(
    write: &mut Write,
    district: &str,
    (id, name): (&str, &str),
    (by, ms): (&str, i64),
) -> Result<bool> {
    let sql = "UPDATE plan_scenario SET name = $3, changed_ms = $4, changed_by = $5 \
               WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL";
    let query = sqlx::query(sql).bind(district).bind(id).bind(name).bind(ms).bind(by);
    Ok(query.execute(&mut **write).await?.rows_affected() == 1)
}

/// Keeps what reading a revision came to.
///
/// # Errors
/// The database's.
pub async fn check(
    write: &mut Write,
    district: &str,
    (id, revision): (&str, i64),
    checked: &Checked,
) -> Result<()> {
    sqlx::query(
        "UPDATE plan_scenario SET check_json = $4 WHERE district_id = $1 AND id = $2 AND revision = $3",
    )
    .bind(district)
    .bind(id)
    .bind(revision)
    .bind(json(checked)?)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Takes a scenario away, until it is brought back or deleted; false when there is none.
///
/// # Errors
/// The database's.
pub async fn remove(write: &mut Write, district: &str, id: &str, ms: i64) -> Result<bool> {
    let sql =
        "UPDATE plan_scenario SET removed_ms = $3 WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL";
    let done = sqlx::query(sql).bind(district).bind(id).bind(ms).execute(&mut **write).await?;
    Ok(done.rows_affected() == 1)
}

/// Brings a scenario back; false when it was not removed.
///
/// # Errors
/// The database's.
pub async fn bring_back(write: &mut Write, district: &str, id: &str) -> Result<bool> {
    let sql = "UPDATE plan_scenario SET removed_ms = NULL WHERE district_id = $1 AND id = $2 AND removed_ms IS NOT NULL";
    let done = sqlx::query(sql).bind(district).bind(id).execute(&mut **write).await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes a removed scenario with its files and plans for good; false when it was not removed. A plan that was accepted stays.
///
/// # Errors
/// The database's.
pub async fn delete(write: &mut Write, district: &str, id: &str) -> Result<bool> {
    let sql = "DELETE FROM plan_scenario WHERE district_id = $1 AND id = $2 AND removed_ms IS NOT NULL";
    if sqlx::query(sql).bind(district).bind(id).execute(&mut **write).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let runs = "run_id IN (SELECT id FROM plan_run WHERE district_id = $1 AND scenario_id = $2) \
                AND run_id NOT IN (SELECT run_id FROM plan_acceptance WHERE district_id = $1 AND undone_ms IS NULL)";
    for sql in [
        format!("DELETE FROM plan_answer WHERE district_id = $1 AND {runs}"),
        format!("DELETE FROM plan_run_part WHERE district_id = $1 AND {runs}"),
        format!(
            "DELETE FROM plan_run WHERE district_id = $1 AND {}",
            runs.replace("run_id IN", "id IN").replace("AND run_id NOT", "AND id NOT")
        ),
        "DELETE FROM plan_file_part WHERE district_id = $1 AND scenario_id = $2".to_owned(),
        "DELETE FROM plan_file WHERE district_id = $1 AND scenario_id = $2".to_owned(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(id).execute(&mut **write).await?;
    }
    Ok(true)
}

/// Copies a scenario with its files, without its plans; false when there is none.
///
/// # Errors
/// The database's.
pub async fn copy(
    write: &mut Write,
    district: &str,
    (from, to, name): (&str, &str, &str),
    (by, ms): (&str, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO plan_scenario (district_id, id, name, settings_json, revision, check_json, made_ms, changed_ms, changed_by) \
         SELECT district_id, $3, $4, settings_json, 1, check_json, $5, $5, $6 FROM plan_scenario \
         WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL",
    )
    .bind(district)
    .bind(from)
    .bind(to)
    .bind(name)
    .bind(ms)
    .bind(by)
    .execute(&mut **write)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for sql in [
        "INSERT INTO plan_file (district_id, scenario_id, slot, name, size, digest, stored_ms) \
         SELECT district_id, $3, slot, name, size, digest, stored_ms FROM plan_file \
         WHERE district_id = $1 AND scenario_id = $2",
        "INSERT INTO plan_file_part (district_id, scenario_id, slot, part, body) \
         SELECT district_id, $3, slot, part, body FROM plan_file_part WHERE district_id = $1 AND scenario_id = $2",
    ] {
        sqlx::query(sql).bind(district).bind(from).bind(to).execute(&mut **write).await?;
    }
    Ok(true)
}

/// Stores a file in its slot, in the place of the one that is there.
///
/// # Errors
/// The database's.
pub async fn put_file(
    write: &mut Write,
    district: &str,
    (scenario, slot): (&str, Slot),
    (name, bytes, digest): (&str, &[u8], &str),
    ms: i64,
) -> Result<()> {
    remove_file(write, district, (scenario, slot)).await?;
    sqlx::query(
        "INSERT INTO plan_file (district_id, scenario_id, slot, name, size, digest, stored_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(district)
    .bind(scenario)
    .bind(slot.word())
    .bind(name)
    .bind(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
    .bind(digest)
    .bind(ms)
    .execute(&mut **write)
    .await?;
    let rows = parts(bytes).map(|(part, body)| {
        vec![district.into(), scenario.into(), slot.word().into(), part.into(), (&body).into()]
    });
    bulk::run(
        write,
        "INSERT INTO plan_file_part (district_id, scenario_id, slot, part, body) VALUES",
        "",
        rows,
    )
    .await
    .map(|_| ())
}

/// Takes a file out of its slot; false when there is none.
///
/// # Errors
/// The database's.
pub async fn remove_file(write: &mut Write, district: &str, (scenario, slot): (&str, Slot)) -> Result<bool> {
    let mut gone = false;
    for table in ["plan_file_part", "plan_file"] {
        let sql = format!("DELETE FROM {table} WHERE district_id = $1 AND scenario_id = $2 AND slot = $3");
        let sql = sqlx::AssertSqlSafe(sql);
        let done =
            sqlx::query(sql).bind(district).bind(scenario).bind(slot.word()).execute(&mut **write).await?;
        gone |= done.rows_affected() > 0;
    }
    Ok(gone)
}

/// The files of a scenario, without their bytes.
///
/// # Errors
/// The database's.
pub async fn files(
    db: impl sqlx::Executor<'_, Database = sqlx::Any>,
    district: &str,
    scenario: &str,
) -> Result<BTreeMap<Slot, File>> {
    let rows = sqlx::query(
        "SELECT slot, name, size, digest, stored_ms FROM plan_file WHERE district_id = $1 AND scenario_id = $2",
    )
    .bind(district)
    .bind(scenario)
    .fetch_all(db)
    .await?;
    let mut files = BTreeMap::new();
    for row in rows {
        let word: String = row.try_get("slot")?;
        let file = File {
            name: row.try_get("name")?,
            size: row.try_get("size")?,
            digest: row.try_get("digest")?,
            stored_ms: row.try_get("stored_ms")?,
        };
        files.extend(Slot::from_word(&word).map(|slot| (slot, file)));
    }
    Ok(files)
}

/// The bytes of one file; `None` when the slot is empty.
///
/// # Errors
/// The database's; a part that is not base64 is a decoding error.
pub async fn file(db: &AnyPool, district: &str, scenario: &str, slot: Slot) -> Result<Option<Vec<u8>>> {
    let mut all = bytes(db, district, scenario, slot.word()).await?;
    Ok(all.remove(&slot))
}

/// The bytes of all files.
///
/// # Errors
/// As [`file`].
pub async fn all_files(db: &AnyPool, district: &str, scenario: &str) -> Result<HashMap<Slot, Vec<u8>>> {
    bytes(db, district, scenario, "").await
}

async fn bytes(db: &AnyPool, district: &str, scenario: &str, slot: &str) -> Result<HashMap<Slot, Vec<u8>>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT slot, body FROM plan_file_part WHERE district_id = $1 AND scenario_id = $2 \
         AND ($3 = '' OR slot = $3) ORDER BY slot, part",
    )
    .bind(district)
    .bind(scenario)
    .bind(slot)
    .fetch_all(db)
    .await?;
    let mut bodies: BTreeMap<Slot, Vec<String>> = BTreeMap::new();
    for (word, body) in rows {
        if let Some(slot) = Slot::from_word(&word) {
            bodies.entry(slot).or_default().push(body);
        }
    }
    bodies.into_iter().map(|(slot, bodies)| Ok((slot, joined(&bodies)?))).collect()
}
