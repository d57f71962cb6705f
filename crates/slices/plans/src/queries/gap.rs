//! The district's own figures of the gap, published ones alone, and the boundaries of their places.

use super::Result;
use crate::rules::read::{FigureRow, Gap};
use evenfield_gap::district::Counted;
use evenfield_gap::estimate::Method;
use evenfield_gap::publish::{Figure, Record, Why};
use evenfield_model::{Barrier, Geography, GeographyKind, Measure};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};

async fn latest(db: &AnyPool, district: &str) -> Result<Option<(String, String, i64)>> {
    sqlx::query_as(
        "SELECT id, inputs_json, finished_ms FROM estimate_run WHERE district_id = $1 AND state = 'done' \
         ORDER BY finished_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(db)
    .await
}

/// What the demand can be made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Available {
    /// When the estimate was made; `None` when there is none.
    pub made_ms: Option<i64>,
    /// Its measures.
    pub measures: Vec<Measure>,
    /// Its kinds of places that have boundaries.
    pub kinds: Vec<GeographyKind>,
}

/// Measures and kinds of places of the newest estimate.
///
/// # Errors
/// The database's.
pub async fn available(db: &AnyPool, district: &str) -> Result<Available> {
    let Some((run, _, made_ms)) = latest(db, district).await? else { return Ok(Available::default()) };
    let measures: Vec<String> = sqlx::query_scalar("SELECT DISTINCT measure FROM figure WHERE run_id = $1")
        .bind(&run)
        .fetch_all(db)
        .await?;
    let kinds: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT geography_kind FROM figure WHERE run_id = $1 AND geography_kind IN \
         (SELECT geography_kind FROM boundary_now WHERE district_id = $2)",
    )
    .bind(&run)
    .bind(district)
    .fetch_all(db)
    .await?;
    let mut measures: Vec<_> = measures.iter().filter_map(|code| Measure::from_code(code)).collect();
    measures.sort();
    let mut kinds: Vec<_> = kinds.iter().filter_map(|word| GeographyKind::from_word(word)).collect();
    kinds.sort();
    Ok(Available { made_ms: Some(made_ms), measures, kinds })
}

/// The figures of one measure for all places of one kind and for the whole district, with the district's barriers.
///
/// # Errors
/// The database's.
pub async fn gap(db: &AnyPool, district: &str, (measure, kind, group): (&str, &str, &str)) -> Result<Gap> {
    let Some((run, inputs, _)) = latest(db, district).await? else { return Ok(Gap::default()) };
    let rows = sqlx::query(
        "SELECT '' AS barrier, measure, geography_kind, geography_id, group_name, value, low90, high90, se, answers, students, method, \
         suppressed FROM figure WHERE run_id = $1 AND measure = $2 AND geography_kind IN ($3, 'district') \
         AND (group_name = 'all' OR group_name LIKE $4) \
         UNION ALL SELECT barrier, measure, geography_kind, geography_id, group_name, value, low90, high90, se, answers, students, \
         method, suppressed FROM barrier_figure WHERE run_id = $1 AND measure = $2 AND geography_kind = 'district' \
         AND group_name = 'all' ORDER BY 3, 4, 1, 5",
    )
    .bind(&run)
    .bind(measure)
    .bind(kind)
    .bind(format!("{group}:%"))
    .fetch_all(db)
    .await?;
    let boundaries = sqlx::query_as(
        "SELECT geography_id, geojson FROM boundary_now WHERE district_id = $1 AND geography_kind = $2 \
         ORDER BY geography_id",
    )
    .bind(district)
    .bind(kind)
    .fetch_all(db)
    .await?;
    let mut figures = Vec::with_capacity(rows.len());
    for row in &rows {
        figures.extend(figure(row)?);
    }
    Ok(Gap { figures, counted: counted(&inputs), boundaries })
}

/// Whom the figures of an estimate count: students, where it does not say otherwise.
fn counted(inputs: &str) -> String {
    let inputs: serde_json::Value = serde_json::from_str(inputs).unwrap_or_default();
    let input = inputs.as_array().into_iter().flatten().find(|input| input["kind"] == "counted");
    let of = input.and_then(|input| serde_json::from_value::<Counted>(input["counts"]["of"].clone()).ok());
    of.unwrap_or_default().as_str().to_owned()
}

/// A figure through the one way by which numbers become published; one with a word that this version does not know is left out.
fn figure(row: &AnyRow) -> Result<Option<FigureRow>> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let (Some(measure), Some(kind)) =
        (Measure::from_code(&text("measure")?), GeographyKind::from_word(&text("geography_kind")?))
    else {
        return Ok(None);
    };
    let barrier = text("barrier")?;
    let number = |name: &str| row.try_get::<Option<f64>, _>(name);
    let count = |name: &str| {
        Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(name)?.and_then(|n| n.try_into().ok()))
    };
    let (method, why): (Option<String>, Option<String>) =
        (row.try_get("method")?, row.try_get("suppressed")?);
    let place = text("geography_id")?;
    let record = Record {
        measure,
        barrier: Some(barrier.as_str()).filter(|b| !b.is_empty()).and_then(Barrier::parse),
        geography: Geography { kind, id: place.clone() },
        group: text("group_name")?,
        value: number("value")?,
        low90: number("low90")?,
        high90: number("high90")?,
        se: number("se")?,
        answers: count("answers")?,
        students: count("students")?,
        method: method.as_deref().and_then(Method::from_word),
        suppressed: why.map(|word| Why::from_word(&word).unwrap_or(Why::Primary)),
    };
    let figure = Figure::from_record(record).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
    let shown = match figure {
        Figure::Published(n) => Some((i64::from(n.students()), n.value(), n.low90(), n.high90())),
        Figure::Suppressed(_) => None,
    };
    Ok(Some(FigureRow {
        measure: measure.code().to_owned(),
        kind: kind.as_str().to_owned(),
        place,
        group: text("group_name")?,
        barrier,
        shown,
    }))
}

/// A boundary of a place.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Boundary {
    /// The place.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its GeoJSON geometry, as stored.
    pub geojson: String,
}

/// The boundaries of the kinds of places that a demand may have.
///
/// # Errors
/// The database's.
pub async fn boundaries(db: &AnyPool, district: &str) -> Result<Vec<Boundary>> {
    sqlx::query_as(
        "SELECT geography_id AS id, name, geojson FROM boundary_now WHERE district_id = $1 \
         AND geography_kind IN ('block_group', 'tract', 'attendance_zone', 'county') ORDER BY geography_id",
    )
    .bind(district)
    .fetch_all(db)
    .await
}
