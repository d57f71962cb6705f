//! Who did and who looked at what: a log whose entries are chained by digest.
//!
//! An entry is added in the transaction of what it tells about, so neither is there without the other. Each
//! carries the digest of the one before; [`verify`] walks the chain. Who can write to the database can cut off
//! its end and write the head anew, so keep a head digest elsewhere from time to time and give it to `verify`.
//!
//! Never in an entry: names, addresses, e-mail addresses, telephone numbers, codes, tokens. Ids and counts only.

#[cfg(test)]
mod tests;

use crate::db::{Db, Write, now_ms};
use crate::exchange::hexadecimal;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

/// What to write down.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The district (LEAID); none when it is about the whole installation.
    pub district_id: Option<&'a str>,
    /// The account that did it; none when the program did.
    pub account_id: Option<&'a str>,
    /// What was done, as `noun.verb`: `roster.load`, `student.see`.
    pub action: &'a str,
    /// What it was done to: its kind (the table's name) and its id.
    pub subject: (&'a str, &'a str),
    /// More ids and counts, as JSON; [`serde_json::Value::Null`] when there is no more to say.
    pub detail: serde_json::Value,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The district (LEAID).
    pub district_id: Option<String>,
    /// The account.
    pub account_id: Option<String>,
    /// What was done.
    pub action: String,
    /// The kind of thing that it was done to.
    pub subject_kind: String,
    /// The id of that.
    pub subject_id: String,
    /// JSON.
    pub detail: String,
    /// The digest of the entry before; of the first, the digest of the chain's name.
    pub previous: String,
    /// SHA-256 of all the above, in hexadecimal.
    pub digest: String,
}

