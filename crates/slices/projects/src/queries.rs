//! SQL of the slice `projects`. It writes the tables of migration 0066 and reads figures, loans and what an accepted plan left in `outbox`.

use crate::db::Write;
use crate::rules::register::{Entry, Register, Values};
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who answers for it.
    pub manager: String,
    /// The first day.
    pub begins: Date,
    /// What it is for.
    pub vision: String,
    /// When it was changed, ms since 1970 UTC.
    pub changed_ms: i64,
    /// Since when it is taken out.
    pub removed_ms: Option<i64>,
}

/// Who changes something and when.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The account's id.
    pub by: &'a str,
    /// Milliseconds since 1970 UTC.
    pub ms: i64,
}

/// The project that something is of.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The district (LEAID).
    pub district: &'a str,
    /// The project's id.
    pub project: &'a str,
}

fn decode<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|error: jiff::Error| decode(error))
}

fn project(row: &AnyRow) -> Result<Project> {
    Ok(Project {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        manager: row.try_get("manager")?,
        begins: day(row.try_get("begins_on")?)?,
        vision: row.try_get("vision")?,
        changed_ms: row.try_get("changed_ms")?,
        removed_ms: row.try_get("removed_ms")?,
    })
}

/// All projects of a district, the newest first.
///
/// # Errors
/// The database's.
pub async fn projects(pool: &AnyPool, district: &str) -> Result<Vec<Project>> {
    let sql = "SELECT id, name, manager, begins_on, vision, changed_ms, removed_ms FROM project \
               WHERE district_id = $1 ORDER BY made_ms DESC, id DESC";
    sqlx::query(sql).bind(district).fetch_all(pool).await?.iter().map(project).collect()
}

/// One project.
///
/// # Errors
/// The database's.
pub async fn project_of(pool: &AnyPool, of: Of<'_>) -> Result<Option<Project>> {
    let sql = "SELECT id, name, manager, begins_on, vision, changed_ms, removed_ms FROM project \
               WHERE district_id = $1 AND id = $2";
    let row = sqlx::query(sql).bind(of.district).bind(of.project).fetch_optional(pool).await?;
    row.as_ref().map(project).transpose()
}

