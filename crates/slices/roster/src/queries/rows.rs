//! The roster's five tables, whole: read, insert, delete.

use crate::bulk::{self, Value};
use crate::db::{Backend, Db, Write};
use crate::rules::{Place, StoredRoster, StudentRow, name_key};
use evenfield_gap::place::address::home_key;
use evenfield_gap::roster::{Address, Enrollment, Roster, School, Section, Staff, Student};
use evenfield_model::Grade;
use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// A row of one of the tables: how it is stored, and what tells it apart.
pub(super) trait Stored: Sized + Send + Sync {
    /// The word in `roster_before.kind`, which is also the table's name.
    const KIND: &'static str;
    /// `INSERT INTO … VALUES`.
    const INSERT: &'static str;
    /// `DELETE … IN (VALUES`; the key follows.
    const DELETE: &'static str;
    /// The columns of [`Stored::INSERT`], in order.
    fn values(&self, district: &str) -> Vec<Value>;
    /// The columns of [`Stored::DELETE`], in order.
    fn key(&self, district: &str) -> Vec<Value>;
    /// The key as one text.
    fn id(&self) -> String;
}

impl Stored for School {
    const KIND: &'static str = "school";
    const INSERT: &'static str = "INSERT INTO school (district_id, id, name, ncessch) VALUES";
    const DELETE: &'static str = "DELETE FROM school WHERE (district_id, id) IN (VALUES";
    fn values(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.source_id).into(), (&self.name).into(), (&self.ncessch).into()]
    }
    fn key(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.source_id).into()]
    }
    fn id(&self) -> String {
        self.source_id.clone()
    }
}

impl Stored for StudentRow {
    const KIND: &'static str = "student";
    const INSERT: &'static str = "INSERT INTO student (district_id, id, school_id, grade, given_name, \
        family_name, name_key, street, city, state, zip, frl, ell, iep, home_language, lon, lat, \
        block_group, geocode, geocode_reason, home_key) VALUES";
    const DELETE: &'static str = "DELETE FROM student WHERE (district_id, id) IN (VALUES";
    fn values(&self, district: &str) -> Vec<Value> {
        let s = &self.student;
        let address = s.address.as_ref();
        let part = |of: fn(&Address) -> &String| Value::from(address.map(|a| of(a).as_str()));
        vec![
            district.into(),
            (&s.source_id).into(),
            (&s.school).into(),
            (&s.grade.code()).into(),
            (&s.given_name).into(),
            (&s.family_name).into(),
            (&name_key(&format!("{} {}", s.family_name, s.given_name))).into(),
            part(|a| &a.street),
            part(|a| &a.city),
            part(|a| &a.state),
            part(|a| &a.zip),
            s.frl.into(),
            s.ell.into(),
            s.iep.into(),
            (&s.home_language).into(),
            self.place.lon.into(),
            self.place.lat.into(),
            (&self.place.block_group).into(),
            (&self.place.geocode).into(),
            (&self.place.reason).into(),
            (&address.and_then(|a| home_key(&a.street, &a.zip))).into(),
        ]
    }
    fn key(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.student.source_id).into()]
    }
    fn id(&self) -> String {
        self.student.source_id.clone()
    }
}

impl Stored for Section {
    const KIND: &'static str = "section";
    const INSERT: &'static str = "INSERT INTO section (district_id, id, school_id, title, period) VALUES";
    const DELETE: &'static str = "DELETE FROM section WHERE (district_id, id) IN (VALUES";
    fn values(&self, district: &str) -> Vec<Value> {
        vec![
            district.into(),
            (&self.source_id).into(),
            (&self.school).into(),
            (&self.title).into(),
            (&self.period).into(),
        ]
    }
    fn key(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.source_id).into()]
    }
    fn id(&self) -> String {
        self.source_id.clone()
    }
}

impl Stored for Enrollment {
    const KIND: &'static str = "enrollment";
    const INSERT: &'static str =
        "INSERT INTO enrollment (district_id, section_id, person_id, teaches) VALUES";
    const DELETE: &'static str =
        "DELETE FROM enrollment WHERE (district_id, section_id, person_id, teaches) IN (VALUES";
    fn values(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.section).into(), (&self.person).into(), Value::from(Some(self.teaches))]
    }
    fn key(&self, district: &str) -> Vec<Value> {
        self.values(district)
    }
    fn id(&self) -> String {
        // A unit separator cannot stand in an id that came out of a CSV field.
        format!("{}\u{1f}{}\u{1f}{}", self.section, self.person, u8::from(self.teaches))
    }
}

impl Stored for Staff {
    const KIND: &'static str = "staff";
    const INSERT: &'static str = "INSERT INTO staff (district_id, id, given_name, family_name, email) VALUES";
    const DELETE: &'static str = "DELETE FROM staff WHERE (district_id, id) IN (VALUES";
    fn values(&self, district: &str) -> Vec<Value> {
        vec![
            district.into(),
            (&self.source_id).into(),
            (&self.given_name).into(),
            (&self.family_name).into(),
            (&self.email).into(),
        ]
    }
    fn key(&self, district: &str) -> Vec<Value> {
        vec![district.into(), (&self.source_id).into()]
    }
    fn id(&self) -> String {
        self.source_id.clone()
    }
}

