//! Facts of the use of digital resources: from what the resolver notes to segments in a store, as `docs/usage.md` says.
//!
//! A thread empties the resolver's rings, makes facts of what is there, and seals them now and then. What is sealed is never lost.

use evenfield_dns::Resources;
use evenfield_events::{Resource, Ring, Used};
use evenfield_usage::catalogue::{Catalogue, Found, Part, ResourceId};
use evenfield_usage::fact::{Asked, Place, of_found};
use evenfield_usage::keep::{Disk as _, FolderStore, RealDisk, Spool, Uploaded, upload};
use evenfield_usage::pseudonym::{KeyRing, Pseudonym, device_of_key};
use evenfield_usage::segment::{Identity, MOST_ROWS, Packed, Sealed, encode, pack};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How often rings are emptied.
const DRAIN: Duration = Duration::from_millis(100);
/// With so many facts a segment is sealed before its time: 16 MiB of them.
const MANY: usize = 1 << 20;
/// How often facts are sealed, and how many octets wait at most, where nothing is said.
const EVERY: Duration = Duration::from_secs(600);
const OCTETS: u64 = 256 << 20;

/// What is wanted of the facts.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The store.
    pub folder: PathBuf,
    /// Where segments wait for it.
    pub spool: PathBuf,
    /// The name of this edge.
    pub source: String,
    /// The file with the keys of terms.
    pub keys: PathBuf,
    /// Where this edge stands.
    pub place: Place,
    /// The file with the district's rows over the catalogue.
    pub overlay: Option<PathBuf>,
    /// How many octets of segments may wait for the store.
    pub octets: u64,
    /// How often facts are sealed.
    pub every: Duration,
}

impl Settings {
    /// Those with nothing but a store.
    pub fn new(folder: PathBuf) -> Self {
        let (spool, source, keys) = (PathBuf::new(), String::new(), PathBuf::new());
        Self {
            folder,
            spool,
            source,
            keys,
            place: Place::Unknown,
            overlay: None,
            octets: OCTETS,
            every: EVERY,
        }
    }
}

/// Whether this can be the name of an edge.
pub fn is_source(word: &str) -> bool {
    Identity::new(word, 0, 0).is_some()
}

/// The kind of place with this name.
pub fn place(word: &str) -> Option<Place> {
    let words = ["unknown", "school", "bus", "hotspot", "home", "partner"];
    words.iter().zip(Place::ALL).find_map(|(each, place)| (*each == word).then_some(place))
}

/// Our catalogue, for the resolver.
struct Known(Catalogue);

impl Resources for Known {
    #[inline]
    fn find(&self, name: &[u8]) -> Option<Resource> {
        let found = self.0.find(name)?;
        Some(Resource { number: found.resource.0, support: found.part == Part::Support })
    }
}

/// The catalogue with the district's rows over it.
fn catalogue(settings: &Settings) -> Result<Catalogue, String> {
    let common = Catalogue::common();
    let Some(overlay) = &settings.overlay else { return Ok(common) };
    let name = overlay.display().to_string();
    let octets = std::fs::read(overlay).map_err(|error| format!("{name}: {error}"))?;
    common.overlaid(&name, &octets).map_err(|problems| said(&problems))
}

fn keys(file: &Path) -> Result<KeyRing, String> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    KeyRing::parse(&name, &text).map_err(|problems| said(&problems))
}

fn said(problems: &evenfield_model::Problems) -> String {
    problems.kept().iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|meta| meta.modified()).ok()
}

/// What is wrong with the files that the settings name.
pub fn check(settings: &Settings) -> Vec<String> {
    [catalogue(settings).map(drop), keys(&settings.keys).map(drop)]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

/// What is ready to take facts.
pub struct Opened {
    settings: Settings,
    keys: KeyRing,
    seen: Option<SystemTime>,
    spool: Spool<'static, RealDisk>,
    store: FolderStore<'static, RealDisk>,
    boot: u64,
    /// For the resolver.
    pub resources: Arc<dyn Resources>,
}

impl Opened {
    /// Reads the files and opens the folders.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn open(settings: Settings) -> Result<Self, String> {
        let resources = Arc::new(Known(catalogue(&settings)?));
        let (seen, keys) = (changed(&settings.keys), keys(&settings.keys)?);
        let boot = random().map_err(|error| error.to_string())?;
        let named = |folder: &Path, error: io::Error| format!("{}: {error}", folder.display());
        let spool = Spool::open(&RealDisk, &settings.spool).map_err(|error| named(&settings.spool, error))?;
        let store = FolderStore::open(&RealDisk, &settings.folder, boot);
        let store = store.map_err(|error| named(&settings.folder, error))?;
        Ok(Self { settings, keys, seen, spool, store, boot, resources })
    }

    /// Takes what is in these rings, until told to stop.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(self, rings: Vec<Ring<Used>>) -> io::Result<Running> {
        let (stop, told) = channel();
        let sealing = self.sealing(rings);
        let thread =
            std::thread::Builder::new().name("usage".to_owned()).spawn(move || sealing.run(&told))?;
        Ok(Running { stop, thread })
    }

    fn sealing(self, rings: Vec<Ring<Used>>) -> Sealing {
        let Self { settings, keys, seen, spool, store, boot, .. } = self;
        let facts = Vec::new();
        Sealing {
            facts: Facts { keys, place: settings.place, known: HashMap::new(), facts, dropped: 0 },
            settings,
            seen,
            spool,
            store,
            boot,
            rings,
            sequence: 0,
            pending: None,
            told: 0,
            well: true,
        }
    }
}

