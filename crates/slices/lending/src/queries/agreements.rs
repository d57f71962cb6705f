//! What households agree to when they get a device, and what they signed.

use super::loans::{LOAN, LOAN_DEVICE, OPEN, device_columns, loan_and_device};
use super::{Loan, Student};
use crate::db::{Write, new_id};
use crate::rules::inventory::Device;
use crate::secret;
use crate::words::Language;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

/// How long a link holds by which somebody signs.
const HOLDS_MS: i64 = 60 * 60 * 1000;

/// When something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// When a device is handed over.
    Out,
    /// When it comes back.
    In,
}

impl Moment {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Out, Self::In].into_iter().find(|moment| moment.as_str() == word)
    }
}

/// A version of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Agreement {
    /// The language's tag.
    pub language: String,
    /// From 1.
    pub version: i64,
    /// The text.
    pub body: String,
    /// Since when it is shown.
    pub made_ms: i64,
    /// How many loans were signed with it.
    pub signed: i64,
}

const SIGNED: &str = "(SELECT COUNT(*) FROM lending_signature s WHERE s.district_id = a.district_id AND s.moment = 'out' \
     AND s.language = a.language AND s.version = a.version) AS signed";

/// All versions, the newest first.
///
/// # Errors
/// The database's.
pub async fn agreements(pool: &AnyPool, district: &str) -> Result<Vec<Agreement>> {
    let sql = format!(
        "SELECT a.language, a.version, a.body, a.made_ms, {SIGNED} FROM lending_agreement a WHERE a.district_id = $1 \
         ORDER BY a.language, a.version DESC"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).fetch_all(pool).await
}

/// The version that is in force in a language.
///
/// # Errors
/// The database's.
pub async fn agreement<'e, E>(database: E, district: &str, language: Language) -> Result<Option<Agreement>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!(
        "SELECT a.language, a.version, a.body, a.made_ms, {SIGNED} FROM lending_agreement a WHERE a.district_id = $1 \
         AND a.language = $2 ORDER BY a.version DESC LIMIT 1"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(language.tag()).fetch_optional(database).await
}

/// The version that a household is shown that reads a language: the one in force in it, or where there is none the newest in another.
///
/// # Errors
/// The database's.
pub async fn agreement_for(tx: &mut Write, district: &str, language: Language) -> Result<Option<Agreement>> {
    let sql = format!(
        "SELECT a.language, a.version, a.body, a.made_ms, {SIGNED} FROM lending_agreement a WHERE a.district_id = $1 \
         ORDER BY CASE WHEN a.language = $2 THEN 0 ELSE 1 END, a.version DESC LIMIT 1"
    );
    sqlx::query_as(AssertSqlSafe(sql)).bind(district).bind(language.tag()).fetch_optional(&mut **tx).await
}

/// Stores the next version of the agreement in a language; its number.
///
/// # Errors
/// The database's.
pub async fn put_agreement(
    tx: &mut Write,
    district: &str,
    (language, body): (Language, &str),
    (by, ms): (&str, i64),
) -> Result<i64> {
    let version = agreement(&mut **tx, district, language).await?.map_or(0, |a| a.version) + 1;
    sqlx::query(
        "INSERT INTO lending_agreement (district_id, language, version, body, made_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(district)
    .bind(language.tag())
    .bind(version)
    .bind(body)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(version)
}

/// What somebody signed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Signature {
    /// `out` or `in`.
    pub moment: String,
    /// As whoever signed typed it.
    pub name: String,
    /// What was drawn.
    pub strokes: Option<String>,
    /// In which language the agreement was read.
    pub language: String,
    /// Its version.
    pub version: Option<i64>,
    /// When.
    pub signed_ms: i64,
    /// Who held the tablet.
    pub taken_by: Option<String>,
}

/// What was signed of a loan, in order.
///
/// # Errors
/// The database's.
pub async fn signatures(tx: &mut sqlx::AnyConnection, district: &str, loan: &str) -> Result<Vec<Signature>> {
    sqlx::query_as(
        "SELECT moment, name, strokes, language, version, signed_ms, taken_by FROM lending_signature \
         WHERE district_id = $1 AND loan_id = $2 ORDER BY signed_ms, id",
    )
    .bind(district)
    .bind(loan)
    .fetch_all(tx)
    .await
}

