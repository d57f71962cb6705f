//! A roster replaced, and the replacement undone.

use super::rows::{self, Stored};
use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use crate::rules::{Changes, Diff, RosterDiff, StudentRow, compare};
use evenfield_gap::roster::{Enrollment, Roster, School, Section, Staff};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{AnyPool, Row};

/// What is known of a load besides its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFacts {
    /// SHA-256 of the files, hexadecimal: a second load of the same files changes nothing.
    pub digest: String,
    /// The file's name as the person knows it.
    pub file_name: String,
    /// Whether the file held changes only; the roster given is nevertheless the whole one.
    pub delta: bool,
    /// The account's id, or the command that loads.
    pub loaded_by: String,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// How many problems the files had.
    pub problems: u64,
}

/// What [`replace`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The last load was of the same files: nothing was done.
    Already {
        /// That load.
        load_id: String,
    },
    /// The roster was replaced.
    Done {
        /// The new load.
        load_id: String,
        /// What changed.
        changes: Box<Changes>,
    },
}

/// Makes this the roster of the district; each id stands in it once. All or nothing: the caller commits.
///
/// Places of students whose address did not change are kept. The rows that change are remembered, so
/// that [`undo`] can bring them back.
///
/// # Errors
/// The database's.
pub async fn replace(
    tx: &mut Write,
    district: &str,
    roster: Roster,
    facts: &LoadFacts,
) -> sqlx::Result<Replaced> {
    lock(tx, district).await?;
    if let Some((load_id, digest)) = last(tx, district).await?
        && digest == facts.digest
    {
        return Ok(Replaced::Already { load_id });
    }
    let before = rows::read_on(tx, district).await?;
    let first = before.roster == Roster::default();
    let diff = compare(before, roster);
    let load_id = new_id();
    sqlx::query("DELETE FROM roster_before WHERE district_id = $1").bind(district).execute(&mut **tx).await?;
    // Undoing a first load empties the tables: that needs one note, not one for each row.
    let note = if first { EVERYTHING } else { ROWS };
    remember(tx, (district, &load_id, note), vec![(String::new(), None)]).await?;
    if !first {
        remember_diff(tx, district, &load_id, &diff).await?;
    }
    apply(tx, district, &diff).await?;
    let changes = diff.counts();
    record(tx, district, &load_id, facts, &changes).await?;
    Ok(Replaced::Done { load_id, changes: Box::new(changes) })
}

/// Two loads of one district at once would each compare with what the other is about to change. SQLite has
/// one writer anyway; on PostgreSQL the second waits here for the row of the first.
async fn lock(tx: &mut Write, district: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO roster_before (district_id, load_id, kind, id) VALUES ($1, '', 'lock', '') \
         ON CONFLICT (district_id, kind, id) DO UPDATE SET load_id = EXCLUDED.load_id",
    )
    .bind(district)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The last load that is not undone: its id and digest.
async fn last(tx: &mut Write, district: &str) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as(
        "SELECT id, digest FROM roster_load WHERE district_id = $1 AND undone_ms IS NULL \
         ORDER BY loaded_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(&mut **tx)
    .await
}

/// The kind in `roster_before` that stands for a first load.
const EVERYTHING: &str = "everything";
/// The kind in `roster_before` that says that rows are noted one by one, possibly none.
const ROWS: &str = "rows";

/// Notes rows as they were.
async fn remember(
    tx: &mut Write,
    (district, load, kind): (&str, &str, &str),
    rows: Vec<(String, Option<String>)>,
) -> sqlx::Result<()> {
    let values = rows
        .into_iter()
        .map(|(id, json)| vec![district.into(), load.into(), kind.into(), (&id).into(), Value::Text(json)]);
    let insert = "INSERT INTO roster_before (district_id, load_id, kind, id, row_json) VALUES";
    bulk::run(tx, insert, "", values).await.map(|_| ())
}