/// Stores a new project, or what it says now in place of what it said.
///
/// # Errors
/// The database's.
pub async fn put_project(tx: &mut Write, district: &str, new: &Project, change: Change<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO project (district_id, id, name, manager, begins_on, vision, made_ms, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT (district_id, id) DO UPDATE SET \
         name = EXCLUDED.name, manager = EXCLUDED.manager, begins_on = EXCLUDED.begins_on, \
         vision = EXCLUDED.vision, changed_ms = EXCLUDED.changed_ms, changed_by = EXCLUDED.changed_by",
    )
    .bind(district)
    .bind(&new.id)
    .bind(&new.name)
    .bind(&new.manager)
    .bind(new.begins.to_string())
    .bind(&new.vision)
    .bind(change.ms)
    .bind(change.by)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes a project out of the list or puts it back; whether that changed anything.
///
/// # Errors
/// The database's.
pub async fn remove_project(tx: &mut Write, of: Of<'_>, removed: bool, change: Change<'_>) -> Result<bool> {
    let sql = "UPDATE project SET removed_ms = $3, changed_ms = $4, changed_by = $5 WHERE district_id = $1 AND id = $2 \
               AND (removed_ms IS NULL) = (CAST($6 AS BIGINT) = 1)";
    let done = sqlx::query(sql)
        .bind(of.district)
        .bind(of.project)
        .bind(removed.then_some(change.ms))
        .bind(change.ms)
        .bind(change.by)
        .bind(i64::from(removed))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// An entry, and when it was changed.
type Stored = (Entry, i64);

fn entry(row: &AnyRow) -> Result<Option<Stored>> {
    let Some(register) = Register::from_word(row.try_get("register")?) else { return Ok(None) };
    let values: Values = serde_json::from_str(row.try_get("values_json")?).map_err(decode)?;
    let entry =
        Entry { register, number: row.try_get("number")?, values, removed_ms: row.try_get("removed_ms")? };
    Ok(Some((entry, row.try_get("changed_ms")?)))
}

/// All entries of a project, with those that are taken out, by register and number, and when each was changed.
///
/// # Errors
/// The database's.
pub async fn entries(pool: &AnyPool, of: Of<'_>) -> Result<Vec<Stored>> {
    let sql = "SELECT register, number, values_json, changed_ms, removed_ms FROM project_entry \
               WHERE district_id = $1 AND project_id = $2 ORDER BY register, number";
    let rows = sqlx::query(sql).bind(of.district).bind(of.project).fetch_all(pool).await?;
    rows.iter().filter_map(|row| entry(row).transpose()).collect()
}

/// The number that the next entry of a register has.
///
/// # Errors
/// The database's.
pub async fn next_number(tx: &mut Write, of: Of<'_>, register: Register) -> Result<i64> {
    let sql = "SELECT CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT) FROM project_entry \
               WHERE district_id = $1 AND project_id = $2 AND register = $3";
    sqlx::query_scalar(sql)
        .bind(of.district)
        .bind(of.project)
        .bind(register.as_str())
        .fetch_one(&mut **tx)
        .await
}

/// Stores an entry, new or in place of what was there; one that was taken out is back.
///
/// # Errors
/// The database's.
pub async fn put_entry(
    tx: &mut Write,
    of: Of<'_>,
    (register, number, values): (Register, i64, &Values),
    change: Change<'_>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO project_entry (district_id, project_id, register, number, values_json, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (district_id, project_id, register, number) DO UPDATE SET \
         values_json = EXCLUDED.values_json, changed_ms = EXCLUDED.changed_ms, changed_by = EXCLUDED.changed_by, \
         removed_ms = NULL",
    )
    .bind(of.district)
    .bind(of.project)
    .bind(register.as_str())
    .bind(number)
    .bind(serde_json::to_string(values).map_err(decode)?)
    .bind(change.ms)
    .bind(change.by)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes an entry as it was seen; false where somebody has changed it since.
///
/// # Errors
/// The database's.
pub async fn change_entry(
    tx: &mut Write,
    of: Of<'_>,
    (register, number, values): (Register, i64, &Values),
    (seen_ms, change): (i64, Change<'_>),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE project_entry SET values_json = $5, changed_ms = $6, changed_by = $7 WHERE district_id = $1 \
         AND project_id = $2 AND register = $3 AND number = $4 AND changed_ms = $8 AND removed_ms IS NULL",
    )
    .bind(of.district)
    .bind(of.project)
    .bind(register.as_str())
    .bind(number)
    .bind(serde_json::to_string(values).map_err(decode)?)
    .bind(change.ms)
    .bind(change.by)
    .bind(seen_ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes an entry out or puts it back; whether that changed anything.
///
/// # Errors
/// The database's.
pub async fn remove_entry(
    tx: &mut Write,
    of: Of<'_>,
    (register, number, removed): (Register, i64, bool),
    change: Change<'_>,
) -> Result<bool> {
    let sql = "UPDATE project_entry SET removed_ms = $5, changed_ms = $6, changed_by = $7 WHERE district_id = $1 \
               AND project_id = $2 AND register = $3 AND number = $4 AND (removed_ms IS NULL) = (CAST($8 AS BIGINT) = 1)";
    let done = sqlx::query(sql)
        .bind(of.district)
        .bind(of.project)
        .bind(register.as_str())
        .bind(number)
        .bind(removed.then_some(change.ms))
        .bind(change.ms)
        .bind(change.by)
        .bind(i64::from(removed))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A progress report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number, from 1.
    pub number: i64,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The facts that it was drafted from, JSON.
    pub facts_json: String,
    /// What it says.
    pub body: String,
    /// When it was changed, ms since 1970 UTC.
    pub changed_ms: i64,
    /// When it was approved; none while it is a draft.
    pub approved_ms: Option<i64>,
}

/// The reports of a project, the newest first.
///
/// # Errors
/// The database's.
pub async fn reports(pool: &AnyPool, of: Of<'_>) -> Result<Vec<Report>> {
    let sql = "SELECT number, from_on, to_on, facts_json, body, changed_ms, approved_ms FROM project_report \
               WHERE district_id = $1 AND project_id = $2 ORDER BY number DESC";
    let rows = sqlx::query(sql).bind(of.district).bind(of.project).fetch_all(pool).await?;
    let read = |row: &AnyRow| {
        Ok(Report {
            number: row.try_get("number")?,
            from: day(row.try_get("from_on")?)?,
            to: day(row.try_get("to_on")?)?,
            facts_json: row.try_get("facts_json")?,
            body: row.try_get("body")?,
            changed_ms: row.try_get("changed_ms")?,
            approved_ms: row.try_get("approved_ms")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Stores a draft; false where its period has a report.
///
/// # Errors
/// The database's.
pub async fn draft(tx: &mut Write, of: Of<'_>, new: &Report) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO project_report (district_id, project_id, number, from_on, to_on, facts_json, body, drafted_ms, \
         changed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING",
    )
    .bind(of.district)
    .bind(of.project)
    .bind(new.number)
    .bind(new.from.to_string())
    .bind(new.to.to_string())
    .bind(&new.facts_json)
    .bind(&new.body)
    .bind(new.changed_ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Changes a draft as it was seen; false where somebody has changed or approved it since.
///
/// # Errors
/// The database's.
pub async fn edit(
    tx: &mut Write,
    of: Of<'_>,
    (number, seen_ms, body): (i64, i64, &str),
    (approves, change): (bool, Change<'_>),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE project_report SET body = $5, changed_ms = $6, approved_ms = $7, approved_by = $8 WHERE district_id = $1 \
         AND project_id = $2 AND number = $3 AND changed_ms = $4 AND approved_ms IS NULL",
    )
    .bind(of.district)
    .bind(of.project)
    .bind(number)
    .bind(seen_ms)
    .bind(body)
    .bind(change.ms)
    .bind(approves.then_some(change.ms))
    .bind(approves.then_some(change.by))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The published figure of the whole district for a measure: its share with the ends of its 90% interval, and when it was estimated (ms since 1970).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Share of students, with the lower and the upper end.
    pub share: [f64; 3],
    /// When.
    pub made_ms: i64,
}

/// The newest published figure of a measure for the whole district; none where it is withheld or there is none.
///
/// # Errors
/// The database's.
pub async fn figure(pool: &AnyPool, district: &str, measure: &str) -> Result<Option<Figure>> {
    let row = sqlx::query(
        "SELECT f.value, f.low90, f.high90, r.finished_ms FROM estimate_run r JOIN figure f ON f.run_id = r.id \
         WHERE r.district_id = $1 AND r.state = 'done' AND f.measure = $2 AND f.geography_kind = 'district' \
         AND f.group_name = 'all' AND r.id = (SELECT id FROM estimate_run WHERE district_id = $1 AND state = 'done' \
         ORDER BY finished_ms DESC, id DESC LIMIT 1) AND f.suppressed IS NULL",
    )
    .bind(district)
    .bind(measure)
    .fetch_optional(pool)
    .await?;
    let read = |row: AnyRow| {
        let share = [row.try_get("value")?, row.try_get("low90")?, row.try_get("high90")?];
        Ok(Figure { share, made_ms: row.try_get("finished_ms")? })
    };
    row.map(read).transpose()
}

/// Loans: how many are open at the end of a period, and how many began and ended in it. From and until are ms since 1970, the last one without.
///
/// # Errors
/// The database's.
pub async fn loans(pool: &AnyPool, district: &str, (from, until): (i64, i64)) -> Result<[i64; 3]> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN out_ms < $3 AND (in_ms IS NULL OR in_ms >= $3) THEN 1 ELSE 0 END), 0) AS BIGINT) AS open, \
         CAST(COALESCE(SUM(CASE WHEN out_ms >= $2 AND out_ms < $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS began, \
         CAST(COALESCE(SUM(CASE WHEN in_ms >= $2 AND in_ms < $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS ended \
         FROM lending_loan WHERE district_id = $1 AND undone_ms IS NULL",
    )
    .bind(district)
    .bind(from)
    .bind(until)
    .fetch_one(pool)
    .await?;
    Ok([row.try_get("open")?, row.try_get("began")?, row.try_get("ended")?])
}

/// What the plan that the district goes by left for others, JSON; none where none is accepted.
///
/// # Errors
/// The database's.
pub async fn accepted_plan(pool: &AnyPool, district: &str) -> Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT o.body_json FROM plan_acceptance a JOIN outbox o ON o.district_id = a.district_id AND o.id = a.outbox_id \
         WHERE a.district_id = $1 AND a.undone_ms IS NULL ORDER BY a.accepted_ms DESC, a.id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(pool)
    .await
}
