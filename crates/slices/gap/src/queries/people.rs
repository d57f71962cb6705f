//! SQL of sections, of the survey by itself, and of several districts together.

use super::{Boundary, Result, meant, read, read_inputs};
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::Figure;
use evenfield_gap::district::SurveyAlone;
use evenfield_gap::publish;
use evenfield_model::Measure;
use sqlx::AnyPool;
use std::collections::HashMap;

/// A section as its teacher knows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Section {
    /// Its id on the roster.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it meets; empty when the roster does not say.
    pub period: String,
    /// The school's name, or its id when the roster has no such school.
    pub school: String,
}

const SECTION: &str = "SELECT x.id, x.title, COALESCE(x.period, '') AS period, COALESCE(c.name, x.school_id) AS school \
    FROM section x LEFT JOIN school c ON c.district_id = x.district_id AND c.id = x.school_id \
    WHERE x.district_id = $1";

/// The roster names the account's e-mail among those who teach the section `x`.
const TAUGHT: &str = "EXISTS (SELECT 1 FROM enrollment e \
    JOIN staff s ON s.district_id = e.district_id AND s.id = e.person_id \
    JOIN account a ON a.email = s.email \
    WHERE e.district_id = x.district_id AND e.section_id = x.id AND e.teaches = 1 AND a.id = $2)";

/// The sections that the holder of this account teaches, by title.
///
/// # Errors
/// When the database fails.
pub async fn sections_taught(db: &AnyPool, district: &str, account: &str) -> Result<Vec<Section>> {
    let sql = format!("{SECTION} AND {TAUGHT} ORDER BY x.title, x.period, x.id");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).bind(account).fetch_all(db).await
}

/// The sections of a school, by title.
///
/// # Errors
/// When the database fails.
pub async fn sections_of(db: &AnyPool, district: &str, school: &str) -> Result<Vec<Section>> {
    let sql = format!("{SECTION} AND x.school_id = $2 ORDER BY x.title, x.period, x.id");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).bind(school).fetch_all(db).await
}

/// A section; with an account only if its holder teaches it.
///
/// # Errors
/// When the database fails.
pub async fn section(
    db: &AnyPool,
    district: &str,
    id: &str,
    teacher: Option<&str>,
) -> Result<Option<Section>> {
    // An empty account stands for "anybody".
    let sql = format!("{SECTION} AND ($2 = '' OR {TAUGHT}) AND x.id = $3");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(district)
        .bind(teacher.unwrap_or(""))
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The figures of a run's sections by section and measure; of one section and measure where they are given.
///
/// # Errors
/// When the database fails.
pub async fn section_figures(
    db: &AnyPool,
    run: &str,
    section: Option<&str>,
    measure: Option<Measure>,
) -> Result<Vec<Figure>> {
    let rows = sqlx::query(
        "SELECT '' AS barrier, measure, 'section' AS geography_kind, section_id AS geography_id, 'all' AS group_name, \
         value, low90, high90, se, answers, students, method, suppressed FROM section_figure \
         WHERE run_id = $1 AND ($2 = '' OR section_id = $2) AND ($3 = '' OR measure = $3) ORDER BY section_id, measure",
    )
    .bind(run)
    .bind(section.unwrap_or(""))
    .bind(measure.map_or("", Measure::code))
    .fetch_all(db)
    .await?;
    meant(db, run, read(&rows)?).await
}

/// The survey by itself of a run; `None` when the run had no answers.
///
/// # Errors
/// When the database fails, or holds what this version cannot read.
pub async fn survey_alone(db: &AnyPool, run: &str) -> Result<Option<SurveyAlone>> {
    let json: Option<String> = sqlx::query_scalar("SELECT survey_json FROM estimate_run WHERE id = $1")
        .bind(run)
        .fetch_one(db)
        .await?;
    json.map(|json| serde_json::from_str(&json).map_err(|e| sqlx::Error::Decode(Box::new(e)))).transpose()
}

/// Stores the figures of a run's sections; those of the district's earlier runs are deleted.
pub(super) async fn store_sections(
    write: &mut Write,
    (run, district): (&str, &str),
    figures: &[publish::Figure],
) -> Result<()> {
    sqlx::query("DELETE FROM section_figure WHERE district_id = $1")
        .bind(district)
        .execute(&mut **write)
        .await?;
    const INTO: &str = "INSERT INTO section_figure (run_id, district_id, measure, section_id, value, low90, high90, \
                        se, answers, students, method, suppressed) VALUES";
    let row = |figure: &publish::Figure| -> Vec<Value> {
        let r = figure.to_record();
        let place = [run.into(), district.into(), r.measure.code().into(), (&r.geography.id).into()];
        place.into_iter().chain(super::numbers(&r)).collect()
    };
    bulk::run(write, INTO, "", figures.iter().map(row)).await?;
    Ok(())
}

/// A district of the installation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DistrictRow {
    /// LEAID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state's FIPS code.
    pub state: String,
    /// 1 when it is made up.
    pub fictional: i64,
}

/// All districts of the installation by name.
///
/// # Errors
/// When the database fails.
pub async fn districts(db: &AnyPool) -> Result<Vec<DistrictRow>> {
    sqlx::query_as("SELECT id, name, state, fictional FROM district ORDER BY name, id").fetch_all(db).await
}

/// The figure of all students of each district in its latest run, of one measure or of all.
///
/// # Errors
/// When the database fails.
pub async fn district_figures(db: &AnyPool, measure: Option<Measure>) -> Result<Vec<Figure>> {
    let rows = sqlx::query(
        "SELECT '' AS barrier, f.measure, f.geography_kind, f.geography_id, f.group_name, f.value, f.low90, f.high90, \
         f.se, f.answers, f.students, f.method, f.suppressed \
         FROM district d JOIN figure f ON f.run_id = (SELECT r.id FROM estimate_run r \
           WHERE r.district_id = d.id AND r.state = 'done' ORDER BY r.finished_ms DESC, r.id DESC LIMIT 1) \
         AND f.geography_kind = 'district' AND f.geography_id = d.id AND f.group_name = 'all' \
         WHERE ($1 = '' OR f.measure = $1) ORDER BY d.name, d.id, f.measure",
    )
    .bind(measure.map_or("", Measure::code))
    .fetch_all(db)
    .await?;
    let inputs: Vec<(String, String)> = sqlx::query_as(
        "SELECT d.id, r.inputs_json FROM district d JOIN estimate_run r ON r.id = (SELECT x.id FROM estimate_run x \
           WHERE x.district_id = d.id AND x.state = 'done' ORDER BY x.finished_ms DESC, x.id DESC LIMIT 1)",
    )
    .fetch_all(db)
    .await?;
    let read_of = |(id, json): (String, String)| Ok((id, read_inputs(&json)?));
    let inputs: HashMap<String, _> = inputs.into_iter().map(read_of).collect::<Result<_>>()?;
    let with = |figure: Figure| match inputs.get(&figure.id) {
        Some(inputs) => figure.with_meaning(inputs),
        None => figure,
    };
    Ok(read(&rows)?.into_iter().map(with).collect())
}

/// The boundary of each district, where it is stored.
///
/// # Errors
/// When the database fails.
pub async fn district_boundaries(db: &AnyPool) -> Result<Vec<Boundary>> {
    sqlx::query_as(
        "SELECT geography_id, name, geojson FROM boundary_now \
         WHERE geography_kind = 'district' AND geography_id = district_id ORDER BY geography_id",
    )
    .fetch_all(db)
    .await
}
