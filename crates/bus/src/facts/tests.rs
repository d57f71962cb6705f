//! The spool and its portal under faults: a seed makes links that lose, double and reorder, disks that are full, and power
//! that is cut at any moment. A failure says its seed; `EVENFIELD_SEEDS=1000` tries more of them.

use super::*;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

#[derive(Clone, Default)]
struct File {
    octets: Vec<u8>,
    /// How much of it outlives a power cut.
    synced: usize,
    /// Whether its name does.
    named: bool,
}

/// A disk of a test.
struct Pretend {
    files: BTreeMap<String, File>,
    /// Removed files that a power cut may bring back.
    removed: Vec<(String, File)>,
    capacity: usize,
    rng: ChaCha8Rng,
}

impl Pretend {
    fn new(seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { files: BTreeMap::new(), removed: Vec::new(), capacity: usize::MAX, rng }
    }

    fn cut_power(&mut self) {
        let rng = &mut self.rng;
        self.files.retain(|_, file| file.named || rng.random_bool(0.5));
        for file in self.files.values_mut() {
            let kept = rng.random_range(file.synced..=file.octets.len());
            file.octets.truncate(kept);
            if rng.random_bool(0.2) {
                // Some systems have the length and not the octets.
                file.octets[file.synced..].fill(0);
            }
            (file.synced, file.named) = (kept, true);
        }
        for (name, file) in std::mem::take(&mut self.removed) {
            if rng.random_bool(0.3) && !self.files.contains_key(&name) {
                self.files.insert(name, file);
            }
        }
    }
}

