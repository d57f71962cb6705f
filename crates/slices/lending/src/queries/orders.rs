//! What lines are wanted to be from when on, and what carriers were asked for.

use super::lines::{COLUMNS, read};
use super::loans::{LOAN, LOAN_DEVICE, Loan, OPEN};
use super::notices::{idle_of_card, open_facts, told};
use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use crate::rules::inventory::Line;
use crate::rules::loan::wanted;
use crate::rules::order::{Act, Known, day_began};
use crate::rules::standing::{Cause, Standing, standing};
use crate::rules::state::{Observed, Wanted};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// Why a line is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Because<'a> {
    /// What is the matter.
    pub cause: Cause,
    /// With which loan.
    pub loan: &'a str,
    /// Who approved it, when it was above the cap.
    pub approved_by: Option<&'a str>,
}

/// Makes a line wanted to be something else from now on, and keeps that.
///
/// # Errors
/// The database's.
pub async fn set_wanted(
    tx: &mut Write,
    district: &str,
    line: &str,
    (wanted, ms): (Wanted, i64),
    because: Option<Because<'_>>,
) -> Result<()> {
    sqlx::query("UPDATE carrier_line SET wanted = $3, wanted_ms = $4 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(line)
        .bind(wanted.as_str())
        .bind(ms)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO carrier_change (district_id, id, line_id, wanted, at_ms, cause, loan_id, approved_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(district)
    .bind(new_id())
    .bind(line)
    .bind(wanted.as_str())
    .bind(ms)
    .bind(because.map(|because| because.cause.as_str()))
    .bind(because.map(|because| because.loan))
    .bind(because.and_then(|because| because.approved_by))
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Makes the lines of these cards what the loans of their devices want. Called wherever a loan or a card changes, so that no line is
/// wanted active without a loan or a hold.
///
/// # Errors
/// The database's.
pub async fn settle(tx: &mut Write, district: &str, cards: &[String], ms: i64) -> Result<()> {
    let mut rules = None;
    for card in cards {
        let line: Option<(String, String, i64)> = sqlx::query_as(
            "SELECT id, wanted, CASE WHEN hold_reason IS NULL THEN 0 ELSE 1 END FROM carrier_line \
             WHERE district_id = $1 AND iccid = $2",
        )
        .bind(district)
        .bind(card)
        .fetch_optional(&mut **tx)
        .await?;
        let Some((id, before, held)) = line else { continue };
        let before = Wanted::from_word(&before).unwrap_or(Wanted::Parked);
        let loan = match loan_of_card(tx, district, card).await? {
            // How it stands only matters to a line that is suspended.
            Some(loan) if before == Wanted::Suspended => {
                if rules.is_none() {
                    rules = Some(super::rules(&mut **tx, district).await?);
                }
                let told = told(tx, district, &loan.id).await?;
                let rules = rules.unwrap_or_default();
                let idle = idle_of_card(tx, district, card).await?;
                Some(standing(&open_facts(&loan, &idle, &rules), &told, &rules, ms))
            }
            Some(_) => Some(Standing::Good),
            None => None,
        };
        let after = wanted(before, held == 1, loan);
        if after != before {
            set_wanted(tx, district, &id, (after, ms), None).await?;
        }
    }
    Ok(())
}

/// The open loan of the device that this card is in.
async fn loan_of_card(tx: &mut Write, district: &str, card: &str) -> Result<Option<Loan>> {
    let sql =
        format!("SELECT {LOAN} FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND d.iccid = $2 AND {OPEN}");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(card).fetch_optional(&mut **tx).await
}

/// The cards of all lines that are suspended.
///
/// # Errors
/// The database's.
pub async fn suspended_cards(tx: &mut Write, district: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT iccid FROM carrier_line WHERE district_id = $1 AND wanted = 'suspended' ORDER BY iccid",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await
}

/// How many lines are wanted active, and how many were suspended without approval in the 24 hours before.
///
/// # Errors
/// The database's.
pub async fn active_and_suspended(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    now_ms: i64,
) -> Result<(usize, usize)> {
    let active: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM carrier_line WHERE district_id = $1 AND wanted = 'active'")
            .bind(district)
            .fetch_one(&mut *tx)
            .await?;
    let suspended: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM carrier_change WHERE district_id = $1 AND wanted = 'suspended' AND approved_by IS NULL AND at_ms > $2",
    )
    .bind(district)
    .bind(day_began(now_ms))
    .fetch_one(&mut *tx)
    .await?;
    let whole = |n: i64| usize::try_from(n).unwrap_or_default();
    Ok((whole(active), whole(suspended)))
}

/// A line with all that decides on what its carrier is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The line.
    pub line: Line,
    /// What is known of it.
    pub known: Known,
    /// The device's id and barcode; none when the card is in none.
    pub device: Option<(String, String)>,
}

fn followed(row: &AnyRow) -> Result<Followed> {
    let line = read(row)?;
    let act: Option<String> = row.try_get("ordered")?;
    let asked_ms: Option<i64> = row.try_get("ordered_ms")?;
    let device: Option<String> = row.try_get("device_id")?;
    let barcode: Option<String> = row.try_get("barcode")?;
    Ok(Followed {
        known: Known {
            wanted: line.wanted,
            wanted_ms: row.try_get("wanted_ms")?,
            observed: line.observed,
            observed_ms: line.observed_ms,
            asked: act.and_then(|act| Act::from_word(&act)).zip(asked_ms),
            asked_today: 0,
            refused_ms: None,
        },
        device: device.zip(barcode),
        line,
    })
}

/// All lines of a district by carrier and card, with what is known of them.
///
/// # Errors
/// The database's.
pub async fn followed_lines(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    now_ms: i64,
) -> Result<Vec<Followed>> {
    let sql = format!(
        "SELECT {COLUMNS}, l.wanted_ms, l.ordered, l.ordered_ms, d.id AS device_id, d.barcode FROM carrier_line l \
         LEFT JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         WHERE l.district_id = $1 ORDER BY l.carrier, l.iccid"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(&mut *tx).await?;
    let mut all: Vec<Followed> = rows.iter().map(followed).collect::<Result<_>>()?;
    let counts: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT line_id, COUNT(*), MAX(CASE WHEN refused = 1 THEN asked_ms END) FROM carrier_order \
         WHERE district_id = $1 AND asked_ms > $2 GROUP BY line_id",
    )
    .bind(district)
    .bind(day_began(now_ms))
    .fetch_all(&mut *tx)
    .await?;
    let counts: HashMap<String, (i64, Option<i64>)> =
        counts.into_iter().map(|(line, asked, refused)| (line, (asked, refused))).collect();
    for followed in &mut all {
        let counted = counts.get(&followed.line.id).copied().unwrap_or_default();
        (followed.known.asked_today, followed.known.refused_ms) = counted;
    }
    Ok(all)
}

/// An order that is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Its id.
    pub id: String,
    /// The line's id.
    pub line: String,
    /// The line's card.
    pub card: String,
    /// What is asked for.
    pub act: Act,
}

