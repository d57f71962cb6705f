//! What people did at the counter, and taking the last of it back.

use super::loans::Loan;
use crate::db::{Write, new_id};
use serde::{Deserialize, Serialize};
use sqlx::Row;

type Result<T> = sqlx::Result<T>;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Lent a device.
    Out,
    /// Took one back.
    In,
    /// Lent one in place of another.
    Swap,
    /// Gave a loan more time.
    Renew,
    /// Said that a device is lost.
    Lost,
    /// Said that the household has found it.
    Found,
    /// Said how a device came back.
    Noted,
}

impl Did {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Out, Self::In, Self::Swap, Self::Renew, Self::Lost, Self::Found, Self::Noted];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Swap => "swap",
            Self::Renew => "renew",
            Self::Lost => "lost",
            Self::Found => "found",
            Self::Noted => "noted",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|did| did.as_str() == word)
    }
}

/// What a deed may change of a loan, as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Its last day.
    pub due_on: String,
    /// How many times it was renewed.
    pub renewed: i64,
    /// Since when the device was lost.
    pub lost_ms: Option<i64>,
    /// When it was back.
    pub in_ms: Option<i64>,
    /// When it was said to be damaged.
    pub damaged_ms: Option<i64>,
    /// What was missing.
    pub missing: Option<String>,
}

impl Before {
    /// A loan as it is now.
    pub fn of(loan: &Loan) -> Self {
        Self {
            due_on: loan.due_on.clone(),
            renewed: loan.renewed,
            lost_ms: loan.lost_ms,
            in_ms: loan.in_ms,
            damaged_ms: loan.damaged_ms,
            missing: loan.missing.clone(),
        }
    }
}

/// A loan that a deed is about, and its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The device's id.
    pub device: String,
    /// The loan's id.
    pub loan: String,
}

impl About {
    /// This loan and its device.
    pub fn of(loan: &Loan) -> Self {
        Self { device: loan.device_id.clone(), loan: loan.id.clone() }
    }
}

/// A deed as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Its id.
    pub id: String,
    /// When, ms since 1970 UTC.
    pub done_ms: i64,
    /// What.
    pub did: Did,
    /// With what: of a swap with what was lent.
    pub about: About,
    /// Of a swap: what came back.
    pub other: Option<About>,
    /// What was changed (of a swap the loan of what came back), as it was before; none of a loan that began.
    pub before: Option<Before>,
    /// Whether it was taken back.
    pub is_undone: bool,
}

impl Deed {
    /// Something done now.
    pub fn new(did: Did, about: About, before: Option<Before>, done_ms: i64) -> Self {
        Self { id: new_id(), done_ms, did, about, other: None, before, is_undone: false }
    }
}

/// Keeps what somebody did.
///
/// # Errors
/// The database's.
pub async fn put_deed(tx: &mut Write, district: &str, deed: &Deed, by: &str) -> Result<()> {
    let earlier = deed.before.as_ref().map(serde_json::to_string).transpose();
    let earlier = earlier.map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO lending_deed (district_id, id, done_ms, done_by, deed, device_id, loan_id, other_device_id, \
         other_loan_id, earlier) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(district)
    .bind(&deed.id)
    .bind(deed.done_ms)
    .bind(by)
    .bind(deed.did.as_str())
    .bind(&deed.about.device)
    .bind(&deed.about.loan)
    .bind(deed.other.as_ref().map(|other| other.device.as_str()))
    .bind(deed.other.as_ref().map(|other| other.loan.as_str()))
    .bind(earlier)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// What somebody did last, not before `since_ms`, whether it was taken back or not.
///
/// # Errors
/// The database's; a deed that no program has written is one.
pub async fn last_deed(tx: &mut Write, district: &str, by: &str, since_ms: i64) -> Result<Option<Deed>> {
    let row = sqlx::query(
        "SELECT id, done_ms, deed, device_id, loan_id, other_device_id, other_loan_id, earlier, undone_ms FROM lending_deed \
         WHERE district_id = $1 AND done_by = $2 AND done_ms >= $3 ORDER BY done_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .bind(by)
    .bind(since_ms)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let word: String = row.try_get("deed")?;
    let did =
        Did::from_word(&word).ok_or_else(|| sqlx::Error::Decode(format!("no deed is {word}").into()))?;
    let (device, loan): (Option<String>, Option<String>) =
        (row.try_get("other_device_id")?, row.try_get("other_loan_id")?);
    let earlier: Option<String> = row.try_get("earlier")?;
    let before = earlier.map(|json| serde_json::from_str(&json)).transpose();
    Ok(Some(Deed {
        id: row.try_get("id")?,
        done_ms: row.try_get("done_ms")?,
        did,
        about: About { device: row.try_get("device_id")?, loan: row.try_get("loan_id")? },
        other: device.zip(loan).map(|(device, loan)| About { device, loan }),
        before: before.map_err(|error| sqlx::Error::Decode(error.into()))?,
        is_undone: row.try_get::<Option<i64>, _>("undone_ms")?.is_some(),
    }))
}

/// Whether anybody did something since with a device of this deed that was not taken back.
///
/// # Errors
/// The database's.
pub async fn has_later_deed(tx: &mut Write, district: &str, deed: &Deed) -> Result<bool> {
    let other = deed.other.as_ref().map_or(deed.about.device.as_str(), |other| other.device.as_str());
    let later: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM lending_deed WHERE district_id = $1 AND undone_ms IS NULL \
         AND (done_ms > $2 OR (done_ms = $2 AND id > $3)) \
         AND (device_id IN ($4, $5) OR other_device_id IN ($4, $5))",
    )
    .bind(district)
    .bind(deed.done_ms)
    .bind(&deed.id)
    .bind(&deed.about.device)
    .bind(other)
    .fetch_one(&mut **tx)
    .await?;
    Ok(later > 0)
}

/// Keeps that a deed was taken back.
///
/// # Errors
/// The database's.
pub async fn undo_deed(tx: &mut Write, district: &str, id: &str, ms: i64) -> Result<()> {
    sqlx::query("UPDATE lending_deed SET undone_ms = $3 WHERE district_id = $1 AND id = $2")
        .bind(district)
        .bind(id)
        .bind(ms)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Makes a loan again what it was before.
///
/// # Errors
/// The database's.
pub async fn put_loan_back(tx: &mut Write, district: &str, loan: &str, before: &Before) -> Result<()> {
    sqlx::query(
        "UPDATE lending_loan SET due_on = $3, renewed = $4, lost_ms = $5, in_ms = $6, damaged_ms = $7, missing = $8, \
         in_by = CASE WHEN $6 IS NULL THEN NULL ELSE in_by END WHERE district_id = $1 AND id = $2",
    )
    .bind(district)
    .bind(loan)
    .bind(&before.due_on)
    .bind(before.renewed)
    .bind(before.lost_ms)
    .bind(before.in_ms)
    .bind(before.damaged_ms)
    .bind(&before.missing)
    .execute(&mut **tx)
    .await
    .map(drop)
}
