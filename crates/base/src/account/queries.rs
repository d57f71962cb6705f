//! SQL of the slice `account`.

use crate::access::Role;
use crate::db::{Db, Write};
use crate::layout::District;
use sqlx::any::AnyRow;
use sqlx::{AnyExecutor, Row};
use std::collections::HashMap;

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
pub async fn roles(on: impl AnyExecutor<'_>, account_id: &str) -> sqlx::Result<Vec<(String, Role)>> {
    let rows = sqlx::query(
        "SELECT district_id, role FROM account_role WHERE account_id = $1 ORDER BY district_id, role",
    )
    .bind(account_id)
    .fetch_all(on)
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
    row.as_ref().map(read_district).transpose()
}

fn read_district(row: &AnyRow) -> sqlx::Result<District> {
    Ok(District { id: row.try_get(0)?, name: row.try_get(1)?, fictional: row.try_get::<i64, _>(2)? != 0 })
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

/// Adds a district, or gives it this name where it is there.
pub async fn put_district(write: &mut Write, id: &str, name: &str, fictional: bool) -> sqlx::Result<()> {
    let known = sqlx::query("UPDATE district SET name = $2, fictional = $3 WHERE id = $1")
        .bind(id)
        .bind(name)
        .bind(i64::from(fictional))
        .execute(&mut **write)
        .await?;
    if known.rows_affected() == 0 {
        insert_district(write, id, name, fictional).await?;
    }
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

/// Whether the first account was made.
pub async fn is_set_up(db: &Db) -> sqlx::Result<bool> {
    let row = sqlx::query("SELECT COUNT(*) FROM installation").fetch_one(db.read()).await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Notes that the first account is made; false when it was before. The key lets only one win.
pub async fn claim_set_up(write: &mut Write, now: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("INSERT INTO installation (id, set_up_ms) VALUES (1, $1) ON CONFLICT DO NOTHING")
        .bind(now)
        .execute(&mut **write)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a password, as a PHC string.
pub async fn set_password(write: &mut Write, account_id: &str, hash: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE account SET password_hash = $1 WHERE id = $2")
        .bind(hash)
        .bind(account_id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// An account as stored.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The password as a PHC string; empty without one.
    pub password_hash: String,
    /// Whether it may not be used.
    pub disabled: bool,
}

fn read_account(row: &AnyRow) -> sqlx::Result<Account> {
    Ok(Account {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        name: row.try_get(2)?,
        password_hash: row.try_get(3)?,
        disabled: row.try_get::<i64, _>(4)? != 0,
    })
}

/// The account with this e-mail address.
pub async fn account_by_email(db: &Db, email: &str) -> sqlx::Result<Option<Account>> {
    let row = sqlx::query("SELECT id, email, name, password_hash, disabled FROM account WHERE email = $1")
        .bind(email)
        .fetch_optional(db.read())
        .await?;
    row.as_ref().map(read_account).transpose()
}

/// The account with this id.
pub async fn account(on: impl AnyExecutor<'_>, id: &str) -> sqlx::Result<Option<Account>> {
    let row = sqlx::query("SELECT id, email, name, password_hash, disabled FROM account WHERE id = $1")
        .bind(id)
        .fetch_optional(on)
        .await?;
    row.as_ref().map(read_account).transpose()
}

/// The accounts with a role in this district or in every district, by name.
pub async fn accounts_of(db: &Db, district: &str) -> sqlx::Result<Vec<Account>> {
    let rows = sqlx::query(
        "SELECT id, email, name, password_hash, disabled FROM account WHERE id IN \
         (SELECT account_id FROM account_role WHERE district_id = $1 OR district_id = '*') ORDER BY name, id",
    )
    .bind(district)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(read_account).collect()
}

/// Disables an account or lets it in again.
pub async fn set_disabled(write: &mut Write, account_id: &str, disabled: bool) -> sqlx::Result<()> {
    sqlx::query("UPDATE account SET disabled = $1 WHERE id = $2")
        .bind(i64::from(disabled))
        .bind(account_id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes a role; whether it was there.
pub async fn delete_role(
    write: &mut Write,
    account_id: &str,
    (district, role): (&str, Role),
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("DELETE FROM account_role WHERE account_id = $1 AND district_id = $2 AND role = $3")
            .bind(account_id)
            .bind(district)
            .bind(role.as_str())
            .execute(&mut **write)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// How many accounts that can sign in administer the whole installation: an invitation that nobody has used does not
/// count.
pub async fn count_administrators(write: &mut Write) -> sqlx::Result<i64> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM account_role r JOIN account a ON a.id = r.account_id \
         WHERE r.district_id = '*' AND r.role = 'administrator' AND a.disabled = 0 \
         AND (a.password_hash <> '' OR EXISTS (SELECT 1 FROM account_identity i WHERE i.account_id = a.id))",
    )
    .fetch_one(&mut **write)
    .await?;
    row.try_get(0)
}

/// Whether the account has a password or an identity at a provider.
pub async fn can_sign_in(write: &mut Write, account_id: &str) -> sqlx::Result<bool> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM account a WHERE a.id = $1 AND (a.password_hash <> '' \
         OR EXISTS (SELECT 1 FROM account_identity i WHERE i.account_id = a.id))",
    )
    .bind(account_id)
    .fetch_one(&mut **write)
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Ends a session.
pub async fn delete_session(write: &mut Write, token_hash: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(token_hash).execute(&mut **write).await?;
    Ok(())
}

/// Ends the sessions of an account, all but this one.
pub async fn delete_sessions(write: &mut Write, account_id: &str, but: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM session WHERE account_id = $1 AND token_hash <> $2")
        .bind(account_id)
        .bind(but)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Forgets what ended before now: sessions, links; and sign-ins by provider begun before `flows_ms`.
pub async fn delete_ended(write: &mut Write, now: i64, flows_ms: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM session WHERE expires_ms < $1").bind(now).execute(&mut **write).await?;
    sqlx::query("DELETE FROM account_link WHERE expires_ms < $1").bind(now).execute(&mut **write).await?;
    sqlx::query("DELETE FROM sign_in_flow WHERE created_ms < $1")
        .bind(flows_ms)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// A one-time link as stored.
#[derive(Clone, Debug)]
pub struct StoredLink {
    /// Whose it is.
    pub account_id: String,
    /// Until when it can be used, ms UTC.
    pub expires_ms: i64,
}

/// Puts a one-time link in the place of all links of the account. `purpose` is `invite` or `reset`.
pub async fn replace_link(
    write: &mut Write,
    token_hash: &str,
    (account_id, purpose): (&str, &str),
    (now, expires_ms): (i64, i64),
) -> sqlx::Result<()> {
    delete_links(write, account_id).await?;
    sqlx::query(
        "INSERT INTO account_link (token_hash, account_id, purpose, created_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token_hash)
    .bind(account_id)
    .bind(purpose)
    .bind(now)
    .bind(expires_ms)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// The one-time link with this digest, of an account that is not disabled.
pub async fn link(db: &Db, token_hash: &str) -> sqlx::Result<Option<StoredLink>> {
    let row = sqlx::query(
        "SELECT l.account_id, l.expires_ms FROM account_link l JOIN account a ON a.id = l.account_id \
         WHERE l.token_hash = $1 AND a.disabled = 0",
    )
    .bind(token_hash)
    .fetch_optional(db.read())
    .await?;
    row.map(|r| Ok(StoredLink { account_id: r.try_get(0)?, expires_ms: r.try_get(1)? })).transpose()
}

/// Uses up a one-time link; false when somebody was faster.
pub async fn delete_link(write: &mut Write, token_hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("DELETE FROM account_link WHERE token_hash = $1")
        .bind(token_hash)
        .execute(&mut **write)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets the one-time links of an account.
pub async fn delete_links(write: &mut Write, account_id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM account_link WHERE account_id = $1")
        .bind(account_id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Whether the account was invited and the invitation can still be used.
pub async fn is_invited(db: &Db, account_id: &str, now: i64) -> sqlx::Result<bool> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM account_link WHERE account_id = $1 AND purpose = 'invite' AND expires_ms > $2",
    )
    .bind(account_id)
    .bind(now)
    .fetch_one(db.read())
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// All districts, by name.
pub async fn districts(db: &Db) -> sqlx::Result<Vec<District>> {
    let rows = sqlx::query("SELECT id, name, fictional FROM district ORDER BY name, id")
        .fetch_all(db.read())
        .await?;
    rows.iter().map(read_district).collect()
}

/// The account that signs in with this identity.
pub async fn account_by_identity(db: &Db, issuer: &str, subject: &str) -> sqlx::Result<Option<Account>> {
    let row = sqlx::query(
        "SELECT a.id, a.email, a.name, a.password_hash, a.disabled FROM account a \
         JOIN account_identity i ON i.account_id = a.id WHERE i.issuer = $1 AND i.subject = $2",
    )
    .bind(issuer)
    .bind(subject)
    .fetch_optional(db.read())
    .await?;
    row.as_ref().map(read_account).transpose()
}

/// Lets the account sign in with this identity.
pub async fn insert_identity(
    write: &mut Write,
    account_id: &str,
    (issuer, subject): (&str, &str),
    now: i64,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO account_identity (issuer, subject, account_id, linked_ms) VALUES ($1, $2, $3, $4)",
    )
    .bind(issuer)
    .bind(subject)
    .bind(account_id)
    .bind(now)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// A sign-in by provider that has begun.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Digest of the browser's secret.
    pub browser_hash: String,
    /// The provider's id in the settings.
    pub provider: String,
    /// What the ID token must repeat.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// Where to go afterwards.
    pub next_path: String,
    /// When it began, ms UTC.
    pub created_ms: i64,
}

/// Stores a sign-in that begins.
pub async fn insert_flow(write: &mut Write, state_hash: &str, flow: &Flow) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO sign_in_flow (state_hash, browser_hash, provider, nonce, verifier, next_path, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(state_hash)
    .bind(&flow.browser_hash)
    .bind(&flow.provider)
    .bind(&flow.nonce)
    .bind(&flow.verifier)
    .bind(&flow.next_path)
    .bind(flow.created_ms)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Takes a sign-in that comes back: it can come back once.
pub async fn take_flow(write: &mut Write, state_hash: &str) -> sqlx::Result<Option<Flow>> {
    let row = sqlx::query(
        "DELETE FROM sign_in_flow WHERE state_hash = $1 \
         RETURNING browser_hash, provider, nonce, verifier, next_path, created_ms",
    )
    .bind(state_hash)
    .fetch_optional(&mut **write)
    .await?;
    row.map(|r| {
        Ok(Flow {
            browser_hash: r.try_get(0)?,
            provider: r.try_get(1)?,
            nonce: r.try_get(2)?,
            verifier: r.try_get(3)?,
            next_path: r.try_get(4)?,
            created_ms: r.try_get(5)?,
        })
    })
    .transpose()
}

/// The names of the accounts that have a role in this district or in every one, or did something that its
/// audit log tells of; by id.
pub async fn account_names(db: &Db, district: &str) -> sqlx::Result<HashMap<String, String>> {
    let rows = sqlx::query(
        "SELECT id, name FROM account WHERE id IN \
         (SELECT account_id FROM account_role WHERE district_id = $1 OR district_id = '*') \
         OR id IN (SELECT account_id FROM audit_entry WHERE district_id = $2)",
    )
    .bind(district)
    .bind(district)
    .fetch_all(db.read())
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
