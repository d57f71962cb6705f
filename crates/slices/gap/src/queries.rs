//! SQL of the slice `gap`. It writes the tables of migrations 0008 and 0010 and reads those of other slices.

mod people;

pub use people::{
    DistrictRow, Section, district_boundaries, district_figures, districts, section, section_figures,
    sections_of, sections_taught, survey_alone,
};

use super::rules::steps::Known;
use super::rules::{Figure, Run, RunInput};
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rates;
use evenfield_gap::district::SurveyAlone;
use evenfield_gap::estimate::{Basis, Method};
use evenfield_gap::publish::{self, PublishRule, Record, Release, Why};
use evenfield_model::{Barrier, Geography, GeographyKind, Measure};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use std::collections::HashMap;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The latest estimate of a district.
///
/// # Errors
/// When the database fails.
pub async fn latest_run(db: &AnyPool, district: &str) -> Result<Option<Run>> {
    let row = sqlx::query(
        "SELECT id, finished_ms, rule_json, inputs_json FROM estimate_run \
         WHERE district_id = $1 AND state = 'done' ORDER BY finished_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let (rule, inputs): (String, String) = (row.try_get("rule_json")?, row.try_get("inputs_json")?);
        let unread = |e: serde_json::Error| sqlx::Error::Decode(Box::new(e));
        Ok(Run {
            id: row.try_get("id")?,
            finished_ms: row.try_get("finished_ms")?,
            rule: serde_json::from_str(&rule).map_err(unread)?,
            inputs: read_inputs(&inputs)?,
        })
    })
    .transpose()
}

/// Which figures are wanted; `None` is any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The measure.
    pub measure: Option<Measure>,
    /// The kind of place.
    pub kind: Option<GeographyKind>,
    /// The place.
    pub id: Option<&'a str>,
    /// The group.
    pub group: Option<&'a str>,
}

const COLUMNS: &str = "measure, geography_kind, geography_id, group_name, value, low90, high90, se, answers, students, method, suppressed";

/// Figures of measures, by place, group and measure.
///
/// # Errors
/// When the database fails.
pub async fn figures(db: &AnyPool, run: &str, wanted: Wanted<'_>) -> Result<Vec<Figure>> {
    // An empty text stands for "any": a NULL parameter has no type that PostgreSQL could tell.
    let sql = format!(
        "SELECT '' AS barrier, {COLUMNS} FROM figure WHERE run_id = $1 \
         AND ($2 = '' OR measure = $2) AND ($3 = '' OR geography_kind = $3) \
         AND ($4 = '' OR geography_id = $4) AND ($5 = '' OR group_name = $5) \
         ORDER BY geography_kind, geography_id, group_name, measure"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run)
        .bind(wanted.measure.map_or("", Measure::code))
        .bind(wanted.kind.map_or("", GeographyKind::as_str))
        .bind(wanted.id.unwrap_or(""))
        .bind(wanted.group.unwrap_or(""))
        .fetch_all(db)
        .await?;
    meant(db, run, read(&rows)?).await
}

/// The figures of a run with what they say by its inputs.
async fn meant(db: &AnyPool, run: &str, figures: Vec<Figure>) -> Result<Vec<Figure>> {
    let inputs: Option<String> = sqlx::query_scalar("SELECT inputs_json FROM estimate_run WHERE id = $1")
        .bind(run)
        .fetch_optional(db)
        .await?;
    let inputs = inputs.map_or(Ok(Vec::new()), |json| read_inputs(&json))?;
    Ok(figures.into_iter().map(|figure| figure.with_meaning(&inputs)).collect())
}

