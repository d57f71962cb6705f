//! Links by which a household comes to its own page.

use crate::db::Write;
use crate::rules::message::Channel;
use crate::secret;
use sqlx::AnyPool;

type Result<T> = sqlx::Result<T>;

/// How long a link holds: long enough for a message that is slow, too short to be found later on a phone.
const HOLDS_MS: i64 = 60 * 60 * 1000;

fn mark(token: &str) -> String {
    secret::purpose_digest("lending link", token)
}

/// Makes a link to whoever has this contact; its secret.
///
/// # Errors
/// The database's.
pub async fn put_link(
    tx: &mut Write,
    district: &str,
    (channel, address): (Channel, &str),
    now_ms: i64,
) -> Result<String> {
    let token = secret::new_token().map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
    sqlx::query("DELETE FROM lending_link WHERE district_id = $1 AND expires_ms <= $2")
        .bind(district)
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO lending_link (district_id, mark, way, address, expires_ms) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(district)
    .bind(mark(&token))
    .bind(channel.as_str())
    .bind(address)
    .bind(now_ms + HOLDS_MS)
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// The students whose household has the contact that a link went to, each with the first letter of the given name and the grade; none when the
/// link does not hold.
///
/// # Errors
/// The database's.
pub async fn link_holders(
    pool: &AnyPool,
    district: &str,
    token: &str,
    now_ms: i64,
) -> Result<Vec<(String, String, String)>> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.student_id, COALESCE(s.given_name, '') AS name, COALESCE(s.grade, '') AS grade FROM lending_link l \
         JOIN lending_contact c ON c.district_id = l.district_id AND c.way = l.way AND c.address = l.address \
         LEFT JOIN student s ON s.district_id = c.district_id AND s.id = c.student_id \
         WHERE l.district_id = $1 AND l.mark = $2 AND l.expires_ms > $3 ORDER BY c.student_id",
    )
    .bind(district)
    .bind(mark(token))
    .bind(now_ms)
    .fetch_all(pool)
    .await?;
    let initial = |name: &str| name.trim().chars().take(1).flat_map(char::to_uppercase).collect();
    Ok(rows.into_iter().map(|(student, name, grade)| (student, initial(&name), grade)).collect())
}

/// One of the students whose household has this contact.
///
/// # Errors
/// The database's.
pub async fn whose_contact(
    tx: &mut Write,
    district: &str,
    (channel, address): (Channel, &str),
) -> Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT MIN(student_id) FROM lending_contact WHERE district_id = $1 AND way = $2 AND address = $3",
    )
    .bind(district)
    .bind(channel.as_str())
    .bind(address)
    .fetch_one(&mut **tx)
    .await
}

/// How many answers (welcomes, links) an address or the household of a student was sent, or is about to be, since then.
///
/// # Errors
/// The database's.
pub async fn answers_since(
    tx: &mut Write,
    district: &str,
    (channel, address): (Channel, &str),
    student: &str,
    since_ms: i64,
) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT COUNT(*) FROM message WHERE district_id = $1 AND ((way = $2 AND address = $3) OR student_id = $4) \
         AND kind IN ('welcome', 'link') AND made_ms > $5",
    )
    .bind(district)
    .bind(channel.as_str())
    .bind(address)
    .bind(student)
    .bind(since_ms)
    .fetch_one(&mut **tx)
    .await
}

/// The districts that have contacts or messages.
///
/// # Errors
/// The database's.
pub async fn districts_with_contacts(pool: &AnyPool) -> Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT DISTINCT district_id FROM lending_contact UNION SELECT DISTINCT district_id FROM message ORDER BY 1",
    )
    .fetch_all(pool)
    .await
}

/// Where an address is known: the district, the language of its last message or contact, and one of the students whose household it is; none
/// when the household has another contact now.
///
/// # Errors
/// The database's.
pub async fn districts_of_address(
    tx: &mut Write,
    (channel, address): (Channel, &str),
) -> Result<Vec<(String, String, Option<String>)>> {
    sqlx::query_as(
        "SELECT district_id, MAX(language), MIN(student_id) FROM (SELECT district_id, language, student_id FROM lending_contact \
         WHERE way = $1 AND address = $2 UNION ALL SELECT district_id, language, NULL FROM message WHERE way = $1 AND address = $2) known \
         GROUP BY district_id ORDER BY district_id",
    )
    .bind(channel.as_str())
    .bind(address)
    .fetch_all(&mut **tx)
    .await
}

/// All districts of the installation.
///
/// # Errors
/// The database's.
pub async fn all_districts(tx: &mut Write) -> Result<Vec<String>> {
    sqlx::query_scalar("SELECT id FROM district ORDER BY id").fetch_all(&mut **tx).await
}
