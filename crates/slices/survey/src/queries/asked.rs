//! Who is asked: terms, access codes, letters.

use crate::bulk::{self, Value};
use crate::db::Write;
use sqlx::{AnyPool, Row};
use std::collections::HashSet;

/// A term of a district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermRow {
    /// Its name, `2026-fall`.
    pub term: String,
    /// When it was opened, milliseconds since 1970 UTC.
    pub opened_ms: i64,
    /// When it was closed; `None` while families can answer.
    pub closed_ms: Option<i64>,
    /// Codes given out.
    pub codes: i64,
    /// Students with an answer.
    pub answered: i64,
}

/// Opens a term, or opens it again.
///
/// # Errors
/// The database's.
pub async fn open_term(tx: &mut Write, district: &str, term: &str, now_ms: i64) -> sqlx::Result<()> {
    know_term(tx, district, term, now_ms).await?;
    let sql = "UPDATE survey_term SET closed_ms = NULL WHERE district_id = $1 AND term = $2";
    sqlx::query(sql).bind(district).bind(term).execute(&mut **tx).await?;
    Ok(())
}

/// Opens a term that is not known yet; one that was closed stays so.
///
/// # Errors
/// The database's.
pub async fn know_term(tx: &mut Write, district: &str, term: &str, now_ms: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO survey_term (district_id, term, opened_ms, closed_ms) VALUES ($1, $2, $3, NULL) \
         ON CONFLICT (district_id, term) DO NOTHING",
    )
    .bind(district)
    .bind(term)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Closes a term: its codes are no longer taken. `false` when there is no such open term.
///
/// # Errors
/// The database's.
pub async fn close_term(tx: &mut Write, district: &str, term: &str, now_ms: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE survey_term SET closed_ms = $3 WHERE district_id = $1 AND term = $2 AND closed_ms IS NULL",
    )
    .bind(district)
    .bind(term)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets a term that has no code and no answer: it was opened by mistake. `false` when it has some or is none.
///
/// # Errors
/// The database's.
pub async fn forget_term(tx: &mut Write, district: &str, term: &str) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "DELETE FROM survey_term WHERE district_id = $1 AND term = $2 \
         AND NOT EXISTS (SELECT 1 FROM survey_code c WHERE c.district_id = $1 AND c.term = $2) \
         AND NOT EXISTS (SELECT 1 FROM survey_answer_now a WHERE a.district_id = $1 AND a.term = $2)",
    )
    .bind(district)
    .bind(term)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The terms of a district, the latest opened first.
///
/// # Errors
/// The database's.
pub async fn terms(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<TermRow>> {
    let rows = sqlx::query(
        "SELECT term, opened_ms, closed_ms, \
         (SELECT COUNT(*) FROM survey_code c WHERE c.district_id = t.district_id AND c.term = t.term), \
         (SELECT COUNT(DISTINCT a.student_id) FROM survey_answer_now a \
           WHERE a.district_id = t.district_id AND a.term = t.term) \
         FROM survey_term t WHERE district_id = $1 ORDER BY opened_ms DESC, term DESC",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(TermRow {
                term: row.try_get(0)?,
                opened_ms: row.try_get(1)?,
                closed_ms: row.try_get(2)?,
                codes: row.try_get(3)?,
                answered: row.try_get(4)?,
            })
        })
        .collect()
}

/// Gives a code to each student of the roster who has none in this term, and says to how many.
///
/// # Errors
/// The database's; a code that is already given out is one of them, and the caller may try again.
pub async fn make_codes(
    tx: &mut Write,
    district: &str,
    (term, now_ms): (&str, i64),
    mut next: impl FnMut() -> String,
) -> sqlx::Result<u64> {
    let students: Vec<String> = sqlx::query_scalar(
        "SELECT s.id FROM student s WHERE s.district_id = $1 AND NOT EXISTS (SELECT 1 FROM survey_code c \
         WHERE c.district_id = s.district_id AND c.term = $2 AND c.student_id = s.id) ORDER BY s.id",
    )
    .bind(district)
    .bind(term)
    .fetch_all(&mut **tx)
    .await?;
    let rows: Vec<Vec<Value>> = students
        .iter()
        .map(|id| vec![district.into(), term.into(), id.into(), (&next()).into(), now_ms.into()])
        .collect();
    let insert = "INSERT INTO survey_code (district_id, term, student_id, code, made_ms) VALUES";
    bulk::run(tx, insert, "", rows).await
}

