//! The spool: facts on disk until the portal has them.
//!
//! ```text
//! ORDER-BOOT-a-N.facts   accounting; BOOT is made by chance at each start, ORDER counts starts, N counts segments
//! ORDER-BOOT-t-N.facts   telemetry
//! acked                  what the portal has of each boot, and its clock
//! ```
//! A fact's number is used once, whatever becomes of it, and a boot's name never comes again: so the portal can tell by
//! boot and number what it has. A segment is never written again once its process has ended.

use super::batch::{Batch, Clock, Head};
use super::disk::Disk;
use super::fact::{Fact, Line};
use crate::keyed::{from_hex, hex};
use std::collections::BTreeMap;
use std::io;

/// So many segments share the room: the oldest of them is what goes.
const SEGMENTS: u64 = 64;
/// Octets of a line, about.
const USUAL_LINE: usize = 200;
/// Where it is kept what the portal has.
const ACKED: &str = "acked";

/// Which facts share a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stream {
    Telemetry,
    Accounting,
}

impl Stream {
    fn letter(self) -> &'static str {
        if self == Self::Accounting { "a" } else { "t" }
    }
}

type BootId = [u8; 8];

/// A segment's name. In their order, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    order: u64,
    boot: BootId,
    stream: Stream,
    n: u64,
}

impl Name {
    fn text(&self) -> String {
        format!("{:08}-{}-{}-{:08}.facts", self.order, hex(&self.boot), self.stream.letter(), self.n)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_suffix(".facts")?.split('-');
        let (order, boot) = (parts.next()?.parse().ok()?, from_hex(parts.next()?)?);
        let stream = match parts.next()? {
            "a" => Stream::Accounting,
            "t" => Stream::Telemetry,
            _ => return None,
        };
        let name = Self { order, boot, stream, n: parts.next()?.parse().ok()? };
        parts.next().is_none().then_some(name)
    }
}

/// What is known of a segment.
#[derive(Clone, Copy, Debug, Default)]
struct Segment {
    octets: u64,
    /// The numbers of its first and last fact.
    first: u64,
    last: u64,
}

/// What is known of a boot.
#[derive(Clone, Copy, Debug, Default)]
struct Boot {
    /// The portal has everything through this.
    acked: u64,
    /// The largest number that was given.
    last: u64,
    clock: Option<Clock>,
}

/// The spool.
pub struct Spool<D> {
    disk: D,
    most_octets: u64,
    order: u64,
    boot: BootId,
    next: u64,
    segments: BTreeMap<Name, Segment>,
    boots: BTreeMap<(u64, BootId), Boot>,
    current: [Option<Name>; 2],
    unsynced: [bool; 2],
    /// Something that was recorded and not synced yet is gone.
    gone: bool,
    removed: [u64; 2],
}

