//! Students one by one and page by page, and where they live.

use super::rows::student_row;
use crate::bulk::{self, Value};
use crate::db::Write;
use crate::rules::{Place, StudentRow, name_key};
use evenfield_gap::roster::{Address, School, Section};
use sqlx::{AnyPool, Row};
use std::collections::HashSet;

/// What a person searches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Part of a name, or a whole student id; empty for all.
    pub text: String,
    /// A school's id; empty for all.
    pub school: String,
    /// Only students whose home could not be placed.
    pub unplaced: bool,
}

/// A line of the student list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudentLine {
    /// The student's id.
    pub id: String,
    /// Family name.
    pub family_name: String,
    /// Given name.
    pub given_name: String,
    /// The school's name, or its id when the roster has no such school.
    pub school: String,
    /// Grade code.
    pub grade: String,
    /// The address in one line; empty when there is none.
    pub address: String,
    /// Block group, when the home is placed.
    pub block_group: Option<String>,
    /// How the home was placed.
    pub geocode: Option<String>,
    /// Why it was not.
    pub reason: Option<String>,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudentPage {
    /// The lines.
    pub lines: Vec<StudentLine>,
    /// How many match in all.
    pub found: i64,
}

/// A student's chance that a measure is true.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Chance {
    /// The measure's code.
    pub measure: String,
    /// The chance, 0 to 1.
    pub probability: f64,
    /// Lower end of its 90% interval.
    pub low90: f64,
    /// Upper end of its 90% interval.
    pub high90: f64,
    /// What it rests on: `answer` or `model`.
    pub basis: String,
}

/// The `%pattern%` of a search; what LIKE would take as a wildcard is escaped.
fn pattern(text: &str) -> String {
    let key = name_key(text);
    if key.is_empty() { "%".to_owned() } else { format!("%{}%", key.replace(' ', "%")) }
}

const MATCHES: &str = "FROM student s LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id \
    WHERE s.district_id = $1 AND (s.name_key LIKE $2 OR s.id = $3) AND ($4 = '' OR s.school_id = $4) \
    AND ($5 = 0 OR s.block_group IS NULL)";

/// The students that match, sorted by name: `limit` of them from `offset` on.
///
/// # Errors
/// The database's.
pub async fn find(
    pool: &AnyPool,
    district: &str,
    search: &Search,
    (offset, limit): (i64, i64),
) -> sqlx::Result<StudentPage> {
    let count = format!("SELECT COUNT(*) {MATCHES}");
    let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(search.text.trim())
        .bind(&search.school)
        .bind(i64::from(search.unplaced))
        .fetch_one(pool)
        .await?;
    let select = format!(
        "SELECT s.id, s.family_name, s.given_name, COALESCE(c.name, s.school_id), s.grade, s.street, \
         s.city, s.state, s.zip, s.block_group, s.geocode, s.geocode_reason {MATCHES} \
         ORDER BY s.name_key, s.id LIMIT $6 OFFSET $7"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(select))
        .bind(district)
        .bind(pattern(&search.text))
        .bind(search.text.trim())
        .bind(&search.school)
        .bind(i64::from(search.unplaced))
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await?;
    let lines = rows
        .iter()
        .map(|row| {
            let part = |column: usize| row.try_get::<Option<String>, _>(column);
            let parts = [part(5)?, part(6)?, part(7)?, part(8)?];
            let address: Vec<String> = parts.into_iter().flatten().filter(|p| !p.is_empty()).collect();
            Ok(StudentLine {
                id: row.try_get(0)?,
                family_name: row.try_get(1)?,
                given_name: row.try_get(2)?,
                school: row.try_get(3)?,
                grade: row.try_get(4)?,
                address: address.join(", "),
                block_group: row.try_get(9)?,
                geocode: row.try_get(10)?,
                reason: row.try_get(11)?,
            })
        })
        .collect::<sqlx::Result<_>>()?;
    Ok(StudentPage { lines, found })
}

