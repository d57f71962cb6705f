//! Households that ask for a hotspot, and the rule of their order.

use super::households::{HOME, HOME_SAID};
use crate::db::{Write, new_id};
use crate::rules::score::{Access, Barrier, Facts, Ranked, Score, inputs};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

/// What a household asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What counts of it.
    pub facts: Facts,
    /// The student's id.
    pub student: String,
    /// Family name and given name; empty when the roster has her no more.
    pub name: (String, String),
    /// The school's name.
    pub school: String,
    /// `waiting`, `offered`, `served`, `lapsed`, `withdrawn`.
    pub state: String,
    /// When an offer expires.
    pub expires_ms: Option<i64>,
    /// The key of the student's home; her id where nothing is known of it.
    pub home: String,
}

fn asked(row: &AnyRow) -> Result<Asked> {
    let word = |column: &str| row.try_get::<String, _>(column);
    Ok(Asked {
        facts: Facts {
            id: word("id")?,
            access: Access::from_word(&word("access")?).unwrap_or(Access::Good),
            barrier: Barrier::from_word(&word("barrier")?).unwrap_or(Barrier::Other),
            siblings: row.try_get("siblings")?,
            grade: word("grade")?,
            meals: row.try_get::<i64, _>("meals")? == 1,
            asked_ms: row.try_get("asked_ms")?,
        },
        student: word("student_id")?,
        name: (word("family_name")?, word("given_name")?),
        school: word("school")?,
        state: word("state")?,
        expires_ms: row.try_get("expires_ms")?,
        home: word("home")?,
    })
}

/// Requests with all that counts; siblings are other students of the household.
fn select(which: &str) -> String {
    format!(
        "WITH home AS (SELECT {HOME} AS home, COUNT(*) AS students FROM student s {HOME_SAID} \
           WHERE s.district_id = $1 GROUP BY 1) \
         SELECT r.id, r.student_id, r.asked_ms, r.access, r.barrier, r.state, r.expires_ms, COALESCE(s.grade, '') AS grade, \
           COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name, \
           COALESCE(c.name, s.school_id, '') AS school, CASE WHEN s.frl = 1 THEN 1 ELSE 0 END AS meals, \
           COALESCE(h.students - 1, 0) AS siblings, COALESCE({HOME}, r.student_id) AS home \
         FROM lending_request r LEFT JOIN student s ON s.district_id = r.district_id AND s.id = r.student_id {HOME_SAID} \
         LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id \
         LEFT JOIN home h ON h.home = {HOME} \
         WHERE r.district_id = $1 AND {which}"
    )
}

/// The requests that are open: those that wait, and those to whom something is offered.
///
/// # Errors
/// The database's.
pub async fn open_requests(tx: &mut sqlx::AnyConnection, district: &str) -> Result<Vec<Asked>> {
    let sql = select("r.state IN ('waiting', 'offered') ORDER BY r.asked_ms, r.id");
    sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(tx).await?.iter().map(asked).collect()
}

