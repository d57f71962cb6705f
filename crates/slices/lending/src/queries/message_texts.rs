//! Whom notices may reach, the settings of notices, and their texts.

use crate::db::Write;
use crate::rules::message::{Channel, Hours, Topic};
use crate::secret::purpose_digest;
use crate::words::Language;
use jiff::tz::TimeZone;
use sqlx::{AnyPool, Row};
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// Where a household wants notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// How.
    pub channel: Channel,
    /// The number or address.
    pub address: String,
    /// In which language.
    pub language: Language,
}

fn contact_of(row: &sqlx::any::AnyRow) -> Result<Option<Contact>> {
    let word = |column: &str| row.try_get::<String, _>(column);
    let (channel, language) = (Channel::from_word(&word("way")?), Language::from_tag(&word("language")?));
    let address = word("address")?;
    Ok(channel.zip(language).map(|(channel, language)| Contact { channel, address, language }))
}

/// Where the household of a student wants notices.
///
/// # Errors
/// The database's.
pub async fn contact<'e, E>(database: E, district: &str, student: &str) -> Result<Option<Contact>>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = "SELECT way, address, language FROM lending_contact WHERE district_id = $1 AND student_id = $2";
    let row = sqlx::query(sql).bind(district).bind(student).fetch_optional(database).await?;
    Ok(row.as_ref().map(contact_of).transpose()?.flatten())
}

/// All contacts of a district, by student.
///
/// # Errors
/// The database's.
pub async fn contacts(tx: &mut sqlx::AnyConnection, district: &str) -> Result<HashMap<String, Contact>> {
    let sql = "SELECT student_id, way, address, language FROM lending_contact WHERE district_id = $1";
    let rows = sqlx::query(sql).bind(district).fetch_all(tx).await?;
    let mut all = HashMap::new();
    for row in &rows {
        if let Some(contact) = contact_of(row)? {
            all.insert(row.try_get("student_id")?, contact);
        }
    }
    Ok(all)
}

