//! SQL of the slice `open_data`. The loader calls the functions that store and [`record_load`], the
//! estimate those that read.

mod ground;

pub use ground::{
    Belonging, SchoolCheck, belonging, read_mobile_cells, read_parts, read_speed_tiles, replace_parts,
    schools, speeds, store_directory, store_mobile_cells,
};

use super::rules::Rows;
use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenfield_gap::open::ndt7::{Direction, SpeedTest};
use evenfield_gap::open::tiles::Tile;
use evenfield_model::{Problem, Problems};
use sqlx::{AnyPool, Row};

/// What is known of a load besides its rows.
#[derive(Clone, Copy, Debug)]
pub struct LoadFacts<'a> {
    /// What it is: `acs`, `bdc_fixed`, `boundaries`, …
    pub kind: &'a str,
    /// Who published it.
    pub source: &'a str,
    /// The year or as-of date.
    pub vintage: &'a str,
    /// Under which licence.
    pub licence: &'a str,
    /// The file's name.
    pub file_name: &'a str,
    /// SHA-256 of the file and of what was taken out of it, hexadecimal.
    pub digest: &'a str,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// The account's id, or the command that loads.
    pub loaded_by: &'a str,
    /// How many rows were stored.
    pub rows: u64,
    /// What was wrong.
    pub problems: &'a Problems,
}

/// Notes a load with its problems and gives its id, which the rows then carry; `None` when this very file
/// was loaded as this before, and nothing is to be done. The caller commits it together with the rows.
///
/// # Errors
/// The database's.
pub async fn record_load(
    tx: &mut Write,
    district: &str,
    facts: LoadFacts<'_>,
) -> sqlx::Result<Option<String>> {
    let id = new_id();
    let done = sqlx::query(
        "INSERT INTO load (district_id, id, kind, source, vintage, licence, file_name, digest, loaded_ms, \
         loaded_by, row_count, problem_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (district_id, kind, vintage, digest) DO NOTHING",
    )
    .bind(district)
    .bind(&id)
    .bind(facts.kind)
    .bind(facts.source)
    .bind(facts.vintage)
    .bind(facts.licence)
    .bind(facts.file_name)
    .bind(facts.digest)
    .bind(facts.loaded_ms)
    .bind(facts.loaded_by)
    .bind(i64::try_from(facts.rows).unwrap_or(i64::MAX))
    .bind(i64::try_from(facts.problems.found()).unwrap_or(i64::MAX))
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let problems = facts.problems.kept().iter().zip(1_i64..).map(|(p, position)| {
        vec![
            Value::from(district),
            (&id).into(),
            position.into(),
            (&p.file).into(),
            i64::try_from(p.line).unwrap_or(i64::MAX).into(),
            (&p.column).into(),
            (&p.said).into(),
            (&p.wanted).into(),
        ]
    });
    let insert = "INSERT INTO load_problem (district_id, load_id, position, file, line, column_name, said, \
        wanted) VALUES";
    bulk::run(tx, insert, "", problems).await?;
    Ok(Some(id))
}

/// A boundary as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundaryRow {
    /// The word of the geography's kind.
    pub kind: String,
    /// Its id within the kind.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A GeoJSON geometry in longitude and latitude.
    pub geojson: String,
}

/// Stores boundaries; one that is there already is replaced. Of two with one id in the input the last
/// counts.
///
/// # Errors
/// The database's.
pub async fn store_boundaries(
    tx: &mut Write,
    district: &str,
    load_id: &str,
    boundaries: &[BoundaryRow],
) -> sqlx::Result<u64> {
    let rows = last_of_each(boundaries, |b| (b.kind.as_str(), b.id.as_str())).map(|b| {
        vec![
            Value::from(district),
            (&b.kind).into(),
            (&b.id).into(),
            (&b.name).into(),
            (&b.geojson).into(),
            load_id.into(),
        ]
    });
    bulk::run(
        tx,
        "INSERT INTO boundary (district_id, geography_kind, geography_id, name, geojson, load_id) VALUES",
        "ON CONFLICT (district_id, geography_kind, geography_id) DO UPDATE SET name = EXCLUDED.name, \
         geojson = EXCLUDED.geojson, load_id = EXCLUDED.load_id",
        rows,
    )
    .await
}

