//! Messages: from the wish to what became of them.

use super::loans::{LOAN, LOAN_DEVICE, OPEN, device_columns, loan_and_device};
use super::{Loan, pattern};
use crate::db::{Write, new_id};
use crate::rules::inventory::Device;
use crate::rules::message::{BROKEN_OFF_MS, Channel, Topic, UNDER_WAY_MS};
use crate::words::Language;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, Row};

type Result<T> = sqlx::Result<T>;

/// A message that there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The same key is the same message.
    pub key: String,
    /// What it says.
    pub topic: Topic,
    /// Of whom.
    pub student: String,
    /// Of which loan.
    pub loan: Option<String>,
    /// To whom.
    pub to: super::Contact,
    /// What its text is filled with, besides what the district says of itself; JSON.
    pub facts: String,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What it says.
    pub topic: Topic,
    /// Of whom.
    pub student: String,
    /// Of which loan.
    pub loan: Option<String>,
    /// How it goes.
    pub channel: Channel,
    /// To whom.
    pub address: String,
    /// In which language.
    pub language: Language,
    /// What its text is filled with; JSON.
    pub facts: String,
    /// The text, once it is filled.
    pub body: Option<String>,
    /// Parts of a text message.
    pub segments: Option<i64>,
    /// `waiting`, `sending`, `sent`, `delivered`, `failed`, `unclear`, `dropped`.
    pub state: String,
    /// Why.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was wished for.
    pub made_ms: i64,
    /// When it was sent.
    pub sent_ms: Option<i64>,
    /// The version of its text.
    pub version: Option<i64>,
}

const COLUMNS: &str = "m.id, m.kind, m.student_id, m.loan_id, m.way, m.address, m.language, m.facts, m.body, m.segments, m.state, \
     m.reason, m.attempts, m.made_ms, m.sent_ms, m.version";

fn read(row: &AnyRow) -> Result<Message> {
    let word = |column: &str| row.try_get::<String, _>(column);
    let wrong =
        |what: &str| sqlx::Error::Decode(format!("a message with the {what} of another program").into());
    Ok(Message {
        id: word("id")?,
        topic: Topic::from_word(&word("kind")?).ok_or_else(|| wrong("kind"))?,
        student: word("student_id")?,
        loan: row.try_get("loan_id")?,
        channel: Channel::from_word(&word("way")?).ok_or_else(|| wrong("way"))?,
        address: word("address")?,
        language: Language::from_tag(&word("language")?).ok_or_else(|| wrong("language"))?,
        facts: word("facts")?,
        body: row.try_get("body")?,
        segments: row.try_get("segments")?,
        state: word("state")?,
        reason: row.try_get("reason")?,
        attempts: row.try_get("attempts")?,
        made_ms: row.try_get("made_ms")?,
        sent_ms: row.try_get("sent_ms")?,
        version: row.try_get("version")?,
    })
}

/// Leaves a message to be sent, unless there is one with this key. One that was dropped before it was sent, since nothing was the matter or
/// the household had another contact, waits again: it is to be said now. Whether there is something new to send.
///
/// # Errors
/// The database's.
pub async fn insert_message(tx: &mut Write, district: &str, new: &NewMessage, ms: i64) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO message (district_id, id, message_key, kind, student_id, loan_id, way, address, language, facts, state, \
         made_ms, begin_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $11) \
         ON CONFLICT (district_id, message_key) DO UPDATE SET state = 'waiting', reason = NULL, way = EXCLUDED.way, \
         address = EXCLUDED.address, language = EXCLUDED.language, facts = EXCLUDED.facts, made_ms = EXCLUDED.made_ms, \
         begin_ms = EXCLUDED.begin_ms WHERE message.state = 'dropped' AND message.reason IN ('over', 'contact')",
    )
    .bind(district)
    .bind(new_id())
    .bind(&new.key)
    .bind(new.topic.as_str())
    .bind(&new.student)
    .bind(&new.loan)
    .bind(new.to.channel.as_str())
    .bind(&new.to.address)
    .bind(new.to.language.tag())
    .bind(&new.facts)
    .bind(ms)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops the messages that wait, are not answers, and have none of these keys: what they say is no longer true.
