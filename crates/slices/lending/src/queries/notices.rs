//! Loans with which something is the matter, and what households were told of them.

use super::loans::{LOAN, LOAN_DEVICE, Loan, OPEN, device_columns, loan_and_device};
use crate::db::{Write, new_id};
use crate::rules::inventory::Device;
use crate::rules::settings::Rules;
use crate::rules::standing::{Cause, Open, Standing, Told, Way, idle_ms, standing};
use crate::rules::state::Wanted;
use jiff::ToSpan;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// How the line of a loan is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Idle {
    /// Days that are known to be without use.
    pub idle_days: i64,
    /// The last day on which it perhaps was used.
    pub used_on: Option<String>,
    /// From which day on use counts.
    pub counted_from: Option<String>,
}

/// What the rules ask of a loan, and of how its line is used.
pub fn open_facts(loan: &Loan, line: &Idle, rules: &Rules) -> Open {
    let day = |day: &Option<String>| day.as_deref().and_then(|day| day.parse().ok());
    let out = jiff::Timestamp::from_millisecond(loan.out_ms).unwrap_or(jiff::Timestamp::MAX);
    let out = jiff::tz::TimeZone::UTC.to_datetime(out).date();
    let is_idle = rules.idle_days > 0 && line.idle_days >= rules.idle_days;
    let from = day(&line.counted_from).map_or(out, |from| out.max(from));
    Open {
        // A day that is none is one that never comes: nobody is cut off for it.
        due_on: loan.due_on.parse().unwrap_or(jiff::civil::Date::MAX),
        lost_ms: loan.lost_ms,
        idle_ms: is_idle.then(|| idle_ms(day(&line.used_on), from, rules)),
    }
}

/// How the line of a card is used.
///
/// # Errors
/// The database's.
pub async fn idle_of_card(tx: &mut Write, district: &str, card: &str) -> Result<Idle> {
    let row: Option<Idle> = sqlx::query_as(
        "SELECT idle_days, used_on, counted_from FROM carrier_line WHERE district_id = $1 AND iccid = $2",
    )
    .bind(district)
    .bind(card)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

/// An open loan with which something may be the matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Troubled {
    /// The loan.
    pub loan: Loan,
    /// Its device.
    pub device: Device,
    /// The student's family name and given name; empty when the roster has her no more.
    pub name: (String, String),
    /// The line of its card: its id, what it is wanted to be, and whether staff hold it.
    pub line: Option<(String, Wanted, bool)>,
    /// How that line is used.
    pub idle: Idle,
    /// What the household was told, with how, the oldest first.
    pub told: Vec<(Told, Option<Way>)>,
}

impl Troubled {
    /// How the loan stands.
    pub fn standing(&self, rules: &Rules, now_ms: i64) -> Standing {
        let told: Vec<Told> = self.told.iter().map(|(told, _)| *told).collect();
        standing(&open_facts(&self.loan, &self.idle, rules), &told, rules, now_ms)
    }
}

fn notice(row: &AnyRow) -> Result<Option<(Told, Option<Way>)>> {
    let (cause, way): (String, String) = (row.try_get("cause")?, row.try_get("way")?);
    let (ms, until_ms) = (row.try_get("told_ms")?, row.try_get("until_ms")?);
    Ok(Cause::from_word(&cause).map(|cause| (Told { cause, ms, until_ms }, Way::from_word(&way))))
}

fn troubled_row(row: &AnyRow) -> Result<Troubled> {
    let (loan, device) = loan_and_device(row)?;
    let line: Option<String> = row.try_get("line_id")?;
    let wanted: Option<String> = row.try_get("wanted")?;
    let held = row.try_get::<i64, _>("held")? == 1;
    let idle = Idle {
        idle_days: row.try_get::<Option<i64>, _>("idle_days")?.unwrap_or_default(),
        used_on: row.try_get("used_on")?,
        counted_from: row.try_get("counted_from")?,
    };
    Ok(Troubled {
        idle,
        loan,
        device,
        name: (row.try_get("family_name")?, row.try_get("given_name")?),
        line: line
            .zip(wanted)
            .map(|(id, wanted)| (id, Wanted::from_word(&wanted).unwrap_or(Wanted::Parked), held)),
        told: Vec::new(),
    })
}

