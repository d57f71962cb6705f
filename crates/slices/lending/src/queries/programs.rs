//! Programs that ask the interface, what was done for them, and receivers that are told.

use crate::db::{Write, new_id};
use crate::exchange::digest;
use crate::layout::District;
use crate::secret;
use sqlx::{AnyPool, Row};

type Result<T> = sqlx::Result<T>;

/// A token of a program, without what is secret of it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// The district.
    pub district_id: String,
    /// What it is for.
    pub name: String,
    /// What it may, separated by spaces.
    pub scopes: String,
    /// Since when.
    pub made_ms: i64,
    /// When it was shown last.
    pub used_ms: Option<i64>,
    /// When somebody took it back.
    pub revoked_ms: Option<i64>,
}

const TOKEN: &str = "SELECT id, district_id, name, scopes, made_ms, used_ms, revoked_ms FROM api_token";

fn mark(token: &str) -> String {
    secret::purpose_digest("api token", token)
}

/// Makes a token; the secret, which is nowhere else.
///
/// # Errors
/// The database's.
pub async fn put_token(
    tx: &mut Write,
    district: &str,
    (name, scopes): (&str, &str),
    (by, ms): (&str, i64),
) -> Result<String> {
    let token = secret::new_token().map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
    let sql = "INSERT INTO api_token (district_id, id, name, scopes, mark, made_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(district)
        .bind(new_id())
        .bind(name)
        .bind(scopes)
        .bind(mark(&token))
        .bind(ms)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    Ok(token)
}

/// The tokens of a district, the newest first.
///
/// # Errors
/// The database's.
pub async fn tokens(pool: &AnyPool, district: &str) -> Result<Vec<Token>> {
    let sql = format!("{TOKEN} WHERE district_id = $1 ORDER BY made_ms DESC, id DESC");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).fetch_all(pool).await
}

/// The token with this secret that holds in this district.
///
/// # Errors
/// The database's.
pub async fn token(pool: &AnyPool, district: &str, token: &str) -> Result<Option<Token>> {
    let sql = format!("{TOKEN} WHERE district_id = $1 AND mark = $2 AND revoked_ms IS NULL");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).bind(mark(token)).fetch_optional(pool).await
}

