//! What reports of the programme count.

use crate::rules::report::Span;
use sqlx::AnyPool;

type Result<T> = sqlx::Result<T>;

/// The loans that were open at any time from then on, ms since 1970 UTC, and were not undone.
///
/// # Errors
/// The database's.
pub async fn spans(pool: &AnyPool, district: &str, from_ms: i64) -> Result<Vec<Span>> {
    sqlx::query_as(
        "SELECT n.device_id, CASE WHEN d.kind = 'hotspot' THEN 1 ELSE 0 END AS hotspot, n.out_ms, n.in_ms, n.lost_ms, n.gone_ms \
         FROM lending_loan n JOIN lending_device d ON d.district_id = n.district_id AND d.id = n.device_id \
         WHERE n.district_id = $1 AND n.undone_ms IS NULL AND COALESCE(n.in_ms, n.gone_ms, $2) >= $2",
    )
    .bind(district)
    .bind(from_ms)
    .fetch_all(pool)
    .await
}

/// A request as reports count it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Need {
    /// The student's grade code; empty when the roster has her no more.
    pub grade: String,
    /// The school's name.
    pub school: String,
    /// What the household said of its Internet: its word.
    pub access: String,
    /// `waiting`, `offered`, `served`, `lapsed`, `withdrawn`.
    pub state: String,
    /// When it was asked, ms since 1970 UTC.
    pub asked_ms: i64,
}

/// The last request of each student, of those that were asked in these times, ms since 1970 UTC.
///
/// # Errors
/// The database's.
pub async fn needs(pool: &AnyPool, district: &str, (from_ms, to_ms): (i64, i64)) -> Result<Vec<Need>> {
    sqlx::query_as(
        "SELECT COALESCE(s.grade, '') AS grade, COALESCE(c.name, s.school_id, '') AS school, r.access, r.state, r.asked_ms FROM lending_request r \
         LEFT JOIN student s ON s.district_id = r.district_id AND s.id = r.student_id \
         LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id \
         WHERE r.district_id = $1 AND r.asked_ms >= $2 AND r.asked_ms < $3 AND NOT EXISTS (SELECT 1 FROM lending_request l \
         WHERE l.district_id = r.district_id AND l.student_id = r.student_id AND l.asked_ms < $3 \
         AND (l.asked_ms > r.asked_ms OR (l.asked_ms = r.asked_ms AND l.id > r.id)))",
    )
    .bind(district)
    .bind(from_ms)
    .bind(to_ms)
    .fetch_all(pool)
    .await
}
