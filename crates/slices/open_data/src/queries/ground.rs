//! Which areas belong to which district, what is offered and measured on the ground, and what NCES lists.

use super::{Of, insert};
use crate::db::Write;
use crate::rules::Listed;
use evenfield_gap::open::fcc::mobile::{self, Environment, MobileCell, MobileTechnology};
use evenfield_gap::open::nces::relationship::Part;
use evenfield_gap::open::ndt7::{Direction, SpeedTest};
use evenfield_gap::open::tiles::Tile;
use evenfield_model::{Geoid, Leaid};
use sqlx::AnyPool;

pub(super) async fn store_parts(tx: &mut Write, of: Of<'_>, parts: &[Part]) -> sqlx::Result<()> {
    let key = |p: &Part| (p.area.as_str().to_owned(), p.leaid.as_str().to_owned());
    let row = |p: &Part| [p.area.as_str().into(), p.leaid.as_str().into(), p.share.into()];
    insert(tx, of, ("district_part", ["geography_id", "leaid", "share"]), (parts, key, row)).await
}

/// The parts of a relationship file that were stored, by area.
///
/// # Errors
/// The database's.
pub async fn read_parts(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<Part>> {
    let rows: Vec<(String, String, f64)> = sqlx::query_as(
        "SELECT geography_id, leaid, share FROM district_part_now WHERE district_id = $1 ORDER BY geography_id, leaid",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let part = |(area, leaid, share): (String, String, f64)| {
        Some(Part { leaid: Leaid::parse(&leaid).ok()?, area: Geoid::parse(&area).ok()?, share })
    };
    Ok(rows.into_iter().filter_map(part).collect())
}

pub(super) async fn store_mobile_cells(
    tx: &mut Write,
    of: Of<'_>,
    (vintage, cells): (&str, &[MobileCell]),
) -> sqlx::Result<()> {
    let columns = ["vintage", "h3", "technology", "down_mbps", "up_mbps"];
    let row = |c: &MobileCell| {
        let technology = i64::from(c.technology.code());
        [vintage.into(), (&c.h3).into(), technology.into(), c.down.into(), c.up.into()]
    };
    // Areas are read by the fastest claim, whoever makes it.
    let best = mobile::best(cells.to_vec());
    insert(tx, of, ("mobile_cell", columns), (&best, |c| (c.h3.as_str(), c.technology), row)).await?;
    let columns = ["vintage", "h3", "provider", "technology", "down_mbps", "up_mbps"];
    let row = |c: &MobileCell| {
        let (provider, technology) =
            (i64::try_from(c.provider).unwrap_or_default(), i64::from(c.technology.code()));
        [vintage.into(), (&c.h3).into(), provider.into(), technology.into(), c.down.into(), c.up.into()]
    };
    let offers: Vec<MobileCell> =
        cells.iter().filter(|c| c.technology != MobileTechnology::ThirdGeneration).cloned().collect();
    insert(tx, of, ("mobile_offer", columns), (&offers, |c| (c.h3.as_str(), c.provider, c.technology), row))
        .await
}

/// The cells of the latest vintage.
///
/// # Errors
/// The database's.
pub async fn read_mobile_cells(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<MobileCell>> {
    let rows: Vec<(String, i64, f64, f64)> = sqlx::query_as(
        "SELECT h3, technology, down_mbps, up_mbps FROM mobile_cell_now WHERE district_id = $1 \
         AND vintage = (SELECT MAX(vintage) FROM mobile_cell_now WHERE district_id = $1) ORDER BY h3, technology",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let cell = |(h3, technology, down, up): (String, i64, f64, f64)| {
        let technology = MobileTechnology::from_code(&technology.to_string())?;
        let environment = Environment::OutdoorStationary;
        Some(MobileCell { h3, provider: 0, technology, environment, down, up })
    };
    Ok(rows.into_iter().filter_map(cell).collect())
}

/// The tiles of the latest quarter.
///
/// # Errors
/// The database's.
pub async fn read_speed_tiles(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<Tile>> {
    let rows: Vec<(String, f64, f64, f64, i64, i64)> = sqlx::query_as(
        "SELECT quadkey, download_mbps, upload_mbps, latency_ms, tests, devices FROM speed_tile_now \
         WHERE district_id = $1 AND vintage = (SELECT MAX(vintage) FROM speed_tile_now WHERE district_id = $1) \
         ORDER BY quadkey",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(rows
        .into_iter()
        .map(|(quadkey, down, up, latency, tests, devices)| Tile {
            quadkey,
            down,
            up,
            latency,
            tests: number(tests),
            devices: number(devices),
        })
        .collect())
}

/// The speeds of all stored tests of one direction, Mbps, slowest first.
///
/// # Errors
/// The database's.
pub async fn speeds(pool: &AnyPool, district: &str, direction: &str) -> sqlx::Result<Vec<f64>> {
    sqlx::query_scalar(
        "SELECT mbps FROM speed_test_now WHERE district_id = $1 AND direction = $2 ORDER BY mbps",
    )
    .bind(district)
    .bind(direction)
    .fetch_all(pool)
    .await
}

/// Stores tiles of a quarter.
pub(super) async fn store_speed_tiles(
    tx: &mut Write,
    of: Of<'_>,
    (vintage, tiles): (&str, &[Tile]),
) -> sqlx::Result<()> {
    let columns = ["vintage", "quadkey", "download_mbps", "upload_mbps", "latency_ms", "tests", "devices"];
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX).into();
    let row = |t: &Tile| {
        let (down, up, latency) = (t.down.into(), t.up.into(), t.latency.into());
        [vintage.into(), (&t.quadkey).into(), down, up, latency, number(t.tests), number(t.devices)]
    };
    insert(tx, of, ("speed_tile", columns), (tiles, |t| t.quadkey.as_str(), row)).await
}

pub(super) async fn store_speed_tests(tx: &mut Write, of: Of<'_>, tests: &[SpeedTest]) -> sqlx::Result<()> {
    let columns = ["id", "direction", "mbps", "rtt_ms"];
    let row = |t: &SpeedTest| {
        let direction = match t.direction {
            Direction::Download => "download",
            Direction::Upload => "upload",
        };
        [(&t.id).into(), direction.into(), t.mbps.into(), t.min_rtt_ms.into()]
    };
    insert(tx, of, ("speed_test", columns), (tests, |t| (t.id.as_str(), t.direction), row)).await
}

pub(super) async fn store_directory(tx: &mut Write, of: Of<'_>, entries: &[Listed]) -> sqlx::Result<()> {
    let columns = ["geography_kind", "geography_id", "name", "is_open"];
    let row =
        |e: &Listed| [e.kind.as_str().into(), (&e.id).into(), (&e.name).into(), i64::from(e.open).into()];
    insert(tx, of, ("directory_entry", columns), (entries, |e| (e.kind, e.id.as_str()), row)).await
}

/// A school as NCES and as the roster know it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchoolCheck {
    /// NCESSCH.
    pub ncessch: String,
    /// Its name: the roster's, else the directory's.
    pub name: String,
    /// Whether the directory says that it is open; `None` when it is not in one.
    pub open: Option<bool>,
    /// Students by NCES.
    pub counted: Option<f64>,
    /// Students on the roster; `None` when it is not there.
    pub enrolled: Option<i64>,
    /// NCES locale: 11-13 city, 21-23 suburb, 31-33 town, 41-43 rural.
    pub locale: Option<f64>,
}

/// Every school that NCES files list, or that is on the roster with an NCES number, by number. Empty when no NCES file is loaded.
///
/// # Errors
/// The database's.
pub async fn schools(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<SchoolCheck>> {
    type Found = (String, String, Option<i64>, Option<f64>, Option<f64>);
    let listed: Vec<Found> = sqlx::query_as(
        "SELECT id, CAST(MAX(name) AS TEXT), CAST(MAX(is_open) AS BIGINT), MAX(students), MAX(locale) FROM ( \
           SELECT geography_id AS id, name, is_open, NULL AS students, NULL AS locale FROM directory_entry_now \
             WHERE district_id = $1 AND geography_kind = 'school' \
           UNION ALL SELECT geography_id, '', NULL, CASE WHEN variable = 'students' THEN value END, \
               CASE WHEN variable = 'locale' THEN value END FROM area_value_now a \
             JOIN (SELECT variable AS of_variable, MAX(vintage) AS latest FROM area_value_now \
               WHERE district_id = $1 AND geography_kind = 'school' AND variable IN ('students', 'locale') \
               GROUP BY variable) l ON l.of_variable = a.variable AND l.latest = a.vintage \
             WHERE district_id = $1 AND geography_kind = 'school' \
         ) AS each_source GROUP BY id ORDER BY id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let roster: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT s.ncessch, s.name, COUNT(t.id) FROM school s \
         LEFT JOIN student t ON t.district_id = s.district_id AND t.school_id = s.id \
         WHERE s.district_id = $1 AND s.ncessch IS NOT NULL GROUP BY s.ncessch, s.name",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let mut schools: std::collections::BTreeMap<String, SchoolCheck> = listed
        .into_iter()
        .map(|(id, name, open, counted, locale)| {
            let open = open.map(|open| open != 0);
            (id.clone(), SchoolCheck { ncessch: id, name, open, counted, locale, enrolled: None })
        })
        .collect();
    for (id, name, students) in roster {
        let school =
            schools.entry(id.clone()).or_insert_with(|| SchoolCheck { ncessch: id, ..Default::default() });
        school.name = name;
        school.enrolled = Some(school.enrolled.unwrap_or(0) + students);
    }
    Ok(schools.into_values().collect())
}

/// What says which areas belong to a district.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// Students on the roster.
    pub students: i64,
    /// Areas in the relationship file's parts.
    pub parts: i64,
    /// Districts in the relationship file's parts.
    pub parts_districts: i64,
    /// Boundaries of the district, or of the state's districts.
    pub districts: i64,
    /// Boundaries of block groups, tracts and counties.
    pub areas: i64,
}

/// What is stored that says which areas belong to a district, or to a state's districts.
///
/// # Errors
/// The database's.
pub async fn belonging(pool: &AnyPool, district: &str) -> sqlx::Result<Belonging> {
    let own = format!("{}%", district.strip_suffix("00000").unwrap_or(district));
    let (students, parts, parts_districts, districts, areas) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM student WHERE district_id = $1), \
         (SELECT COUNT(DISTINCT geography_id) FROM district_part_now WHERE district_id = $1), \
         (SELECT COUNT(DISTINCT leaid) FROM district_part_now WHERE district_id = $1), \
         (SELECT COUNT(*) FROM boundary_now WHERE district_id = $1 AND geography_kind = 'district' \
           AND geography_id LIKE $2), \
         (SELECT COUNT(*) FROM boundary_now WHERE district_id = $1 \
           AND geography_kind IN ('block_group', 'tract', 'county'))",
    )
    .bind(district)
    .bind(own)
    .fetch_one(pool)
    .await?;
    Ok(Belonging { students, parts, parts_districts, districts, areas })
}
