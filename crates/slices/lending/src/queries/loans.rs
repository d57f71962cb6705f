//! Loans.

use super::devices::COLUMNS;
use super::orders::{IDS, marks};
use crate::db::Write;
use crate::rules::inventory::Device;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

/// That a loan is open.
pub(super) const OPEN: &str = "n.in_ms IS NULL AND n.undone_ms IS NULL AND n.gone_ms IS NULL";

/// A loan.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Loan {
    /// Its id.
    pub id: String,
    /// The device's id.
    pub device_id: String,
    /// The student's id.
    pub student_id: String,
    /// When it began, ms since 1970 UTC.
    pub out_ms: i64,
    /// The day on which it is to be back.
    pub due_on: String,
    /// How many times it was renewed.
    pub renewed: i64,
    /// Since when nobody knows where the device is.
    pub lost_ms: Option<i64>,
    /// When it was back.
    pub in_ms: Option<i64>,
    /// When it was undone.
    pub undone_ms: Option<i64>,
    /// When the device was said to be damaged.
    pub damaged_ms: Option<i64>,
    /// What did not come back with it.
    pub missing: Option<String>,
    /// When the device was given up as lost.
    pub gone_ms: Option<i64>,
}

impl Loan {
    /// A loan that begins now.
    pub fn new(id: String, (device, student): (&str, &str), out_ms: i64, due_on: String) -> Self {
        Self {
            id,
            device_id: device.to_owned(),
            student_id: student.to_owned(),
            out_ms,
            due_on,
            renewed: 0,
            lost_ms: None,
            in_ms: None,
            undone_ms: None,
            damaged_ms: None,
            missing: None,
            gone_ms: None,
        }
    }
}

pub(super) const LOAN: &str = "n.id, n.device_id, n.student_id, n.out_ms, n.due_on, n.renewed, n.lost_ms, n.in_ms, n.undone_ms, \
     n.damaged_ms, n.missing, n.gone_ms";

/// A loan with its device.
pub(super) const LOAN_DEVICE: &str =
    "lending_loan n JOIN lending_device d ON d.district_id = n.district_id AND d.id = n.device_id";

/// The device's columns beside the loan's, which has an id too.
pub(super) fn device_columns() -> String {
    COLUMNS.replacen("d.id", "d.id AS own_id", 1)
}

pub(super) fn loan_and_device(row: &AnyRow) -> Result<(Loan, Device)> {
    let device = Device { id: row.try_get("own_id")?, ..super::devices::read(row)? };
    Ok((sqlx::FromRow::from_row(row)?, device))
}

/// The device with this barcode or serial.
///
/// # Errors
/// The database's.
pub async fn scanned_device(tx: &mut Write, district: &str, code: &str) -> Result<Option<Device>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lending_device d WHERE d.district_id = $1 AND (d.barcode = $2 OR d.serial = $2) \
         ORDER BY CASE WHEN d.barcode = $2 THEN 0 ELSE 1 END LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(code).fetch_optional(&mut **tx).await?;
    row.as_ref().map(super::devices::read).transpose()
}

/// A student as the counter names her.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Student {
    /// Her id.
    pub id: String,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// The school's name, or its id.
    pub school: String,
    /// Grade code.
    pub grade: String,
}

/// The student with this id.
///
/// # Errors
/// The database's.
pub async fn student<'e, E>(database: E, district: &str, id: &str) -> Result<Option<Student>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    sqlx::query_as(
        "SELECT s.id, s.family_name, s.given_name, COALESCE(c.name, s.school_id) AS school, s.grade FROM student s \
         LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id WHERE s.district_id = $1 AND s.id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(database)
    .await
}

/// Which of these texts are students' ids.
///
/// # Errors
/// The database's.
pub async fn students_among(tx: &mut Write, district: &str, texts: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for chunk in texts.chunks(IDS) {
        let sql =
            format!("SELECT id FROM student WHERE district_id = $1 AND id IN ({})", marks(2, chunk.len()));
        let mut query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(district);
        for text in chunk {
            query = query.bind(*text);
        }
        found.extend(query.fetch_all(&mut **tx).await?);
    }
    Ok(found)
}

