//! Which edge had which policy when.

use crate::db::Write;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A version that an edge said it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeVersion {
    /// The edge's id.
    pub edge: String,
    /// Its name.
    pub name: String,
    /// When it first said so, ms since 1970 UTC.
    pub first_ms: i64,
    /// When it last said so.
    pub last_ms: i64,
    /// The version; 0 for none, or one that this portal does not know.
    pub version: i64,
    /// The version's digest, hexadecimal; empty for 0.
    pub digest: String,
}

/// Writes down that an edge has this version now: on from the last row where that is of the same version.
///
/// # Errors
/// The database's.
pub(super) async fn saw(tx: &mut Write, (district, edge): (&str, &str), ms: i64, version: i64) -> Result<()> {
    super::versions::saw_version(tx, district, version).await?;
    let last: Option<(i64, i64)> = sqlx::query_as(
        "SELECT first_ms, version FROM edge_version WHERE district_id = $1 AND edge_id = $2 \
         ORDER BY first_ms DESC LIMIT 1",
    )
    .bind(district)
    .bind(edge)
    .fetch_optional(&mut **tx)
    .await?;
    let (sql, first_ms) = match last {
        Some((first_ms, same)) if same == version => (
            "UPDATE edge_version SET last_ms = $4 WHERE district_id = $1 AND edge_id = $2 AND first_ms = $3 \
             AND version = $5 AND last_ms < $4",
            first_ms,
        ),
        // The clock may have been put back, and no two rows begin at the same time.
        last => (
            "INSERT INTO edge_version (district_id, edge_id, first_ms, last_ms, version) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, edge_id, first_ms) DO NOTHING",
            last.map_or(ms, |(first_ms, _)| ms.max(first_ms + 1)),
        ),
    };
    sqlx::query(sql)
        .bind(district)
        .bind(edge)
        .bind(first_ms)
        .bind(ms.max(first_ms))
        .bind(version)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// The newest rows of a district's edges, or of one of them; the newest first.
///
/// # Errors
/// The database's.
pub async fn edge_versions(
    pool: &AnyPool,
    district: &str,
    edge: Option<&str>,
    limit: i64,
) -> Result<Vec<EdgeVersion>> {
    let rows = sqlx::query(
        "SELECT h.edge_id, e.name, h.first_ms, h.last_ms, h.version, COALESCE(v.digest, '') AS digest \
         FROM edge_version h JOIN edge e ON e.district_id = h.district_id AND e.id = h.edge_id \
         LEFT JOIN filter_version v ON v.district_id = h.district_id AND v.version = h.version \
         WHERE h.district_id = $1 AND (h.edge_id = $2 OR $2 = '') \
         ORDER BY h.first_ms DESC, h.edge_id LIMIT $3",
    )
    .bind(district)
    .bind(edge.unwrap_or_default())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(EdgeVersion {
                edge: row.try_get("edge_id")?,
                name: row.try_get("name")?,
                first_ms: row.try_get("first_ms")?,
                last_ms: row.try_get("last_ms")?,
                version: row.try_get("version")?,
                digest: row.try_get("digest")?,
            })
        })
        .collect()
}