/// Notes what a difference is about to overwrite. An added row is noted with its new form and a leading
/// `+`, since its key is what undoing needs.
async fn remember_diff(tx: &mut Write, district: &str, load: &str, diff: &RosterDiff) -> sqlx::Result<()> {
    async fn of<T: Stored + Serialize>(
        tx: &mut Write,
        district: &str,
        load: &str,
        diff: &Diff<T>,
    ) -> sqlx::Result<()> {
        let json = |row: &T| serde_json::to_string(row).map_err(|e| sqlx::Error::Encode(e.into()));
        let mut noted = Vec::with_capacity(diff.added.len() + diff.removed.len() + diff.changed.len());
        for row in &diff.added {
            noted.push((row.id(), Some(format!("+{}", json(row)?))));
        }
        for row in diff.removed.iter().chain(diff.changed.iter().map(|(was, _)| was)) {
            noted.push((row.id(), Some(json(row)?)));
        }
        remember(tx, (district, load, T::KIND), noted).await
    }
    of(tx, district, load, &diff.schools).await?;
    of(tx, district, load, &diff.students).await?;
    of(tx, district, load, &diff.sections).await?;
    of(tx, district, load, &diff.enrollments).await?;
    of(tx, district, load, &diff.staff).await
}

/// Writes a difference.
async fn apply(tx: &mut Write, district: &str, diff: &RosterDiff) -> sqlx::Result<()> {
    async fn of<T: Stored>(tx: &mut Write, district: &str, diff: &Diff<T>) -> sqlx::Result<()> {
        rows::delete(tx, district, &diff.removed).await?;
        rows::delete(tx, district, diff.changed.iter().map(|(was, _)| was)).await?;
        rows::insert(tx, district, diff.changed.iter().map(|(_, now)| now)).await?;
        rows::insert(tx, district, &diff.added).await?;
        Ok(())
    }
    of(tx, district, &diff.schools).await?;
    of(tx, district, &diff.students).await?;
    of(tx, district, &diff.sections).await?;
    of(tx, district, &diff.enrollments).await?;
    of(tx, district, &diff.staff).await
}