/// How many octets stand in a folder and below it.
fn waits(folder: &Path) -> io::Result<u64> {
    let files = RealDisk.list(folder)?;
    // One that is gone meanwhile takes no room.
    Ok(files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|meta| meta.len()).sum())
}

/// A number that no other run has.
fn random() -> io::Result<u64> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(octets))
}

/// Facts at work.
pub struct Running {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Stops, when the resolver has: seals what is there.
    pub fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

/// Facts that are gathered.
struct Facts {
    keys: KeyRing,
    place: Place,
    /// Pseudonyms by device and by the first second of the term.
    known: HashMap<(u128, u32), Pseudonym>,
    facts: Vec<Packed>,
    dropped: u64,
}

impl Facts {
    fn take(&mut self, used: &Used) {
        if self.facts.len() >= MOST_ROWS {
            self.dropped += 1;
            return;
        }
        let found = used.resource.map(|Resource { number, support }| Found {
            resource: ResourceId(number),
            part: if support { Part::Support } else { Part::Core },
        });
        let asked = Asked {
            at_s: used.at_s,
            device: used.device.map_or(Pseudonym::NOBODY, |device| self.pseudonym(device, used.at_s)),
            place: self.place,
            did: used.did,
            // Zero is none, and a policy's first category is zero.
            category: used.category.map_or(0, |category| category.saturating_add(1)),
        };
        self.facts.push(pack(&of_found(found, &asked)));
    }

    fn pseudonym(&mut self, device: u128, at_s: u32) -> Pseudonym {
        let Some(key) = self.keys.at(at_s) else { return Pseudonym::NOBODY };
        let known = self.known.entry((device, key.seconds().start));
        *known.or_insert_with(|| key.pseudonym(device_of_key(device.to_le_bytes()).as_bytes()))
    }
}

/// The thread's things.
struct Sealing {
    settings: Settings,
    facts: Facts,
    /// When the file of keys was changed.
    seen: Option<SystemTime>,
    spool: Spool<'static, RealDisk>,
    store: FolderStore<'static, RealDisk>,
    boot: u64,
    rings: Vec<Ring<Used>>,
    sequence: u64,
    /// A segment that could not be kept yet: it is tried again as it is, for it may be there all the same.
    pending: Option<Sealed>,
    /// How many losses the log knows of.
    told: u64,
    well: bool,
}

impl Sealing {
    fn run(mut self, told: &Receiver<()>) {
        let mut last = Instant::now();
        loop {
            let ends = told.recv_timeout(DRAIN) != Err(RecvTimeoutError::Timeout);
            self.drain();
            if ends || last.elapsed() >= self.settings.every || self.facts.facts.len() >= MANY {
                last = Instant::now();
                self.seal();
            }
            if ends {
                return;
            }
        }
    }

    fn drain(&mut self) {
        for ring in &mut self.rings {
            ring.take(&mut |used| self.facts.take(&used), usize::MAX >> 1);
        }
    }

    /// Seals what is there and brings it to the store; what fails is tried again the next time.
    fn seal(&mut self) {
        let outcome = self.keep();
        match &outcome {
            Err(error) if self.well => {
                tracing::error!(%error, "facts of use stay here; queries are answered");
            }
            Ok(()) if !self.well => tracing::info!("facts of use are kept again"),
            _ => {}
        }
        self.well = outcome.is_ok();
        let dropped = self.facts.dropped + self.rings.iter().map(Ring::dropped).sum::<u64>();
        if dropped > self.told {
            tracing::warn!(facts = dropped - self.told, "facts of use are lost: there was no room");
            self.told = dropped;
        }
        self.renew();
    }

    fn keep(&mut self) -> io::Result<()> {
        // What waits first: it makes room.
        let brought = self.bring();
        if self.pending.is_none() && !self.facts.facts.is_empty() {
            if waits(&self.settings.spool)? >= self.settings.octets {
                let full = io::Error::new(
                    io::ErrorKind::QuotaExceeded,
                    "as many segments wait for the store as may",
                );
                return Err(brought.err().unwrap_or(full));
            }
            let source = &self.settings.source;
            let identity = Identity::new(source, self.boot, self.sequence);
            let identity = identity.ok_or_else(|| io::Error::other("no name of an edge"))?;
            let sealed = encode(&mut self.facts.facts, &identity).map_err(io::Error::other)?;
            self.pending = Some(sealed);
            self.facts.facts.clear();
            self.sequence += 1;
        }
        if let Some(sealed) = &self.pending {
            self.spool.seal(sealed)?;
            self.pending = None;
        }
        self.bring()
    }