/// The boundaries of one kind, by id.
///
/// # Errors
/// The database's.
pub async fn read_boundaries(pool: &AnyPool, district: &str, kind: &str) -> sqlx::Result<Vec<BoundaryRow>> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT geography_kind, geography_id, name, geojson FROM boundary \
         WHERE district_id = $1 AND geography_kind = $2 ORDER BY geography_id",
    )
    .bind(district)
    .bind(kind)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(kind, id, name, geojson)| BoundaryRow { kind, id, name, geojson }).collect())
}

/// Stores a file's rows with its load; `None` when this file was loaded before, and then nothing is stored. All or
/// nothing: the caller commits.
///
/// # Errors
/// The database's.
pub async fn store(
    tx: &mut Write,
    district: &str,
    facts: LoadFacts<'_>,
    (rows, bytes): (&Rows, &[u8]),
) -> sqlx::Result<Option<String>> {
    let (vintage, file_name) = (facts.vintage, facts.file_name);
    let Some(load) = record_load(tx, district, facts).await? else { return Ok(None) };
    match rows {
        Rows::Values(values) => store_area_values(tx, district, &load, values).await?,
        Rows::Boundaries(boundaries) => store_boundaries(tx, district, &load, boundaries).await?,
        Rows::AddressPoints(_) => replace_address_points(tx, district, &load, (file_name, bytes)).await?,
        Rows::Tiles(tiles) => store_speed_tiles(tx, district, (&load, vintage), tiles).await?,
        Rows::Tests(tests) => store_speed_tests(tx, district, &load, tests).await?,
        Rows::Parts(parts) => replace_parts(tx, district, &load, parts).await?,
        Rows::Mobile(cells) => store_mobile_cells(tx, district, (&load, vintage), cells).await?,
        Rows::Directory(entries) => store_directory(tx, district, &load, entries).await?,
    };
    Ok(Some(load))
}

/// One published value of one area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaValue {
    /// The word of the geography's kind.
    pub kind: String,
    /// Its id within the kind.
    pub id: String,
    /// The table or programme: `B28005`, `bdc`, `saipe`.
    pub source: String,
    /// The year or as-of date.
    pub vintage: String,
    /// The variable within the source: `B28005_007`.
    pub variable: String,
    /// The value; `None` when it was published as not computable.
    pub value: Option<f64>,
    /// The 90% margin of error; 0 for a controlled figure, `None` when none was published.
    pub moe: Option<f64>,
}

/// Stores values; one that is there already is replaced.
///
/// # Errors
/// The database's.
pub async fn store_area_values(
    tx: &mut Write,
    district: &str,
    load_id: &str,
    values: &[AreaValue],
) -> sqlx::Result<u64> {
    let rows = last_of_each(values, |v| {
        (v.kind.as_str(), v.id.as_str(), v.source.as_str(), v.vintage.as_str(), v.variable.as_str())
    })
    .map(|v| {
        vec![
            Value::from(district),
            (&v.kind).into(),
            (&v.id).into(),
            (&v.source).into(),
            (&v.vintage).into(),
            (&v.variable).into(),
            v.value.into(),
            v.moe.into(),
            load_id.into(),
        ]
    });
    bulk::run(
        tx,
        "INSERT INTO area_value (district_id, geography_kind, geography_id, source, vintage, variable, value, \
         moe, load_id) VALUES",
        "ON CONFLICT (district_id, geography_kind, geography_id, source, vintage, variable) \
         DO UPDATE SET value = EXCLUDED.value, moe = EXCLUDED.moe, load_id = EXCLUDED.load_id",
        rows,
    )
    .await
}

