//! SQL of the slice `open_data`. The loader calls [`store`], the estimate the functions that read.
//!
//! Each load keeps its own rows. What counts of them is read from the views `…_now` of migration 0012: rows of loads
//! that are not removed, and of two for the same thing the later load's.

mod ground;
mod loads;

pub use ground::{
    Belonging, SchoolCheck, belonging, read_mobile_cells, read_parts, read_speed_tiles, schools, speeds,
};
pub use loads::{LoadFacts, LoadRow, load, load_problems, loads, put_back, record_load, remove};

use super::rules::Rows;
use crate::bulk::{self, Value};
use crate::db::Write;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sqlx::{AnyPool, Row};

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

async fn store_boundaries(tx: &mut Write, of: Of<'_>, boundaries: &[BoundaryRow]) -> sqlx::Result<()> {
    let columns = ["geography_kind", "geography_id", "name", "geojson"];
    let key = |b: &'_ BoundaryRow| (b.kind.clone(), b.id.clone());
    let values = |b: &BoundaryRow| [(&b.kind).into(), (&b.id).into(), (&b.name).into(), (&b.geojson).into()];
    insert(tx, of, ("boundary", columns), (boundaries, key, values)).await
}

/// The boundaries of one kind, by id.
///
/// # Errors
/// The database's.
pub async fn read_boundaries(pool: &AnyPool, district: &str, kind: &str) -> sqlx::Result<Vec<BoundaryRow>> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT geography_kind, geography_id, name, geojson FROM boundary_now \
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
    let of = (district, load.as_str());
    match rows {
        Rows::Values(values) => store_area_values(tx, of, values).await?,
        Rows::Boundaries(boundaries) => store_boundaries(tx, of, boundaries).await?,
        Rows::AddressPoints(_) => store_address_points(tx, of, (file_name, bytes)).await?,
        Rows::Tiles(tiles) => ground::store_speed_tiles(tx, of, (vintage, tiles)).await?,
        Rows::Tests(tests) => ground::store_speed_tests(tx, of, tests).await?,
        Rows::Parts(parts) => ground::store_parts(tx, of, parts).await?,
        Rows::Mobile(cells) => ground::store_mobile_cells(tx, of, (vintage, cells)).await?,
        Rows::Directory(entries) => ground::store_directory(tx, of, entries).await?,
    };
    Ok(Some(load))
}

/// Whose rows are stored: the district and the load.
type Of<'a> = (&'a str, &'a str);

/// Stores rows of a load. Of two with one key the last counts: a load says one thing once.
async fn insert<'a, T: Sync, K, const N: usize>(
    tx: &mut Write,
    (district, load): Of<'_>,
    (table, columns): (&str, [&str; N]),
    (rows, key, values): (&'a [T], impl Fn(&'a T) -> K, impl Fn(&'a T) -> [Value; N] + Sync),
) -> sqlx::Result<()>
where
    K: std::hash::Hash + Eq,
{
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    let mut kept: Vec<&T> = rows.iter().rev().filter(|row| seen.insert(key(row))).collect();
    kept.reverse();
    drop(seen);
    let before = format!("INSERT INTO {table} (district_id, load_id, {}) VALUES", columns.join(", "));
    let rows = kept.into_iter().map(|row| {
        let of = [district.into(), load.into()];
        of.into_iter().chain(values(row)).collect()
    });
    bulk::run(tx, &before, "", rows).await?;
    Ok(())
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

async fn store_area_values(tx: &mut Write, of: Of<'_>, values: &[AreaValue]) -> sqlx::Result<()> {
    let columns = ["geography_kind", "geography_id", "source", "vintage", "variable", "value", "moe"];
    fn key(v: &AreaValue) -> [&str; 5] {
        [&v.kind, &v.id, &v.source, &v.vintage, &v.variable]
    }
    let row = |v: &AreaValue| {
        let [kind, id, source, vintage, variable] = key(v).map(Value::from);
        [kind, id, source, vintage, variable, v.value.into(), v.moe.into()]
    };
    insert(tx, of, ("area_value", columns), (values, key, row)).await
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
        "SELECT geography_kind, geography_id, source, vintage, variable, value, moe FROM area_value_now \
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

/// Stores a file of address points: its name and bytes, as
/// [`evenfield_gap::place::address::AddressPoints::from_csv`] reads them.
async fn store_address_points(tx: &mut Write, of: Of<'_>, (name, bytes): (&str, &[u8])) -> sqlx::Result<()> {
    let parts: Vec<(i64, &[u8])> = (1_i64..).zip(bytes.chunks(PART)).collect();
    let row = |(part, chunk): &(i64, &[u8])| [(*part).into(), name.into(), (&STANDARD.encode(chunk)).into()];
    insert(tx, of, ("address_point", ["part", "file_name", "body"]), (&parts, |part| part.0, row)).await
}

/// The district's file of address points: its name and bytes; `None` when there is none.
///
/// # Errors
/// The database's; a body that is not base64 is a decoding error.
pub async fn read_address_points(pool: &AnyPool, district: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT file_name, body FROM address_point_now WHERE district_id = $1 ORDER BY part")
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

/// How much of each kind of geography is there: `(kind, boundaries, areas with values)`.
///
/// # Errors
/// The database's.
pub async fn coverage(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<(String, i64, i64)>> {
    sqlx::query_as(
        "SELECT kind, CAST(SUM(boundaries) AS BIGINT), CAST(SUM(areas) AS BIGINT) FROM ( \
           SELECT geography_kind AS kind, COUNT(*) AS boundaries, 0 AS areas FROM boundary_now \
             WHERE district_id = $1 GROUP BY geography_kind \
           UNION ALL SELECT geography_kind, 0, COUNT(DISTINCT geography_id) FROM area_value_now \
             WHERE district_id = $1 GROUP BY geography_kind) AS each_kind \
         GROUP BY kind ORDER BY kind",
    )
    .bind(district)
    .fetch_all(pool)
    .await
}