/// Writes the row of the load, with the sizes of the tables after it.
async fn record(
    tx: &mut Write,
    district: &str,
    id: &str,
    facts: &LoadFacts,
    changes: &Changes,
) -> sqlx::Result<()> {
    let students = changes.students;
    sqlx::query(
        "INSERT INTO roster_load (id, district_id, digest, file_name, delta, loaded_ms, loaded_by, \
         added, removed, changed, problems, schools, students, sections, enrollments, staff) \
         SELECT $2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         (SELECT COUNT(*) FROM school WHERE district_id = $1), \
         (SELECT COUNT(*) FROM student WHERE district_id = $1), \
         (SELECT COUNT(*) FROM section WHERE district_id = $1), \
         (SELECT COUNT(*) FROM enrollment WHERE district_id = $1), \
         (SELECT COUNT(*) FROM staff WHERE district_id = $1)",
    )
    .bind(district)
    .bind(id)
    .bind(&facts.digest)
    .bind(&facts.file_name)
    .bind(i64::from(facts.delta))
    .bind(facts.loaded_ms)
    .bind(&facts.loaded_by)
    .bind(count(students.added))
    .bind(count(students.removed))
    .bind(count(students.changed))
    .bind(count(facts.problems))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A count as the database keeps it.
fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Why a load cannot be undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// It is not the last load, or it is undone already.
    #[error("only the last load can be undone, and only once")]
    NotLast,
    /// The database said no.
    #[error("database: {0}")]
    Db(#[from] sqlx::Error),
}

/// Brings back the roster as it was before this load, which must be the last one. The caller commits.
///
/// # Errors
/// [`UndoError`].
pub async fn undo(tx: &mut Write, district: &str, load_id: &str, now_ms: i64) -> Result<(), UndoError> {
    lock(tx, district).await?;
    match last(tx, district).await? {
        Some((id, _)) if id == load_id => {}
        _ => return Err(UndoError::NotLast),
    }
    let noted: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT kind, row_json FROM roster_before WHERE district_id = $1 AND load_id = $2")
            .bind(district)
            .bind(load_id)
            .fetch_all(&mut **tx)
            .await?;
    if noted.is_empty() {
        // An earlier load: its notes went when the next one came.
        return Err(UndoError::NotLast);
    }
    if noted.iter().any(|(kind, _)| kind == EVERYTHING) {
        empty(tx, district).await?;
    } else {
        restore::<School>(tx, district, &noted).await?;
        restore::<StudentRow>(tx, district, &noted).await?;
        restore::<Section>(tx, district, &noted).await?;
        restore::<Enrollment>(tx, district, &noted).await?;
        restore::<Staff>(tx, district, &noted).await?;
    }
    sqlx::query("DELETE FROM roster_before WHERE district_id = $1").bind(district).execute(&mut **tx).await?;
    sqlx::query("UPDATE roster_load SET undone_ms = $3 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(load_id)
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Empties the five tables of a district.
async fn empty(tx: &mut Write, district: &str) -> sqlx::Result<()> {
    for sql in [
        "DELETE FROM school WHERE district_id = $1",
        "DELETE FROM student WHERE district_id = $1",
        "DELETE FROM section WHERE district_id = $1",
        "DELETE FROM enrollment WHERE district_id = $1",
        "DELETE FROM staff WHERE district_id = $1",
    ] {
        sqlx::query(sql).bind(district).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Brings back the noted rows of one table.
async fn restore<T: Stored + DeserializeOwned>(
    tx: &mut Write,
    district: &str,
    noted: &[(String, Option<String>)],
) -> sqlx::Result<()> {
    let decode = |json: &str| -> sqlx::Result<T> {
        serde_json::from_str(json).map_err(|e| sqlx::Error::Decode(e.into()))
    };
    let mut gone = Vec::new();
    let mut back = Vec::new();
    for json in noted.iter().filter(|(kind, _)| kind == T::KIND).filter_map(|(_, json)| json.as_deref()) {
        match json.strip_prefix('+') {
            Some(added) => gone.push(decode(added)?),
            None => back.push(decode(json)?),
        }
    }
    rows::delete(tx, district, &gone).await?;
    rows::delete(tx, district, &back).await?;
    rows::insert(tx, district, &back).await?;
    Ok(())
}

/// A load as the pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    /// Its id.
    pub id: String,
    /// The file's name.
    pub file_name: String,
    /// Whether the file held changes only.
    pub delta: bool,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// Students after the load.
    pub students: i64,
    /// Students added, removed, changed.
    pub changes: [i64; 3],
    /// Problems in the files.
    pub problems: i64,
    /// When it was undone.
    pub undone_ms: Option<i64>,
    /// Whether it can be undone.
    pub can_undo: bool,
}

/// The loads of a district, the latest first, at most 50.
///
/// # Errors
/// The database's.
pub async fn loads(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<LoadRow>> {
    let rows = sqlx::query(
        "SELECT id, file_name, delta, loaded_ms, students, added, removed, changed, problems, undone_ms, \
         (SELECT COUNT(*) FROM roster_before b WHERE b.district_id = l.district_id AND b.load_id = l.id) \
         FROM roster_load l WHERE district_id = $1 ORDER BY loaded_ms DESC, id DESC LIMIT 50",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(LoadRow {
                id: row.try_get(0)?,
                file_name: row.try_get(1)?,
                delta: row.try_get::<i64, _>(2)? == 1,
                loaded_ms: row.try_get(3)?,
                students: row.try_get(4)?,
                changes: [row.try_get(5)?, row.try_get(6)?, row.try_get(7)?],
                problems: row.try_get(8)?,
                undone_ms: row.try_get(9)?,
                can_undo: row.try_get::<i64, _>(10)? > 0,
            })
        })
        .collect()
}