/// One student of each of so many households, by id.
///
/// # Errors
/// The database's.
pub async fn households(tx: &mut Write, district: &str, count: usize) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT MIN(id) FROM student WHERE district_id = $1 AND home_key IS NOT NULL GROUP BY home_key ORDER BY 1 LIMIT $2",
    )
    .bind(district)
    .bind(count as i64)
    .fetch_all(&mut **tx)
    .await
}

/// The open loan of a device.
///
/// # Errors
/// The database's.
pub async fn open_loan<'e, E>(database: E, district: &str, device: &str) -> Result<Option<Loan>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql =
        format!("SELECT {LOAN} FROM lending_loan n WHERE n.district_id = $1 AND n.device_id = $2 AND {OPEN}");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(device).fetch_optional(database).await
}

/// When a device came back last, ms since 1970 UTC.
///
/// # Errors
/// The database's.
pub async fn back_ms<'e, E>(database: E, district: &str, device: &str) -> Result<Option<i64>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    sqlx::query_scalar("SELECT MAX(in_ms) FROM lending_loan WHERE district_id = $1 AND device_id = $2")
        .bind(district)
        .bind(device)
        .fetch_one(database)
        .await
}

/// The open loans of a student, each with the device's barcode and kind, the oldest first.
///
/// # Errors
/// The database's.
pub async fn loans_of_student(pool: &AnyPool, district: &str, student: &str) -> Result<Vec<(Loan, Device)>> {
    let sql = format!(
        "SELECT {LOAN}, {} FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND n.student_id = $2 AND {OPEN} ORDER BY n.out_ms, n.id",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(student).fetch_all(pool).await?;
    rows.iter().map(loan_and_device).collect()
}

/// The open loans of a student, as [`loans_of_student`], in a transaction.
///
/// # Errors
/// The database's.
pub async fn open_loans(tx: &mut Write, district: &str, student: &str) -> Result<Vec<(Loan, Device)>> {
    let sql = format!(
        "SELECT {LOAN}, {} FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND n.student_id = $2 AND {OPEN} ORDER BY n.out_ms, n.id",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(student).fetch_all(&mut **tx).await?;
    rows.iter().map(loan_and_device).collect()
}

/// All loans of a device, the latest first.
///
/// # Errors
/// The database's.
pub async fn loans_of_device(pool: &AnyPool, district: &str, device: &str) -> Result<Vec<Loan>> {
    let sql = format!(
        "SELECT {LOAN} FROM lending_loan n WHERE n.district_id = $1 AND n.device_id = $2 ORDER BY n.out_ms DESC, n.id DESC"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(device).fetch_all(pool).await
}

/// Stores a loan.
///
/// # Errors
/// The database's; a device that has an open one is one.
pub async fn insert_loan(tx: &mut Write, district: &str, loan: &Loan, by: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_loan (district_id, id, device_id, student_id, out_ms, out_by, due_on, renewed, iccid) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, (SELECT d.iccid FROM lending_device d WHERE d.district_id = $1 AND d.id = $3))",
    )
    .bind(district)
    .bind(&loan.id)
    .bind(&loan.device_id)
    .bind(&loan.student_id)
    .bind(loan.out_ms)
    .bind(by)
    .bind(&loan.due_on)
    .execute(&mut **tx)
    .await?;
    let day = jiff::Timestamp::from_millisecond(loan.out_ms).unwrap_or(jiff::Timestamp::MAX);
    let day = jiff::tz::TimeZone::UTC.to_datetime(day).date().to_string();
    super::count_anew(tx, district, &loan.device_id, &day).await
}

/// What becomes of a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes<'a> {
    /// The device is back.
    Back,
    /// It is to be back on another day.
    Renewed(&'a str),
    /// Nobody knows where the device is.
    Lost,
    /// The household has found it, and has it still.
    Found,
    /// It is given up as lost.
    Gone,
    /// The check-out was a mistake.
    Undone,
}

/// Changes a loan. Whether it was open.
///
/// # Errors
/// The database's.
pub async fn change_loan(
    tx: &mut Write,
    district: &str,
    id: &str,
    becomes: Becomes<'_>,
    (by, ms): (&str, i64),
) -> Result<bool> {
    // All statements have the same values, and use those that they need.
    let open = "district_id = $1 AND id = $2 AND in_ms IS NULL AND undone_ms IS NULL AND gone_ms IS NULL";
    let set = match becomes {
        Becomes::Back => format!("in_ms = $3, in_by = $4 WHERE {open}"),
        Becomes::Renewed(_) => format!("due_on = $5, renewed = renewed + 1 WHERE {open}"),
        Becomes::Lost => format!("lost_ms = $3 WHERE {open} AND lost_ms IS NULL"),
        Becomes::Found => format!("lost_ms = NULL WHERE {open} AND lost_ms IS NOT NULL"),
        Becomes::Gone => format!("gone_ms = $3 WHERE {open} AND lost_ms IS NOT NULL"),
        Becomes::Undone => format!("undone_ms = $3 WHERE {open}"),
    };
    let due = if let Becomes::Renewed(day) = becomes { day } else { "" };
    let sql = format!("UPDATE lending_loan SET {set} AND $3 > 0 AND $4 <> '' AND $5 IS NOT NULL");
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(id)
        .bind(ms)
        .bind(by)
        .bind(due)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The loan of a device that began last and was not undone.
///
/// # Errors
/// The database's.
pub async fn last_loan(tx: &mut Write, district: &str, device: &str) -> Result<Option<Loan>> {
    let sql = format!(
        "SELECT {LOAN} FROM lending_loan n WHERE n.district_id = $1 AND n.device_id = $2 AND n.undone_ms IS NULL \
         ORDER BY n.out_ms DESC, n.id DESC LIMIT 1"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(device).fetch_optional(&mut **tx).await
}

/// Stores how a device came back: since when it is said to be damaged, and what of it is missing.
///
/// # Errors
/// The database's.
pub async fn note_return(
    tx: &mut Write,
    district: &str,
    loan: &str,
    (damaged_ms, missing): (Option<i64>, &str),
) -> Result<()> {
    sqlx::query(
        "UPDATE lending_loan SET damaged_ms = COALESCE($3, damaged_ms), missing = COALESCE($4, missing) \
         WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(loan)
    .bind(damaged_ms)
    .bind(Some(missing).filter(|missing| !missing.is_empty()))
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// One loan by its id.
///
/// # Errors
/// The database's.
pub async fn loan(tx: &mut Write, district: &str, id: &str) -> Result<Option<Loan>> {
    let sql = format!("SELECT {LOAN} FROM lending_loan n WHERE n.district_id = $1 AND n.id = $2");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(&mut **tx).await
}

/// A loan as an auditor asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The device.
    pub device: Device,
    /// The loan.
    pub loan: Loan,
    /// The student's family name and given name; empty when the roster has her no more.
    pub name: (String, String),
}

/// All loans of a district that were not undone, the latest first.
///
/// # Errors
/// The database's.
pub async fn records(pool: &AnyPool, district: &str) -> Result<Vec<Record>> {
    let sql = format!(
        "SELECT {LOAN}, {}, COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name \
         FROM {LOAN_DEVICE} LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id \
         WHERE n.district_id = $1 AND n.undone_ms IS NULL ORDER BY n.out_ms DESC, n.id DESC",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(pool).await?;
    rows.iter().map(record).collect()
}

fn record(row: &AnyRow) -> Result<Record> {
    let (loan, device) = loan_and_device(row)?;
    Ok(Record { device, loan, name: (row.try_get("family_name")?, row.try_get("given_name")?) })
}

/// A part of the loans of a district that were not undone, the latest first, and how many there are; only open ones, or all.
///
/// # Errors
/// The database's.
pub async fn records_page(
    pool: &AnyPool,
    district: &str,
    is_open: bool,
    (offset, limit): (i64, i64),
) -> Result<(i64, Vec<Record>)> {
    let which = if is_open { OPEN } else { "n.undone_ms IS NULL" };
    let sql = format!("SELECT COUNT(*) FROM lending_loan n WHERE n.district_id = $1 AND {which}");
    let found = sqlx::query_scalar(AssertSqlSafe(sql)).bind(district).fetch_one(pool).await?;
    let sql = format!(
        "SELECT {LOAN}, {}, '' AS family_name, '' AS given_name FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND {which} \
         ORDER BY n.out_ms DESC, n.id DESC LIMIT $2 OFFSET $3",
        device_columns()
    );
    let rows =
        sqlx::query(AssertSqlSafe(sql)).bind(district).bind(limit).bind(offset).fetch_all(pool).await?;
    Ok((found, rows.iter().map(record).collect::<Result<_>>()?))
}
