//! Which rule sets a district checks its lending by, and what they look at.

use crate::db::Write;
use crate::rules::programme::{Hotspot, Limits};
use crate::rules::state::{State, Wanted};
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// What a district says of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether it is checked.
    pub checked: bool,
    /// Of devices whose funding source has this text; empty: of all.
    pub fund: String,
    /// Of its own set: the first day on which it holds.
    pub from_on: Option<String>,
    /// The last one.
    pub until_on: Option<String>,
    /// What it asks for.
    pub limits: Limits,
}

/// What a district says of its sets, by their words.
///
/// # Errors
/// The database's.
pub async fn rule_sets(pool: &AnyPool, district: &str) -> Result<Vec<(String, Said)>> {
    let rows = sqlx::query(
        "SELECT rule_set, checked, fund, from_on, until_on, limits FROM lending_rule_set WHERE district_id = $1 ORDER BY rule_set",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let said = Said {
                checked: row.try_get::<i64, _>("checked")? == 1,
                fund: row.try_get("fund")?,
                from_on: row.try_get("from_on")?,
                until_on: row.try_get("until_on")?,
                limits: Limits::from_text(&row.try_get::<String, _>("limits")?).unwrap_or_default(),
            };
            Ok((row.try_get("rule_set")?, said))
        })
        .collect()
}

/// Stores what a district says of a set.
///
/// # Errors
/// The database's.
pub async fn put_rule_set(
    tx: &mut Write,
    district: &str,
    (key, said): (&str, &Said),
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_rule_set (district_id, rule_set, checked, fund, from_on, until_on, limits, changed_ms, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_id, rule_set) DO UPDATE SET \
         checked = EXCLUDED.checked, fund = EXCLUDED.fund, from_on = EXCLUDED.from_on, until_on = EXCLUDED.until_on, \
         limits = EXCLUDED.limits, changed_ms = EXCLUDED.changed_ms, changed_by = EXCLUDED.changed_by",
    )
    .bind(district)
    .bind(key)
    .bind(i64::from(said.checked))
    .bind(&said.fund)
    .bind(&said.from_on)
    .bind(&said.until_on)
    .bind(said.limits.to_text())
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// All hotspots by barcode, each with its funding source.
///
/// # Errors
/// The database's.
pub async fn hotspots(pool: &AnyPool, district: &str) -> Result<Vec<(String, Hotspot)>> {
    let rows = sqlx::query(
        "SELECT d.barcode, d.funding, d.cost_cents, d.state, n.student_id, l.idle_days, l.wanted, \
         (SELECT MIN(t.told_ms) FROM lending_notice t WHERE t.district_id = d.district_id AND t.loan_id = n.id \
         AND t.cause IN ('unused', 'idle')) AS told_ms FROM lending_device d \
         LEFT JOIN lending_loan n ON n.district_id = d.district_id AND n.device_id = d.id AND n.in_ms IS NULL \
         AND n.undone_ms IS NULL AND n.gone_ms IS NULL \
         LEFT JOIN carrier_line l ON l.district_id = d.district_id AND l.iccid = d.iccid \
         WHERE d.district_id = $1 AND d.kind = 'hotspot' ORDER BY d.barcode",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let wanted: Option<String> = row.try_get("wanted")?;
            let hotspot = Hotspot {
                barcode: row.try_get("barcode")?,
                cost_cents: row.try_get("cost_cents")?,
                state: State::from_word(&row.try_get::<String, _>("state")?).unwrap_or(State::Repair),
                student: row.try_get("student_id")?,
                idle_days: row.try_get::<Option<i64>, _>("idle_days")?.unwrap_or_default(),
                wanted: wanted.and_then(|wanted| Wanted::from_word(&wanted)),
                told_ms: row.try_get("told_ms")?,
            };
            Ok((row.try_get("funding")?, hotspot))
        })
        .collect()
}

/// How many students the district has.
///
/// # Errors
/// The database's.
pub async fn students(pool: &AnyPool, district: &str) -> Result<i64> {
    sqlx::query_scalar("SELECT COUNT(*) FROM student WHERE district_id = $1")
        .bind(district)
        .fetch_one(pool)
        .await
}