impl<D: Disk> Spool<D> {
    /// Opens the spool of a disk and begins a boot, whose name must be of random octets.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn open(disk: D, most_octets: u64, boot: BootId) -> io::Result<Self> {
        let mut spool = Self {
            disk,
            most_octets,
            order: 1,
            boot,
            next: 1,
            segments: BTreeMap::new(),
            boots: BTreeMap::new(),
            current: [None; 2],
            unsynced: [false; 2],
            gone: false,
            removed: [0; 2],
        };
        for (name, octets) in spool.disk.list()? {
            let Some(name) = Name::read(&name) else { continue };
            spool.look(name, octets)?;
        }
        spool.read_acked();
        let newest = spool.boots.keys().next_back().map_or(0, |(order, _)| *order);
        spool.order = newest + 1;
        spool.boots.insert((spool.order, boot), Boot::default());
        spool.clear_acked();
        Ok(spool)
    }

    /// Looks through a segment of an earlier boot.
    fn look(&mut self, name: Name, octets: u64) -> io::Result<()> {
        let text = self.disk.read(&name.text())?;
        let boot = self.boots.entry((name.order, name.boot)).or_default();
        let mut segment = Segment { octets, first: u64::MAX, last: 0 };
        for line in lines(&text) {
            segment.first = segment.first.min(line.seq);
            segment.last = segment.last.max(line.seq);
            if let Fact::Clock { epoch_ms, source } = line.fact
                && boot.clock.is_none_or(|clock| clock.source <= source)
            {
                boot.clock = Some(Clock { epoch_ms, source });
            }
        }
        boot.last = boot.last.max(segment.last);
        self.segments.insert(name, segment);
        Ok(())
    }

    /// The file is a help alone: without it, the portal is sent what it has, and says so.
    fn read_acked(&mut self) {
        let text = self.disk.read(ACKED).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            let mut words = line.split(' ');
            let boot = words.next().and_then(from_hex::<8>);
            let acked = words.next().and_then(|word| word.parse().ok());
            let clock = words.next().and_then(|word| serde_json::from_str(word).ok());
            let (Some(boot), Some(acked)) = (boot, acked) else { continue };
            if let Some((_, known)) = self.boots.iter_mut().find(|((_, id), _)| *id == boot) {
                known.acked = acked;
                known.clock = known.clock.max_by_source(clock);
            }
        }
    }

    fn write_acked(&mut self) -> io::Result<()> {
        let lines = self.boots.iter().filter(|(_, boot)| boot.acked > 0).map(|((_, id), boot)| {
            let clock = boot.clock.and_then(|clock| serde_json::to_string(&clock).ok()).unwrap_or_default();
            format!("{} {} {clock}\n", hex(id), boot.acked)
        });
        let text: String = lines.collect();
        self.disk.replace(ACKED, text.as_bytes())
    }

    /// This boot's name.
    pub fn boot(&self) -> String {
        hex(&self.boot)
    }

    /// How many octets there are on disk.
    pub fn octets(&self) -> u64 {
        self.segments.values().map(|segment| segment.octets).sum()
    }

    /// How many segments were removed to make room: of telemetry, of accounting.
    pub fn removed(&self) -> [u64; 2] {
        self.removed
    }

    /// The disk.
    pub fn disk(&mut self) -> &mut D {
        &mut self.disk
    }

    /// Gives the disk back, as when the process ends.
    pub fn into_disk(self) -> D {
        self.disk
    }

    /// Records facts, each with the milliseconds since the boot began. They outlive a power cut after [`Spool::sync`].
    ///
    /// # Errors
    /// When one of them could not be written, also after everything else went. The others are.
    pub fn record(&mut self, facts: impl IntoIterator<Item = (u64, Fact)>) -> io::Result<()> {
        let mut octets = [Vec::new(), Vec::new()];
        let mut numbers = [None::<(u64, u64)>; 2];
        let mut outcome = Ok(());
        for (up_ms, fact) in facts {
            let stream = usize::from(fact.is_accounting());
            if let Fact::Clock { epoch_ms, source } = fact
                && let Some(boot) = self.boots.get_mut(&(self.order, self.boot))
            {
                boot.clock = boot.clock.max_by_source(Some(Clock { epoch_ms, source }));
            }
            let line = Line { seq: self.next, up_ms, fact };
            if line.write(&mut octets[stream]).is_none() {
                outcome = Err(io::Error::new(io::ErrorKind::InvalidInput, "a fact that fits no line"));
                continue;
            }
            let first = numbers[stream].map_or(self.next, |(first, _)| first);
            numbers[stream] = Some((first, self.next));
            self.next += 1;
        }
        if let Some(boot) = self.boots.get_mut(&(self.order, self.boot)) {
            boot.last = self.next - 1;
        }
        for stream in [Stream::Accounting, Stream::Telemetry] {
            let place = stream as usize;
            if let Some(numbers) = numbers[place]
                && let Err(error) = self.put(stream, &octets[place], numbers)
            {
                outcome = Err(error);
            }
        }
        outcome
    }

    fn put(&mut self, stream: Stream, octets: &[u8], (first, last): (u64, u64)) -> io::Result<()> {
        let place = stream as usize;
        let length = octets.len() as u64;
        if length > self.most_octets / 2 {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "more facts at once than the spool may have",
            ));
        }
        loop {
            while self.octets() + length > self.most_octets {
                if !self.make_room(stream) {
                    return Err(io::ErrorKind::StorageFull.into());
                }
            }
            let share = self.most_octets / SEGMENTS;
            let open = self.current[place].and_then(|name| self.segments.get(&name));
            if open.is_some_and(|segment| segment.octets > 0 && segment.octets + length > share) {
                self.close(stream);
            }
            let name = self.current[place].unwrap_or_else(|| self.new_name(stream));
            self.current[place] = Some(name);
            let outcome = self.disk.append(&name.text(), octets);
            let segment = self.segments.entry(name).or_insert(Segment { first, ..Segment::default() });
            // Torn or not, it takes room.
            segment.octets += length;
            match outcome {
                Ok(()) => {
                    segment.last = last;
                    self.unsynced[place] = true;
                    return Ok(());
                }
                Err(error) => {
                    // What follows goes into a new segment, for the end of this one may be torn. One without a fact is
                    // worth nothing.
                    let empty = segment.last == 0;
                    self.close(stream);
                    if empty {
                        self.forget(&name);
                    }
                    let is_full = matches!(
                        error.kind(),
                        io::ErrorKind::StorageFull
                            | io::ErrorKind::QuotaExceeded
                            | io::ErrorKind::FileTooLarge
                    );
                    if !is_full || !self.make_room(stream) {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn new_name(&self, stream: Stream) -> Name {
        let own = self.segments.keys().filter(|name| name.order == self.order && name.stream == stream);
        let n = own.map(|name| name.n + 1).max().unwrap_or(0);
        Name { order: self.order, boot: self.boot, stream, n }
    }

    fn close(&mut self, stream: Stream) {
        let place = stream as usize;
        if let Some(name) = self.current[place].take()
            && std::mem::take(&mut self.unsynced[place])
        {
            self.gone |= self.disk.sync(&name.text()).is_err();
        }
    }

    /// Removes the oldest telemetry; when there is none, and room is wanted for accounting, the oldest accounting.
    fn make_room(&mut self, wanted: Stream) -> bool {
        let oldest = |stream| self.segments.keys().filter(move |name| name.stream == stream).min().copied();
        let found = oldest(Stream::Telemetry).or_else(|| match wanted {
            Stream::Accounting => oldest(Stream::Accounting),
            Stream::Telemetry => None,
        });
        let Some(name) = found else { return false };
        for stream in [Stream::Telemetry, Stream::Accounting] {
            if self.current[stream as usize] == Some(name) {
                self.current[stream as usize] = None;
                let unsynced = std::mem::take(&mut self.unsynced[stream as usize]);
                self.gone |= unsynced && stream == Stream::Accounting;
            }
        }
        self.removed[name.stream as usize] += 1;
        self.forget(&name);
        true
    }

    fn forget(&mut self, name: &Name) {
        self.segments.remove(name);
        // One that stays is looked at again at the next start.
        let _ = self.disk.remove(&name.text());
    }

    /// Makes what was recorded outlive a power cut.
    ///
    /// # Errors
    /// When it may not; it counts as not recorded then.
    pub fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.gone) {
            return Err(io::Error::other("what was recorded is not there any more"));
        }
        for place in 0..2 {
            if let (true, Some(name)) = (self.unsynced[place], self.current[place]) {
                if let Err(error) = self.disk.sync(&name.text()) {
                    // What the system did with it is not known, so nothing more is added.
                    self.current[place] = None;
                    return Err(error);
                }
                self.unsynced[place] = false;
            }
        }
        Ok(())
    }

    /// The next facts for the portal, of the oldest boot that has some: about so many octets, at least one fact. `None`
    /// when the portal has everything.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn batch(&self, most_octets: usize) -> io::Result<Option<Batch>> {
        let waiting = self.boots.iter().find(|(_, boot)| boot.last > boot.acked);
        let Some(((order, id), boot)) = waiting else { return Ok(None) };
        let own = |stream| {
            let own = self.segments.iter().filter(move |(name, _)| name.order == *order && name.boot == *id);
            own.filter(move |(name, segment)| name.stream == stream && segment.last > boot.acked)
        };
        let from = boot.acked + 1;
        let (mut through, mut found) = (boot.last, Vec::new());
        for stream in [Stream::Accounting, Stream::Telemetry] {
            let mut octets = 0;
            'stream: for (name, segment) in own(stream) {
                if segment.first > through {
                    break;
                }
                let text = self.disk.read(&name.text())?;
                for line in lines(&text).filter(|line| line.seq >= from) {
                    octets += USUAL_LINE;
                    let enough = octets > most_octets || line.seq > through;
                    if enough {
                        // Everything through this one is in the batch, of both streams.
                        through = through.min(line.seq);
                    }
                    found.push(line);
                    if enough {
                        break 'stream;
                    }
                }
            }
        }
        found.retain(|line| (from..=through).contains(&line.seq));
        found.sort_by_key(|line| line.seq);
        // On a disk that was full, a fact may stand in a torn segment and in the next one.
        found.dedup_by_key(|line| line.seq);
        let head = Head { boot: hex(id), from, through, clock: boot.clock };
        Ok(Some(Batch { head, lines: found }))
    }

    /// The portal has everything of a boot through this number, and says so: later batches begin after it. When the number
    /// is smaller than before, the portal has lost facts, and gets again what is still there.
    ///
    /// # Errors
    /// When that cannot be written; nothing is lost by it.
    pub fn acknowledge(&mut self, boot: &str, mark: u64) -> io::Result<()> {
        let Some(id) = from_hex::<8>(boot) else { return Ok(()) };
        let Some((_, known)) = self.boots.iter_mut().find(|((_, one), _)| *one == id) else { return Ok(()) };
        known.acked = mark;
        self.clear_acked();
        self.write_acked()
    }

    /// Removes segments of which the portal has everything, and forgets earlier boots without any.
    fn clear_acked(&mut self) {
        let done: Vec<Name> = self
            .segments
            .iter()
            .filter(|(name, segment)| {
                let acked = self.boots.get(&(name.order, name.boot)).map_or(0, |boot| boot.acked);
                segment.last <= acked && !self.current.contains(&Some(**name))
            })
            .map(|(name, _)| *name)
            .collect();
        done.iter().for_each(|name| self.forget(name));
        let (order, segments) = (self.order, &self.segments);
        self.boots.retain(|(own, _), boot| {
            *own == order || boot.last > boot.acked || segments.keys().any(|name| name.order == *own)
        });
    }
}

/// The better of two clocks.
trait Better {
    fn max_by_source(self, other: Self) -> Self;
}

impl Better for Option<Clock> {
    fn max_by_source(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(other)) if other.source >= one.source => Some(other),
            (one, other) => one.or(other),
        }
    }
}

/// The whole lines of a segment; damaged ones are passed over.
fn lines(octets: &[u8]) -> impl Iterator<Item = Line> {
    octets.split(|octet| *octet == b'\n').filter_map(Line::read)
}
