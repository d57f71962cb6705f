//! Trouble that households report, devices in repair, and warranties.

use crate::db::{Write, new_id};
use crate::rules::trouble::{Outcome, Trouble};
use sqlx::{AnyPool, AssertSqlSafe};

type Result<T> = sqlx::Result<T>;

/// A case of trouble, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// The loan's id.
    pub loan_id: String,
    /// The student's id.
    pub student_id: String,
    /// The device's id.
    pub device_id: String,
    /// The word of what is wrong.
    pub trouble: String,
    /// In the household's own words.
    pub said: String,
    /// In which language.
    pub language: String,
    /// Since when, ms since 1970 UTC.
    pub opened_ms: i64,
    /// Who took it down; none: the household reported it itself.
    pub opened_by: Option<String>,
    /// The steps that were done.
    pub steps: String,
    /// What staff wrote down.
    pub note: String,
    /// How it ended; none while it is open.
    pub outcome: Option<String>,
    /// When it ended.
    pub closed_ms: Option<i64>,
    /// The device's barcode.
    pub barcode: String,
    /// The student's family name; empty when the roster has her no more.
    pub family_name: String,
    /// The given name.
    pub given_name: String,
    /// What the line is at the carrier, as far as is known; none without a line.
    pub observed: Option<String>,
    /// What the line is wanted to be.
    pub wanted: Option<String>,
    /// The last day of the device's warranty.
    pub warranty_on: Option<String>,
}

fn select(which: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT c.id, c.loan_id, c.student_id, c.device_id, c.trouble, c.said, c.language, c.opened_ms, c.opened_by, c.steps, c.note, \
         c.outcome, c.closed_ms, d.barcode, COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name, \
         l.observed, l.wanted, w.until_on AS warranty_on FROM lending_case c \
         JOIN lending_device d ON d.district_id = c.district_id AND d.id = c.device_id \
         LEFT JOIN student s ON s.district_id = c.district_id AND s.id = c.student_id \
         LEFT JOIN carrier_line l ON l.district_id = d.district_id AND l.iccid = d.iccid \
         LEFT JOIN lending_warranty w ON w.district_id = d.district_id AND w.device_id = d.id WHERE c.district_id = $1 AND {which}"
    ))
}

/// The open cases, the oldest first; or those that are closed, the newest first, at most so many.
///
/// # Errors
/// The database's.
pub async fn cases(pool: &AnyPool, district: &str, is_closed: bool, at_most: i64) -> Result<Vec<Case>> {
    let which = match is_closed {
        false => "c.outcome IS NULL ORDER BY c.opened_ms, c.id LIMIT $2",
        true => "c.outcome IS NOT NULL ORDER BY c.closed_ms DESC, c.id LIMIT $2",
    };
    sqlx::query_as(select(which)).bind(district).bind(at_most).fetch_all(pool).await
}

/// One of them.
///
/// # Errors
/// The database's.
pub async fn case<'e, E>(database: E, district: &str, id: &str) -> Result<Option<Case>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    sqlx::query_as(select("c.id = $2")).bind(district).bind(id).fetch_optional(database).await
}

/// The open cases of a student's loans.
///
/// # Errors
/// The database's.
pub async fn cases_of_student(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    student: &str,
) -> Result<Vec<Case>> {
    let which = select("c.student_id = $2 AND c.outcome IS NULL ORDER BY c.opened_ms, c.id");
    sqlx::query_as(which).bind(district).bind(student).fetch_all(tx).await
}

/// What is reported of a loan.
#[derive(Clone, Copy, Debug)]
pub struct NewCase<'a> {
    /// The loan's id, the student's and the device's.
    pub of: (&'a str, &'a str, &'a str),
    /// What is wrong.
    pub trouble: Trouble,
    /// In the household's own words.
    pub said: &'a str,
    /// The language's tag.
    pub language: &'a str,
}