impl NewOrder {
    /// An order with an id of its own.
    pub fn new(line: String, card: String, act: Act) -> Self {
        Self { id: new_id(), line, card, act }
    }
}

/// So many ids stand in a statement.
pub(super) const IDS: usize = 500;

/// `$3, $4, …`: so many placeholders from this one on.
pub(super) fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// Stores that a carrier was asked for something, by somebody or by the program.
///
/// # Errors
/// The database's.
pub async fn put_orders(
    tx: &mut Write,
    district: &str,
    orders: &[NewOrder],
    (by, ms): (Option<&str>, i64),
) -> Result<()> {
    let rows = orders.iter().map(|order| -> Vec<Value> {
        let act = order.act.as_str();
        vec![district.into(), (&order.id).into(), (&order.line).into(), act.into(), ms.into(), by.into()]
    });
    let insert = "INSERT INTO carrier_order (district_id, id, line_id, act, asked_ms, asked_by) VALUES";
    bulk::run(tx, insert, "", rows).await?;
    for act in Act::ALL {
        let lines: Vec<&str> = orders.iter().filter(|o| o.act == act).map(|o| o.line.as_str()).collect();
        for chunk in lines.chunks(IDS) {
            let sql = format!(
                "UPDATE carrier_line SET ordered = $2, ordered_ms = $3 WHERE district_id = $1 AND id IN ({})",
                marks(4, chunk.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(act.as_str()).bind(ms);
            for line in chunk {
                query = query.bind(*line);
            }
            query.execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Stores that the carrier refused these orders: they count, but nothing is waited for.
///
/// # Errors
/// The database's.
pub async fn refuse_orders(tx: &mut Write, district: &str, ids: &[String]) -> Result<()> {
    for chunk in ids.chunks(IDS) {
        let marks = marks(2, chunk.len());
        for sql in [
            format!("UPDATE carrier_order SET refused = 1 WHERE district_id = $1 AND id IN ({marks})"),
            // Not what was asked for since.
            format!(
                "UPDATE carrier_line SET ordered = NULL, ordered_ms = NULL WHERE district_id = $1 AND id IN (SELECT o.line_id \
                 FROM carrier_order o WHERE o.district_id = $1 AND o.id IN ({marks})) AND ordered_ms = (SELECT MAX(o.asked_ms) \
                 FROM carrier_order o WHERE o.district_id = $1 AND o.line_id = carrier_line.id AND o.id IN ({marks}))"
            ),
        ] {
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district);
            for id in chunk {
                query = query.bind(id);
            }
            query.execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Stores what a carrier was seen to do with these cards' lines, as of then. Of how many lines: those of the district of which nothing
/// newer is known.
///
/// # Errors
/// The database's.
pub async fn observe_many(
    tx: &mut Write,
    district: &str,
    cards: &[&str],
    (observed, as_of_ms): (Observed, i64),
) -> Result<u64> {
    let mut seen = 0;
    for chunk in cards.chunks(IDS) {
        keep_seen(tx, district, chunk, (observed, as_of_ms)).await?;
        let sql = format!(
            "UPDATE carrier_line SET observed = $2, observed_ms = $3 WHERE district_id = $1 AND COALESCE(observed_ms, 0) <= $3 \
             AND iccid IN ({})",
            marks(4, chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(observed.as_str()).bind(as_of_ms);
        for card in chunk {
            query = query.bind(*card);
        }
        seen += query.execute(&mut **tx).await?.rows_affected();
    }
    Ok(seen)
}

/// Keeps what is newly seen of these cards' lines, and when something else was seen last.
async fn keep_seen(
    tx: &mut Write,
    district: &str,
    cards: &[&str],
    (observed, as_of_ms): (Observed, i64),
) -> Result<()> {
    let marks = marks(4, cards.len());
    let is_new = format!(
        "l.district_id = $1 AND l.observed <> $2 AND COALESCE(l.observed_ms, 0) <= $3 AND l.iccid IN ({marks})"
    );
    for sql in [
        format!(
            "UPDATE carrier_seen SET to_ms = (SELECT l.observed_ms FROM carrier_line l WHERE l.district_id = $1 \
             AND l.id = carrier_seen.line_id) WHERE district_id = $1 AND to_ms IS NULL \
             AND line_id IN (SELECT l.id FROM carrier_line l WHERE {is_new})"
        ),
        format!(
            "INSERT INTO carrier_seen (district_id, line_id, from_ms, observed) \
             SELECT l.district_id, l.id, CAST($3 AS BIGINT), $2 FROM carrier_line l WHERE {is_new} \
             ON CONFLICT (district_id, line_id, from_ms) DO UPDATE SET observed = EXCLUDED.observed, to_ms = NULL"
        ),
    ] {
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(observed.as_str()).bind(as_of_ms);
        for card in cards {
            query = query.bind(*card);
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// What a line was wanted to be from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// What.
    pub wanted: Wanted,
    /// From when on, ms since 1970 UTC.
    pub at_ms: i64,
    /// Why, of a suspension.
    pub cause: Option<Cause>,
}

/// What a line was wanted to be, the latest first.
///
/// # Errors
/// The database's.
pub async fn past_of_line(pool: &sqlx::AnyPool, district: &str, line: &str) -> Result<Vec<Past>> {
    let rows: Vec<(String, i64, Option<String>)> = sqlx::query_as(
        "SELECT wanted, at_ms, cause FROM carrier_change WHERE district_id = $1 AND line_id = $2 ORDER BY at_ms DESC, id DESC",
    )
    .bind(district)
    .bind(line)
    .fetch_all(pool)
    .await?;
    let past = |(wanted, at_ms, cause): (String, i64, Option<String>)| {
        let cause = cause.and_then(|cause| Cause::from_word(&cause));
        Some(Past { wanted: Wanted::from_word(&wanted)?, at_ms, cause })
    };
    Ok(rows.into_iter().filter_map(past).collect())
}

/// What a carrier was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub act: Act,
    /// When, ms since 1970 UTC.
    pub asked_ms: i64,
    /// Whether it was refused.
    pub is_refused: bool,
}

/// What a line's carrier was asked for, the latest first.
///
/// # Errors
/// The database's.
pub async fn orders_of_line(pool: &sqlx::AnyPool, district: &str, line: &str) -> Result<Vec<Request>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT act, asked_ms, refused FROM carrier_order WHERE district_id = $1 AND line_id = $2 ORDER BY asked_ms DESC, id DESC",
    )
    .bind(district)
    .bind(line)
    .fetch_all(pool)
    .await?;
    let request = |(act, asked_ms, refused): (String, i64, i64)| {
        Some(Request { act: Act::from_word(&act)?, asked_ms, is_refused: refused == 1 })
    };
    Ok(rows.into_iter().filter_map(request).collect())
}

/// All districts that have a line.
///
/// # Errors
/// The database's.
pub async fn districts_with_lines(pool: &sqlx::AnyPool) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT DISTINCT district_id FROM carrier_line ORDER BY district_id")
        .fetch_all(pool)
        .await
}
