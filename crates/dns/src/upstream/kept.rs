//! A connection that is made when it is first needed, kept, and made anew when it no longer answers.

use super::lock;
use crate::cache::Question;
use crate::wire::Checked;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a connection must tell of itself.
pub trait Connection: Send + Sync {
    /// Whether a question can still be sent.
    fn is_open(&self) -> bool;

    /// Asks.
    ///
    /// # Errors
    /// When the connection ends before the answer has come, or what comes is no answer.
    fn ask(&self, question: &Question) -> impl Future<Output = io::Result<Checked>> + Send;
}

struct Held<C> {
    connection: C,
    /// When something came last.
    heard: Mutex<Instant>,
    /// Whether a question went unanswered for too long while nothing else came either.
    dead: AtomicBool,
}

/// The connection to a server.
pub struct Kept<C> {
    current: Mutex<Option<Arc<Held<C>>>>,
    connecting: tokio::sync::Mutex<()>,
    /// A question that goes unanswered for so long, while nothing else comes, ends a connection: the network below may
    /// have become another one, as it does on a bus, without a word.
    patience: Duration,
}

impl<C: Connection> Kept<C> {
    /// None yet.
    pub fn new(patience: Duration) -> Self {
        Self { current: Mutex::new(None), connecting: tokio::sync::Mutex::new(()), patience }
    }

    /// Asks on the connection; once more on a new one when the old one was ended by the other side.
    ///
    /// # Errors
    /// What connecting or asking says.
    pub async fn ask<F>(&self, question: &Question, connect: impl Fn() -> F + Sync) -> io::Result<Checked>
    where
        F: Future<Output = io::Result<C>> + Send,
    {
        let (held, is_new) = self.connection(&connect).await?;
        match held.ask(question, self.patience).await {
            Err(_) if !is_new => {
                held.dead.store(true, Ordering::Relaxed);
                self.connection(&connect).await?.0.ask(question, self.patience).await
            }
            outcome => outcome,
        }
    }

    /// The one that there is, or a new one and that it is new.
    async fn connection<F>(&self, connect: impl Fn() -> F + Sync) -> io::Result<(Arc<Held<C>>, bool)>
    where
        F: Future<Output = io::Result<C>> + Send,
    {
        let usable = || lock(&self.current).clone().filter(|held| held.is_usable());
        if let Some(held) = usable() {
            return Ok((held, false));
        }
        let _one_at_a_time = self.connecting.lock().await;
        if let Some(held) = usable() {
            return Ok((held, false));
        }
        let connection = connect().await?;
        let (heard, dead) = (Mutex::new(Instant::now()), AtomicBool::new(false));
        let held = Arc::new(Held { connection, heard, dead });
        *lock(&self.current) = Some(held.clone());
        Ok((held, true))
    }
}

impl<C: Connection> Held<C> {
    fn is_usable(&self) -> bool {
        !self.dead.load(Ordering::Relaxed) && self.connection.is_open()
    }

    async fn ask(&self, question: &Question, patience: Duration) -> io::Result<Checked> {
        let watch = Watch { held: self, since: Instant::now(), patience };
        let outcome = self.connection.ask(question).await;
        *lock(&watch.held.heard) = Instant::now();
        outcome
    }
}

/// Looks, when a question is given up, whether the connection is alive.
struct Watch<'a, C> {
    held: &'a Held<C>,
    since: Instant,
    patience: Duration,
}

impl<C> Drop for Watch<'_, C> {
    fn drop(&mut self) {
        if self.since.elapsed() >= self.patience && *lock(&self.held.heard) < self.since {
            self.held.dead.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::check;
    use std::sync::atomic::AtomicU32;

    /// The first connection answers once and then never, though nobody has ended it.
    struct Odd {
        number: u32,
        asked: AtomicU32,
    }

    impl Connection for Odd {
        fn is_open(&self) -> bool {
            true
        }

        async fn ask(&self, question: &Question) -> io::Result<Checked> {
            if self.number == 0 && self.asked.fetch_add(1, Ordering::Relaxed) > 0 {
                std::future::pending::<()>().await;
            }
            let answer = [b"\0\0\x81\x80\0\x01\0\0\0\0\0\0", &*question.name, b"\0\x01\0\x01"].concat();
            Ok(check(&question.name, 1, 0, &answer).expect("an answer"))
        }
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_comes_is_left() {
        let (kept, made) = (Kept::new(Duration::from_millis(20)), AtomicU32::new(0));
        let question = Question {
            name: b"\x01a\0".as_slice().into(),
            qtype: 1,
            dnssec_ok: false,
            checking_disabled: false,
        };
        let connect =
            || async { Ok(Odd { number: made.fetch_add(1, Ordering::Relaxed), asked: AtomicU32::new(0) }) };
        assert!(kept.ask(&question, connect).await.is_ok());
        let waits = tokio::time::timeout(Duration::from_millis(40), kept.ask(&question, connect));
        assert!(waits.await.is_err(), "nothing comes");
        assert!(kept.ask(&question, connect).await.is_ok());
        assert!(kept.ask(&question, connect).await.is_ok());
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }
}
