//! Answers: every one that was ever given is kept; of one student and term the latest counts.

use crate::bulk::{self, Value};
use crate::db::{Write, new_id};
use evenfield_gap::survey::{Response, term_ends_ms};
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType, Problem, Problems,
};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row};
use std::collections::BTreeMap;

/// How an answer came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The family filled in the form.
    Web,
    /// Staff typed in a paper form.
    Paper,
    /// A file.
    Upload,
}

impl Source {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Paper => "paper",
            Self::Upload => "upload",
        }
    }
}

/// How answers came in, and through whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered<'a> {
    /// How.
    pub source: Source,
    /// The account's id or the command; `None` when the family sent it.
    pub by: Option<&'a str>,
    /// The load that they came in.
    pub load: Option<&'a str>,
}

/// Stores answers, all or nothing: the caller commits. Nothing is overwritten: see [`latest`].
///
/// # Errors
/// The database's.
pub async fn insert_many(
    tx: &mut Write,
    district: &str,
    responses: &[Response],
    entered: Entered<'_>,
) -> sqlx::Result<u64> {
    let rows = responses.iter().map(|r| {
        vec![
            Value::from(district),
            (&new_id()).into(),
            (&r.student).into(),
            (&r.term).into(),
            r.answered_ms.into(),
            entered.source.as_str().into(),
            entered.by.into(),
            r.internet_access.into(),
            r.barrier.map(Barrier::code).into(),
            r.internet_type.map(InternetType::code).into(),
            r.performance.map(InternetPerformance::code).into(),
            r.device.map(DeviceAway::code).into(),
            r.sharing.map(DeviceSharing::code).into(),
            r.provider.map(DeviceProvider::code).into(),
            r.download_mbps.into(),
            r.upload_mbps.into(),
            r.household_students.map(i64::from).into(),
            entered.load.into(),
        ]
    });
    let insert = "INSERT INTO survey_answer (district_id, id, student_id, term, answered_ms, source, \
        entered_by, internet_access, barrier, internet_type, performance, device, sharing, provider, \
        download_mbps, upload_mbps, household_students, load_id) VALUES";
    bulk::run(tx, insert, "", rows).await
}

/// The columns that [`response`] reads.
macro_rules! columns {
    () => {
        "a.student_id, a.term, a.answered_ms, a.internet_access, a.barrier, a.internet_type, a.performance, \
         a.device, a.sharing, a.provider, a.download_mbps, a.upload_mbps, a.household_students"
    };
}

/// Reads a row of `columns!`.
fn response(row: &AnyRow) -> sqlx::Result<Response> {
    fn code<T>(row: &AnyRow, column: usize, parse: fn(&str) -> Option<T>) -> sqlx::Result<Option<T>> {
        let Some(text) = row.try_get::<Option<String>, _>(column)? else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(sqlx::Error::Decode(format!("\"{text}\" is not an answer").into())),
        }
    }
    Ok(Response {
        student: row.try_get(0)?,
        term: row.try_get(1)?,
        answered_ms: row.try_get(2)?,
        internet_access: row.try_get::<Option<i64>, _>(3)?.map(|n| n == 1),
        barrier: code(row, 4, Barrier::parse)?,
        internet_type: code(row, 5, InternetType::parse)?,
        performance: code(row, 6, InternetPerformance::parse)?,
        device: code(row, 7, DeviceAway::parse)?,
        sharing: code(row, 8, DeviceSharing::parse)?,
        provider: code(row, 9, DeviceProvider::parse)?,
        download_mbps: row.try_get(10)?,
        upload_mbps: row.try_get(11)?,
        household_students: row.try_get::<Option<i64>, _>(12)?.and_then(|n| u32::try_from(n).ok()),
    })
}