///
/// # Errors
/// The database's.
pub async fn drop_others(
    tx: &mut Write,
    district: &str,
    keys: &std::collections::HashSet<String>,
) -> Result<u64> {
    let waiting: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, message_key FROM message WHERE district_id = $1 AND state = 'waiting' AND kind NOT IN ('welcome', 'link')",
    )
    .bind(district)
    .fetch_all(&mut **tx)
    .await?;
    let mut dropped = 0;
    for (id, _) in waiting.iter().filter(|(_, key)| !keys.contains(key)) {
        dropped += end(tx, district, id, Ended::Dropped("over"), 0).await?;
    }
    Ok(dropped)
}

/// The districts with messages whose time has come, or whose sending was broken off.
///
/// # Errors
/// The database's.
pub async fn due_messages(pool: &AnyPool, now_ms: i64) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT DISTINCT district_id FROM message WHERE (state = 'waiting' AND begin_ms <= $1) \
         OR (state = 'sending' AND claimed_ms <= $2) ORDER BY 1",
    )
    .bind(now_ms)
    .bind(now_ms - BROKEN_OFF_MS)
    .fetch_all(pool)
    .await
}

/// Of what was begun long ago nobody knows whether it was sent.
///
/// # Errors
/// The database's.
pub async fn break_off(tx: &mut Write, district: &str, now_ms: i64) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE message SET state = 'unclear', reason = 'broken-off' WHERE district_id = $1 AND state = 'sending' AND claimed_ms <= $2",
    )
    .bind(district)
    .bind(now_ms - BROKEN_OFF_MS)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// When notices were sent, or perhaps sent, to an address since then, ms since 1970 UTC; answers are not counted.
///
/// # Errors
/// The database's.
pub async fn sent_to(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (channel, address): (Channel, &str),
    since_ms: i64,
) -> Result<Vec<i64>> {
    // What was perhaps sent counts as sent.
    sqlx::query_scalar(
        "SELECT claimed_ms FROM message WHERE district_id = $1 AND way = $2 AND address = $3 AND claimed_ms > $4 \
         AND kind NOT IN ('welcome', 'link') AND state IN ('sending', 'sent', 'delivered', 'unclear', 'failed')",
    )
    .bind(district)
    .bind(channel.as_str())
    .bind(address)
    .bind(since_ms)
    .fetch_all(tx)
    .await
}

/// The next message whose time has come on a channel, the oldest; answers to what somebody just did before all.
///
/// # Errors
/// The database's.
pub async fn next_message(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (channel, now_ms): (Channel, i64),
) -> Result<Option<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m WHERE m.district_id = $1 AND m.way = $2 AND m.state = 'waiting' AND m.begin_ms <= $3 \
         ORDER BY CASE WHEN m.kind IN ('welcome', 'link') THEN 0 ELSE 1 END, m.begin_ms, m.id LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(channel.as_str())
        .bind(now_ms)
        .fetch_optional(tx)
        .await?;
    row.as_ref().map(read).transpose()
}