impl Disk for Pretend {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        Ok(self.files.iter().map(|(name, file)| (name.clone(), file.octets.len() as u64)).collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.files.get(name).map(|file| file.octets.clone()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn append(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let used: usize = self.files.values().map(|file| file.octets.len()).sum();
        let room = self.capacity.saturating_sub(used);
        let file = self.files.entry(name.to_owned()).or_default();
        if room < octets.len() {
            let some = self.rng.random_range(0..=room);
            file.octets.extend(&octets[..some]);
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.octets.extend(octets);
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        if self.rng.random_bool(0.01) {
            return Err(io::Error::other("a disk that fails"));
        }
        let file = self.files.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        (file.synced, file.named) = (file.octets.len(), true);
        Ok(())
    }

    fn replace(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let used: usize = self.files.values().map(|file| file.octets.len()).sum();
        if used + octets.len() > self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = File { octets: octets.to_vec(), synced: octets.len(), named: true };
        self.files.insert(name.to_owned(), file);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut file = self.files.remove(name).ok_or(io::ErrorKind::NotFound)?;
        file.octets.truncate(file.synced);
        self.removed.push((name.to_owned(), file));
        Ok(())
    }
}

/// A portal: what it has is as if it stood in one database, changed by transactions.
#[derive(Default)]
struct Portal {
    marks: HashMap<String, u64>,
    taken: HashSet<(String, u64)>,
    totals: HashMap<String, Total>,
    telemetry: usize,
    lost: u64,
}

impl Portal {
    /// Takes an upload; the mark, or what the gateway must send from.
    fn take(&mut self, octets: &[u8]) -> (String, u64) {
        let batch = Batch::read(octets).expect("what is sent is a batch");
        let boot = batch.head.boot.clone();
        let mark = self.marks.get(&boot).copied().unwrap_or(0);
        let fresh = match take(mark, &batch) {
            Ok(fresh) => fresh,
            Err(mark) => return (boot, mark),
        };
        for line in fresh.lines {
            assert!(self.taken.insert((boot.clone(), line.seq)), "{boot} {} came twice", line.seq);
            match &line.fact {
                Fact::Session(session) => {
                    self.totals.entry(session.session.clone()).or_default().add(session);
                }
                Fact::Clients { .. } => self.telemetry += 1,
                _ => {}
            }
        }
        self.lost += fresh.lost;
        self.marks.insert(boot.clone(), fresh.mark);
        (boot, fresh.mark)
    }
}

/// A bus in a world of faults.
struct World {
    rng: ChaCha8Rng,
    spool: Option<Spool<Pretend>>,
    room: u64,
    portal: Portal,
    /// Uploads that are still on their way.
    underway: Vec<Vec<u8>>,
    /// What sessions used, and what of it an access point was told that it is kept.
    used: BTreeMap<String, Total>,
    answered: BTreeMap<String, Total>,
    recorded: usize,
    accounting_removed: bool,
}

impl World {
    fn new(seed: u64, room: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let boot = rng.next_u64().to_be_bytes();
        let spool = Spool::open(Pretend::new(seed ^ 1), room, boot).expect("an empty disk");
        Self {
            rng,
            spool: Some(spool),
            room,
            portal: Portal::default(),
            underway: Vec::new(),
            used: BTreeMap::new(),
            answered: BTreeMap::new(),
            recorded: 0,
            accounting_removed: false,
        }
    }

    fn spool(&mut self) -> &mut Spool<Pretend> {
        self.spool.as_mut().expect("there is one between power cuts")
    }

    fn step(&mut self, full_disks: bool) {
        match self.rng.random_range(0..100) {
            0..30 => self.telemetry(),
            30..60 => self.accounting(),
            60..85 => self.upload(),
            85..90 => self.late(),
            90..94 => self.cut_power(),
            94..97 if full_disks => {
                let capacity = self.rng.random_range(0..20_000);
                self.spool().disk().capacity = capacity;
            }
            _ => self.spool().disk().capacity = usize::MAX,
        }
        self.accounting_removed |= self.spool().removed()[1] > 0;
    }

    fn telemetry(&mut self) {
        let count = self.rng.random_range(1..20);
        let facts = (0..count).map(|n| (n, Fact::Clients { count: 7 }));
        if self.spool().record(facts).is_ok() {
            self.recorded += count as usize;
        }
        if self.rng.random_bool(0.3) {
            let _ = self.spool().sync();
        }
    }

    fn accounting(&mut self) {
        let mut sessions = Vec::new();
        for _ in 0..self.rng.random_range(1..5) {
            let name = format!("{:016x}", self.rng.random_range(0..30));
            let used = self.used.entry(name.clone()).or_default();
            used.seconds += self.rng.random_range(0..100);
            used.up += self.rng.random_range(0..1 << 33);
            used.down += self.rng.random_range(0..1 << 33);
            let Total { seconds, up, down } = *used;
            let (who, point) = (String::new(), Point::Interim);
            sessions.push(Session { session: name, who, point, seconds, up, down, ago_s: 0, cause: None });
        }
        let facts = sessions.clone().into_iter().map(|session| (0, Fact::Session(session)));
        let kept = self.spool().record(facts.collect::<Vec<_>>()).is_ok();
        if self.spool().sync().is_ok() && kept {
            for session in sessions {
                self.answered.entry(session.session.clone()).or_default().add(&session);
            }
        }
    }

    /// An upload: it may be lost on its way, come twice, come much later, or its answer may be lost.
    fn upload(&mut self) {
        let octets = self.rng.random_range(300..6_000);
        let Some(batch) = self.spool().batch(octets).expect("a disk that can be read") else { return };
        let octets = batch.write().expect("lines that were read");
        match self.rng.random_range(0..10) {
            0 => {}
            1 => self.underway.push(octets),
            2 => drop(self.portal.take(&octets)),
            n => {
                if n == 3 {
                    self.portal.take(&octets);
                }
                let (boot, mark) = self.portal.take(&octets);
                let _ = self.spool().acknowledge(&boot, mark);
            }
        }
    }

    /// An old upload comes, and its answer may come too.
    fn late(&mut self) {
        if self.underway.is_empty() {
            return;
        }
        let at = self.rng.random_range(0..self.underway.len());
        let octets = self.underway.swap_remove(at);
        let (boot, mark) = self.portal.take(&octets);
        if self.rng.random_bool(0.5) {
            let _ = self.spool().acknowledge(&boot, mark);
        }
    }

    fn cut_power(&mut self) {
        let mut disk = self.spool.take().expect("a spool").into_disk();
        disk.cut_power();
        let boot = self.rng.next_u64().to_be_bytes();
        self.spool = Some(Spool::open(disk, self.room, boot).expect("a disk that can be read"));
    }

    /// The link and the disk are well again: everything comes to the portal.
    fn end(&mut self) {
        self.spool().disk().capacity = usize::MAX;
        for octets in std::mem::take(&mut self.underway) {
            self.portal.take(&octets);
        }
        let mut tries = 0;
        while let Some(batch) = self.spool().batch(100_000).expect("a disk that can be read") {
            let (boot, mark) = self.portal.take(&batch.write().expect("lines that were read"));
            self.spool().acknowledge(&boot, mark).expect("room");
            tries += 1;
            assert!(tries < 10_000, "uploads end");
        }
    }
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    0..std::env::var("EVENFIELD_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn run(seed: u64, room: u64, full_disks: bool) -> World {
    let mut world = World::new(seed, room);
    for _ in 0..400 {
        world.step(full_disks);
    }
    world.end();
    for (session, used) in &world.used {
        let total = world.portal.totals.get(session).copied().unwrap_or_default();
        let answered = world.answered.get(session).copied().unwrap_or_default();
        let more = total.up > used.up || total.down > used.down || total.seconds > used.seconds;
        assert!(!more, "seed {seed}: {session} used {used:?}, the portal has {total:?}");
        let less = total.up < answered.up || total.down < answered.down || total.seconds < answered.seconds;
        assert!(
            !less || world.accounting_removed,
            "seed {seed}: {session} was told {answered:?}, the portal has {total:?}"
        );
    }
    assert!(world.portal.telemetry <= world.recorded, "seed {seed}");
    world
}

#[test]
fn what_is_answered_comes_to_the_portal_and_nothing_comes_twice() {
    for seed in seeds(15) {
        let world = run(seed, 1 << 30, false);
        assert!(!world.accounting_removed, "seed {seed}: there is room");
    }
}

#[test]
fn on_full_disks_nothing_comes_twice_and_accounting_goes_last() {
    let mut kept_all = 0;
    for seed in seeds(15) {
        kept_all += u64::from(!run(seed, 40_000, true).accounting_removed);
    }
    assert!(kept_all > 0, "in some runs there was room for all accounting");
}

#[test]
fn telemetry_goes_before_accounting_and_the_oldest_first() {
    let mut spool = Spool::open(Pretend::new(1), 64_000, [1; 8]).expect("an empty disk");
    let session = |n: u64| {
        let (session, who) = (format!("{n:016x}"), String::new());
        Fact::Session(Session {
            session,
            who,
            point: Point::Start,
            seconds: 0,
            up: 0,
            down: 0,
            ago_s: 0,
            cause: None,
        })
    };
    for n in 0..100 {
        spool.record([(n, session(n))]).expect("room");
    }
    for n in 0..2_000 {
        spool.record([(n, Fact::Clients { count: 1 })]).expect("room");
    }
    assert!(spool.octets() <= 64_000 && spool.removed()[0] > 0);
    assert_eq!(spool.removed()[1], 0);
    let batch = spool.batch(usize::MAX).expect("read").expect("facts");
    let (accounting, telemetry): (Vec<_>, Vec<_>) = batch.lines.iter().partition(|l| l.fact.is_accounting());
    assert_eq!((accounting.len(), batch.head.from, batch.head.through), (100, 1, 2_100));
    // The newest telemetry is there without a gap.
    let numbers: Vec<u64> = telemetry.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, (2_101 - numbers.len() as u64..2_101).collect::<Vec<_>>());
    let fresh = take(0, &batch).expect("from the start");
    assert_eq!((fresh.mark, fresh.lost), (2_100, 2_000 - numbers.len() as u64));
    // Without any telemetry left, the oldest accounting goes.
    for n in 100..1_000 {
        spool.record([(n, session(n))]).expect("room");
    }
    assert!(spool.octets() <= 64_000 && spool.removed()[1] > 0);
    let batch = spool.batch(usize::MAX).expect("read").expect("facts");
    assert!(batch.lines.iter().all(|line| line.fact.is_accounting()));
    assert_eq!(batch.lines.last().map(|line| line.seq), Some(3_000));
}

#[test]
fn a_portal_that_was_restored_gets_again_what_is_there() {
    let mut spool = Spool::open(Pretend::new(1), 1 << 20, [1; 8]).expect("an empty disk");
    spool.record((0..10).map(|n| (n, Fact::Clients { count: 1 }))).expect("room");
    let batch = spool.batch(usize::MAX).expect("read").expect("facts");
    spool.acknowledge(&batch.head.boot, 10).expect("written");
    spool.record([(11, Fact::Clients { count: 2 })]).expect("room");
    let batch = spool.batch(usize::MAX).expect("read").expect("facts");
    assert_eq!((batch.head.from, batch.lines.len()), (11, 1));
    // It has only four of them, by its backup.
    assert_eq!(take(4, &batch), Err(4));
    spool.acknowledge(&batch.head.boot, 4).expect("written");
    let batch = spool.batch(usize::MAX).expect("read").expect("facts");
    let fresh = take(4, &batch).expect("from the mark");
    assert_eq!((fresh.lines.len(), fresh.lost, fresh.mark), (7, 0, 11));
}

#[test]
fn a_clock_that_lied_is_set_right_for_the_whole_boot() {
    let mut spool = Spool::open(Pretend::new(1), 1 << 20, [1; 8]).expect("an empty disk");
    let clock = |epoch_ms, source| Fact::Clock { epoch_ms, source };
    spool.record([(0, clock(0, Source::System)), (5, Fact::Clients { count: 1 })]).expect("room");
    let head = |spool: &Spool<Pretend>| spool.batch(usize::MAX).expect("read").expect("facts").head;
    assert_eq!(head(&spool).clock, Some(Clock { epoch_ms: 0, source: Source::System }));
    spool.record([(9_000, clock(1_800_000_000_000, Source::Gps))]).expect("room");
    spool.record([(9_500, clock(77, Source::System))]).expect("room");
    let right = Some(Clock { epoch_ms: 1_800_000_000_000, source: Source::Gps });
    assert_eq!(head(&spool).clock, right);
    // Also by the next boot, when the facts that said it went already.
    let boot = spool.boot();
    spool.acknowledge(&boot, 3).expect("written");
    spool.sync().expect("synced");
    let spool = Spool::open(spool.into_disk(), 1 << 20, [2; 8]).expect("a disk");
    assert_eq!((head(&spool).boot, head(&spool).clock), (boot, right));
}

#[test]
fn an_upload_is_read_strictly() {
    let head = Head { boot: "00112233aabbccdd".to_owned(), from: 3, through: 5, clock: None };
    let line = |seq| Line { seq, up_ms: 1, fact: Fact::Clients { count: 1 } };
    let batch = Batch { head, lines: vec![line(3), line(5)] };
    let octets = batch.write().expect("short");
    assert_eq!(Batch::read(&octets), Ok(batch.clone()));
    let with = |lines: Vec<Line>| Batch { lines, ..batch.clone() }.write().expect("short");
    for lines in [vec![line(2)], vec![line(6)], vec![line(4), line(4)], vec![line(5), line(3)]] {
        assert!(matches!(Batch::read(&with(lines)), Err(Malformed::Line(_))));
    }
    for at in 0..octets.len() {
        let mut other = octets.clone();
        other[at] ^= 1;
        assert_ne!(Batch::read(&other), Ok(batch.clone()), "octet {at}");
    }
    assert_eq!(Batch::read(b""), Err(Malformed::Head));
}

/// So many days of a bus that has a link at night, or only in the last of them: 14 hours a day a position each ten
/// seconds, and 60 riders who use it for 45 minutes.
fn days_of_a_bus(days: u64, link_each: u64) -> Portal {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = || Folder::open(folder.path()).expect("a folder");
    let mut portal = Portal::default();
    for day in 0..days {
        // A boot a day.
        let mut spool = Spool::open(disk(), 256 << 20, (day + 1).to_be_bytes()).expect("a disk");
        for ten_s in 0..14 * 360_u64 {
            let up_ms = ten_s * 10_000;
            let position =
                Position { lat: 36.1, lon: -78.2, speed_kmh: Some(40.0), course: None, satellites: None };
            let mut facts = vec![(up_ms, Fact::Position(position)), (up_ms, Fact::Clients { count: 1 })];
            for rider in 0..60 {
                // They come one after the other; each has a report a minute.
                let Some(minute) = (ten_s / 6).checked_sub(rider * 13).filter(|m| *m <= 45 && ten_s % 6 == 0)
                else {
                    continue;
                };
                let seconds = minute as u32 * 60;
                let (up, down) = (minute << 20, minute << 27);
                let (session, who) = (format!("{day:08x}{rider:08x}"), format!("{rider:016x}"));
                let point = if minute == 45 { Point::Stop } else { Point::Interim };
                let session = Session { session, who, point, seconds, up, down, ago_s: 0, cause: None };
                facts.push((up_ms, Fact::Session(session)));
            }
            spool.record(facts).expect("room");
        }
        spool.sync().expect("synced");
        if (day + 1) % link_each == 0 {
            while let Some(batch) = spool.batch(1 << 20).expect("read") {
                let (boot, mark) = portal.take(&batch.write().expect("lines"));
                spool.acknowledge(&boot, mark).expect("written");
            }
        }
    }
    portal
}

#[test]
fn a_week_without_a_link_is_not_lost() {
    let days = std::env::var("EVENFIELD_SOAK_DAYS").ok().and_then(|text| text.parse().ok()).unwrap_or(7_u64);
    let portal = days_of_a_bus(days, 7);
    let whole = days / 7 * 7;
    assert_eq!((portal.lost, portal.telemetry as u64), (0, whole * 14 * 360));
    assert_eq!(portal.totals.len() as u64, whole * 60);
    let wanted = Total { seconds: 2_700, up: 45 << 20, down: 45 << 27 };
    assert!(portal.totals.values().all(|total| *total == wanted));
}
