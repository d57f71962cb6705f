//! Sessions: a random token in a cookie, its digest in the database. `docs/adr/0004-sessions.md` says why
//! this small store and not a session crate.

use super::{queries, secret};
use crate::access::Viewer;
use crate::config::Config;
use crate::db::{Db, Write, now_ms};
use crate::error::Result;

/// The time of the last request is written at most this often.
const SEEN_STEP_MS: i64 = 60 * 1000;

/// The session of a request; the middleware puts it into the request's extensions.
#[derive(Clone, Debug)]
pub struct Session {
    /// The digest under which the session is stored.
    pub token_hash: String,
    /// Who is signed in.
    pub viewer: Viewer,
}

/// Begins a session in this write and gives the token for the cookie.
///
/// # Errors
/// When the database or the operating system's randomness fails.
pub async fn begin(write: &mut Write, account_id: &str, config: &Config) -> Result<String> {
    let token = secret::new_token()?;
    let now = now_ms();
    queries::insert_session(
        write,
        &secret::digest(&token),
        account_id,
        (now, now + i64::from(config.session_hours) * 3_600_000),
    )
    .await?;
    Ok(token)
}

/// The session of this token, when it has neither ended nor idled out and the account is not disabled.
///
/// # Errors
/// When the database fails.
pub async fn load(db: &Db, token: &str, config: &Config) -> Result<Option<Session>> {
    let token_hash = secret::digest(token);
    let now = now_ms();
    let Some(found) = queries::session(db, &token_hash).await? else { return Ok(None) };
    if now >= found.expires_ms || now >= found.seen_ms + i64::from(config.session_idle_minutes) * 60_000 {
        return Ok(None);
    }
    if now >= found.seen_ms + SEEN_STEP_MS {
        let mut write = db.write().await?;
        queries::touch_session(&mut write, &token_hash, now).await?;
        write.commit().await?;
    }
    let roles = queries::roles(db.read(), &found.account_id).await?;
    let viewer = Viewer { account_id: found.account_id, name: found.name, roles };
    Ok(Some(Session { token_hash, viewer }))
}