/// What a carrier said of use longer ago, days, says nothing of now: nobody is told of it, and no line is suspended for it.
const USE_DAYS: i64 = 31;

/// The open loans that are lost, due before this day, or whose line is not used for so many days (0: however long), by their last day. That a
/// line is not used counts only as long as its carrier has said something of its use of late.
///
/// # Errors
/// The database's.
pub async fn troubled(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (before, idle_days): (&str, i64),
) -> Result<Vec<Troubled>> {
    let since =
        before.parse::<jiff::civil::Date>().ok().and_then(|day| day.checked_sub(USE_DAYS.days()).ok());
    let since = since.map(|day| day.to_string()).unwrap_or_default();
    let is_troubled = "n.district_id = $1 AND (n.lost_ms IS NOT NULL OR n.due_on < $2 OR ($3 > 0 AND l.idle_days >= $3 AND l.known_to >= $4))";
    let line = "LEFT JOIN carrier_line l ON l.district_id = d.district_id AND l.iccid = d.iccid";
    let sql = format!(
        "SELECT {LOAN}, {}, COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name, \
         l.id AS line_id, l.wanted, CASE WHEN l.known_to >= $4 THEN l.idle_days ELSE 0 END AS idle_days, l.used_on, l.counted_from, CASE WHEN l.hold_reason IS NULL THEN 0 ELSE 1 END AS held FROM {LOAN_DEVICE} \
         LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id \
         {line} WHERE {is_troubled} AND {OPEN} ORDER BY n.due_on, n.id",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(before)
        .bind(idle_days)
        .bind(&since)
        .fetch_all(&mut *tx)
        .await?;
    let mut all: Vec<Troubled> = rows.iter().map(troubled_row).collect::<Result<_>>()?;
    let sql = format!(
        "SELECT t.loan_id, t.cause, t.way, t.told_ms, t.until_ms FROM {LOAN_DEVICE} JOIN lending_notice t \
         ON t.district_id = n.district_id AND t.loan_id = n.id {line} WHERE {is_troubled} AND {OPEN} ORDER BY t.told_ms"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(before)
        .bind(idle_days)
        .bind(&since)
        .fetch_all(&mut *tx)
        .await?;
    let places: HashMap<String, usize> =
        all.iter().enumerate().map(|(at, troubled)| (troubled.loan.id.clone(), at)).collect();
    for row in &rows {
        let loan: String = row.try_get("loan_id")?;
        if let (Some(at), Some(told)) = (places.get(&loan), notice(row)?) {
            all[*at].told.push(told);
        }
    }
    Ok(all)
}

/// What the household of a loan was told.
///
/// # Errors
/// The database's.
pub async fn told(tx: &mut Write, district: &str, loan: &str) -> Result<Vec<Told>> {
    let rows = sqlx::query(
        "SELECT cause, way, told_ms, until_ms FROM lending_notice WHERE district_id = $1 AND loan_id = $2",
    )
    .bind(district)
    .bind(loan)
    .fetch_all(&mut **tx)
    .await?;
    let told = rows.iter().map(notice).collect::<Result<Vec<_>>>()?;
    Ok(told.into_iter().flatten().map(|(told, _)| told).collect())
}

/// Stores that a household was told of something, with the day until which it was told that it has time.
///
/// # Errors
/// The database's.
pub async fn put_notice(
    tx: &mut Write,
    district: &str,
    loan: &str,
    (told, way): (Told, Way),
    by: &str,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_notice (district_id, id, loan_id, cause, way, told_ms, told_by, until_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(district)
    .bind(new_id())
    .bind(loan)
    .bind(told.cause.as_str())
    .bind(way.as_str())
    .bind(told.ms)
    .bind(by)
    .bind(told.until_ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}