/// Stores rows that are not there yet.
pub(super) async fn insert<'r, T: Stored + 'r>(
    tx: &mut Write,
    district: &str,
    rows: impl IntoIterator<Item = &'r T, IntoIter: Send>,
) -> sqlx::Result<u64> {
    bulk::run(tx, T::INSERT, "", rows.into_iter().map(|row| row.values(district))).await
}

/// Deletes rows by their keys.
pub(super) async fn delete<'r, T: Stored + 'r>(
    tx: &mut Write,
    district: &str,
    rows: impl IntoIterator<Item = &'r T, IntoIter: Send>,
) -> sqlx::Result<u64> {
    bulk::run(tx, T::DELETE, ")", rows.into_iter().map(|row| row.key(district))).await
}

/// Reads the roster of a district with the places of its students, all of one moment.
///
/// # Errors
/// The database's; a grade in the table that no source could have given is a decoding error.
pub async fn read(db: &Db, district: &str) -> sqlx::Result<StoredRoster> {
    let mut snapshot = db.read().begin().await?;
    if db.backend() == Backend::Postgres {
        // PostgreSQL's default lets a load slip in between the five statements; SQLite's does not.
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *snapshot).await?;
    }
    read_on(&mut snapshot, district).await
}

/// As [`read`], on a connection that is already in a transaction.
pub(super) async fn read_on(connection: &mut AnyConnection, district: &str) -> sqlx::Result<StoredRoster> {
    let mut stored = StoredRoster::default();
    let roster = &mut stored.roster;
    let mut rows = sqlx::query("SELECT id, name, ncessch FROM school WHERE district_id = $1 ORDER BY id")
        .bind(district)
        .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        roster.schools.push(School {
            source_id: row.try_get(0)?,
            name: row.try_get(1)?,
            ncessch: row.try_get(2)?,
        });
    }
    drop(rows);
    let mut rows = sqlx::query(STUDENTS).bind(district).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let StudentRow { student, place } = student_row(&row)?;
        if place != Place::default() {
            stored.places.insert(student.source_id.clone(), place);
        }
        roster.students.push(student);
    }
    drop(rows);
    let mut rows =
        sqlx::query("SELECT id, school_id, title, period FROM section WHERE district_id = $1 ORDER BY id")
            .bind(district)
            .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        roster.sections.push(Section {
            source_id: row.try_get(0)?,
            school: row.try_get(1)?,
            title: row.try_get(2)?,
            period: row.try_get(3)?,
        });
    }
    drop(rows);
    read_people(connection, district, roster).await?;
    Ok(stored)
}

/// Enrolments and staff of [`read_on`].
async fn read_people(
    connection: &mut AnyConnection,
    district: &str,
    roster: &mut Roster,
) -> sqlx::Result<()> {
    let mut rows = sqlx::query(
        "SELECT section_id, person_id, teaches FROM enrollment WHERE district_id = $1 \
         ORDER BY section_id, person_id, teaches",
    )
    .bind(district)
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        roster.enrollments.push(Enrollment {
            section: row.try_get(0)?,
            person: row.try_get(1)?,
            teaches: row.try_get::<i64, _>(2)? == 1,
        });
    }
    drop(rows);
    let mut rows = sqlx::query(
        "SELECT id, given_name, family_name, email FROM staff WHERE district_id = $1 ORDER BY id",
    )
    .bind(district)
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        roster.staff.push(Staff {
            source_id: row.try_get(0)?,
            given_name: row.try_get(1)?,
            family_name: row.try_get(2)?,
            email: row.try_get(3)?,
        });
    }
    Ok(())
}

/// Every column of a student, in the order that [`student_row`] reads.
pub(super) const STUDENTS: &str = "SELECT id, school_id, grade, given_name, family_name, street, city, \
    state, zip, frl, ell, iep, home_language, lon, lat, block_group, geocode, geocode_reason \
    FROM student WHERE district_id = $1 ORDER BY id";

/// A row of [`STUDENTS`].
pub(super) fn student_row(row: &AnyRow) -> sqlx::Result<StudentRow> {
    let flag = |column: usize| row.try_get::<Option<i64>, _>(column).map(|v| v.map(|n| n == 1));
    let part = |column: usize| row.try_get::<Option<String>, _>(column).map(Option::unwrap_or_default);
    let address = match row.try_get::<Option<String>, _>(5)? {
        Some(street) => Some(Address { street, city: part(6)?, state: part(7)?, zip: part(8)? }),
        None => None,
    };
    Ok(StudentRow {
        student: Student {
            source_id: row.try_get(0)?,
            school: row.try_get(1)?,
            grade: decode_grade(&row.try_get::<String, _>(2)?)?,
            given_name: row.try_get(3)?,
            family_name: row.try_get(4)?,
            address,
            frl: flag(9)?,
            ell: flag(10)?,
            iep: flag(11)?,
            home_language: row.try_get(12)?,
        },
        place: Place {
            lon: row.try_get(13)?,
            lat: row.try_get(14)?,
            block_group: row.try_get(15)?,
            geocode: row.try_get(16)?,
            reason: row.try_get(17)?,
        },
    })
}

/// A stored grade.
fn decode_grade(code: &str) -> sqlx::Result<Grade> {
    Grade::parse(code).ok_or_else(|| sqlx::Error::Decode(format!("\"{code}\" is not a grade").into()))
}