/// The request of a student that was asked last.
///
/// # Errors
/// The database's.
pub async fn last_request(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    student: &str,
) -> Result<Option<Asked>> {
    let sql = select("r.student_id = $2 ORDER BY r.asked_ms DESC, r.id DESC LIMIT 1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(student).fetch_optional(tx).await?;
    row.as_ref().map(asked).transpose()
}

/// Stores a request. Whether the student had none that is open.
///
/// # Errors
/// The database's.
pub async fn put_request(
    tx: &mut Write,
    district: &str,
    student: &str,
    (access, barrier): (Access, Barrier),
    (by, ms): (Option<&str>, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO lending_request (district_id, id, student_id, asked_ms, asked_by, access, barrier, state) \
         SELECT $1, $2, $3, CAST($4 AS BIGINT), $5, $6, $7, 'waiting' WHERE NOT EXISTS (SELECT 1 FROM lending_request \
         WHERE district_id = $1 AND student_id = $3 AND state IN ('waiting', 'offered'))",
    )
    .bind(district)
    .bind(new_id())
    .bind(student)
    .bind(ms)
    .bind(by)
    .bind(access.as_str())
    .bind(barrier.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a student's open request back. Whether there was one.
///
/// # Errors
/// The database's.
pub async fn withdraw(tx: &mut Write, district: &str, student: &str, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE lending_request SET state = 'withdrawn', closed_ms = $3 WHERE district_id = $1 AND student_id = $2 \
         AND state IN ('waiting', 'offered')",
    )
    .bind(district)
    .bind(student)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the offers whose time is over.
///
/// # Errors
/// The database's.
pub async fn lapse(tx: &mut Write, district: &str, now_ms: i64) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE lending_request SET state = 'lapsed', closed_ms = $2 WHERE district_id = $1 AND state = 'offered' \
         AND expires_ms <= $2",
    )
    .bind(district)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Offers something to this request, out of that order. Whether it waited.
///
/// # Errors
/// The database's.
pub async fn offer(
    tx: &mut Write,
    district: &str,
    request: &str,
    ranking: &str,
    (now_ms, expires_ms): (i64, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE lending_request SET state = 'offered', offered_ms = $3, expires_ms = $4, ranking_id = $5 \
         WHERE district_id = $1 AND id = $2 AND state = 'waiting'",
    )
    .bind(district)
    .bind(request)
    .bind(now_ms)
    .bind(expires_ms)
    .bind(ranking)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The student got a hotspot by this loan: her open request is over.
///
/// # Errors
/// The database's.
pub async fn serve(tx: &mut Write, district: &str, student: &str, (loan, ms): (&str, i64)) -> Result<()> {
    sqlx::query(
        "UPDATE lending_request SET state = 'served', closed_ms = $3, loan_id = $4 WHERE district_id = $1 AND student_id = $2 \
         AND state IN ('waiting', 'offered')",
    )
    .bind(district)
    .bind(student)
    .bind(ms)
    .bind(loan)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// The loan was a mistake: the request that it served waits again, or has its offer again, until the day that it had, unless there is another
/// by now.
///
/// # Errors
/// The database's.
pub async fn unserve(tx: &mut Write, district: &str, loan: &str) -> Result<()> {
    sqlx::query(
        "UPDATE lending_request SET state = CASE WHEN expires_ms IS NULL THEN 'waiting' ELSE 'offered' END, closed_ms = NULL, \
         loan_id = NULL WHERE district_id = $1 AND loan_id = $2 AND NOT EXISTS (SELECT 1 FROM lending_request o \
         WHERE o.district_id = $1 AND o.student_id = lending_request.student_id AND o.state IN ('waiting', 'offered'))",
    )
    .bind(district)
    .bind(loan)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// The newest rule of a district's order with its version; version 0 is the one that the program comes with.
///
/// # Errors
/// The database's.
pub async fn score<'e, E>(database: E, district: &str) -> Result<(i64, Score)>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT version, points FROM lending_score WHERE district_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(database)
    .await?;
    let read = |(version, text): (i64, String)| Some((version, Score::from_text(&text)?));
    Ok(row.and_then(read).unwrap_or_default())
}

/// Makes this the rule, as the next version; the earlier ones stay.
///
/// # Errors
/// The database's.
pub async fn put_score(tx: &mut Write, district: &str, score: Score, (by, ms): (&str, i64)) -> Result<i64> {
    let version = self::score(&mut **tx, district).await?.0 + 1;
    sqlx::query(
        "INSERT INTO lending_score (district_id, version, points, made_ms, made_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(version)
    .bind(score.to_text())
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(version)
}

/// Keeps an order out of which something is offered; its id.
///
/// # Errors
/// The database's.
pub async fn put_ranking(
    tx: &mut Write,
    district: &str,
    ranked: &[Ranked],
    (version, score, mark): (i64, Score, &str),
    ms: i64,
) -> Result<String> {
    let id = new_id();
    sqlx::query(
        "INSERT INTO lending_ranking (district_id, id, made_ms, version, points, inputs, mark) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(district)
    .bind(&id)
    .bind(ms)
    .bind(version)
    .bind(score.to_text())
    .bind(inputs(ranked))
    .bind(mark)
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// An order as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ranking {
    /// Its id.
    pub id: String,
    /// When it was made, ms since 1970 UTC.
    pub made_ms: i64,
    /// The version of its rule.
    pub version: i64,
    /// The rule.
    pub points: String,
    /// A line for each request.
    pub inputs: String,
    /// The digest of all that.
    pub mark: String,
    /// To how many something was offered, of those that have not been offered something since.
    pub offers: i64,
}

const RANKING: &str = "SELECT k.id, k.made_ms, k.version, k.points, k.inputs, k.mark, (SELECT COUNT(*) FROM lending_request r \
    WHERE r.district_id = k.district_id AND r.ranking_id = k.id) AS offers FROM lending_ranking k WHERE k.district_id = $1";

/// The orders that were kept, the latest first.
///
/// # Errors
/// The database's.
pub async fn rankings(pool: &AnyPool, district: &str, limit: i64) -> Result<Vec<Ranking>> {
    let sql = format!("{RANKING} ORDER BY k.made_ms DESC, k.id DESC LIMIT $2");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(limit).fetch_all(pool).await
}

/// One of them by its id.
///
/// # Errors
/// The database's.
pub async fn ranking(pool: &AnyPool, district: &str, id: &str) -> Result<Option<Ranking>> {
    let sql = format!("{RANKING} AND k.id = $2");
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(pool).await
}

/// Whose access code it is: the student, and the first letter of her given name. The code is that of the newest letters.
///
/// # Errors
/// The database's.
pub async fn code_holder(pool: &AnyPool, district: &str, code: &str) -> Result<Option<(String, String)>> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT c.student_id, COALESCE(s.given_name, '') FROM survey_code c \
         LEFT JOIN student s ON s.district_id = c.district_id AND s.id = c.student_id \
         WHERE c.district_id = $1 AND c.code = $2 AND c.term = (SELECT t.term FROM survey_term t WHERE t.district_id = $1 \
         ORDER BY t.opened_ms DESC, t.term DESC LIMIT 1)",
    )
    .bind(district)
    .bind(code)
    .fetch_optional(pool)
    .await?;
    let initial = |name: String| name.trim().chars().take(1).flat_map(char::to_uppercase).collect();
    Ok(row.map(|(student, name)| (student, initial(name))))
}