fn read_inputs(json: &str) -> Result<Vec<RunInput>> {
    serde_json::from_str(json).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// Figures of barriers of the group `all`, whatever group is wanted, in the order of the descriptor.
///
/// # Errors
/// When the database fails.
pub async fn barrier_figures(db: &AnyPool, run: &str, wanted: Wanted<'_>) -> Result<Vec<Figure>> {
    let sql = format!(
        "SELECT barrier, {COLUMNS} FROM barrier_figure WHERE run_id = $1 \
         AND ($2 = '' OR geography_kind = $2) AND ($3 = '' OR geography_id = $3) \
         AND ($4 = '' OR measure = $4) AND group_name = 'all'"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run)
        .bind(wanted.kind.map_or("", GeographyKind::as_str))
        .bind(wanted.id.unwrap_or(""))
        .bind(wanted.measure.map_or("", Measure::code))
        .fetch_all(db)
        .await?;
    let mut figures = read(&rows)?;
    let order = |f: &Figure| Barrier::ALL.iter().position(|b| f.barrier == Some(*b));
    figures.sort_by_key(order);
    Ok(figures)
}

/// Reads rows; one with a word that this version does not know is left out.
fn read(rows: &[AnyRow]) -> Result<Vec<Figure>> {
    let mut figures = Vec::with_capacity(rows.len());
    for row in rows {
        let kind = GeographyKind::from_word(row.try_get("geography_kind")?);
        let measure = Measure::from_code(row.try_get("measure")?);
        let (Some(measure), Some(kind)) = (measure, kind) else { continue };
        let barrier: Option<String> = row.try_get("barrier")?;
        let barrier = barrier.as_deref().filter(|b| !b.is_empty()).and_then(Barrier::parse);
        let number = |name: &str| row.try_get::<Option<f64>, _>(name);
        let count = |name: &str| {
            Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(name)?.and_then(|n| n.try_into().ok()))
        };
        let (method, why): (Option<String>, Option<String>) =
            (row.try_get("method")?, row.try_get("suppressed")?);
        let (id, group): (String, String) = (row.try_get("geography_id")?, row.try_get("group_name")?);
        let record = Record {
            measure,
            barrier,
            geography: Geography { kind, id },
            group,
            value: number("value")?,
            low90: number("low90")?,
            high90: number("high90")?,
            se: number("se")?,
            answers: count("answers")?,
            students: count("students")?,
            method: method.as_deref().and_then(Method::from_word),
            // A reason that this version does not know still withholds.
            suppressed: why.map(|word| Why::from_word(&word).unwrap_or(Why::Primary)),
        };
        let figure = publish::Figure::from_record(record).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
        figures.push(figure.into());
    }
    Ok(figures)
}

/// The kinds of places and the groups that a run has figures for.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &AnyPool, run: &str) -> Result<(Vec<GeographyKind>, Vec<String>)> {
    let kinds: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT geography_kind FROM figure WHERE run_id = $1")
            .bind(run)
            .fetch_all(db)
            .await?;
    let groups =
        sqlx::query_scalar("SELECT DISTINCT group_name FROM figure WHERE run_id = $1 ORDER BY group_name")
            .bind(run)
            .fetch_all(db)
            .await?;
    let mut kinds: Vec<_> = kinds.iter().filter_map(|k| GeographyKind::from_word(k)).collect();
    kinds.sort();
    Ok((kinds, groups))
}

/// The names of a district's places of one kind, by id.
///
/// # Errors
/// When the database fails.
pub async fn names(db: &AnyPool, district: &str, kind: GeographyKind) -> Result<HashMap<String, String>> {
    let pairs: Vec<(String, String)> = match kind {
        GeographyKind::School => {
            sqlx::query_as("SELECT id, name FROM school WHERE district_id = $1")
                .bind(district)
                .fetch_all(db)
                .await?
        }
        GeographyKind::Section => {
            sqlx::query_as("SELECT id, title FROM section WHERE district_id = $1")
                .bind(district)
                .fetch_all(db)
                .await?
        }
        _ => {
            sqlx::query_as(
                // Of two names the later counts: NCES names a district better than its boundary does.
                "SELECT id, name FROM ( \
                   SELECT geography_id AS id, name, 0 AS rank FROM boundary_now \
                     WHERE district_id = $1 AND geography_kind = $2 \
                   UNION ALL SELECT geography_id, name, 1 FROM directory_entry_now \
                     WHERE district_id = $1 AND geography_kind = $2) AS each_source ORDER BY rank",
            )
            .bind(district)
            .bind(kind.as_str())
            .fetch_all(db)
            .await?
        }
    };
    Ok(pairs.into_iter().collect())
}

