//! Carriers' plans, tests, and what lent lines used of late.

use crate::db::{Write, new_id};
use crate::rules::usage::{Counting, Reading};
use sqlx::AnyPool;
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// A carrier's plan, with how many lines have it.
#[derive(Clone, Debug, Default, PartialEq, sqlx::FromRow)]
pub struct CarrierPlan {
    /// The carrier.
    pub carrier: String,
    /// The plan, as the carrier calls it.
    pub plan: String,
    /// How many lines have it.
    pub lines: i64,
    /// Download speed, Mbit/s.
    pub down_mbps: Option<f64>,
    /// Upload speed, Mbit/s.
    pub up_mbps: Option<f64>,
    /// Data of a cycle, octets.
    pub cap_octets: Option<i64>,
    /// The day of a month on which a cycle begins.
    pub cycle_day: i64,
}

/// The plans of a district's lines, by carrier and plan.
///
/// # Errors
/// The database's.
pub async fn carrier_plans(pool: &AnyPool, district: &str) -> Result<Vec<CarrierPlan>> {
    sqlx::query_as(
        "SELECT l.carrier, l.plan, l.lines, p.down_mbps, p.up_mbps, p.cap_octets, COALESCE(p.cycle_day, 1) AS cycle_day FROM \
         (SELECT carrier, plan, COUNT(*) AS lines FROM carrier_line WHERE district_id = $1 AND wanted <> 'ended' \
         GROUP BY carrier, plan) l LEFT JOIN carrier_plan p ON p.district_id = $1 AND p.carrier = l.carrier AND p.plan = l.plan \
         ORDER BY l.carrier, l.plan",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// Stores what a carrier's plan is.
///
/// # Errors
/// The database's.
pub async fn put_carrier_plan(
    tx: &mut Write,
    district: &str,
    plan: &CarrierPlan,
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO carrier_plan (district_id, carrier, plan, down_mbps, up_mbps, cap_octets, cycle_day, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_id, carrier, plan) DO UPDATE SET \
         down_mbps = EXCLUDED.down_mbps, up_mbps = EXCLUDED.up_mbps, cap_octets = EXCLUDED.cap_octets, \
         cycle_day = EXCLUDED.cycle_day, changed_ms = EXCLUDED.changed_ms, changed_by = EXCLUDED.changed_by",
    )
    .bind(district)
    .bind(&plan.carrier)
    .bind(&plan.plan)
    .bind(plan.down_mbps)
    .bind(plan.up_mbps)
    .bind(plan.cap_octets)
    .bind(plan.cycle_day)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// A test: from its first day to its last one.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Window {
    /// Its id.
    pub id: String,
    /// What it is.
    pub name: String,
    /// The first day.
    pub from_on: String,
    /// The last one.
    pub until_on: String,
}

/// The tests that are not over on this day, by their first day.
///
/// # Errors
/// The database's.
pub async fn windows(pool: &AnyPool, district: &str, today: &str) -> Result<Vec<Window>> {
    sqlx::query_as(
        "SELECT id, name, from_on, until_on FROM lending_window WHERE district_id = $1 AND until_on >= $2 ORDER BY from_on, id",
    )
    .bind(district)
    .bind(today)
    .fetch_all(pool)
    .await
}

/// Stores a test.
///
/// # Errors
/// The database's.
pub async fn put_window(
    tx: &mut Write,
    district: &str,
    (name, from_on, until_on): (&str, &str, &str),
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_window (district_id, id, name, from_on, until_on, made_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(district)
    .bind(new_id())
    .bind(name)
    .bind(from_on)
    .bind(until_on)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Removes a test. Whether it was there.
///
/// # Errors
/// The database's.
pub async fn remove_window(tx: &mut Write, district: &str, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM lending_window WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A lent line with the plan that it has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Capped {
    /// The line's id.
    pub line: String,
    /// Its card.
    pub iccid: String,
    /// The device's id.
    pub device_id: String,
    /// And its barcode.
    pub barcode: String,
    /// Data of a cycle, octets.
    pub cap_octets: i64,
    /// The day of a month on which a cycle begins.
    pub cycle_day: i64,
}

/// The lent lines whose plan has a cap, by barcode.
///
/// # Errors
/// The database's.
pub async fn capped_lines(pool: &AnyPool, district: &str) -> Result<Vec<Capped>> {
    sqlx::query_as(
        "SELECT l.id AS line, l.iccid, d.id AS device_id, d.barcode, p.cap_octets, p.cycle_day FROM carrier_line l \
         JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         JOIN carrier_plan p ON p.district_id = l.district_id AND p.carrier = l.carrier AND p.plan = l.plan \
         WHERE l.district_id = $1 AND d.state IN ('lent', 'lost') AND p.cap_octets > 0 ORDER BY d.barcode",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// What carriers said of lent lines that ends on this day or later, by the line's id.
///
/// # Errors
/// The database's.
pub async fn lent_readings(
    pool: &AnyPool,
    district: &str,
    since: &str,
) -> Result<HashMap<String, Vec<Reading>>> {
    let rows: Vec<(String, String, String, i64, String)> = sqlx::query_as(
        "SELECT u.line_id, u.from_on, u.to_on, u.octets, u.counting FROM carrier_usage u \
         JOIN carrier_line l ON l.district_id = u.district_id AND l.id = u.line_id \
         JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         WHERE u.district_id = $1 AND u.to_on >= $2 AND d.state IN ('lent', 'lost')",
    )
    .bind(district)
    .bind(since)
    .fetch_all(pool)
    .await?;
    let mut all: HashMap<String, Vec<Reading>> = HashMap::new();
    for (line, from, to, octets, counting) in rows {
        let days = from.parse().ok().zip(to.parse().ok());
        if let (Some((from, to)), Some(counting)) = (days, Counting::from_word(&counting)) {
            all.entry(line).or_default().push(Reading { from, to, octets, counting });
        }
    }
    Ok(all)
}