/// Stores where a household wants notices; what it wanted before is gone.
///
/// # Errors
/// The database's.
pub async fn put_contact(
    tx: &mut Write,
    district: &str,
    student: &str,
    contact: &Contact,
    (by, ms): (Option<&str>, i64),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO lending_contact (district_id, student_id, way, address, language, agreed_ms, agreed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (district_id, student_id) DO UPDATE SET way = EXCLUDED.way, \
         address = EXCLUDED.address, language = EXCLUDED.language, agreed_ms = EXCLUDED.agreed_ms, agreed_by = EXCLUDED.agreed_by",
    )
    .bind(district)
    .bind(student)
    .bind(contact.channel.as_str())
    .bind(&contact.address)
    .bind(contact.language.tag())
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Forgets where a household wanted notices. Whether there was something to forget.
///
/// # Errors
/// The database's.
pub async fn remove_contact(tx: &mut Write, district: &str, student: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM lending_contact WHERE district_id = $1 AND student_id = $2")
        .bind(district)
        .bind(student)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// What stands for an address in the list of those that want no messages.
fn mark(channel: Channel, address: &str) -> String {
    purpose_digest(&format!("message stop {}", channel.as_str()), address)
}

/// Whether an address wants no messages. A number that ended them anywhere ended them in all districts of the installation.
///
/// # Errors
/// The database's.
pub async fn is_stopped<'e, E>(database: E, district: &str, channel: Channel, address: &str) -> Result<bool>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let sql = "SELECT COUNT(*) FROM message_stop WHERE (district_id = $1 OR way = 'text') AND way = $2 AND address_mark = $3";
    let n: i64 = sqlx::query_scalar(sql)
        .bind(district)
        .bind(channel.as_str())
        .bind(mark(channel, address))
        .fetch_one(database)
        .await?;
    Ok(n > 0)
}

/// An address wants no messages.
///
/// # Errors
/// The database's.
pub async fn put_stop(
    tx: &mut Write,
    district: &str,
    (channel, address): (Channel, &str),
    ms: i64,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO message_stop (district_id, way, address_mark, stopped_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (district_id, way, address_mark) DO NOTHING",
    )
    .bind(district)
    .bind(channel.as_str())
    .bind(mark(channel, address))
    .bind(ms)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// An address wants messages again; a number in all districts of the installation.
///
/// # Errors
/// The database's.
pub async fn put_start(tx: &mut Write, district: &str, (channel, address): (Channel, &str)) -> Result<()> {
    sqlx::query("DELETE FROM message_stop WHERE (district_id = $1 OR way = 'text') AND way = $2 AND address_mark = $3")
        .bind(district)
        .bind(channel.as_str())
        .bind(mark(channel, address))
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// The settings of a district's notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether notices of loans and offers go out by themselves.
    pub automatic: bool,
    /// The time zone, as `America/Chicago`.
    pub zone: String,
    /// The hour from which on nothing is sent.
    pub quiet_from: i8,
    /// The hour until which nothing is sent.
    pub quiet_to: i8,
    /// The most notices in seven days.
    pub weekly: i64,
    /// So many days before its last day a household is told that a loan ends; 0: it is not.
    pub ahead_days: i64,
    /// The number that families may call.
    pub phone: String,
}

impl Default for Settings {
    fn default() -> Self {
        // The hours are those that telephone sellers must keep (47 CFR 64.1200(c)(1): 8 a.m. to 9 p.m.), and an hour more of quiet.
        Self {
            automatic: false,
            zone: "America/New_York".to_owned(),
            quiet_from: 20,
            quiet_to: 8,
            weekly: 2,
            ahead_days: 3,
            phone: String::new(),
        }
    }
}

impl Settings {
    /// The names and values, as they are stored.
    pub fn all(&self) -> [(&'static str, String); 7] {
        [
            ("automatic", i64::from(self.automatic).to_string()),
            ("zone", self.zone.clone()),
            ("quiet_from", self.quiet_from.to_string()),
            ("quiet_to", self.quiet_to.to_string()),
            ("weekly", self.weekly.to_string()),
            ("ahead_days", self.ahead_days.to_string()),
            ("phone", self.phone.clone()),
        ]
    }

    /// Takes a value in, when it is one.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let whole = |most: i64| value.trim().parse::<i64>().ok().filter(|n| (0..=most).contains(n));
        let hour = || whole(23).and_then(|n| i8::try_from(n).ok());
        let done = match name {
            "automatic" => whole(1).map(|n| self.automatic = n == 1),
            "zone" => TimeZone::get(value.trim()).ok().map(|_| self.zone = value.trim().to_owned()),
            "quiet_from" => hour().map(|n| self.quiet_from = n),
            "quiet_to" => hour().map(|n| self.quiet_to = n),
            // Two a week at most, whatever somebody would like: with more of them families end all.
            "weekly" => whole(2).filter(|n| *n > 0).map(|n| self.weekly = n),
            "ahead_days" => whole(30).map(|n| self.ahead_days = n),
            "phone" => {
                self.phone = value.trim().chars().take(30).collect();
                Some(())
            }
            _ => None,
        };
        done.is_some()
    }

    /// When notices may be sent.
    pub fn hours(&self) -> Hours {
        Hours {
            zone: TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC),
            quiet_from: self.quiet_from,
            quiet_to: self.quiet_to,
            weekly: usize::try_from(self.weekly).unwrap_or(1),
        }
    }
}

/// The settings of a district's notices.
///
/// # Errors
/// The database's.
pub async fn settings<'e, E>(database: E, district: &str) -> Result<Settings>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let stored: Vec<(String, String)> =
        sqlx::query_as("SELECT name, setting FROM message_setting WHERE district_id = $1")
            .bind(district)
            .fetch_all(database)
            .await?;
    let mut settings = Settings::default();
    for (name, value) in stored {
        settings.set(&name, &value);
    }
    Ok(settings)
}