/// Opens a case, unless one of the loan is open. Whether there was none.
///
/// # Errors
/// The database's.
pub async fn open_case(
    tx: &mut Write,
    district: &str,
    new: NewCase<'_>,
    (by, ms): (Option<&str>, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO lending_case (district_id, id, loan_id, student_id, device_id, trouble, said, language, opened_ms, opened_by, \
         steps, note) SELECT $1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS BIGINT), $10, '', '' WHERE NOT EXISTS \
         (SELECT 1 FROM lending_case WHERE district_id = $1 AND loan_id = $3 AND outcome IS NULL)",
    )
    .bind(district)
    .bind(new_id())
    .bind(new.of.0)
    .bind(new.of.1)
    .bind(new.of.2)
    .bind(new.trouble.as_str())
    .bind(new.said)
    .bind(new.language)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down the steps that were done of an open case, and a note. Whether it is open.
///
/// # Errors
/// The database's.
pub async fn note_case(
    tx: &mut Write,
    district: &str,
    id: &str,
    (steps, note): (&str, &str),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE lending_case SET steps = $3, note = $4 WHERE district_id = $1 AND id = $2 AND outcome IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(steps)
    .bind(note)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which open case is meant: of a loan there is one at most.
#[derive(Clone, Copy, Debug)]
pub enum OfCase<'a> {
    /// The case with this id.
    Id(&'a str),
    /// The open case of this loan.
    Loan(&'a str),
}

/// Closes an open case. Whether there was one.
///
/// # Errors
/// The database's.
pub async fn close_case(
    tx: &mut Write,
    district: &str,
    of: OfCase<'_>,
    outcome: Outcome,
    (by, ms): (&str, i64),
) -> Result<bool> {
    let (column, id) = match of {
        OfCase::Id(id) => ("id", id),
        OfCase::Loan(id) => ("loan_id", id),
    };
    let sql = format!(
        "UPDATE lending_case SET outcome = $3, closed_ms = $4, closed_by = $5 \
         WHERE district_id = $1 AND {column} = $2 AND outcome IS NULL"
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(id)
        .bind(outcome.as_str())
        .bind(ms)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The case that a deed of this moment closed is open again: the deed was a mistake.
///
/// # Errors
/// The database's.
pub async fn reopen_case(tx: &mut Write, district: &str, loan: &str, closed_ms: i64) -> Result<()> {
    sqlx::query(
        "UPDATE lending_case SET outcome = NULL, closed_ms = NULL, closed_by = NULL WHERE district_id = $1 AND loan_id = $2 \
         AND closed_ms = $3 AND outcome IN ('back', 'swapped')",
    )
    .bind(district)
    .bind(loan)
    .bind(closed_ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// A device that is away, or was.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Repair {
    /// Its id.
    pub id: String,
    /// The device's id.
    pub device_id: String,
    /// Its barcode.
    pub barcode: String,
    /// When it was sent away.
    pub sent_ms: i64,
    /// Who repairs it.
    pub shop: String,
    /// 1: the maker pays.
    pub is_warranty: i64,
    /// When it was back.
    pub back_ms: Option<i64>,
    /// `mended`, `replaced`, `hopeless`.
    pub outcome: Option<String>,
    /// What it cost.
    pub cost_cents: Option<i64>,
    /// The last day of the device's warranty.
    pub warranty_on: Option<String>,
}

const REPAIR: &str = "SELECT r.id, r.device_id, d.barcode, r.sent_ms, r.shop, r.is_warranty, r.back_ms, r.outcome, r.cost_cents, \
     w.until_on AS warranty_on FROM lending_repair r JOIN lending_device d ON d.district_id = r.district_id AND d.id = r.device_id \
     LEFT JOIN lending_warranty w ON w.district_id = d.district_id AND w.device_id = d.id WHERE r.district_id = $1";

/// All repairs, those that are away first, the newest first.
///
/// # Errors
/// The database's.
pub async fn repairs(pool: &AnyPool, district: &str) -> Result<Vec<Repair>> {
    let sql =
        format!("{REPAIR} ORDER BY CASE WHEN r.back_ms IS NULL THEN 0 ELSE 1 END, r.sent_ms DESC, r.id");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).fetch_all(pool).await
}

/// The devices that are in repair and not away: barcode, id, and the last day of the warranty.
///
/// # Errors
/// The database's.
pub async fn to_repair(pool: &AnyPool, district: &str) -> Result<Vec<(String, String, Option<String>)>> {
    sqlx::query_as(
        "SELECT d.barcode, d.id, w.until_on FROM lending_device d LEFT JOIN lending_warranty w ON w.district_id = d.district_id \
         AND w.device_id = d.id WHERE d.district_id = $1 AND d.state = 'repair' AND NOT EXISTS (SELECT 1 FROM lending_repair r \
         WHERE r.district_id = d.district_id AND r.device_id = d.id AND r.back_ms IS NULL) ORDER BY d.barcode",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// Whether a device is away at a shop.
///
/// # Errors
/// The database's.
pub async fn is_away(tx: &mut Write, district: &str, device: &str) -> Result<bool> {
    let sql =
        "SELECT COUNT(*) FROM lending_repair WHERE district_id = $1 AND device_id = $2 AND back_ms IS NULL";
    let away: i64 = sqlx::query_scalar(sql).bind(district).bind(device).fetch_one(&mut **tx).await?;
    Ok(away > 0)
}

/// Sends a device away. Whether it was not away.
///
/// # Errors
/// The database's.
pub async fn send_away(
    tx: &mut Write,
    district: &str,
    device: &str,
    (shop, is_warranty): (&str, bool),
    (by, ms): (&str, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO lending_repair (district_id, id, device_id, sent_ms, sent_by, shop, is_warranty) \
         SELECT $1, $2, $3, CAST($4 AS BIGINT), $5, $6, CAST($7 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM lending_repair \
         WHERE district_id = $1 AND device_id = $3 AND back_ms IS NULL)",
    )
    .bind(district)
    .bind(new_id())
    .bind(device)
    .bind(ms)
    .bind(by)
    .bind(shop)
    .bind(i64::from(is_warranty))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A device is back from repair; its id, when it was away.
///
/// # Errors
/// The database's.
pub async fn back_from_repair(
    tx: &mut Write,
    district: &str,
    id: &str,
    (outcome, cost_cents): (&str, Option<i64>),
    ms: i64,
) -> Result<Option<String>> {
    let done = sqlx::query(
        "UPDATE lending_repair SET back_ms = $3, outcome = $4, cost_cents = $5 WHERE district_id = $1 AND id = $2 AND back_ms IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .bind(outcome)
    .bind(cost_cents)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT device_id FROM lending_repair WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// Stores until when a maker pays for repairs of these devices; no day: it does not.
///
/// # Errors
/// The database's.
pub async fn put_warranty(
    tx: &mut Write,
    district: &str,
    device: &str,
    until_on: Option<&str>,
) -> Result<()> {
    sqlx::query("DELETE FROM lending_warranty WHERE district_id = $1 AND device_id = $2")
        .bind(district)
        .bind(device)
        .execute(&mut **tx)
        .await?;
    if let Some(day) = until_on {
        sqlx::query("INSERT INTO lending_warranty (district_id, device_id, until_on) VALUES ($1, $2, $3)")
            .bind(district)
            .bind(device)
            .bind(day)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The last day of a device's warranty.
///
/// # Errors
/// The database's.
pub async fn warranty(pool: &AnyPool, district: &str, device: &str) -> Result<Option<String>> {
    sqlx::query_scalar("SELECT until_on FROM lending_warranty WHERE district_id = $1 AND device_id = $2")
        .bind(district)
        .bind(device)
        .fetch_optional(pool)
        .await
}
