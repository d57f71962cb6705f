//! Slice `account`: who there is, how they sign in, which roles they have; and the list of districts,
//! because a role is always a role in a district.

pub mod oidc;
pub mod pages;
pub mod password;
pub mod queries;
pub mod rules;
pub mod session;
#[cfg(test)]
mod tests;

use crate::access::Role;
pub use crate::secret;

use crate::db::{Db, Write, new_id, now_ms};
use crate::error::{Error, Result};
use password::Passwords;

/// What the slice keeps beside the database, for as long as the process runs.
pub struct Accounts {
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Connections to identity providers.
    pub oidc: oidc::Client,
    set_up_code: String,
    browser_key: String,
}

impl Accounts {
    /// With a new set-up code.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn new() -> Result<Self> {
        Self::with_work(password::RFC_9106_SECOND)
    }

    /// With this work a password.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn with_work(work: password::Work) -> Result<Self> {
        Ok(Self {
            passwords: Passwords::new(work),
            oidc: oidc::Client::default(),
            set_up_code: secret::new_token()?,
            browser_key: secret::new_token()?,
        })
    }

    /// What a browser keeps that has signed in to the account with this address, until the program starts anew. Its
    /// tries are counted apart, so that somebody who guesses from elsewhere does not lock the person out.
    pub fn browser_mark(&self, email: &str) -> String {
        secret::purpose_digest("browser mark", &format!("{}\0{email}", self.browser_key))
    }

    /// The path that makes the first account, while there is none; the program prints it at its start,
    /// so that only who can read its output can use it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_up_path(&self, db: &Db) -> Result<Option<String>> {
        let done = queries::is_set_up(db).await?;
        Ok((!done).then(|| format!("/setup?code={}", self.set_up_code)))
    }
}

/// The first account of an installation.
pub struct First<'a> {
    /// Its e-mail address, checked.
    pub email: &'a str,
    /// The person's name, checked.
    pub name: &'a str,
    /// Its password as a PHC string, see [`Passwords::hash`].
    pub password_hash: &'a str,
}

/// Makes the first account, administrator of every district, and gives its id. Works once.
///
/// # Errors
/// [`Error::NotFound`] when the installation was set up before.
pub async fn set_up(write: &mut Write, first: First<'_>) -> Result<String> {
    let now = now_ms();
    if !queries::claim_set_up(write, now).await? {
        return Err(Error::NotFound);
    }
    let id = new_id();
    let account = queries::NewAccount { id: &id, email: first.email, name: first.name };
    queries::insert_account(write, account, now).await?;
    queries::set_password(write, &id, first.password_hash).await?;
    queries::insert_role(write, &id, ("*", Role::Administrator), now).await?;
    Ok(id)
}