impl Stored {
    const COLUMNS: &str =
        "seq, at_ms, district_id, account_id, action, subject_kind, subject_id, detail, previous, digest";

    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            seq: row.try_get("seq")?,
            at_ms: row.try_get("at_ms")?,
            district_id: row.try_get("district_id")?,
            account_id: row.try_get("account_id")?,
            action: row.try_get("action")?,
            subject_kind: row.try_get("subject_kind")?,
            subject_id: row.try_get("subject_id")?,
            detail: row.try_get("detail")?,
            previous: row.try_get("previous")?,
            digest: row.try_get("digest")?,
        })
    }

    /// SHA-256 over an encoding in which no two entries look alike: each field with its length before it,
    /// and an absent one different from an empty one.
    pub fn compute_digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"evenfield audit entry 1\n");
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_ms.to_be_bytes());
        let present = |text| Some(text);
        for field in [
            self.district_id.as_deref(),
            self.account_id.as_deref(),
            present(self.action.as_str()),
            present(&self.subject_kind),
            present(&self.subject_id),
            present(&self.detail),
            present(&self.previous),
        ] {
            match field {
                None => hash.update([0]),
                Some(text) => {
                    hash.update([1]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        hexadecimal(&hash.finalize())
    }
}

/// What the first entry of a chain carries as the digest before it.
fn genesis(chain: &str) -> String {
    hexadecimal(&Sha256::digest(format!("evenfield audit chain 1\n{chain}")))
}

/// Adds an entry in a transaction of its own: a look, which changes nothing else.
///
/// # Errors
/// The database's.
pub async fn record_look(db: &Db, entry: &Entry<'_>) -> Result<(), sqlx::Error> {
    let mut write = db.write().await?;
    record(&mut write, entry).await?;
    write.commit().await
}

/// Adds an entry in the caller's transaction. Whoever adds one next waits until that has ended, so that
/// entries follow each other on PostgreSQL too.
///
/// # Errors
/// The database's.
pub async fn record(write: &mut Write, entry: &Entry<'_>) -> Result<(), sqlx::Error> {
    let head = sqlx::query("UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING chain, seq, digest")
        .fetch_one(&mut **write)
        .await?;
    let before: String = head.try_get("digest")?;
    let mut stored = Stored {
        seq: head.try_get("seq")?,
        at_ms: now_ms(),
        district_id: entry.district_id.map(str::to_owned),
        account_id: entry.account_id.map(str::to_owned),
        action: entry.action.to_owned(),
        subject_kind: entry.subject.0.to_owned(),
        subject_id: entry.subject.1.to_owned(),
        detail: entry.detail.to_string(),
        previous: if before.is_empty() { genesis(&head.try_get::<String, _>("chain")?) } else { before },
        digest: String::new(),
    };
    stored.digest = stored.compute_digest();
    sqlx::query(
        "INSERT INTO audit_entry (seq, at_ms, district_id, account_id, action, subject_kind, subject_id, detail, \
         previous, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(stored.seq)
    .bind(stored.at_ms)
    .bind(stored.district_id)
    .bind(stored.account_id)
    .bind(stored.action)
    .bind(stored.subject_kind)
    .bind(stored.subject_id)
    .bind(stored.detail)
    .bind(stored.previous)
    .bind(&stored.digest)
    .execute(&mut **write)
    .await?;
    sqlx::query("UPDATE audit_head SET digest = $1 WHERE id = 1")
        .bind(&stored.digest)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// The last entry's place and digest: to be kept elsewhere, and given to [`verify`] later.
///
/// # Errors
/// The database's.
pub async fn head(pool: &AnyPool) -> Result<(i64, String), sqlx::Error> {
    sqlx::query_as("SELECT seq, digest FROM audit_head WHERE id = 1").fetch_one(pool).await
}

/// Whose entries: of a district, that all of it was written to a file or read from one, and what the people who have a role in it did outside any district, as signing in, or
/// what was tried in their names, as signing in wrongly.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The district (LEAID).
    pub district_id: &'a str,
    /// All that was done outside any district, by whomever: for who has a role in every district.
    pub everywhere: bool,
}

/// These entries, the newest first, those before `before` (a `seq`; none for the newest). Entries that came with the
/// district from another installation are not among them.
///
/// # Errors
/// The database's.
pub async fn list(
    pool: &AnyPool,
    of: Of<'_>,
    before: Option<i64>,
    at_most: i64,
) -> Result<Vec<Stored>, sqlx::Error> {
    // Two walks along the index, each cut off, in place of one that sorts everything.
    let part = |which: &str| {
        let columns = Stored::COLUMNS;
        format!("SELECT {columns} FROM audit_entry WHERE {which} AND seq < $2 ORDER BY seq DESC LIMIT $3")
    };
    let theirs = "IN (SELECT account_id FROM account_role WHERE district_id = $1)";
    let nowhere = match of.everywhere {
        true => "district_id IS NULL".to_owned(),
        // What the program did to an account has no district either, as a sign-in that failed; nor has the copy of a whole district.
        false => format!(
            "district_id IS NULL AND (account_id {theirs} OR (subject_kind = 'district' AND subject_id = $1) OR \
             (account_id IS NULL AND subject_kind = 'account' AND subject_id {theirs}))"
        ),
    };
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({}) AS here UNION ALL SELECT * FROM ({}) AS nowhere ORDER BY seq DESC LIMIT $3",
        part("district_id = $1"),
        part(&nowhere),
    ));
    let rows = sqlx::query(sql)
        .bind(of.district_id)
        .bind(before.unwrap_or(i64::MAX))
        .bind(at_most)
        .fetch_all(pool)
        .await?;
    rows.iter().map(Stored::from_row).collect()
}

/// What a look at many students shows: `detail` says which were asked for, and with the roster load in force it can be
/// told later who they were.
///
/// # Errors
/// The database's.
pub async fn of_roster(
    pool: &AnyPool,
    district: &str,
    mut detail: serde_json::Value,
) -> Result<serde_json::Value, sqlx::Error> {
    let load: Option<String> = sqlx::query_scalar(
        "SELECT id FROM roster_load WHERE district_id = $1 AND undone_ms IS NULL \
         ORDER BY loaded_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(pool)
    .await?;
    detail["roster_load"] = load.into();
    Ok(detail)
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The chain is whole.
    Whole {
        /// How many entries.
        entries: i64,
        /// The digest of the last one; empty when there is none.
        head: String,
    },
    /// It is not.
    Broken {
        /// The first place at which it is not.
        seq: i64,
        /// What is wrong there.
        why: Break,
    },
}

/// How a chain is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// There is no entry with this number, but a later one.
    #[error("the entry is missing")]
    Missing,
    /// The entry does not give the digest that stands in it.
    #[error("the entry was changed after it was written")]
    Changed,
    /// The entry is whole, but does not follow the one before.
    #[error("the entry does not follow the one before: it was inserted, moved or written anew")]
    DoesNotFollow,
    /// The head is not the last entry.
    #[error("the last entry is not the head: entries were cut off the end or put there")]
    NotTheHead,
    /// The head that was kept elsewhere is not in the chain.
    #[error("no entry has the head digest that was given: the end was cut off or the chain was written anew")]
    KeptHeadIsGone,
    /// An entry that came from another installation does not give its digest.
    #[error("an entry that came with a district was changed after it was written")]
    MovedChanged,
    /// What came from another installation is not what this entry says came.
    #[error("of the entries that came with the district at this import some are missing, or there are more")]
    MovedMissing,
}

const PAGE: i64 = 2_000;

/// Walks the chain from its first entry. `kept` is a head digest kept elsewhere, which must be one of the
/// digests in the chain.
///
/// # Errors
/// The database's.
pub async fn verify(db: &Db, kept: Option<&str>) -> Result<Verdict, sqlx::Error> {
    // One snapshot: entries that are added meanwhile are not seen.
    let mut read = match db.backend() {
        crate::db::Backend::Sqlite => db.read().begin().await?,
        crate::db::Backend::Postgres => db.read().begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?,
    };
    let head = sqlx::query("SELECT chain, seq, digest FROM audit_head").fetch_one(&mut *read).await?;
    let mut previous = genesis(&head.try_get::<String, _>("chain")?);
    let (mut seq, mut kept_is_there) = (0, kept.is_none());
    let mut moved_broken = None;
    // An entry put in before the first is looked at too.
    let mut after = i64::MIN;
    loop {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {} FROM audit_entry WHERE seq > $1 ORDER BY seq LIMIT $2",
            Stored::COLUMNS
        ));
        let rows = sqlx::query(sql).bind(after).bind(PAGE).fetch_all(&mut *read).await?;
        for row in &rows {
            let entry = Stored::from_row(row)?;
            if let Some(why) = broken(&entry, seq, &previous) {
                let seq = if why == Break::Missing { seq + 1 } else { entry.seq };
                return Ok(Verdict::Broken { seq, why });
            }
            if entry.action == IMPORT && !moved_is_whole(&mut read, &entry).await? {
                moved_broken = moved_broken.or(Some(entry.seq));
            }
            kept_is_there |= kept == Some(entry.digest.as_str());
            (seq, after, previous) = (entry.seq, entry.seq, entry.digest);
        }
        if rows.is_empty() {
            break;
        }
    }
    let (head_seq, head_digest): (i64, String) = (head.try_get("seq")?, head.try_get("digest")?);
    if head_seq != seq || (seq > 0 && head_digest != previous) {
        return Ok(Verdict::Broken { seq: seq.min(head_seq) + 1, why: Break::NotTheHead });
    }
    if !kept_is_there {
        return Ok(Verdict::Broken { seq, why: Break::KeptHeadIsGone });
    }
    if let Some(seq) = moved_and_changed(&mut read).await? {
        return Ok(Verdict::Broken { seq, why: Break::MovedChanged });
    }
    if let Some(seq) = moved_broken {
        return Ok(Verdict::Broken { seq, why: Break::MovedMissing });
    }
    Ok(Verdict::Whole { entries: seq, head: head_digest })
}