/// The answer that counts of each student in a term, by student id: the latest, and of two of the same
/// time the one stored last.
///
/// # Errors
/// The database's; a stored answer that is in no code list is a decoding error.
pub async fn latest(pool: &AnyPool, district: &str, term: &str) -> sqlx::Result<Vec<Response>> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM (SELECT b.*, ROW_NUMBER() OVER (PARTITION BY b.student_id ORDER BY b.answered_ms DESC, b.id DESC) \
            AS place FROM survey_answer_now b WHERE b.district_id = $1 AND b.term = $2) AS a \
          WHERE a.place = 1 ORDER BY a.student_id"
    ))
    .bind(district)
    .bind(term)
    .fetch_all(pool)
    .await?;
    rows.iter().map(response).collect()
}

/// One answer in the history of a student.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// The answer.
    pub response: Response,
    /// How it came in: `web`, `paper`, `upload`.
    pub source: String,
}

/// Everything that was ever answered for a student, the newest first, but what came in a file that was removed: the
/// first of each term is the one that counts.
///
/// # Errors
/// As [`latest`].
pub async fn history(pool: &AnyPool, district: &str, student: &str) -> sqlx::Result<Vec<HistoryRow>> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", a.source FROM survey_answer_now a WHERE a.district_id = $1 AND a.student_id = $2 \
         ORDER BY a.answered_ms DESC, a.id DESC"
    ))
    .bind(district)
    .bind(student)
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok(HistoryRow { response: response(row)?, source: row.try_get(13)? })).collect()
}

/// What is known of an uploaded file besides its answers.
#[derive(Clone, Copy, Debug)]
pub struct LoadFacts<'a> {
    /// SHA-256 of the file, hexadecimal.
    pub digest: &'a str,
    /// Its name.
    pub file_name: &'a str,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// The account's id, or the command that loads.
    pub loaded_by: &'a str,
    /// What was wrong in it.
    pub problems: &'a Problems,
}

/// Stores the answers of a file, once: `false` when this file was loaded before, and no answer is stored again. One that
/// was removed is put back. Terms that nobody has opened are noted as closed ones: the answers are found there, and no
/// family is asked in a term that only a file knows.
///
/// # Errors
/// The database's.
pub async fn load(
    tx: &mut Write,
    district: &str,
    responses: &[Response],
    facts: LoadFacts<'_>,
) -> sqlx::Result<bool> {
    // The same file may hold more good answers than before: a student has joined the roster.
    let students: Vec<&[u8]> = responses.iter().map(|r| r.student.as_bytes()).collect();
    let digest = &crate::exchange::digest([facts.digest.as_bytes()].into_iter().chain(students));
    let removed: Option<String> = sqlx::query_scalar(
        "SELECT id FROM survey_load WHERE district_id = $1 AND digest = $2 AND removed_ms IS NOT NULL",
    )
    .bind(district)
    .bind(digest)
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = removed {
        return put_back(tx, district, &id).await;
    }
    know_terms(tx, district, responses, facts.loaded_ms).await?;
    let id = new_id();
    let problems = serde_json::to_string(facts.problems).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let done = sqlx::query(
        "INSERT INTO survey_load (district_id, digest, id, file_name, loaded_ms, loaded_by, answers, problems, \
         problems_json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_id, digest) DO NOTHING",
    )
    .bind(district)
    .bind(digest)
    .bind(&id)
    .bind(facts.file_name)
    .bind(facts.loaded_ms)
    .bind(facts.loaded_by)
    .bind(i64::try_from(responses.len()).unwrap_or(i64::MAX))
    .bind(i64::try_from(facts.problems.found()).unwrap_or(i64::MAX))
    .bind(problems)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let entered = Entered { source: Source::Upload, by: Some(facts.loaded_by), load: Some(&id) };
    insert_many(tx, district, responses, entered).await?;
    Ok(true)
}