/// A boundary: the place's id, its name, its GeoJSON geometry.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Boundary {
    /// The place.
    pub geography_id: String,
    /// Its name.
    pub name: String,
    /// Its GeoJSON geometry, as stored.
    pub geojson: String,
}

/// The boundaries of a district's places of one kind.
///
/// # Errors
/// When the database fails.
pub async fn boundaries(db: &AnyPool, district: &str, kind: GeographyKind) -> Result<Vec<Boundary>> {
    sqlx::query_as(
        "SELECT geography_id, name, geojson FROM boundary_now \
         WHERE district_id = $1 AND geography_kind = $2 ORDER BY geography_id",
    )
    .bind(district)
    .bind(kind.as_str())
    .fetch_all(db)
    .await
}

/// The kinds of places that a district has boundaries of, small to large.
///
/// # Errors
/// When the database fails.
pub async fn boundary_kinds(db: &AnyPool, district: &str) -> Result<Vec<GeographyKind>> {
    let words: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT geography_kind FROM boundary_now WHERE district_id = $1")
            .bind(district)
            .fetch_all(db)
            .await?;
    let mut kinds: Vec<_> = words.iter().filter_map(|w| GeographyKind::from_word(w)).collect();
    kinds.sort();
    Ok(kinds)
}

/// What is known of a district's data, for what to do next; `rule` says which response rates may be shown.
///
/// # Errors
/// When the database fails.
pub async fn known(db: &AnyPool, district: &str, (now_ms, rule): (i64, PublishRule)) -> Result<Known> {
    let rates = match rates::newest_term(db, district).await? {
        Some(term) => Some(rates::rates(&rates::asked(db, district, &term).await?, rates::smallest(rule))),
        None => None,
    };
    let one = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).bind(district).fetch_one(db).await;
    let time = async |sql: &'static str| {
        sqlx::query_scalar::<_, Option<i64>>(sql).bind(district).fetch_one(db).await
    };
    Ok(Known {
        now_ms,
        run_ms: time("SELECT MAX(created_ms) FROM estimate_run WHERE district_id = $1 AND state = 'done'")
            .await?,
        roster_ms: time(
            "SELECT MAX(loaded_ms) FROM roster_load WHERE district_id = $1 AND undone_ms IS NULL",
        )
        .await?,
        open_data_ms: time("SELECT MAX(COALESCE(removed_ms, loaded_ms)) FROM load WHERE district_id = $1")
            .await?,
        answer_ms: time(
            "SELECT MAX(ms) FROM (SELECT answered_ms AS ms FROM survey_answer \
               WHERE district_id = $1 AND load_id IS NULL \
             UNION ALL SELECT COALESCE(removed_ms, loaded_ms) FROM survey_load WHERE district_id = $1) AS t",
        )
        .await?,
        students: one("SELECT COUNT(*) FROM student WHERE district_id = $1").await?,
        unplaced: one("SELECT COUNT(*) FROM student WHERE district_id = $1 AND geocode_reason IS NOT NULL \
             AND geocode_reason <> 'no-address'")
        .await?,
        without_address: one(
            "SELECT COUNT(*) FROM student WHERE district_id = $1 AND street IS NULL AND lon IS NULL",
        )
        .await?,
        boundaries: one("SELECT COUNT(*) FROM boundary_now WHERE district_id = $1").await?,
        speeds: one("SELECT COUNT(*) FROM speed_test_now WHERE district_id = $1").await?
            + one("SELECT COUNT(*) FROM speed_tile_now WHERE district_id = $1").await?
            + one(
                "SELECT COUNT(*) FROM survey_answer_now WHERE district_id = $1 AND download_mbps IS NOT NULL",
            )
            .await?,
        rates,
    })
}

