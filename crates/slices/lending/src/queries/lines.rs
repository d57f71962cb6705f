//! Carriers' lines.

use super::pattern;
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::inventory::Line;
use crate::rules::state::{Observed, Wanted};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

pub(super) const COLUMNS: &str =
    "l.id, l.iccid, l.line_number, l.carrier, l.plan, l.wanted, l.observed, l.observed_ms, l.hold_reason";

pub(super) fn read(row: &AnyRow) -> Result<Line> {
    let word = |column: &str| row.try_get::<String, _>(column);
    Ok(Line {
        id: word("id")?,
        iccid: word("iccid")?,
        line_number: row.try_get("line_number")?,
        carrier: word("carrier")?,
        plan: word("plan")?,
        wanted: Wanted::from_word(&word("wanted")?).unwrap_or(Wanted::Parked),
        observed: Observed::from_word(&word("observed")?).unwrap_or(Observed::Unknown),
        observed_ms: row.try_get("observed_ms")?,
        hold_reason: row.try_get("hold_reason")?,
    })
}

/// All lines of a district, for a file to be laid over them.
///
/// # Errors
/// The database's.
pub async fn all_lines(tx: &mut Write, district: &str) -> Result<Vec<Line>> {
    let sql = format!("SELECT {COLUMNS} FROM carrier_line l WHERE l.district_id = $1");
    sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(&mut **tx).await?.iter().map(read).collect()
}

/// The line of a card.
///
/// # Errors
/// The database's.
pub async fn line_of_card<'e, E>(database: E, district: &str, iccid: &str) -> Result<Option<Line>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!("SELECT {COLUMNS} FROM carrier_line l WHERE l.district_id = $1 AND l.iccid = $2");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(iccid).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// One line by its id.
///
/// # Errors
/// The database's.
pub async fn line<'e, E>(database: E, district: &str, id: &str) -> Result<Option<Line>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!("SELECT {COLUMNS} FROM carrier_line l WHERE l.district_id = $1 AND l.id = $2");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// Lets staff hold a line active, for a reason and by an account, or hold it no longer.
///
/// # Errors
/// The database's.
pub async fn set_hold(tx: &mut Write, district: &str, id: &str, hold: Option<(&str, &str)>) -> Result<()> {
    sqlx::query("UPDATE carrier_line SET hold_reason = $3, hold_by = $4 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .bind(hold.map(|(reason, _)| reason))
        .bind(hold.map(|(_, by)| by))
        .execute(&mut **tx)
        .await
        .map(drop)
}

const INSERT: &str = "INSERT INTO carrier_line (district_id, id, iccid, line_number, carrier, plan, wanted, wanted_ms, observed, \
    observed_ms, hold_reason, added_ms) VALUES";

/// Stores what people say of lines, new or in place of what was there. Numbers may move between them. What is wanted, seen and held of a
/// line that is there stays.
///
/// # Errors
/// The database's; a number that a line has that is not among them is one.
pub async fn put_lines(tx: &mut Write, district: &str, lines: &[Line], ms: i64) -> Result<()> {
    for chunk in lines.chunks(500) {
        let marks: Vec<String> = (2..chunk.len() + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "UPDATE carrier_line SET line_number = NULL WHERE district_id = $1 AND id IN ({})",
            marks.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(district);
        for line in chunk {
            query = query.bind(&line.id);
        }
        query.execute(&mut **tx).await?;
    }
    let rows = lines.iter().map(|line| -> Vec<Value> {
        vec![
            district.into(),
            (&line.id).into(),
            (&line.iccid).into(),
            (&line.line_number).into(),
            (&line.carrier).into(),
            (&line.plan).into(),
            line.wanted.as_str().into(),
            ms.into(),
            line.observed.as_str().into(),
            line.observed_ms.into(),
            (&line.hold_reason).into(),
            ms.into(),
        ]
    });
    bulk::run(
        tx,
        INSERT,
        "ON CONFLICT (district_id, id) DO UPDATE SET line_number = EXCLUDED.line_number, carrier = EXCLUDED.carrier, \
         plan = EXCLUDED.plan",
        rows,
    )
    .await
    .map(drop)
}

/// As [`put_lines`] with one. Whether its number was free: another line's stays there, and nothing is stored.
///
/// # Errors
/// The database's.
pub async fn put_line(tx: &mut Write, district: &str, line: &Line, ms: i64) -> Result<bool> {
    let others: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM carrier_line WHERE district_id = $1 AND id <> $2 AND line_number = $3",
    )
    .bind(district)
    .bind(&line.id)
    .bind(&line.line_number)
    .fetch_one(&mut **tx)
    .await?;
    if others == 0 {
        put_lines(tx, district, std::slice::from_ref(line), ms).await?;
    }
    Ok(others == 0)
}

/// What a person searches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSearch {
    /// Part of an ICCID, a number, a carrier, a plan or a barcode; empty for all.
    pub text: String,
    /// Only lines that are not seen to be what they are wanted to be.
    pub differing: bool,
}