    /// Brings what waits to the store.
    fn bring(&self) -> io::Result<()> {
        for (segment, outcome) in upload(&self.spool, &self.store)? {
            if matches!(outcome, Uploaded::Conflict | Uploaded::Damaged) {
                let segment = segment.identity.path();
                tracing::error!(segment, ?outcome, "a segment of facts of use is put aside");
            }
        }
        Ok(())
    }

    /// Takes new keys where there are some. Whose term is forgotten is forgotten here, too.
    fn renew(&mut self) {
        self.facts.known.clear();
        let now = changed(&self.settings.keys);
        if now.is_none() || now == self.seen {
            return;
        }
        self.seen = now;
        match keys(&self.settings.keys) {
            Ok(keys) => self.facts.keys = keys,
            Err(error) => tracing::error!(%error, "the new keys of terms are not used, the old ones stay"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_events::{Did, ring};

    /// A store and a spool in a folder, with room for so many octets.
    fn sealing(folder: &Path, octets: u64) -> (Sealing, Ring<Used>) {
        std::fs::write(folder.join("keys.csv"), "term,from,until,key\n").expect("written");
        let mut settings = Settings::new(folder.join("store"));
        (settings.spool, settings.keys) = (folder.join("spool"), folder.join("keys.csv"));
        (settings.source, settings.octets) = ("school-3".to_owned(), octets);
        let opened = Opened::open(settings).expect("folders");
        let (record, drain) = ring(64);
        (opened.sealing(vec![drain]), record)
    }

    fn used(at_s: u32) -> Used {
        Used { at_s, device: None, resource: None, category: Some(0), did: Did::Blocked }
    }

    fn facts_in(store: &Path) -> u64 {
        let store = FolderStore::open(&RealDisk, store, 9).expect("a store");
        let visible = evenfield_usage::keep::visible(&store).expect("a manifest");
        visible.iter().map(|segment| segment.entry.facts).sum()
    }

    #[test]
    fn a_store_that_is_away_gets_everything_later_within_the_room_that_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut sealing, mut record) = sealing(folder.path(), 1);
        let store = folder.path().join("store");
        let away = folder.path().join("away");
        std::fs::rename(&store, &away).expect("away");
        std::fs::write(&store, "in its place").expect("written");
        for n in 0..3 {
            record.record(used(1_800_000_000 + 60 * n));
            sealing.drain();
            assert!(sealing.keep().is_err(), "the store is away");
        }
        // The first waits on disk; then there is no room, and the rest waits in memory.
        assert_eq!((sealing.sequence, sealing.facts.facts.len()), (1, 2));
        std::fs::remove_file(&store).expect("out of the way");
        std::fs::rename(&away, &store).expect("there again");
        sealing.keep().expect("the store is there");
        assert_eq!((facts_in(&store), sealing.sequence, sealing.facts.facts.len()), (3, 2, 0));
        assert_eq!(waits(&folder.path().join("spool")).expect("a folder"), 0);
        sealing.keep().expect("nothing to do");
        assert_eq!(facts_in(&store), 3);
    }

    #[test]
    fn facts_beyond_the_room_are_counted() {
        let mut facts = Facts {
            keys: KeyRing::default(),
            place: Place::School,
            known: HashMap::new(),
            facts: vec![pack(&of_found(None, &asked())); MOST_ROWS - 1],
            dropped: 0,
        };
        (0..3).for_each(|n| facts.take(&used(n)));
        assert_eq!((facts.facts.len(), facts.dropped), (MOST_ROWS, 2));
    }

    fn asked() -> Asked {
        Asked { at_s: 0, device: Pseudonym::NOBODY, place: Place::School, did: Did::Answered, category: 0 }
    }

    #[test]
    fn new_keys_are_taken_and_wrong_ones_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut sealing, _record) = sealing(folder.path(), OCTETS);
        let put = |text: &str, at_s: u64| {
            let path = folder.path().join("keys.csv");
            std::fs::write(&path, text).expect("written");
            let file = std::fs::File::options().append(true).open(&path).expect("a file");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at_s)).expect("set");
        };
        assert_eq!(sealing.facts.pseudonym(7, 100), Pseudonym::NOBODY);
        put(&format!("term,from,until,key\nfall,0,200,{}\n", "05".repeat(32)), 1);
        sealing.renew();
        let known = sealing.facts.pseudonym(7, 100);
        let wanted =
            sealing.facts.keys.at(100).expect("a term").pseudonym(b"07000000000000000000000000000000");
        assert!(known == wanted && known != Pseudonym::NOBODY);
        put("nonsense\n", 2);
        sealing.renew();
        assert_eq!(sealing.facts.pseudonym(7, 100), known);
        put("term,from,until,key\n", 3);
        sealing.renew();
        assert_eq!(
            sealing.facts.pseudonym(7, 100),
            Pseudonym::NOBODY,
            "a key that is forgotten is forgotten here"
        );
    }
}