/// Takes back what was signed at the return of a loan that is undone; the audit log has that it was signed.
///
/// # Errors
/// The database's.
pub async fn drop_return_signature(tx: &mut Write, district: &str, loan: &str) -> Result<()> {
    sqlx::query("DELETE FROM lending_signature WHERE district_id = $1 AND loan_id = $2 AND moment = 'in'")
        .bind(district)
        .bind(loan)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Keeps a signature with its loan. Whether there was none of that moment.
///
/// # Errors
/// The database's.
pub async fn put_signature(
    tx: &mut Write,
    district: &str,
    loan: &str,
    signature: &Signature,
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO lending_signature (district_id, id, loan_id, moment, name, strokes, language, version, signed_ms, taken_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (district_id, loan_id, moment) DO NOTHING",
    )
    .bind(district)
    .bind(new_id())
    .bind(loan)
    .bind(&signature.moment)
    .bind(&signature.name)
    .bind(&signature.strokes)
    .bind(&signature.language)
    .bind(signature.version)
    .bind(signature.signed_ms)
    .bind(&signature.taken_by)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A loan with its device.
///
/// # Errors
/// The database's.
pub async fn lent(tx: &mut sqlx::AnyConnection, district: &str, id: &str) -> Result<Option<(Loan, Device)>> {
    let sql = format!(
        "SELECT {LOAN}, {} FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND n.id = $2 AND n.undone_ms IS NULL",
        device_columns()
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(tx).await?;
    row.as_ref().map(loan_and_device).transpose()
}

/// The open loans for whose hand-over nobody has signed, with the student as far as the roster has her, the oldest first.
///
/// # Errors
/// The database's.
pub async fn unsigned(pool: &AnyPool, district: &str) -> Result<Vec<(Loan, Device, Student)>> {
    let sql = format!(
        "SELECT {LOAN}, {}, COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name, \
         COALESCE(s.grade, '') AS grade, COALESCE(c.name, s.school_id, '') AS school FROM {LOAN_DEVICE} \
         LEFT JOIN student s ON s.district_id = n.district_id AND s.id = n.student_id \
         LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id WHERE n.district_id = $1 AND {OPEN} \
         AND NOT EXISTS (SELECT 1 FROM lending_signature g WHERE g.district_id = n.district_id AND g.loan_id = n.id \
           AND g.moment = 'out') ORDER BY n.out_ms, n.id",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let (loan, device) = loan_and_device(row)?;
            let word = |column: &str| row.try_get::<String, _>(column);
            let student = Student {
                id: loan.student_id.clone(),
                family_name: word("family_name")?,
                given_name: word("given_name")?,
                school: word("school")?,
                grade: word("grade")?,
            };
            Ok((loan, device, student))
        })
        .collect()
}

/// Which of a student's open loans somebody has signed for.
///
/// # Errors
/// The database's.
pub async fn signed_loans(pool: &AnyPool, district: &str, student: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT g.loan_id FROM lending_signature g JOIN lending_loan n ON n.district_id = g.district_id AND n.id = g.loan_id \
         WHERE g.district_id = $1 AND n.student_id = $2 AND g.moment = 'out'",
    )
    .bind(district)
    .bind(student)
    .fetch_all(pool)
    .await
}

fn mark(token: &str) -> String {
    secret::purpose_digest("lending sign", token)
}

/// Makes a link by which somebody signs for a loan on an own phone; its secret.
///
/// # Errors
/// The database's.
pub async fn put_sign_link(
    tx: &mut Write,
    district: &str,
    (loan, moment): (&str, Moment),
    now_ms: i64,
) -> Result<String> {
    let token = secret::new_token().map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
    sqlx::query("DELETE FROM lending_sign_link WHERE district_id = $1 AND expires_ms <= $2")
        .bind(district)
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO lending_sign_link (district_id, mark, loan_id, moment, expires_ms) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(mark(&token))
    .bind(loan)
    .bind(moment.as_str())
    .bind(now_ms + HOLDS_MS)
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// What a link is to sign: the loan and the moment; none when it does not hold.
///
/// # Errors
/// The database's.
pub async fn sign_link<'e, E>(
    database: E,
    district: &str,
    token: &str,
    now_ms: i64,
) -> Result<Option<(String, Moment)>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT loan_id, moment FROM lending_sign_link WHERE district_id = $1 AND mark = $2 AND expires_ms > $3",
    )
    .bind(district)
    .bind(mark(token))
    .bind(now_ms)
    .fetch_optional(database)
    .await?;
    Ok(row.and_then(|(loan, moment)| Some((loan, Moment::from_word(&moment)?))))
}
