//! What carriers call orders, and what they tell by themselves of them.

use super::orders::{observe_many, refuse_orders};
use crate::db::Write;
use crate::rules::order::Act;
use crate::rules::state::Observed;

type Result<T> = sqlx::Result<T>;

/// Stores what the carrier calls these orders: each order's id with its name there.
///
/// # Errors
/// The database's.
pub async fn put_requests(tx: &mut Write, district: &str, requests: &[(String, String)]) -> Result<()> {
    for (order, request) in requests {
        sqlx::query("UPDATE carrier_order SET request_id = $3 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(order)
            .bind(request)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// What a carrier tells of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<'o> {
    /// What the carrier calls the order.
    pub request: &'o str,
    /// The cards that it speaks of; none when it names them otherwise.
    pub cards: &'o [String],
    /// Whether it is done; else it failed.
    pub is_done: bool,
}

/// Takes in what a carrier tells of an order, once; whether it was news. It is believed about orders for its own lines alone, and a line is what it
/// says only when it was asked for nothing since: what it tells late, or in another order, is left to its next list.
///
/// # Errors
/// The database's.
pub async fn put_outcome(
    tx: &mut Write,
    (district, carrier): (&str, &str),
    outcome: Outcome<'_>,
    ms: i64,
) -> Result<bool> {
    type Asked = (String, String, i64, String, Option<String>, Option<i64>);
    let asked: Option<Asked> = sqlx::query_as(
        "SELECT o.id, o.act, o.asked_ms, l.iccid, l.ordered, l.ordered_ms FROM carrier_order o \
         JOIN carrier_line l ON l.district_id = o.district_id AND l.id = o.line_id \
         WHERE o.district_id = $1 AND l.carrier = $2 AND o.request_id = $3 AND o.told_ms IS NULL AND o.refused = 0",
    )
    .bind(district)
    .bind(carrier)
    .bind(outcome.request)
    .fetch_optional(&mut **tx)
    .await?;
    let Some((order, act, asked_ms, card, ordered, ordered_ms)) = asked else { return Ok(false) };
    if !outcome.cards.is_empty() && !outcome.cards.contains(&card) {
        return Ok(false);
    }
    sqlx::query("UPDATE carrier_order SET told_ms = $3 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(&order)
        .bind(ms)
        .execute(&mut **tx)
        .await?;
    if !outcome.is_done {
        refuse_orders(tx, district, &[order]).await?;
    } else if ordered.as_ref() == Some(&act) && ordered_ms == Some(asked_ms) {
        let observed = match Act::from_word(&act) {
            Some(Act::Activate) => Observed::Active,
            Some(Act::Suspend) => Observed::Suspended,
            Some(Act::End) => Observed::Ended,
            None => return Ok(true),
        };
        observe_many(tx, district, &[card.as_str()], (observed, ms)).await?;
    }
    Ok(true)
}