fn broken(entry: &Stored, last: i64, previous: &str) -> Option<Break> {
    if entry.seq > last + 1 {
        Some(Break::Missing)
    } else if entry.compute_digest() != entry.digest {
        Some(Break::Changed)
    } else if entry.previous != previous || entry.seq != last + 1 {
        Some(Break::DoesNotFollow)
    } else {
        None
    }
}

/// What an import is called in the log.
pub(crate) const IMPORT: &str = "district.import";

/// Entries of a district that came from one chain: how far they go, how many they are, and a digest over all of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    chain: String,
    until: i64,
    entries: i64,
    sha256: String,
}

/// The entries of a district that are here from this chain, up to `until`.
///
/// # Errors
/// The database's.
pub(crate) async fn moved(
    connection: &mut AnyConnection,
    district: &str,
    (chain, until): (&str, i64),
) -> Result<Moved, sqlx::Error> {
    let sql =
        "SELECT digest FROM audit_moved WHERE chain = $1 AND seq <= $2 AND district_id = $3 ORDER BY seq";
    let (mut entries, mut hash) = (0, Sha256::new());
    let mut rows =
        sqlx::query_scalar::<_, String>(sql).bind(chain).bind(until).bind(district).fetch(connection);
    while let Some(digest) = rows.try_next().await? {
        entries += 1;
        hash.update(digest.as_bytes());
        hash.update(b"\n");
    }
    Ok(Moved { chain: chain.to_owned(), until, entries, sha256: hexadecimal(&hash.finalize()) })
}

/// Whether the entries that an import brought are here still, each once. Imports only ever add some of a chain, and always all up to
/// its last one, so that later imports change nothing of what an earlier one says.
async fn moved_is_whole(read: &mut AnyConnection, import: &Stored) -> Result<bool, sqlx::Error> {
    #[derive(Deserialize)]
    struct Detail {
        #[serde(default)]
        moved: Vec<Moved>,
    }
    // The entry itself is held by the chain; one that is written otherwise says nothing of moved entries.
    let Ok(Detail { moved: said }) = serde_json::from_str(&import.detail) else { return Ok(true) };
    for said in said {
        if moved(read, &import.subject_id, (&said.chain, said.until)).await? != said {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first entry from another chain that does not give its digest. Only a part of that chain is here, so
/// that entries follow each other can be checked there alone.
async fn moved_and_changed(read: &mut Write) -> Result<Option<i64>, sqlx::Error> {
    let mut after = (String::new(), 0);
    loop {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT chain, {} FROM audit_moved WHERE chain > $1 OR (chain = $1 AND seq > $2) \
             ORDER BY chain, seq LIMIT $3",
            Stored::COLUMNS
        ));
        let rows = sqlx::query(sql).bind(&after.0).bind(after.1).bind(PAGE).fetch_all(&mut **read).await?;
        for row in &rows {
            let entry = Stored::from_row(row)?;
            if entry.compute_digest() != entry.digest {
                return Ok(Some(entry.seq));
            }
            after = (row.try_get("chain")?, entry.seq);
        }
        if rows.is_empty() {
            return Ok(None);
        }
    }
}
