//! What an auditor asks for of service to a person.

use crate::rules::service::{Change, Seen};
use crate::rules::state::{Observed, Wanted};
use sqlx::AnyPool;
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// A loan with the line of the card that was in its device.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Service {
    /// The device's barcode.
    pub barcode: String,
    /// The card.
    pub iccid: String,
    /// The line's id; none when the district does not know a line of this card.
    pub line_id: Option<String>,
    /// Its number.
    pub line_number: Option<String>,
    /// Whose it is; empty when it is not known.
    pub carrier: String,
    /// What is paid for it.
    pub plan: String,
    /// Its download speed, Mbit/s, as the plan has it now.
    pub down_mbps: Option<f64>,
    /// Its upload speed, Mbit/s.
    pub up_mbps: Option<f64>,
    /// Its data in a month, octets; none when there is no cap or it is not known.
    pub cap_octets: Option<i64>,
    /// The student.
    pub student_id: String,
    /// Her family name; empty when the roster has her no more.
    pub family_name: String,
    /// Her given name.
    pub given_name: String,
    /// From when on she had this card, ms since 1970 UTC: the loan began, or the card was put into the device.
    pub from_ms: i64,
    /// Until when: the device was back or given up, or the card was taken out of it.
    pub to_ms: Option<i64>,
}

/// All loans that were not undone, the latest first, one for each card that was in the device meanwhile.
///
/// # Errors
/// The database's.
pub async fn services(pool: &AnyPool, district: &str) -> Result<Vec<Service>> {
    sqlx::query_as(
        "SELECT d.barcode, c.iccid, l.id AS line_id, l.line_number, COALESCE(l.carrier, '') AS carrier, \
         COALESCE(l.plan, '') AS plan, p.down_mbps, p.up_mbps, p.cap_octets, n.student_id, COALESCE(s.family_name, '') AS family_name, \
         COALESCE(s.given_name, '') AS given_name, CASE WHEN c.put_ms > n.out_ms THEN c.put_ms ELSE n.out_ms END AS from_ms, \
         CASE WHEN c.taken_ms < COALESCE(n.in_ms, n.gone_ms, c.taken_ms + 1) THEN c.taken_ms \
         ELSE COALESCE(n.in_ms, n.gone_ms) END AS to_ms FROM lending_loan n \
         JOIN lending_device d ON d.district_id = n.district_id AND d.id = n.device_id \
         JOIN lending_card c ON c.district_id = n.district_id AND c.device_id = n.device_id \
         AND c.put_ms < COALESCE(n.in_ms, n.gone_ms, c.put_ms + 1) AND COALESCE(c.taken_ms, n.out_ms + 1) > n.out_ms \
         LEFT JOIN carrier_line l ON l.district_id = c.district_id AND l.iccid = c.iccid \
         LEFT JOIN carrier_plan p ON p.district_id = l.district_id AND p.carrier = l.carrier AND p.plan = l.plan \
         LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id \
         WHERE n.district_id = $1 AND n.undone_ms IS NULL ORDER BY n.out_ms DESC, n.id DESC, c.put_ms",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}

/// What each line was wanted to be from when on, the oldest first, by the line's id.
///
/// # Errors
/// The database's.
pub async fn changes_of_lines(pool: &AnyPool, district: &str) -> Result<HashMap<String, Vec<Change>>> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT line_id, at_ms, wanted FROM carrier_change WHERE district_id = $1 ORDER BY at_ms, id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let mut all: HashMap<String, Vec<Change>> = HashMap::new();
    for (line, at_ms, wanted) in rows {
        if let Some(wanted) = Wanted::from_word(&wanted) {
            all.entry(line).or_default().push((at_ms, wanted));
        }
    }
    Ok(all)
}

/// What each line was seen to be, from when on and when last, the oldest first, by the line's id.
///
/// # Errors
/// The database's.
pub async fn seen_of_lines(pool: &AnyPool, district: &str) -> Result<HashMap<String, Vec<Seen>>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT c.line_id, c.observed, c.from_ms, COALESCE(c.to_ms, l.observed_ms, c.from_ms) FROM carrier_seen c \
         JOIN carrier_line l ON l.district_id = c.district_id AND l.id = c.line_id WHERE c.district_id = $1 ORDER BY c.from_ms",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let mut all: HashMap<String, Vec<Seen>> = HashMap::new();
    for (line, observed, from_ms, to_ms) in rows {
        if let Some(observed) = Observed::from_word(&observed) {
            all.entry(line).or_default().push(Seen { observed, from_ms, to_ms });
        }
    }
    Ok(all)
}
