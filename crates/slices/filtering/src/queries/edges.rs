//! Published versions, and the edges that fetch them.

use crate::db::Write;
use crate::policy::Version;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

fn version(row: &AnyRow) -> Result<Version> {
    Ok(Version {
        version: row.try_get("version")?,
        digest: row.try_get("digest")?,
        created_s: row.try_get("created_s")?,
        mark: row.try_get("mark")?,
        octets: row.try_get("octets")?,
        devices: row.try_get("devices")?,
        policies: row.try_get("policies")?,
        lists_json: row.try_get("lists_json")?,
        answers: row.try_get("answers")?,
    })
}

/// The newest version.
///
/// # Errors
/// The database's.
pub async fn latest_version(pool: &AnyPool) -> Result<Option<Version>> {
    let sql = "SELECT version, digest, created_s, mark, octets, devices, policies, lists_json, answers \
               FROM policy_version ORDER BY version DESC LIMIT 1";
    sqlx::query(sql).fetch_optional(pool).await?.as_ref().map(version).transpose()
}

/// The number of the version with this digest: of this installation, or of that which the district was moved from.
///
/// # Errors
/// The database's.
pub async fn version_of_digest(pool: &AnyPool, district: &str, digest: &str) -> Result<Option<i64>> {
    let sql = "SELECT MAX(n) FROM (SELECT version AS n FROM policy_version WHERE digest = $2 UNION ALL \
               SELECT version AS n FROM filter_version WHERE district_id = $1 AND digest = $2) AS numbers";
    sqlx::query_scalar(sql).bind(district).bind(digest).fetch_one(pool).await
}

/// Stores a version; whether nobody else has stored one with its number.
///
/// # Errors
/// The database's.
pub async fn insert_version(tx: &mut Write, new: &Version) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO policy_version (version, digest, created_s, mark, octets, devices, policies, lists_json, answers) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (version) DO NOTHING",
    )
    .bind(new.version)
    .bind(&new.digest)
    .bind(new.created_s)
    .bind(&new.mark)
    .bind(new.octets)
    .bind(new.devices)
    .bind(new.policies)
    .bind(&new.lists_json)
    .bind(new.answers)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An edge that may fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it was let in, ms since 1970 UTC.
    pub made_ms: i64,
    /// When it last asked.
    pub seen_ms: Option<i64>,
    /// Which version it then had.
    pub seen_version: Option<i64>,
    /// When it was shut out.
    pub revoked_ms: Option<i64>,
}

/// The edges of a district, by name.
///
/// # Errors
/// The database's.
pub async fn edges(pool: &AnyPool, district: &str) -> Result<Vec<Edge>> {
    let rows = sqlx::query(
        "SELECT id, name, made_ms, seen_ms, seen_version, revoked_ms FROM edge WHERE district_id = $1 ORDER BY name, id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Edge {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                made_ms: row.try_get("made_ms")?,
                seen_ms: row.try_get("seen_ms")?,
                seen_version: row.try_get("seen_version")?,
                revoked_ms: row.try_get("revoked_ms")?,
            })
        })
        .collect()
}

/// Lets an edge in. `token_hash` is all that is kept of its token.
///
/// # Errors
/// The database's.
pub async fn insert_edge(
    tx: &mut Write,
    district: &str,
    (id, name, token_hash): (&str, &str, &str),
    (by, ms): (&str, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO edge (district_id, id, name, token_hash, made_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(district)
    .bind(id)
    .bind(name)
    .bind(token_hash)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Shuts an edge out; whether there was one that was let in.
///
/// # Errors
/// The database's.
pub async fn revoke_edge(tx: &mut Write, district: &str, id: &str, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE edge SET revoked_ms = $3 WHERE district_id = $1 AND id = $2 AND revoked_ms IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An edge as the fetch finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeAt {
    /// Its district.
    pub district: String,
    /// Its id.
    pub id: String,
    /// When it last asked.
    pub seen_ms: Option<i64>,
    /// Which version it then had.
    pub seen_version: Option<i64>,
}

/// The edge that holds this token and is not shut out.
///
/// # Errors
/// The database's.
pub async fn edge_of_token(pool: &AnyPool, token_hash: &str) -> Result<Option<EdgeAt>> {
    let row = sqlx::query(
        "SELECT district_id, id, seen_ms, seen_version FROM edge WHERE token_hash = $1 AND revoked_ms IS NULL",
    )
    .bind(token_hash)
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(EdgeAt {
            district: row.try_get("district_id")?,
            id: row.try_get("id")?,
            seen_ms: row.try_get("seen_ms")?,
            seen_version: row.try_get("seen_version")?,
        })
    })
    .transpose()
}

/// Writes down when an edge asked and which version it had, and that in its history.
///
/// # Errors
/// The database's.
pub async fn saw_edge(tx: &mut Write, edge: &EdgeAt, ms: i64, version: Option<i64>) -> Result<()> {
    sqlx::query("UPDATE edge SET seen_ms = $3, seen_version = $4 WHERE district_id = $1 AND id = $2")
        .bind(&edge.district)
        .bind(&edge.id)
        .bind(ms)
        .bind(version)
        .execute(&mut **tx)
        .await?;
    super::history::saw(tx, (&edge.district, &edge.id), ms, version.unwrap_or(0)).await
}

/// Whether an edge of the district has this id already.
///
/// # Errors
/// The database's.
pub async fn has_edge(tx: &mut Write, district: &str, id: &str) -> Result<bool> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM edge WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
    Ok(count > 0)
}
