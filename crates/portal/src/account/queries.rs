//! SQL of the slice `account`.

use crate::access::Role;
use crate::db::{Db, Write};
use crate::layout::District;
use sqlx::Row;

/// A stored session with its account's name.
pub struct StoredSession {
    /// Whose it is.
    pub account_id: String,
    /// The name of that account.
    pub name: String,
    /// The last request, ms UTC.
    pub seen_ms: i64,
    /// The end at the latest, ms UTC.
    pub expires_ms: i64,
}

/// The session with this digest, unless its account is disabled.
pub async fn session(db: &Db, token_hash: &str) -> sqlx::Result<Option<StoredSession>> {
    let row = sqlx::query(
        "SELECT s.account_id, a.name, s.seen_ms, s.expires_ms FROM session s \
         JOIN account a ON a.id = s.account_id WHERE s.token_hash = $1 AND a.disabled = 0",
    )
    .bind(token_hash)
    .fetch_optional(db.read())
    .await?;
    row.map(|r| {
        Ok(StoredSession {
            account_id: r.try_get(0)?,
            name: r.try_get(1)?,
            seen_ms: r.try_get(2)?,
            expires_ms: r.try_get(3)?,
        })
    })
    .transpose()
}

/// Stores a session that begins and ends at the latest at these times.
pub async fn insert_session(
    write: &mut Write,
    token_hash: &str,
    account_id: &str,
    (begin_ms, expires_ms): (i64, i64),
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO session (token_hash, account_id, created_ms, seen_ms, expires_ms) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash)
    .bind(account_id)
    .bind(begin_ms)
    .bind(begin_ms)
    .bind(expires_ms)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Notes that the session was used.
pub async fn touch_session(write: &mut Write, token_hash: &str, now: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE session SET seen_ms = $1 WHERE token_hash = $2")
        .bind(now)
        .bind(token_hash)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// The roles of an account: district (or `*`) and role. A word that is no role gives nothing.
pub async fn roles(db: &Db, account_id: &str) -> sqlx::Result<Vec<(String, Role)>> {
    let rows = sqlx::query(
        "SELECT district_id, role FROM account_role WHERE account_id = $1 ORDER BY district_id, role",
    )
    .bind(account_id)
    .fetch_all(db.read())
    .await?;
    let mut roles = Vec::with_capacity(rows.len());
    for row in rows {
        let word: String = row.try_get(1)?;
        if let Some(role) = Role::from_word(&word) {
            roles.push((row.try_get(0)?, role));
        }
    }
    Ok(roles)
}

/// The district with this LEAID.
pub async fn district(db: &Db, id: &str) -> sqlx::Result<Option<District>> {
    let row = sqlx::query("SELECT id, name, fictional FROM district WHERE id = $1")
        .bind(id)
        .fetch_optional(db.read())
        .await?;
    row.map(|r| {
        Ok(District { id: r.try_get(0)?, name: r.try_get(1)?, fictional: r.try_get::<i64, _>(2)? != 0 })
    })
    .transpose()
}

/// Adds a district; its state is the first two digits of its LEAID.
pub async fn insert_district(write: &mut Write, id: &str, name: &str, fictional: bool) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO district (id, name, state, fictional, created_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(name)
        .bind(id.get(..2).unwrap_or_default())
        .bind(i64::from(fictional))
        .bind(crate::db::now_ms())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// An account to add.
pub struct NewAccount<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its e-mail address, lower case.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
}

/// Adds an account without a password.
pub async fn insert_account(write: &mut Write, account: NewAccount<'_>, now: i64) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO account (id, email, name, created_ms) VALUES ($1, $2, $3, $4)")
        .bind(account.id)
        .bind(account.email)
        .bind(account.name)
        .bind(now)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Gives a role in a district (or `*`); once is enough.
pub async fn insert_role(
    write: &mut Write,
    account_id: &str,
    (district, role): (&str, Role),
    now: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO account_role (account_id, district_id, role, granted_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(account_id)
    .bind(district)
    .bind(role.as_str())
    .bind(now)
    .execute(&mut **write)
    .await?;
    Ok(())
}