/// A token was shown: to the hour, so that not each question writes.
///
/// # Errors
/// The database's.
pub async fn used_token(tx: &mut Write, district: &str, id: &str, hour_ms: i64) -> Result<()> {
    sqlx::query("UPDATE api_token SET used_ms = $3 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .bind(hour_ms)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Takes a token back. Whether it held.
///
/// # Errors
/// The database's.
pub async fn revoke_token(tx: &mut Write, district: &str, id: &str, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE api_token SET revoked_ms = $3 WHERE district_id = $1 AND id = $2 AND revoked_ms IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What stands for what was sent.
pub fn answered_mark(sent: &[&str]) -> String {
    digest(sent.iter().map(|piece| piece.as_bytes()))
}

/// What was answered when a deed with this key was done, and the mark of what had been sent.
///
/// # Errors
/// The database's.
pub async fn answered(tx: &mut Write, district: &str, key: &str) -> Result<Option<(String, String)>> {
    sqlx::query_as("SELECT deed_mark, answer FROM lending_answered WHERE district_id = $1 AND deed_key = $2")
        .bind(district)
        .bind(key)
        .fetch_optional(&mut **tx)
        .await
}

/// Keeps what was answered to a deed.
///
/// # Errors
/// The database's.
pub async fn put_answered(
    tx: &mut Write,
    district: &str,
    (key, mark): (&str, &str),
    answer: &str,
    ms: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_answered (district_id, deed_key, deed_mark, answer, done_ms) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(key)
    .bind(mark)
    .bind(answer)
    .bind(ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Forgets the deeds that were done before this: nobody sends them again.
///
/// # Errors
/// The database's.
pub async fn forget_answered(tx: &mut Write, before_ms: i64) -> Result<()> {
    sqlx::query("DELETE FROM lending_answered WHERE done_ms < $1")
        .bind(before_ms)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// A receiver that is told of what happens.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// The district.
    pub district_id: String,
    /// Where.
    pub url: String,
    /// With which what is sent is signed.
    pub secret: String,
    /// Of what, separated by spaces.
    pub events: String,
    /// What came after this entry of the audit log is still to be sent.
    pub seen_seq: i64,
    /// Tries in a row that failed.
    pub failed: i64,
    /// Not before this.
    pub begin_ms: i64,
    /// When the receiver took something last.
    pub told_ms: Option<i64>,
    /// When it was stopped.
    pub stopped_ms: Option<i64>,
}

const WEBHOOK: &str = "SELECT id, district_id, url, secret, events, seen_seq, failed, begin_ms, told_ms, stopped_ms FROM webhook";

/// Makes a receiver, which is told of what happens from now on; its secret.
///
/// # Errors
/// The database's.
pub async fn put_webhook(
    tx: &mut Write,
    district: &str,
    (url, events): (&str, &str),
    (by, ms): (&str, i64),
) -> Result<String> {
    let token = secret::new_token().map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
    sqlx::query(
        "INSERT INTO webhook (district_id, id, url, secret, events, seen_seq, failed, begin_ms, made_ms, made_by) \
         SELECT $1, $2, $3, $4, $5, COALESCE(MAX(seq), 0), 0, 0, CAST($6 AS BIGINT), $7 FROM audit_entry",
    )
    .bind(district)
    .bind(new_id())
    .bind(url)
    .bind(&token)
    .bind(events)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// The receivers of a district, the newest first.
///
/// # Errors
/// The database's.
pub async fn webhooks(pool: &AnyPool, district: &str) -> Result<Vec<Webhook>> {
    let sql = format!("{WEBHOOK} WHERE district_id = $1 ORDER BY made_ms DESC, id DESC");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).fetch_all(pool).await
}

/// The receivers that may be told something now.
///
/// # Errors
/// The database's.
pub async fn due_webhooks(pool: &AnyPool, now_ms: i64) -> Result<Vec<Webhook>> {
    let sql = format!("{WEBHOOK} WHERE stopped_ms IS NULL AND begin_ms <= $1 ORDER BY district_id, id");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now_ms).fetch_all(pool).await
}

/// Stops a receiver. Whether it was not stopped.
///
/// # Errors
/// The database's.
pub async fn stop_webhook(tx: &mut Write, district: &str, id: &str, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE webhook SET stopped_ms = $3 WHERE district_id = $1 AND id = $2 AND stopped_ms IS NULL",
    )
    .bind(district)
    .bind(id)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How a receiver stands after a go: how far it was told, how often in a row that failed, from when on it is told more, and when it took something.
///
/// # Errors
/// The database's.
pub async fn told_webhook(
    tx: &mut Write,
    hook: &Webhook,
    (seen_seq, failed): (i64, i64),
    (begin_ms, told_ms): (i64, Option<i64>),
) -> Result<()> {
    sqlx::query(
        "UPDATE webhook SET seen_seq = $3, failed = $4, begin_ms = $5, told_ms = COALESCE($6, told_ms) WHERE district_id = $1 AND id = $2",
    )
    .bind(&hook.district_id)
    .bind(&hook.id)
    .bind(seen_seq)
    .bind(failed)
    .bind(begin_ms)
    .bind(told_ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// What happened in a district after an entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Happened {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at_ms: i64,
    /// What.
    pub action: String,
    /// Of what kind it is about.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: String,
    /// More of it; JSON.
    pub detail: String,
}

/// What happened after this entry, in order, at most so much.
///
/// # Errors
/// The database's.
pub async fn happened(pool: &AnyPool, district: &str, after: i64, at_most: i64) -> Result<Vec<Happened>> {
    sqlx::query_as(
        "SELECT seq, at_ms, action, subject_kind, subject_id, detail FROM audit_entry WHERE district_id = $1 AND seq > $2 \
         ORDER BY seq LIMIT $3",
    )
    .bind(district)
    .bind(after)
    .bind(at_most)
    .fetch_all(pool)
    .await
}

/// The district with this LEAID.
pub async fn district<'e, E>(db: E, id: &str) -> sqlx::Result<Option<District>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let row = sqlx::query("SELECT id, name, fictional FROM district WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let fictional = row.try_get::<i64, _>(2)? != 0;
        Ok(District { id: row.try_get(0)?, name: row.try_get(1)?, fictional })
    })
    .transpose()
}
