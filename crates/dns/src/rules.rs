//! The policy in force, swapped whole: by a new snapshot, and each second by the clock.

use crate::Clock;
use arc_swap::ArcSwap;
use evenfield_policy::{Aligned, InForce, OpenError, PublicKey, Snapshot, View};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// All that a query is decided by. Immutable.
pub struct Rules {
    snapshot: Arc<Snapshot<Aligned>>,
    in_force: InForce,
    tag: u32,
    now_s: u32,
    up_s: u32,
}

/// The same, laid open once for a batch of queries.
pub struct Now<'a> {
    /// The snapshot's sections.
    pub view: View<'a>,
    /// Which regime holds for which policy.
    pub in_force: &'a InForce,
    /// The first octets of the snapshot's digest.
    pub tag: u32,
    /// Seconds since 1970.
    pub now_s: u32,
    /// Seconds since the program began: what ages are counted in, for nobody puts it back.
    pub up_s: u32,
}

impl Rules {
    /// Lays it open.
    #[inline]
    pub fn now(&self) -> Now<'_> {
        let Self { snapshot, in_force, tag, now_s, up_s } = self;
        Now { view: snapshot.view(), in_force, tag: *tag, now_s: *now_s, up_s: *up_s }
    }

    /// The digest of the policy, and when it was made, seconds since 1970.
    pub fn has(&self) -> ([u8; 32], u64) {
        (self.snapshot.digest(), self.snapshot.created_s())
    }
}

/// Why a snapshot is not used.
#[derive(Debug)]
pub enum LoadError {
    /// The file cannot be read.
    Io(std::io::Error),
    /// It is not what it should be.
    Open(OpenError),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
        }
    }
}

/// What tells one file under a path from the next one: device, inode, octets, and when it was changed.
type Stamp = (u64, u64, u64, i64, i64);

/// How many snapshots were taken, and how many refused, since the program began.
pub type Counts = Arc<[AtomicU64; 2]>;

/// The policy in force as the clock moves on. It waits for no file.
pub struct Source {
    clock: Clock,
    loaded: Receiver<Snapshot<Aligned>>,
    /// What is in force now.
    pub rules: Arc<ArcSwap<Rules>>,
    /// What became of snapshots.
    pub counts: Counts,
}

/// The snapshot's file, looked at by a thread of its own: on a disk that does not answer it waits alone.
pub struct Watch {
    file: PathBuf,
    key: PublicKey,
    seen: Stamp,
    /// The one that was complained of.
    told: Option<Stamp>,
    counts: Counts,
    loaded: SyncSender<Snapshot<Aligned>>,
}

impl Source {
    /// Opens the first snapshot.
    ///
    /// # Errors
    /// [`LoadError`]: without a policy nothing is answered.
    pub fn open(file: &Path, key: PublicKey, clock: Clock) -> Result<(Self, Watch), LoadError> {
        let seen = stamp(file).map_err(LoadError::Io)?;
        let snapshot = load(file, &key)?;
        let counts = Arc::new([AtomicU64::new(1), AtomicU64::new(0)]);
        let rules = Arc::new(ArcSwap::from_pointee(begin(snapshot, clock)));
        let (send, loaded) = sync_channel(1);
        let watch =
            Watch { file: file.to_owned(), key, seen, told: None, counts: counts.clone(), loaded: send };
        Ok((Self { clock, loaded, rules, counts }, watch))
    }

    /// Moves on to this second. When a snapshot was loaded meanwhile, its policy is in force from now on.
    pub fn tick(&mut self) {
        let next = match self.loaded.try_iter().last() {
            Some(snapshot) => {
                self.counts[0].fetch_add(1, Ordering::Relaxed);
                tracing::info!(
                    devices = snapshot.devices(),
                    created_s = snapshot.created_s(),
                    "a new policy is in force"
                );
                begin(snapshot, self.clock)
            }
            None => same(&self.rules.load_full(), self.clock.wall_s(), self.clock.up_s()),
        };
        self.rules.store(Arc::new(next));
    }
}

impl Watch {
    /// Looks whether the file has changed; whether anybody still wants to know. When the new one is no good, the old one
    /// stays in force and the log says why.
    pub fn look(&mut self) -> bool {
        let Some(stamp) = stamp(&self.file).ok().filter(|stamp| *stamp != self.seen) else { return true };
        let loaded = load(&self.file, &self.key);
        // What could not be read is tried again: what was in the way may pass.
        if !matches!(loaded, Err(LoadError::Io(_))) {
            self.seen = stamp;
        }
        match loaded {
            Ok(snapshot) => return self.loaded.send(snapshot).is_ok(),
            Err(error) if self.told != Some(stamp) => {
                self.told = Some(stamp);
                self.counts[1].fetch_add(1, Ordering::Relaxed);
                tracing::error!(file = %self.file.display(), %error, "the new policy is not used, the old one stays");
            }
            Err(_) => {}
        }
        true
    }
}

fn begin(snapshot: Snapshot<Aligned>, clock: Clock) -> Rules {
    let (now_s, up_s) = (clock.wall_s(), clock.up_s());
    let in_force = InForce::at(&snapshot.view(), now_s);
    Rules { tag: tag(&snapshot), snapshot: Arc::new(snapshot), in_force, now_s, up_s }
}

fn same(old: &Rules, now_s: u32, up_s: u32) -> Rules {
    let in_force = old.in_force.tick(&old.snapshot.view(), now_s);
    Rules { snapshot: old.snapshot.clone(), in_force, tag: old.tag, now_s, up_s }
}

fn tag(snapshot: &Snapshot<Aligned>) -> u32 {
    let [a, b, c, d, ..] = snapshot.digest();
    u32::from_le_bytes([a, b, c, d])
}

fn stamp(file: &Path) -> std::io::Result<Stamp> {
    let meta = std::fs::metadata(file)?;
    Ok((meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
}

/// Reads the whole file and verifies every octet of it. It is read and not mapped: a mapped file that somebody cuts
/// short would end the process.
///
/// # Errors
/// [`LoadError`].
pub fn load(file: &Path, key: &PublicKey) -> Result<Snapshot<Aligned>, LoadError> {
    let wrong = |what: &str| LoadError::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, what));
    // Whoever opens a pipe waits until somebody writes.
    if !std::fs::metadata(file).map_err(LoadError::Io)?.is_file() {
        return Err(wrong("not a file"));
    }
    let mut open = std::fs::File::open(file).map_err(LoadError::Io)?;
    let length = open.metadata().map_err(LoadError::Io)?.len() as usize;
    let bytes = Aligned::fill(length, |room| open.read_exact(room)).map_err(LoadError::Io)?;
    let snapshot = Snapshot::open(bytes, key).map_err(LoadError::Open)?;
    snapshot.verify_all().map_err(LoadError::Open)?;
    Ok(snapshot)
}
