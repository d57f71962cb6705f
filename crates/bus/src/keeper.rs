//! The thread that owns the spool: it writes what has come meanwhile by one call and syncs it once, then tells all who wait.

use crate::facts::{Batch, Disk, Fact, Spool};
use std::io;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// What waits for the disk, at most.
const QUEUE: usize = 4_096;
/// So much is done by one write.
const MOST_AT_ONCE: usize = 1_024;
/// Telemetry that a power cut may take: of so many milliseconds.
const SYNC_MS: u128 = 5_000;

/// What the keeper is told.
enum Told {
    Facts(u64, Vec<Fact>, Option<oneshot::Sender<bool>>),
    Batch(usize, oneshot::Sender<Option<Batch>>),
    Acknowledge(String, u64),
    Tick,
}

/// How one speaks to the keeper.
#[derive(Clone)]
pub struct Keeper {
    told: mpsc::Sender<Told>,
    start: Instant,
}

impl Keeper {
    /// Starts the thread. `start` is when the boot began. The thread ends when nobody can speak to it any more.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start<D: Disk + Send + 'static>(
        spool: Spool<D>,
        start: Instant,
    ) -> io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (told, heard) = mpsc::channel(QUEUE);
        let name = "bus-facts".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(move || run(spool, heard))?;
        Ok((Self { told, start }, thread))
    }

    fn up_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// Records telemetry, or drops it where too much waits already.
    pub fn note(&self, fact: Fact) {
        let _ = self.told.try_send(Told::Facts(self.up_ms(), vec![fact], None));
    }

    /// Records facts; `kept` hears whether they outlive a power cut.
    pub fn keep(&self, facts: Vec<Fact>, kept: oneshot::Sender<bool>) {
        // Who waits hears that it was dropped.
        let _ = self.told.try_send(Told::Facts(self.up_ms(), facts, Some(kept)));
    }

    /// The next facts for the portal.
    pub async fn batch(&self, most_octets: usize) -> Option<Batch> {
        let (tell, told) = oneshot::channel();
        self.told.send(Told::Batch(most_octets, tell)).await.ok()?;
        told.await.ok()?
    }

    /// The portal has everything of a boot through this.
    pub async fn acknowledge(&self, boot: String, mark: u64) {
        let _ = self.told.send(Told::Acknowledge(boot, mark)).await;
    }

    /// Gives the keeper occasion to sync telemetry; once a second is enough.
    pub fn tick(&self) {
        let _ = self.told.try_send(Told::Tick);
    }
}

fn run<D: Disk>(mut spool: Spool<D>, mut heard: mpsc::Receiver<Told>) {
    let (mut well, mut synced) = (true, Instant::now());
    while let Some(first) = heard.blocking_recv() {
        let mut all = vec![first];
        while all.len() < MOST_AT_ONCE
            && let Ok(more) = heard.try_recv()
        {
            all.push(more);
        }
        let outcome = work(&mut spool, all, &mut synced);
        match &outcome {
            Err(error) if well => {
                tracing::error!(%error, "facts are not kept; access points send accounting again")
            }
            Ok(()) if !well => tracing::info!("facts are kept again"),
            _ => {}
        }
        well = outcome.is_ok();
    }
    let _ = spool.sync();
}

fn work<D: Disk>(spool: &mut Spool<D>, all: Vec<Told>, synced: &mut Instant) -> io::Result<()> {
    let (mut facts, mut waiting, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for told in all {
        match told {
            Told::Facts(up_ms, new, kept) => {
                facts.extend(new.into_iter().map(|fact| (up_ms, fact)));
                waiting.extend(kept);
            }
            other => others.push(other),
        }
    }
    let mut outcome = if facts.is_empty() { Ok(()) } else { spool.record(facts) };
    if !waiting.is_empty() || synced.elapsed().as_millis() >= SYNC_MS {
        *synced = Instant::now();
        outcome = outcome.and(spool.sync());
    }
    for kept in waiting {
        let _ = kept.send(outcome.is_ok());
    }
    for other in others {
        match other {
            Told::Batch(most_octets, tell) => {
                let batch = spool.batch(most_octets);
                let _ = tell.send(batch.as_ref().ok().cloned().flatten());
                outcome = outcome.and(batch.map(drop));
            }
            Told::Acknowledge(boot, mark) => outcome = outcome.and(spool.acknowledge(&boot, mark)),
            Told::Facts(..) | Told::Tick => {}
        }
    }
    outcome
}