/// Makes these the settings of a district's notices.
///
/// # Errors
/// The database's.
pub async fn put_settings(
    tx: &mut Write,
    district: &str,
    settings: &Settings,
    (by, ms): (&str, i64),
) -> Result<()> {
    for (name, value) in settings.all() {
        sqlx::query(
            "INSERT INTO message_setting (district_id, name, setting, changed_ms, changed_by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, name) DO UPDATE SET setting = EXCLUDED.setting, changed_ms = EXCLUDED.changed_ms, \
             changed_by = EXCLUDED.changed_by",
        )
        .bind(district)
        .bind(name)
        .bind(value)
        .bind(ms)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// A version of the text of a topic in a language.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Text {
    /// The topic's word.
    pub kind: String,
    /// The language's tag.
    pub language: String,
    /// From 1.
    pub version: i64,
    /// The subject of an e-mail.
    pub subject: String,
    /// The text, with values in braces.
    pub body: String,
    /// When somebody approved it.
    pub approved_ms: Option<i64>,
    /// Who.
    pub approved_by: Option<String>,
}

const TEXT: &str = "kind, language, version, subject, body, approved_ms, approved_by";

/// The newest version of each text that there is.
///
/// # Errors
/// The database's.
pub async fn newest_texts(pool: &AnyPool, district: &str) -> Result<Vec<Text>> {
    let sql = format!(
        "SELECT {TEXT} FROM message_text t WHERE district_id = $1 AND version = (SELECT MAX(version) FROM message_text o \
         WHERE o.district_id = $1 AND o.kind = t.kind AND o.language = t.language)"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(district).fetch_all(pool).await
}

/// The newest version of one text.
///
/// # Errors
/// The database's.
pub async fn newest_text(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (topic, language): (Topic, Language),
) -> Result<Option<Text>> {
    let sql = format!(
        "SELECT {TEXT} FROM message_text WHERE district_id = $1 AND kind = $2 AND language = $3 ORDER BY version DESC LIMIT 1"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(district)
        .bind(topic.as_str())
        .bind(language.tag())
        .fetch_optional(tx)
        .await
}

/// The newest version of a text that somebody approved: the one that is sent.
///
/// # Errors
/// The database's.
pub async fn approved_text(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (topic, language): (Topic, Language),
) -> Result<Option<Text>> {
    let sql = format!(
        "SELECT {TEXT} FROM message_text WHERE district_id = $1 AND kind = $2 AND language = $3 AND approved_ms IS NOT NULL \
         ORDER BY version DESC LIMIT 1"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(district)
        .bind(topic.as_str())
        .bind(language.tag())
        .fetch_optional(tx)
        .await
}

/// Stores the next version of a text, which nobody has approved; its number.
///
/// # Errors
/// The database's.
pub async fn put_text(
    tx: &mut Write,
    district: &str,
    (topic, language): (Topic, Language),
    (subject, body): (&str, &str),
    (by, ms): (&str, i64),
) -> Result<i64> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM message_text WHERE district_id = $1 AND kind = $2 AND language = $3";
    let last: i64 = sqlx::query_scalar(sql)
        .bind(district)
        .bind(topic.as_str())
        .bind(language.tag())
        .fetch_one(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO message_text (district_id, kind, language, version, subject, body, made_ms, made_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(district)
    .bind(topic.as_str())
    .bind(language.tag())
    .bind(last + 1)
    .bind(subject)
    .bind(body)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(last + 1)
}

/// Approves the version of a text that somebody has read. Whether it is the newest and was not approved.
///
/// # Errors
/// The database's.
pub async fn approve_text(
    tx: &mut Write,
    district: &str,
    (topic, language, version): (Topic, Language, i64),
    (by, ms): (&str, i64),
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE message_text SET approved_ms = $5, approved_by = $6 WHERE district_id = $1 AND kind = $2 AND language = $3 \
         AND version = $4 AND approved_ms IS NULL AND NOT EXISTS (SELECT 1 FROM message_text o WHERE o.district_id = $1 \
         AND o.kind = $2 AND o.language = $3 AND o.version > $4)",
    )
    .bind(district)
    .bind(topic.as_str())
    .bind(language.tag())
    .bind(version)
    .bind(ms)
    .bind(by)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
