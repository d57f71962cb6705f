//! How much data lines used.

use super::orders::{IDS, marks};
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::usage::{Counting, Reading, Use, line_use};
use evenfield_gap::inventory::usage::Used;
use jiff::civil::Date;
use sqlx::{AnyPool, AssertSqlSafe};
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// Stores what a carrier says that lines used, and works out since when each is not used. The same file twice is the same as once. Of how
/// many lines of the district.
///
/// # Errors
/// The database's.
pub async fn put_usage(
    tx: &mut Write,
    district: &str,
    used: &[Used],
    (counting, ms): (Counting, i64),
) -> Result<usize> {
    let lines: Vec<(String, String, Option<String>, Option<i64>)> = sqlx::query_as(
        "SELECT l.iccid, l.id, l.counted_from, c.cycle_day FROM carrier_line l LEFT JOIN carrier_plan c \
         ON c.district_id = l.district_id AND c.carrier = l.carrier AND c.plan = l.plan WHERE l.district_id = $1",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await?;
    let ids: HashMap<&str, &str> = lines.iter().map(|(card, id, ..)| (card.as_str(), id.as_str())).collect();
    let ours = used.iter().filter_map(|used| Some((*ids.get(used.iccid.as_str())?, used)));
    let rows = ours.clone().map(|(line, used)| -> Vec<Value> {
        let (to, from) = (used.to.to_string(), used.from.to_string());
        vec![
            district.into(),
            line.into(),
            (&to).into(),
            counting.as_str().into(),
            (&from).into(),
            used.octets.into(),
            ms.into(),
        ]
    });
    let rows: Vec<Vec<Value>> = rows.collect();
    let insert = "INSERT INTO carrier_usage (district_id, line_id, to_on, counting, from_on, octets, loaded_ms) VALUES";
    let again = "ON CONFLICT (district_id, line_id, to_on, from_on, counting) DO UPDATE SET octets = EXCLUDED.octets, \
        loaded_ms = EXCLUDED.loaded_ms";
    bulk::run(tx, insert, again, rows).await?;
    let mut touched: Vec<&str> = ours.map(|(line, _)| line).collect();
    touched.sort_unstable();
    touched.dedup();
    let begins: HashMap<&str, Date> = lines
        .iter()
        .filter_map(|(_, id, day, _)| Some((id.as_str(), day.as_deref()?.parse().ok()?)))
        .collect();
    let cycles: HashMap<&str, i8> =
        lines.iter().filter_map(|(_, id, _, day)| Some((id.as_str(), i8::try_from((*day)?).ok()?))).collect();
    for chunk in touched.chunks(IDS) {
        for (line, readings) in readings(tx, district, chunk).await? {
            let begins = begins.get(line.as_str()).copied().unwrap_or(Date::MIN);
            put_use(tx, district, &line, line_use(&readings, begins, cycles.get(line.as_str()).copied()))
                .await?;
        }
    }
    Ok(touched.len())
}

async fn readings(tx: &mut Write, district: &str, lines: &[&str]) -> Result<HashMap<String, Vec<Reading>>> {
    let sql = format!(
        "SELECT line_id, from_on, to_on, octets, counting FROM carrier_usage WHERE district_id = $1 AND line_id IN ({})",
        marks(2, lines.len())
    );
    let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(district);
    for line in lines {
        query = query.bind(*line);
    }
    let rows: Vec<(String, String, String, i64, String)> = query.fetch_all(&mut **tx).await?;
    let mut all: HashMap<String, Vec<Reading>> = HashMap::new();
    for (line, from, to, octets, counting) in rows {
        let days = from.parse().ok().zip(to.parse().ok());
        if let (Some((from, to)), Some(counting)) = (days, Counting::from_word(&counting)) {
            all.entry(line).or_default().push(Reading { from, to, octets, counting });
        }
    }
    Ok(all)
}

async fn put_use(tx: &mut Write, district: &str, line: &str, known: Use) -> Result<()> {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    sqlx::query(
        "UPDATE carrier_line SET used_on = $3, known_to = $4, idle_days = $5 WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(line)
    .bind(day(known.used_on))
    .bind(day(known.known_to))
    .bind(known.idle_days)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// From this day on the use of the line of a device's card counts: what was before is another's, or was helped.
///
/// # Errors
/// The database's.
pub async fn count_anew(tx: &mut Write, district: &str, device: &str, day: &str) -> Result<()> {
    sqlx::query(
        "UPDATE carrier_line SET counted_from = $3, idle_days = 0, used_on = NULL WHERE district_id = $1 AND iccid = \
         (SELECT d.iccid FROM lending_device d WHERE d.district_id = $1 AND d.id = $2)",
    )
    .bind(district)
    .bind(device)
    .bind(day)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// How a lent line is used.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LineUse {
    /// The line's id.
    pub id: String,
    /// Its card.
    pub iccid: String,
    /// Whose it is.
    pub carrier: String,
    /// The device's id.
    pub device_id: String,
    /// And its barcode.
    pub barcode: String,
    /// The last day on which it perhaps was used.
    pub used_on: Option<String>,
    /// The last day of which anything is known.
    pub known_to: Option<String>,
    /// Days without use since then, of which that is known.
    pub idle_days: i64,
}

/// The lines of lent devices, the idle ones first.
///
/// # Errors
/// The database's.
pub async fn lent_lines(pool: &AnyPool, district: &str) -> Result<Vec<LineUse>> {
    sqlx::query_as(
        "SELECT l.id, l.iccid, l.carrier, d.id AS device_id, d.barcode, l.used_on, l.known_to, l.idle_days FROM carrier_line l \
         JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         WHERE l.district_id = $1 AND d.state IN ('lent', 'lost') ORDER BY l.idle_days DESC, l.iccid",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// The cards of a carrier's lent lines whose use was not asked for since then, those of longest ago first, at most so many.
///
/// # Errors
/// The database's.
pub async fn cards_to_ask_use(
    pool: &AnyPool,
    (district, carrier): (&str, &str),
    before_ms: i64,
    most: i64,
) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT l.iccid FROM carrier_line l JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         WHERE l.district_id = $1 AND l.carrier = $2 AND d.state IN ('lent', 'lost') AND l.observed <> 'ended' \
         AND COALESCE(l.use_asked_ms, 0) < $3 ORDER BY COALESCE(l.use_asked_ms, 0), l.iccid LIMIT $4",
    )
    .bind(district)
    .bind(carrier)
    .bind(before_ms)
    .bind(most)
    .fetch_all(pool)
    .await
}

/// Stores that the use of these cards' lines was asked for now.
///
/// # Errors
/// The database's.
pub async fn put_use_asked(tx: &mut Write, district: &str, cards: &[String], ms: i64) -> Result<()> {
    for chunk in cards.chunks(IDS) {
        let sql = format!(
            "UPDATE carrier_line SET use_asked_ms = $2 WHERE district_id = $1 AND iccid IN ({})",
            marks(3, chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(ms);
        for card in chunk {
            query = query.bind(card);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}
