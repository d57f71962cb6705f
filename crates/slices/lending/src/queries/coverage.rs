//! What providers claim to serve, and which provider a carrier is.

use crate::db::Write;
use crate::rules::coverage::Claim;
use evenfield_gap::open::fcc::mobile::cell_of;

type Result<T> = sqlx::Result<T>;

/// The latest claims that were loaded and not removed, by their day; none where there are none.
///
/// # Errors
/// The database's.
pub async fn claims_of(tx: &mut sqlx::AnyConnection, district: &str) -> Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT MAX(vintage) FROM load WHERE district_id = $1 AND kind = 'bdc_mobile' AND removed_ms IS NULL",
    )
    .bind(district)
    .fetch_one(tx)
    .await
}

/// What providers claim at the home of a student; none where nobody knows where it is.
///
/// # Errors
/// The database's.
pub async fn claims_at_home(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (student, vintage): (&str, &str),
) -> Result<Option<Vec<Claim>>> {
    let place: Option<(Option<f64>, Option<f64>)> =
        sqlx::query_as("SELECT lon, lat FROM student WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(student)
            .fetch_optional(&mut *tx)
            .await?;
    let cell = place.and_then(|(lon, lat)| cell_of(lon?, lat?));
    let Some(cell) = cell else { return Ok(None) };
    let rows: Vec<(i64, i64, f64, f64)> = sqlx::query_as(
        "SELECT provider, technology, down_mbps, up_mbps FROM mobile_offer WHERE district_id = $1 AND vintage = $2 AND h3 = $3 \
         AND load_id NOT IN (SELECT r.id FROM load r WHERE r.district_id = $1 AND r.removed_ms IS NOT NULL)",
    )
    .bind(district)
    .bind(vintage)
    .bind(cell)
    .fetch_all(tx)
    .await?;
    let claim = |(provider, technology, down, up)| Claim { provider, technology, down, up };
    Ok(Some(rows.into_iter().map(claim).collect()))
}

/// Which provider each carrier is of which somebody has said it, by carrier.
///
/// # Errors
/// The database's.
pub async fn carrier_providers(tx: &mut sqlx::AnyConnection, district: &str) -> Result<Vec<(String, i64)>> {
    sqlx::query_as("SELECT carrier, provider FROM carrier_provider WHERE district_id = $1 ORDER BY carrier")
        .bind(district)
        .fetch_all(tx)
        .await
}

/// Stores which provider a carrier is; none: nobody knows any more.
///
/// # Errors
/// The database's.
pub async fn put_carrier_provider(
    tx: &mut Write,
    district: &str,
    (carrier, provider): (&str, Option<i64>),
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query("DELETE FROM carrier_provider WHERE district_id = $1 AND carrier = $2")
        .bind(district)
        .bind(carrier)
        .execute(&mut **tx)
        .await?;
    let Some(provider) = provider else { return Ok(()) };
    sqlx::query(
        "INSERT INTO carrier_provider (district_id, carrier, provider, changed_ms, changed_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(carrier)
    .bind(provider)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}