/// The values of one kind of geography, of all sources or (with a non-empty `source`) of one, by id,
/// source, vintage and variable.
///
/// # Errors
/// The database's.
pub async fn read_area_values(
    pool: &AnyPool,
    district: &str,
    (kind, source): (&str, &str),
) -> sqlx::Result<Vec<AreaValue>> {
    let rows = sqlx::query(
        "SELECT geography_kind, geography_id, source, vintage, variable, value, moe FROM area_value \
         WHERE district_id = $1 AND geography_kind = $2 AND ($3 = '' OR source = $3) \
         ORDER BY geography_id, source, vintage, variable",
    )
    .bind(district)
    .bind(kind)
    .bind(source)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(AreaValue {
                kind: row.try_get(0)?,
                id: row.try_get(1)?,
                source: row.try_get(2)?,
                vintage: row.try_get(3)?,
                variable: row.try_get(4)?,
                value: row.try_get(5)?,
                moe: row.try_get(6)?,
            })
        })
        .collect()
}

/// How many bytes of a file stand in one row.
const PART: usize = 384 * 1024;

/// Makes this file the address points of the district, in place of those before: its name and bytes, as
/// [`evenfield_gap::place::address::AddressPoints::from_csv`] reads them.
///
/// # Errors
/// The database's.
pub async fn replace_address_points(
    tx: &mut Write,
    district: &str,
    load_id: &str,
    (name, bytes): (&str, &[u8]),
) -> sqlx::Result<u64> {
    sqlx::query("DELETE FROM address_point WHERE district_id = $1").bind(district).execute(&mut **tx).await?;
    let rows = bytes.chunks(PART).zip(1_i64..).map(|(chunk, part)| {
        vec![
            Value::from(district),
            part.into(),
            name.into(),
            (&STANDARD.encode(chunk)).into(),
            load_id.into(),
        ]
    });
    let insert = "INSERT INTO address_point (district_id, part, file_name, body, load_id) VALUES";
    bulk::run(tx, insert, "", rows).await
}

/// The district's file of address points: its name and bytes; `None` when there is none.
///
/// # Errors
/// The database's; a body that is not base64 is a decoding error.
pub async fn read_address_points(pool: &AnyPool, district: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT file_name, body FROM address_point WHERE district_id = $1 ORDER BY part")
            .bind(district)
            .fetch_all(pool)
            .await?;
    let Some(name) = rows.first().map(|(name, _)| name.clone()) else { return Ok(None) };
    let mut bytes = Vec::new();
    for (_, body) in rows {
        STANDARD.decode_vec(body, &mut bytes).map_err(|e| sqlx::Error::Decode(e.into()))?;
    }
    Ok(Some((name, bytes)))
}

/// Stores tiles of a quarter; one that is there already is replaced.
///
/// # Errors
/// The database's.
pub async fn store_speed_tiles(
    tx: &mut Write,
    district: &str,
    (load_id, vintage): (&str, &str),
    tiles: &[Tile],
) -> sqlx::Result<u64> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let rows = last_of_each(tiles, |t| t.quadkey.as_str()).map(|t| {
        vec![
            Value::from(district),
            vintage.into(),
            (&t.quadkey).into(),
            t.down.into(),
            t.up.into(),
            t.latency.into(),
            number(t.tests).into(),
            number(t.devices).into(),
            load_id.into(),
        ]
    });
    bulk::run(
        tx,
        "INSERT INTO speed_tile (district_id, vintage, quadkey, download_mbps, upload_mbps, latency_ms, tests, \
         devices, load_id) VALUES",
        "ON CONFLICT (district_id, vintage, quadkey) DO UPDATE SET download_mbps = EXCLUDED.download_mbps, \
         upload_mbps = EXCLUDED.upload_mbps, latency_ms = EXCLUDED.latency_ms, tests = EXCLUDED.tests, \
         devices = EXCLUDED.devices, load_id = EXCLUDED.load_id",
        rows,
    )
    .await
}

