//! What a policy is made of, beside its settings: answers in force, and people of the roster.

use crate::rules::enroll;
use crate::rules::merge::Allowed;
use evenfield_model::Grade;
use evenfield_policy::compile::{Device, Owner, People, Section, Student};
use sqlx::{AnyPool, Row};
use std::collections::HashMap;

type Result<T> = sqlx::Result<T>;

/// A text that changes whenever answers or rosters do.
///
/// # Errors
/// The database's.
pub async fn mark(pool: &AnyPool) -> Result<String> {
    let counts: (i64, i64, i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM filter_answer), (SELECT COUNT(*) FROM filter_answer WHERE undone_ms IS NOT NULL), \
         (SELECT COUNT(*) FROM roster_load), (SELECT COUNT(*) FROM roster_load WHERE undone_ms IS NOT NULL), \
         (SELECT COALESCE(MAX(loaded_ms), 0) FROM roster_load), (SELECT COUNT(*) FROM filter_device), \
         (SELECT COUNT(*) FROM filter_device WHERE revoked_ms IS NOT NULL), \
         (SELECT COALESCE(MAX(changed_ms), 0) FROM filter_device)",
    )
    .fetch_one(pool)
    .await?;
    Ok(format!("{counts:?}"))
}

/// Answers that open a name at this time or later, of all districts, in the order in which they were given.
///
/// # Errors
/// The database's.
pub async fn allowed(pool: &AnyPool, now_ms: i64) -> Result<Vec<Allowed>> {
    let rows = sqlx::query(
        "SELECT district_id, name, school_id, section_id, answered_ms, ends_ms FROM filter_answer \
         WHERE ruling = 'allow' AND undone_ms IS NULL AND (ends_ms IS NULL OR ends_ms > $1) ORDER BY answered_ms, id",
    )
    .bind(now_ms)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Allowed {
                district: row.try_get("district_id")?,
                name: row.try_get("name")?,
                school: row.try_get("school_id")?,
                section: row.try_get("section_id")?,
                from_ms: row.try_get("answered_ms")?,
                ends_ms: row.try_get("ends_ms")?,
            })
        })
        .collect()
}

/// The people of a district as policy needs them: nobody's name or address.
///
/// # Errors
/// The database's.
pub async fn people(pool: &AnyPool, district: &str) -> Result<People> {
    let sections: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT id, period FROM section WHERE district_id = $1 ORDER BY id")
            .bind(district)
            .fetch_all(pool)
            .await?;
    let places: HashMap<&str, usize> =
        sections.iter().enumerate().map(|(at, (id, _))| (id.as_str(), at)).collect();
    let enrolled: Vec<(String, String)> = sqlx::query_as(
        "SELECT person_id, section_id FROM enrollment WHERE district_id = $1 AND teaches = 0 ORDER BY person_id, section_id",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let mut of_student: HashMap<&str, Vec<usize>> = HashMap::new();
    for (person, section) in &enrolled {
        if let Some(place) = places.get(section.as_str()) {
            of_student.entry(person).or_default().push(*place);
        }
    }
    let students: Vec<(String, String, String)> =
        sqlx::query_as("SELECT id, school_id, grade FROM student WHERE district_id = $1 ORDER BY id")
            .bind(district)
            .fetch_all(pool)
            .await?;
    let students: Vec<Student> = students
        .into_iter()
        .map(|(id, school, grade)| Student {
            sections: of_student.remove(id.as_str()).unwrap_or_default(),
            grade: Grade::parse(&grade).unwrap_or(Grade::Ungraded),
            id,
            school,
        })
        .collect();
    let schools = sqlx::query_scalar("SELECT id FROM school WHERE district_id = $1 ORDER BY id");
    Ok(People {
        district: district.to_owned(),
        schools: schools.bind(district).fetch_all(pool).await?,
        devices: devices(pool, district, &students).await?,
        students,
        sections: sections
            .iter()
            .map(|(id, period)| Section { id: id.clone(), period: period.clone() })
            .collect(),
    })
}

/// The devices that count, of students who are still on the roster and of schools. A device of a student who has left
/// is not known any more.
async fn devices(pool: &AnyPool, district: &str, students: &[Student]) -> Result<Vec<Device>> {
    let places: HashMap<&str, usize> =
        students.iter().enumerate().map(|(at, s)| (s.id.as_str(), at)).collect();
    let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT device_key, student_id, school_id FROM filter_device \
         WHERE district_id = $1 AND revoked_ms IS NULL ORDER BY device_key",
    )
    .bind(district)
    .fetch_all(pool)
    .await?;
    let device = |(key, student, school): (String, Option<String>, Option<String>)| {
        let owner = match student {
            Some(id) => Owner::Student(*places.get(id.as_str())?),
            None => Owner::School(school?),
        };
        Some(Device { key: enroll::read_key(&key)?, owner })
    };
    Ok(rows.into_iter().filter_map(device).collect())
}