/// Lets the answers of a load no longer count: those before them count again. They stay, so that the load can be
/// [put back](put_back). `false` when the district has no such load that counts.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut Write, district: &str, id: &str, now_ms: i64) -> sqlx::Result<bool> {
    let sql =
        "UPDATE survey_load SET removed_ms = $3 WHERE district_id = $1 AND id = $2 AND removed_ms IS NULL";
    let done = sqlx::query(sql).bind(district).bind(id).bind(now_ms).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a removed load count again. `false` when the district has no such load.
///
/// # Errors
/// The database's.
pub async fn put_back(tx: &mut Write, district: &str, id: &str) -> sqlx::Result<bool> {
    let sql = "UPDATE survey_load SET removed_ms = NULL WHERE district_id = $1 AND id = $2 AND removed_ms IS NOT NULL";
    let done = sqlx::query(sql).bind(district).bind(id).execute(&mut **tx).await?;
    // Its terms may have been forgotten meanwhile.
    let terms = "INSERT INTO survey_term (district_id, term, opened_ms, closed_ms) \
        SELECT district_id, term, MAX(answered_ms), MAX(answered_ms) FROM survey_answer \
        WHERE district_id = $1 AND load_id = $2 GROUP BY district_id, term \
        ON CONFLICT (district_id, term) DO NOTHING";
    sqlx::query(terms).bind(district).bind(id).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Notes each term of these answers that is not known yet, as of its latest answer or of its end, whichever is first: a
/// file may hold answers of years ago, and may not say when they were given.
async fn know_terms(
    tx: &mut Write,
    district: &str,
    responses: &[Response],
    loaded_ms: i64,
) -> sqlx::Result<()> {
    let mut terms: BTreeMap<&str, i64> = BTreeMap::new();
    for response in responses {
        let latest = terms.entry(&response.term).or_insert(i64::MIN);
        *latest = response.answered_ms.min(loaded_ms).max(*latest);
    }
    for (term, ms) in &mut terms {
        *ms = term_ends_ms(term).map_or(*ms, |end| end.min(*ms));
    }
    let rows = terms.into_iter().map(|(term, ms)| vec![district.into(), term.into(), ms.into(), ms.into()]);
    let insert = "INSERT INTO survey_term (district_id, term, opened_ms, closed_ms) VALUES";
    bulk::run(tx, insert, "ON CONFLICT (district_id, term) DO NOTHING", rows).await.map(|_| ())
}

/// An uploaded file as pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub file_name: String,
    /// When, milliseconds since 1970 UTC.
    pub loaded_ms: i64,
    /// Answers stored.
    pub answers: i64,
    /// Problems found.
    pub problems: i64,
    /// When it was removed, milliseconds since 1970 UTC; `None` while it counts.
    pub removed_ms: Option<i64>,
}

/// The uploaded files of a district, the latest first, at most 50.
///
/// # Errors
/// The database's.
pub async fn loads(pool: &AnyPool, district: &str) -> sqlx::Result<Vec<LoadRow>> {
    let rows: Vec<(String, String, i64, i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT id, file_name, loaded_ms, answers, problems, removed_ms FROM survey_load WHERE district_id = $1 \
         ORDER BY loaded_ms DESC, id DESC LIMIT 50",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, file_name, loaded_ms, answers, problems, removed_ms)| LoadRow {
            id,
            file_name,
            loaded_ms,
            answers,
            problems,
            removed_ms,
        })
        .collect())
}

/// The problems of an uploaded file; `None` when the district has no such file.
///
/// # Errors
/// The database's.
pub async fn load_problems(pool: &AnyPool, district: &str, id: &str) -> sqlx::Result<Option<Vec<Problem>>> {
    let json: Option<String> =
        sqlx::query_scalar("SELECT problems_json FROM survey_load WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(id)
            .fetch_optional(pool)
            .await?;
    json.map(|json| {
        let problems: Problems = serde_json::from_str(&json).map_err(|e| sqlx::Error::Decode(e.into()))?;
        Ok(problems.kept().to_vec())
    })
    .transpose()
}