/// Stores the speed tests of a load; of two with one id and direction the last counts.
///
/// # Errors
/// The database's.
pub async fn store_speed_tests(
    tx: &mut Write,
    district: &str,
    load_id: &str,
    tests: &[SpeedTest],
) -> sqlx::Result<u64> {
    let rows = last_of_each(tests, |t| (t.id.as_str(), t.direction)).map(|t| {
        vec![
            Value::from(district),
            load_id.into(),
            (&t.id).into(),
            match t.direction {
                Direction::Download => "download",
                Direction::Upload => "upload",
            }
            .into(),
            t.mbps.into(),
            t.min_rtt_ms.into(),
        ]
    });
    let insert = "INSERT INTO speed_test (district_id, load_id, id, direction, mbps, rtt_ms) VALUES";
    bulk::run(tx, insert, "", rows).await
}

/// The last row of each key, in the order of the input: an upsert may not meet a key twice.
fn last_of_each<'a, T, K: std::hash::Hash + Eq>(
    rows: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> impl Iterator<Item = &'a T> {
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    let mut kept: Vec<&T> = rows.iter().rev().filter(|row| seen.insert(key(row))).collect();
    kept.reverse();
    kept.into_iter()
}

/// A load as the data page lists it, of this slice or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// Who published it.
    pub source: String,
    /// The year or as-of date.
    pub vintage: String,
    /// Under which licence.
    pub licence: String,
    /// The file's name.
    pub file_name: String,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// Rows stored.
    pub rows: i64,
    /// Problems found.
    pub problems: i64,
}

/// Everything that was loaded in a district, the latest first: open data, and the rosters and survey files
/// of the other slices (whose sources and licences are the district's own).
///
/// # Errors
/// The database's.
pub async fn loads(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<LoadRow>> {
    let rows = sqlx::query(
        "SELECT id, kind, source, vintage, licence, file_name, loaded_ms, row_count, problem_count FROM load \
           WHERE district_id = $1 \
         UNION ALL SELECT id, 'roster', '', '', '', file_name, loaded_ms, students, problems FROM roster_load \
           WHERE district_id = $1 AND undone_ms IS NULL \
         UNION ALL SELECT id, 'survey', '', '', '', file_name, loaded_ms, answers, problems FROM survey_load \
           WHERE district_id = $1 \
         ORDER BY 7 DESC, 1 DESC LIMIT 500",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(LoadRow {
                id: row.try_get(0)?,
                kind: row.try_get(1)?,
                source: row.try_get(2)?,
                vintage: row.try_get(3)?,
                licence: row.try_get(4)?,
                file_name: row.try_get(5)?,
                loaded_ms: row.try_get(6)?,
                rows: row.try_get(7)?,
                problems: row.try_get(8)?,
            })
        })
        .collect()
}

/// The problems of a load of this slice; `None` when the district has no such load.
///
/// # Errors
/// The database's.
pub async fn load_problems(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Option<Vec<Problem>>> {
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM load WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_one(pool)
        .await?;
    if known == 0 {
        return Ok(None);
    }
    let rows: Vec<(String, i64, String, String, String)> = sqlx::query_as(
        "SELECT file, line, column_name, said, wanted FROM load_problem \
         WHERE district_id = $1 AND load_id = $2 ORDER BY position",
    )
    .bind(district)
    .bind(id)
    .fetch_all(pool)
    .await?;
    Ok(Some(
        rows.into_iter()
            .map(|(file, line, column, said, wanted)| Problem {
                file,
                line: u64::try_from(line).unwrap_or(0),
                column,
                said,
                wanted,
            })
            .collect(),
    ))
}

/// How much of each kind of geography is there: `(kind, boundaries, areas with values)`.
///
/// # Errors
/// The database's.
pub async fn coverage(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<(String, i64, i64)>> {
    sqlx::query_as(
        "SELECT kind, CAST(SUM(boundaries) AS BIGINT), CAST(SUM(areas) AS BIGINT) FROM ( \
           SELECT geography_kind AS kind, COUNT(*) AS boundaries, 0 AS areas FROM boundary \
             WHERE district_id = $1 GROUP BY geography_kind \
           UNION ALL SELECT geography_kind, 0, COUNT(DISTINCT geography_id) FROM area_value \
             WHERE district_id = $1 GROUP BY geography_kind) AS each_kind \
         GROUP BY kind ORDER BY kind",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}
