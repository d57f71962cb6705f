//! Asks carriers how much data lent lines used, each line once a day, and stores it by the rules of carriers' files: what is not said is unknown.

use super::Carrier;
use crate::audit;
use crate::db::Db;
use crate::queries;
use crate::rules::standing::{DAY_MS, HOUR_MS};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

/// So many lines are asked for in one go, so that orders do not wait for long.
const AT_ONCE: i64 = 200;
/// A line that was asked for so long ago is asked for again, ms: each day, whenever the program runs.
const AGAIN_MS: i64 = DAY_MS - 4 * HOUR_MS;
/// After so many lines in a row of which the carrier tells nothing it is left alone until the next go.
const FAILURES: usize = 3;

/// What one go came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many lines the carrier was asked for, and answered.
    pub lines: usize,
    /// How many amounts it told.
    pub amounts: usize,
    /// How often there was no answer.
    pub failed: usize,
}

/// Asks for the lines of a district at a carrier of which nothing was asked today.
///
/// # Errors
/// The database's. What the carrier does not tell is in the report.
pub async fn ask<C: Carrier>(
    db: &Db,
    carrier: &C,
    (district, name): (&str, &str),
    now_ms: i64,
) -> sqlx::Result<Asked> {
    let mut asked = Asked::default();
    let Some(counting) = C::COUNTING else { return Ok(asked) };
    let Ok(now) = Timestamp::from_millisecond(now_ms) else { return Ok(asked) };
    let today = TimeZone::UTC.to_datetime(now).date();
    let cards = queries::cards_to_ask_use(db.read(), (district, name), now_ms - AGAIN_MS, AT_ONCE).await?;
    let (mut done, mut used, mut in_a_row) = (Vec::new(), Vec::new(), 0);
    for card in cards {
        match carrier.usage(&card, today).await {
            Ok(amounts) => {
                in_a_row = 0;
                used.extend(amounts);
                done.push(card);
            }
            Err(error) => {
                tracing::warn!(district, error, "a carrier did not tell of a line's use");
                (asked.failed, in_a_row) = (asked.failed + 1, in_a_row + 1);
                if in_a_row == FAILURES {
                    break;
                }
            }
        }
    }
    (asked.lines, asked.amounts) = (done.len(), used.len());
    if done.is_empty() {
        return Ok(asked);
    }
    let mut tx = db.write().await?;
    queries::lock(&mut tx, district).await?;
    let lines = queries::put_usage(&mut tx, district, &used, (counting, now_ms)).await?;
    queries::put_use_asked(&mut tx, district, &done, now_ms).await?;
    let detail =
        json!({ "carrier": name, "rows": used.len(), "lines": lines, "counting": counting.as_str() });
    let entry = audit::Entry {
        district_id: Some(district),
        account_id: None,
        action: "usage.load",
        subject: ("carrier_line", ""),
        detail,
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(asked)
}