/// An estimate to be stored.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// The district.
    pub district_id: &'a str,
    /// When the data was read, ms since 1970 UTC: what changes after it makes the estimate stale.
    pub created_ms: i64,
    /// Now.
    pub finished_ms: i64,
    /// The seed of its random numbers.
    pub seed: u64,
    /// The publication rule that was applied.
    pub rule: PublishRule,
    /// The data that went in.
    pub inputs: &'a [RunInput],
    /// The figures of sections, after the rule.
    pub sections: &'a [publish::Figure],
    /// The survey by itself, after the rule.
    pub survey: Option<&'a SurveyAlone>,
}

/// One student's chance that a measure is true.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentChance<'a> {
    /// The student's id on the roster.
    pub student_id: &'a str,
    /// The measure.
    pub measure: Measure,
    /// The chance, 0 to 1.
    pub probability: f64,
    /// Lower end of its 90% interval.
    pub low90: f64,
    /// Upper end of its 90% interval.
    pub high90: f64,
    /// What it rests on.
    pub basis: Basis,
}

/// Stores a whole estimate within the caller's transaction and returns its id. Figures come out of the publication rule's
/// release and nowhere else.
/// The chances and the sections' figures of earlier runs are deleted, for the latest alone are used, and so is all of
/// the runs before the last [`KEPT_RUNS`].
///
/// # Errors
/// When the database fails, for example because a figure is given twice; then nothing may be committed.
pub async fn store_run(
    write: &mut Write,
    run: &NewRun<'_>,
    release: &Release,
    chances: &[StudentChance<'_>],
) -> Result<String> {
    let id = crate::db::new_id();
    let json = |e: serde_json::Error| sqlx::Error::Encode(Box::new(e));
    sqlx::query(
        "INSERT INTO estimate_run (id, district_id, state, created_ms, finished_ms, seed, rule_json, inputs_json, \
         survey_json) VALUES ($1, $2, 'done', $3, $4, $5, $6, $7, $8)",
    )
    .bind(&id)
    .bind(run.district_id)
    .bind(run.created_ms)
    .bind(run.finished_ms)
    // The same 64 bits: seeds above i64::MAX are stored as negative numbers.
    .bind(run.seed as i64)
    .bind(serde_json::to_string(&run.rule).map_err(json)?)
    .bind(serde_json::to_string(run.inputs).map_err(json)?)
    .bind(run.survey.map(serde_json::to_string).transpose().map_err(json)?)
    .execute(&mut **write)
    .await?;
    let of = (id.as_str(), run.district_id);
    store_figures(write, of, &release.figures).await?;
    store_barrier_figures(write, of, &release.barriers).await?;
    people::store_sections(write, of, run.sections).await?;
    sqlx::query("DELETE FROM student_probability WHERE district_id = $1")
        .bind(run.district_id)
        .execute(&mut **write)
        .await?;
    store_chances(write, of, chances).await?;
    delete_old_runs(write, run.district_id).await?;
    Ok(id)
}

/// How many estimates of a district are kept.
pub const KEPT_RUNS: i64 = 20;

/// Deletes the estimates before the last [`KEPT_RUNS`] with their figures. Of the tables that hang on a run, those of
/// the latest alone are emptied by [`store_run`] before.
async fn delete_old_runs(write: &mut Write, district: &str) -> Result<()> {
    let old = "district_id = $1 AND ID NOT IN (SELECT id FROM estimate_run WHERE district_id = $1 \
               ORDER BY finished_ms DESC, id DESC LIMIT $2)";
    for (table, id) in [("figure", "run_id"), ("barrier_figure", "run_id"), ("estimate_run", "id")] {
        let sql = format!("DELETE FROM {table} WHERE {}", old.replacen("ID", id, 1));
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(district).bind(KEPT_RUNS).execute(&mut **write).await?;
    }
    Ok(())
}

/// The columns of `figure`, in the order of [`figure_row`]; `barrier_figure` has one more.
fn figure_row((run, district): (&str, &str), figure: &publish::Figure) -> Vec<Value> {
    let r: Record = figure.to_record();
    let mut row: Vec<Value> = vec![
        run.into(),
        district.into(),
        r.measure.code().into(),
        r.geography.kind.as_str().into(),
        (&r.geography.id).into(),
        (&r.group).into(),
    ];
    row.extend(numbers(&r));
    row.extend(r.barrier.map(|b| b.code().into()));
    row
}

/// What stands in a table of figures after the place: the numbers, how they were made, or why there are none.
fn numbers(r: &Record) -> [Value; 8] {
    [
        r.value.into(),
        r.low90.into(),
        r.high90.into(),
        r.se.into(),
        r.answers.map(i64::from).into(),
        r.students.map(i64::from).into(),
        r.method.map(Method::as_str).into(),
        r.suppressed.map(Why::as_str).into(),
    ]
}

async fn store_figures(write: &mut Write, of: (&str, &str), figures: &[publish::Figure]) -> Result<()> {
    const INTO: &str = "INSERT INTO figure (run_id, district_id, measure, geography_kind, geography_id, group_name, \
                        value, low90, high90, se, answers, students, method, suppressed) VALUES";
    bulk::run(write, INTO, "", figures.iter().map(|f| figure_row(of, f))).await?;
    Ok(())
}

async fn store_barrier_figures(
    write: &mut Write,
    of: (&str, &str),
    figures: &[publish::Figure],
) -> Result<()> {
    const INTO: &str = "INSERT INTO barrier_figure (run_id, district_id, measure, geography_kind, geography_id, \
                        group_name, value, low90, high90, se, answers, students, method, suppressed, barrier) VALUES";
    bulk::run(write, INTO, "", figures.iter().map(|f| figure_row(of, f))).await?;
    Ok(())
}

async fn store_chances(
    write: &mut Write,
    (run, district): (&str, &str),
    chances: &[StudentChance<'_>],
) -> Result<()> {
    const INTO: &str = "INSERT INTO student_probability (run_id, district_id, student_id, measure, probability, \
                        low90, high90, basis) VALUES";
    let row = |c: &StudentChance<'_>| {
        vec![
            run.into(),
            district.into(),
            c.student_id.into(),
            c.measure.code().into(),
            c.probability.into(),
            c.low90.into(),
            c.high90.into(),
            c.basis.as_str().into(),
        ]
    };
    bulk::run(write, INTO, "", chances.iter().map(row)).await?;
    Ok(())
}

/// How many lent lines are not used, by the district's rules of lending, and what these cost in a month, cents.
///
/// # Errors
/// The database's.
pub async fn idle_lines(pool: &AnyPool, district: &str) -> sqlx::Result<(i64, i64)> {
    // The slice `lending` has the rules; a test of its own holds these defaults to its.
    let rule = |name: &str, default: i64| {
        format!(
            "COALESCE((SELECT r.setting FROM lending_rule r WHERE r.district_id = $1 AND r.rule = '{name}'), {default})"
        )
    };
    let (days, cents) = (rule("idle_days", 60), rule("line_cents", 0));
    let sql = format!(
        "SELECT COUNT(*), COUNT(*) * {cents} FROM carrier_line l JOIN lending_device d ON d.district_id = l.district_id \
         AND d.iccid = l.iccid WHERE l.district_id = $1 AND d.state IN ('lent', 'lost') AND {days} > 0 AND l.idle_days >= {days}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).fetch_one(pool).await
}
