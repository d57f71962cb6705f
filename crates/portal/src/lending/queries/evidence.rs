//! What an auditor asks for of service to a person.

use crate::lending::rules::service::Change;
use crate::lending::rules::state::Wanted;
use sqlx::AnyPool;
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// A loan with the line of the card that was in its device.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
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
    /// The student.
    pub student_id: String,
    /// Her family name; empty when the roster has her no more.
    pub family_name: String,
    /// Her given name.
    pub given_name: String,
    /// When the loan began, ms since 1970 UTC.
    pub out_ms: i64,
    /// When it was over: the device was back, or given up.
    pub end_ms: Option<i64>,
}

/// All loans of devices with a card that were not undone, the latest first.
///
/// # Errors
/// The database's.
pub async fn services(pool: &AnyPool, district: &str) -> Result<Vec<Service>> {
    sqlx::query_as(
        "SELECT d.barcode, n.iccid, l.id AS line_id, l.line_number, COALESCE(l.carrier, '') AS carrier, \
         COALESCE(l.plan, '') AS plan, n.student_id, COALESCE(s.family_name, '') AS family_name, \
         COALESCE(s.given_name, '') AS given_name, n.out_ms, COALESCE(n.in_ms, n.gone_ms) AS end_ms FROM lending_loan n \
         JOIN lending_device d ON d.district_id = n.district_id AND d.id = n.device_id \
         LEFT JOIN carrier_line l ON l.district_id = n.district_id AND l.iccid = n.iccid \
         LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id \
         WHERE n.district_id = $1 AND n.undone_ms IS NULL AND n.iccid IS NOT NULL ORDER BY n.out_ms DESC, n.id DESC",
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