/// The students whose home could not be placed, by name; all of them, for a CSV.
///
/// # Errors
/// The database's.
pub async fn unplaced(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<StudentLine>> {
    let search = Search { unplaced: true, ..Search::default() };
    Ok(find(pool, district, &search, (0, i64::from(i32::MAX))).await?.lines)
}

/// How many homes are placed and by what means: `(how or why, placed, students)`.
///
/// # Errors
/// The database's.
pub async fn places_summary(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<(String, bool, i64)>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT word, placed, COUNT(*) FROM ( \
           SELECT CASE WHEN block_group IS NOT NULL THEN COALESCE(geocode, '') \
                       WHEN geocode_reason IS NOT NULL THEN geocode_reason \
                       WHEN geocode IS NOT NULL THEN 'waiting' \
                       WHEN street IS NULL THEN 'no-address' ELSE 'waiting' END AS word, \
                  CASE WHEN block_group IS NOT NULL THEN 1 ELSE 0 END AS placed \
           FROM student WHERE district_id = $1) AS each_student \
         GROUP BY word, placed ORDER BY placed DESC, COUNT(*) DESC, word",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(word, placed, n)| (word, placed == 1, n)).collect())
}

/// One student.
///
/// # Errors
/// The database's.
pub async fn student(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Option<StudentRow>> {
    sqlx::query(
        "SELECT id, school_id, grade, given_name, family_name, street, city, \
         state, zip, frl, ell, iep, home_language, lon, lat, block_group, geocode, geocode_reason \
         FROM student WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(pool)
    .await?
    .map(|row| student_row(&row))
    .transpose()
}

/// The sections that a student is in.
///
/// # Errors
/// The database's.
pub async fn student_sections(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Vec<Section>> {
    let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT c.id, c.school_id, c.title, c.period FROM enrollment e \
         JOIN section c ON c.district_id = e.district_id AND c.id = e.section_id \
         WHERE e.district_id = $1 AND e.person_id = $2 AND e.teaches = 0 ORDER BY c.title, c.id",
    )
    .bind(district)
    .bind(id)
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(source_id, school, title, period)| Section { source_id, school, title, period })
        .collect())
}

/// The chances of a student by the latest estimate, in the order of the measures.
///
/// # Errors
/// The database's.
pub async fn chances(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Vec<Chance>> {
    sqlx::query_as(
        "SELECT measure, probability, low90, high90, basis FROM student_probability \
         WHERE district_id = $1 AND student_id = $2 ORDER BY measure",
    )
    .bind(district)
    .bind(id)
    .fetch_all(pool)
    .await
}

/// Whether the survey was ever answered for a student.
///
/// # Errors
/// The database's.
pub async fn answered(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM survey_answer_now WHERE district_id = $1 AND student_id = $2 LIMIT 1",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(pool)
    .await?;
    Ok(found.is_some())
}

/// The schools of a district by name.
///
/// # Errors
/// The database's.
pub async fn schools(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<School>> {
    let rows: Vec<(String, String, Option<String>)> =
        sqlx::query_as("SELECT id, name, ncessch FROM school WHERE district_id = $1 ORDER BY name, id")
            .bind(district)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(source_id, name, ncessch)| School { source_id, name, ncessch }).collect())
}

/// The values of a place in the order of `set_places!`.
fn place_values(district: &str, id: &str, place: &Place) -> Vec<Value> {
    vec![
        district.into(),
        id.into(),
        place.lon.into(),
        place.lat.into(),
        (&place.block_group).into(),
        (&place.geocode).into(),
        (&place.reason).into(),
    ]
}

/// Stores rows `v` of places with their students, where a condition says so.
macro_rules! set_places {
    ($condition:literal) => {
        concat!(
            ") UPDATE student SET lon = v.lon, lat = v.lat, block_group = v.block_group, geocode = v.geocode, \
             geocode_reason = v.reason FROM v WHERE student.district_id = v.district_id AND student.id = v.id ",
            $condition
        )
    };
}

/// The ids of all students of the roster.
///
/// # Errors
/// The database's.
pub async fn student_ids(pool: &AnyPool, district: &str) -> sqlx::Result<HashSet<String>> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM student WHERE district_id = $1")
        .bind(district)
        .fetch_all(pool)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Stores coordinates that the district uploaded. Students who are not in the roster are left out; the result is how
/// many were stored.
///
/// # Errors
/// The database's.
pub async fn store_places(tx: &mut Write, district: &str, places: &[(String, Place)]) -> sqlx::Result<u64> {
    let rows = places.iter().map(|(id, place)| place_values(district, id, place));
    let with = "WITH v (district_id, id, lon, lat, block_group, geocode, reason) AS (VALUES";
    bulk::run(tx, with, set_places!(""), rows).await
}

/// Stores where students live who had these addresses when it was found out, or why it was not. Who has moved since, or
/// has got coordinates of the district's own, is left out; the result is how many were stored.
///
/// # Errors
/// The database's.
pub async fn store_found_places(
    tx: &mut Write,
    district: &str,
    found: &[(String, Option<Address>, Place)],
) -> sqlx::Result<u64> {
    let rows = found.iter().map(|(id, address, place)| {
        let part = |of: fn(&Address) -> &String| Value::from(address.as_ref().map(|a| of(a).as_str()));
        let mut row = place_values(district, id, place);
        row.extend([part(|a| &a.street), part(|a| &a.city), part(|a| &a.state), part(|a| &a.zip)]);
        row
    });
    bulk::run(
        tx,
        "WITH v (district_id, id, lon, lat, block_group, geocode, reason, street, city, state, zip) AS (VALUES",
        set_places!(
            "AND COALESCE(student.street, '') = COALESCE(v.street, '') \
             AND COALESCE(student.city, '') = COALESCE(v.city, '') \
             AND COALESCE(student.state, '') = COALESCE(v.state, '') \
             AND COALESCE(student.zip, '') = COALESCE(v.zip, '') \
             AND (COALESCE(student.geocode, '') <> 'uploaded' OR (student.lon = v.lon AND student.lat = v.lat))"
        ),
        rows,
    )
    .await
}
