//! Passwords: Argon2id as RFC 9106, section 4, second recommended option (3 passes, 4 lanes, 64 MiB).

use crate::error::{Error, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The work of one password: memory in KiB, passes, lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// RFC 9106, section 4: the option for machines that cannot spare 2 GiB a password.
pub const RFC_9106_SECOND: Work = Work { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

/// At most this many passwords are worked on at once: 128 MiB.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords, away from the threads that answer requests.
#[derive(Clone)]
pub struct Passwords {
    work: Work,
    turns: Arc<Semaphore>,
    /// What the password of an account that does not exist is checked against.
    decoy: Arc<OnceLock<String>>,
}

impl Passwords {
    /// With this work a password.
    pub fn new(work: Work) -> Self {
        Self { work, turns: Arc::new(Semaphore::new(AT_ONCE)), decoy: Arc::default() }
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// When memory or randomness is lacking.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let (work, password) = (self.work, password.to_owned());
        self.away(move || hash_now(work, &password)).await
    }

    /// Whether this is the password of this PHC string. Without one the same work is done and the
    /// answer is no, so that time does not tell which accounts exist.
    ///
    /// # Errors
    /// When memory is lacking or the stored string is broken.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let (work, password) = (self.work, password.to_owned());
        let stored = stored.filter(|s| !s.is_empty()).map(str::to_owned);
        let decoy = self.decoy.clone();
        self.away(move || match stored {
            Some(stored) => verify_now(&password, &stored),
            None => {
                let decoy = match decoy.get() {
                    Some(known) => known.clone(),
                    None => {
                        let made = hash_now(work, "nobody has this password")?;
                        decoy.get_or_init(|| made).clone()
                    }
                };
                verify_now(&password, &decoy).map(|_| false)
            }
        })
        .await
    }

    async fn away<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|e| Error::Internal(format!("password: {e}")))?;
        // The turn goes with the work, which runs on when nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| Error::Internal(format!("password: {e}")))?
    }
}

fn hash_now(work: Work, password: &str) -> Result<String> {
    let fault = |e: &dyn std::fmt::Display| Error::Internal(format!("password: {e}"));
    let params = Params::new(work.memory_kib, work.passes, work.lanes, None).map_err(|e| fault(&e))?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon.hash_password(password.as_bytes()).map_err(|e| fault(&e))?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(|e| Error::Internal(format!("stored password: {e}")))?;
    // The parameters are those of the stored string.
    match Argon2::default().verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(e) => Err(Error::Internal(format!("password: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test]
    async fn who_goes_away_gives_the_turn_back_only_when_the_work_is_done() {
        let passwords = Passwords::new(Work { memory_kib: 64, passes: 1, lanes: 1 });
        let (done, wait) = mpsc::channel::<()>();
        let asked = passwords.away(move || Ok(wait.recv().is_ok()));
        assert!(tokio::time::timeout(Duration::from_millis(50), asked).await.is_err(), "it waits");
        assert_eq!(passwords.turns.available_permits(), AT_ONCE - 1, "the work goes on");
        done.send(()).expect("the work waits");
        let all = passwords.turns.acquire_many(AT_ONCE as u32);
        tokio::time::timeout(Duration::from_secs(10), all)
            .await
            .expect("in time")
            .map(drop)
            .expect("all turns");
    }
}