/// Whose code it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The student's id. Never shown.
    pub student: String,
    /// The term.
    pub term: String,
    /// The first letter of the given name, the only thing of the student that the form shows; empty when
    /// the student has left the roster.
    pub initial: String,
}

/// The holder of a code whose term is open; `None` for every other text.
///
/// # Errors
/// The database's.
pub async fn code_holder(pool: &AnyPool, district: &str, code: &str) -> sqlx::Result<Option<Holder>> {
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT c.student_id, c.term, COALESCE(s.given_name, '') FROM survey_code c \
         JOIN survey_term t ON t.district_id = c.district_id AND t.term = c.term AND t.closed_ms IS NULL \
         LEFT JOIN student s ON s.district_id = c.district_id AND s.id = c.student_id \
         WHERE c.district_id = $1 AND c.code = $2",
    )
    .bind(district)
    .bind(code)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|(student, term, name)| Holder {
        student,
        term,
        initial: name.trim().chars().take(1).flat_map(char::to_uppercase).collect(),
    }))
}

/// Whether this code was given out for a term that is closed now.
///
/// # Errors
/// The database's.
pub async fn is_of_closed_term(pool: &AnyPool, district: &str, code: &str) -> sqlx::Result<bool> {
    let n: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM survey_code c JOIN survey_term t ON t.district_id = c.district_id \
         AND t.term = c.term AND t.closed_ms IS NOT NULL WHERE c.district_id = $1 AND c.code = $2",
    )
    .bind(district)
    .bind(code)
    .fetch_one(pool)
    .await?;
    Ok(n > 0)
}

/// Whether the roster has this student.
///
/// # Errors
/// The database's.
pub async fn student_exists(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<bool> {
    let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM student WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .fetch_one(pool)
        .await?;
    Ok(n > 0)
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

/// What a letter says: to whom it goes and the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Given and family name.
    pub name: String,
    /// The school's name.
    pub school: String,
    /// Grade code.
    pub grade: String,
    /// The code.
    pub code: String,
    /// Home language as the source codes it: which language comes first on the letter.
    pub home_language: Option<String>,
}

/// The letters of one school (or, with an empty id, all) in a term, by school, grade and name; those
/// already answered are left out when `open_only`.
///
/// # Errors
/// The database's.
pub async fn letters(
    pool: &AnyPool,
    district: &str,
    (term, school, open_only): (&str, &str, bool),
) -> sqlx::Result<Vec<Letter>> {
    let rows: Vec<(String, String, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT s.given_name, s.family_name, COALESCE(c.name, s.school_id), s.grade, k.code, s.home_language \
         FROM survey_code k JOIN student s ON s.district_id = k.district_id AND s.id = k.student_id \
         LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id \
         WHERE k.district_id = $1 AND k.term = $2 AND ($3 = '' OR s.school_id = $3) \
         AND ($4 = 0 OR NOT EXISTS (SELECT 1 FROM survey_answer_now a WHERE a.district_id = k.district_id \
           AND a.term = k.term AND a.student_id = k.student_id)) \
         ORDER BY 3, s.grade, s.name_key, s.id",
    )
    .bind(district)
    .bind(term)
    .bind(school)
    .bind(i64::from(open_only))
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(given, family, school, grade, code, home_language)| Letter {
            name: format!("{given} {family}"),
            school,
            grade,
            code,
            home_language,
        })
        .collect())
}