/// A line with the device that its card is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRow {
    /// The line.
    pub line: Line,
    /// The device's id and barcode; none when the card is in none.
    pub device: Option<(String, String)>,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePage {
    /// The lines.
    pub rows: Vec<LineRow>,
    /// How many match in all.
    pub found: i64,
}

/// [`Wanted::is_met_by`] as SQL; a test holds one to the other.
const MET: &str = "(l.wanted = 'active' AND l.observed = 'active' OR l.wanted IN ('parked', 'suspended') \
    AND l.observed = 'suspended' OR l.wanted = 'ended' AND l.observed = 'ended')";

/// The lines that match, by carrier and ICCID: `limit` of them from `offset` on.
///
/// # Errors
/// The database's.
pub async fn find_lines(
    pool: &AnyPool,
    district: &str,
    search: &LineSearch,
    (offset, limit): (i64, i64),
) -> Result<LinePage> {
    let matches = format!(
        "FROM carrier_line l LEFT JOIN lending_device d ON d.district_id = l.district_id AND d.iccid = l.iccid \
         WHERE l.district_id = $1 AND (l.iccid LIKE $2 ESCAPE '\\' OR COALESCE(l.line_number, '') LIKE $2 ESCAPE '\\' \
         OR lower(l.carrier) LIKE $2 ESCAPE '\\' OR lower(l.plan) LIKE $2 ESCAPE '\\' \
         OR lower(COALESCE(d.barcode, '')) LIKE $2 ESCAPE '\\') AND ($3 = 0 OR NOT {MET})"
    );
    let found = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) {matches}")))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(i64::from(search.differing))
        .fetch_one(pool)
        .await?;
    let sql = format!(
        "SELECT {COLUMNS}, d.id AS device_id, d.barcode {matches} ORDER BY l.carrier, l.iccid LIMIT $4 OFFSET $5"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(i64::from(search.differing))
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await?;
    let with_device = |row: &AnyRow| {
        let device: Option<String> = row.try_get("device_id")?;
        let barcode: Option<String> = row.try_get("barcode")?;
        Ok(LineRow { line: read(row)?, device: device.zip(barcode) })
    };
    Ok(LinePage { rows: rows.iter().map(with_device).collect::<Result<_>>()?, found })
}

/// The cards of all lines of a carrier.
///
/// # Errors
/// The database's.
pub async fn cards_of_carrier(
    pool: &AnyPool,
    district: &str,
    carrier: &str,
) -> Result<std::collections::HashSet<String>> {
    let cards: Vec<String> =
        sqlx::query_scalar("SELECT iccid FROM carrier_line WHERE district_id = $1 AND carrier = $2")
            .bind(district)
            .bind(carrier)
            .fetch_all(pool)
            .await?;
    Ok(cards.into_iter().collect())
}