/// A message waits until then, for this reason.
///
/// # Errors
/// The database's.
pub async fn postpone(tx: &mut Write, district: &str, id: &str, begin_ms: i64, reason: &str) -> Result<()> {
    sqlx::query("UPDATE message SET begin_ms = $3, reason = $4 WHERE district_id = $1 AND id = $2 AND state = 'waiting'")
        .bind(district)
        .bind(id)
        .bind(begin_ms)
        .bind(reason)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended<'a> {
    /// It is about to be handed over: its text, of this version, in so many parts.
    Sending(&'a str, &'a str, i64, Option<i64>),
    /// It was taken, under this name.
    Sent(&'a str),
    /// It waits until then, for this reason.
    Again(i64, &'a str),
    /// It never went out, for this reason.
    Failed(&'a str),
    /// Nobody knows.
    Unclear,
    /// It was never tried, for this reason.
    Dropped(&'a str),
}

/// Stores what became of a message. How many rows that changed: none when something else became of it before.
///
/// # Errors
/// The database's.
pub async fn end(tx: &mut Write, district: &str, id: &str, ended: Ended<'_>, now_ms: i64) -> Result<u64> {
    // All statements have the same values, and use those that they need.
    let (set, from) = match ended {
        Ended::Sending(..) => (
            "state = 'sending', reason = NULL, claimed_ms = $3, attempts = attempts + 1, subject = $4, body = $5, version = $6, segments = $7",
            "waiting",
        ),
        Ended::Sent(_) => ("state = 'sent', sent_ms = $3, carrier_id = $4", "sending"),
        Ended::Again(..) => ("state = 'waiting', reason = $4, begin_ms = $6", "sending"),
        Ended::Failed(_) => ("state = 'failed', reason = $4", "sending"),
        Ended::Unclear => ("state = 'unclear'", "sending"),
        Ended::Dropped(_) => ("state = 'dropped', reason = $4", "waiting"),
    };
    let (text, body, number, segments) = match ended {
        Ended::Sending(subject, body, version, segments) => (subject, body, version, segments),
        Ended::Again(begin_ms, reason) => (reason, "", begin_ms, None),
        Ended::Sent(text) | Ended::Failed(text) | Ended::Dropped(text) => (text, "", 0, None),
        Ended::Unclear => ("", "", 0, None),
    };
    let sql = format!(
        "UPDATE message SET {set} WHERE district_id = $1 AND id = $2 AND state = '{from}' AND CAST($3 AS BIGINT) >= 0 \
         AND CAST($4 AS TEXT) IS NOT NULL AND CAST($5 AS TEXT) IS NOT NULL AND CAST($6 AS BIGINT) >= 0 \
         AND COALESCE(CAST($7 AS BIGINT), 0) >= 0"
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(id)
        .bind(now_ms)
        .bind(text)
        .bind(body)
        .bind(number)
        .bind(segments)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// What whoever carries a message says later: that it is there (`None`), or why it will not be. The message, when that is news.
///
/// # Errors
/// The database's.
pub async fn reported(
    tx: &mut Write,
    id: &str,
    failed: Option<&str>,
    now_ms: i64,
) -> Result<Option<(String, Message)>> {
    let (state, reason) = match failed {
        Some(reason) => ("failed", Some(reason)),
        None => ("delivered", None),
    };
    let done = sqlx::query(
        "UPDATE message SET state = $2, reason = $3, delivered_ms = CASE WHEN $2 = 'delivered' THEN CAST($4 AS BIGINT) END, \
         sent_ms = COALESCE(sent_ms, CAST($4 AS BIGINT)) WHERE id = $1 AND way = 'text' AND state IN ('sending', 'sent', 'unclear')",
    )
    .bind(id)
    .bind(state)
    .bind(reason)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT m.district_id, {COLUMNS} FROM message m WHERE m.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut **tx).await?;
    row.map(|row| Ok((row.try_get("district_id")?, read(&row)?))).transpose()
}

/// Drops what waits for an address. How many that were.
///
/// # Errors
/// The database's.
pub async fn stop_waiting(
    tx: &mut Write,
    district: &str,
    (channel, address): (Channel, &str),
) -> Result<u64> {
    let done = sqlx::query(
        "UPDATE message SET state = 'dropped', reason = 'stopped' WHERE district_id = $1 AND way = $2 AND address = $3 \
         AND state = 'waiting'",
    )
    .bind(district)
    .bind(channel.as_str())
    .bind(address)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The message with this id.
///
/// # Errors
/// The database's.
pub async fn message<'e, E>(database: E, district: &str, id: &str) -> Result<Option<Message>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = format!("SELECT {COLUMNS} FROM message m WHERE m.district_id = $1 AND m.id = $2");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(id).fetch_optional(database).await?;
    row.as_ref().map(read).transpose()
}

/// Messages with the name of the student, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Each with family name and given name; empty when the roster has her no more.
    pub rows: Vec<(Message, (String, String))>,
    /// How many there are.
    pub found: i64,
}

/// Messages in a state (empty: any) whose student's id or name has this in it; at most so many from there on.
///
/// # Errors
/// The database's.
pub async fn find_messages(
    pool: &AnyPool,
    district: &str,
    (state, text): (&str, &str),
    (from, at_most): (i64, i64),
) -> Result<Found> {
    let which = "FROM message m LEFT JOIN student s ON s.district_id = m.district_id AND s.id = m.student_id \
         WHERE m.district_id = $1 AND ($2 = '' OR m.state = $2) \
         AND ($3 = '' OR lower(m.student_id) LIKE $4 ESCAPE '\\' OR s.name_key LIKE $4 ESCAPE '\\')";
    let text = text.trim();
    let sql = format!("SELECT COUNT(*) {which}");
    let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(district)
        .bind(state)
        .bind(text)
        .bind(pattern(text))
        .fetch_one(pool)
        .await?;
    let sql = format!(
        "SELECT {COLUMNS}, COALESCE(s.family_name, '') AS family_name, COALESCE(s.given_name, '') AS given_name {which} \
         ORDER BY m.made_ms DESC, m.id DESC LIMIT $5 OFFSET $6"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(district)
        .bind(state)
        .bind(text)
        .bind(pattern(text))
        .bind(at_most)
        .bind(from)
        .fetch_all(pool)
        .await?;
    let named = |row: &AnyRow| Ok((read(row)?, (row.try_get("family_name")?, row.try_get("given_name")?)));
    Ok(Found { rows: rows.iter().map(named).collect::<Result<_>>()?, found })
}

/// The open loans whose last day is one of these, first and last, and that are not lost.
///
/// # Errors
/// The database's.
pub async fn due_soon(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (first, last): (&str, &str),
) -> Result<Vec<(Loan, Device)>> {
    let sql = format!(
        "SELECT {LOAN}, {} FROM {LOAN_DEVICE} WHERE n.district_id = $1 AND n.due_on >= $2 AND n.due_on <= $3 \
         AND n.lost_ms IS NULL AND {OPEN} ORDER BY n.due_on, n.id",
        device_columns()
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(district).bind(first).bind(last).fetch_all(tx).await?;
    rows.iter().map(loan_and_device).collect()
}

/// The offers that hold: request, student, when it was offered and until when, ms.
///
/// # Errors
/// The database's.
pub async fn offers(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    now_ms: i64,
) -> Result<Vec<(String, String, i64, i64)>> {
    sqlx::query_as(
        "SELECT id, student_id, offered_ms, expires_ms FROM lending_request WHERE district_id = $1 AND state = 'offered' \
         AND offered_ms IS NOT NULL AND expires_ms > $2 ORDER BY id",
    )
    .bind(district)
    .bind(now_ms)
    .fetch_all(tx)
    .await
}

/// The loans and topics of which a message is under way or was taken, so that no letter is needed yet. What has waited too long, or of which
/// no report came, is not under way any more: a letter does no harm.
///
/// # Errors
/// The database's.
pub async fn loans_under_way(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    now_ms: i64,
) -> Result<std::collections::HashSet<(String, String)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT loan_id, kind FROM message WHERE district_id = $1 AND loan_id IS NOT NULL AND (state = 'waiting' AND made_ms > $2 \
         OR state IN ('sending', 'sent') AND claimed_ms > $2)",
    )
    .bind(district)
    .bind(now_ms - UNDER_WAY_MS)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().collect())
}

/// To whom a letter goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Addressee {
    /// The student's given name.
    pub given_name: String,
    /// The student's family name.
    pub family_name: String,
    /// The street; empty when nobody knows it.
    pub street: String,
    /// The city.
    pub city: String,
    /// The state.
    pub state: String,
    /// The ZIP code.
    pub zip: String,
}

/// Where the household of a student gets letters; none when the roster has her no more.
///
/// # Errors
/// The database's.
pub async fn addressee(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    student: &str,
) -> Result<Option<Addressee>> {
    sqlx::query_as(
        "SELECT given_name, family_name, COALESCE(street, '') AS street, COALESCE(city, '') AS city, COALESCE(state, '') AS state, \
         COALESCE(zip, '') AS zip FROM student WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(student)
    .fetch_optional(tx)
    .await
}

/// The e-mail with this id, in whichever district.
///
/// # Errors
/// The database's.
pub async fn message_of_mail(tx: &mut sqlx::AnyConnection, id: &str) -> Result<Option<(String, Message)>> {
    let sql = format!("SELECT m.district_id, {COLUMNS} FROM message m WHERE m.id = $1 AND m.way = 'email'");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(tx).await?;
    row.map(|row| Ok((row.try_get("district_id")?, read(&row)?))).transpose()
}
