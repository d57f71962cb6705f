//! The log: segments in a folder, each a header and frames.
//!
//! ```text
//! segment: magic "EVNFLOG\0", format u32, zero u32, then frames
//! frame:   octets u32 (of events), CRC-32 of the events u32, events of 32 octets
//! ```
//! A frame is written by one call. A segment is never opened again once its process has ended: the next process begins a
//! new one, so a torn frame at the end of a segment disturbs nothing.

use crate::event::{Event, SIZE};
use crate::ring::Record as _;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const HEADER: usize = 16;
/// The magic, format 1, zero.
const HEADER_OCTETS: [u8; HEADER] = *b"EVNFLOG\0\x01\0\0\0\0\0\0\0";
const FRAME: usize = 8;
/// The most octets of events in a frame; a reader needs no more memory than this.
const MOST_IN_FRAME: usize = 1 << 20;
/// How many segments share the room, so that the oldest eighth is what goes first.
const SEGMENTS: u64 = 8;

/// How much disk the log may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets of all segments together.
    pub octets: u64,
}

/// The log of one process.
pub struct Log {
    folder: PathBuf,
    limits: Limits,
    /// The segments that are complete, oldest first, with their octets.
    complete: VecDeque<(PathBuf, u64)>,
    current: Option<(PathBuf, File, u64)>,
    next: u64,
    dropped: u64,
    written: u64,
    frame: Vec<u8>,
}

impl Log {
    /// Opens the log in a folder, which is made when it is not there. What earlier processes wrote stays, and counts.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: &Path, limits: Limits) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut complete = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if let Some(number) = number_of(&entry.path()) {
                complete.push((number, entry.path(), entry.metadata()?.len()));
            }
        }
        complete.sort();
        let next = complete.last().map_or(0, |(number, ..)| number + 1);
        Ok(Self {
            folder: folder.to_owned(),
            limits,
            complete: complete.into_iter().map(|(_, path, octets)| (path, octets)).collect(),
            current: None,
            next,
            dropped: 0,
            written: 0,
            frame: Vec::new(),
        })
    }

    /// Appends events, as [`crate::Ring::drain`] gives them. Never fails: what cannot be written is dropped and
    /// counted, and the reason is returned to be told.
    ///
    /// # Errors
    /// Why events were dropped.
    pub fn append(&mut self, events: &[u8]) -> io::Result<()> {
        let mut outcome = Ok(());
        for part in events.chunks(MOST_IN_FRAME) {
            match self.append_frame(part) {
                Ok(()) => self.written += (part.len() / SIZE) as u64,
                Err(error) => {
                    self.dropped += (part.len() / SIZE) as u64;
                    // A frame that was written in part is torn: what follows goes into a new segment.
                    self.close();
                    outcome = Err(error);
                }
            }
        }
        outcome
    }

    fn append_frame(&mut self, events: &[u8]) -> io::Result<()> {
        let length = (FRAME + events.len()) as u64;
        let share = (self.limits.octets / SEGMENTS).max(length + HEADER as u64);
        if self.current.as_ref().is_some_and(|(_, _, octets)| octets + length > share) {
            self.close();
        }
        self.make_room(length + HEADER as u64);
        self.frame.clear();
        let (_, file, octets) = match &mut self.current {
            Some(current) => current,
            None => {
                let path = self.folder.join(format!("events-{:08}.log", self.next));
                self.next += 1;
                let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
                self.frame.extend_from_slice(&HEADER_OCTETS);
                self.current.insert((path, file, 0))
            }
        };
        self.frame.extend_from_slice(&(events.len() as u32).to_le_bytes());
        self.frame.extend_from_slice(&crc32fast::hash(events).to_le_bytes());
        self.frame.extend_from_slice(events);
        file.write_all(&self.frame)?;
        *octets += self.frame.len() as u64;
        Ok(())
    }

    fn close(&mut self) {
        if let Some((path, file, whole)) = self.current.take() {
            // One without a whole frame is worth nothing; with a full disk there would be one after the other.
            if whole == 0 && std::fs::remove_file(&path).is_ok() {
                return;
            }
            // What is on disk counts, also of a frame that was torn.
            let octets = file.metadata().map_or(0, |m| m.len());
            self.complete.push_back((path, octets));
        }
    }

    /// Removes the oldest segments until so many octets fit; what is in them counts as dropped.
    fn make_room(&mut self, octets: u64) {
        let mut used: u64 = self.complete.iter().map(|(_, octets)| octets).sum();
        used += self.current.as_ref().map_or(0, |(_, _, octets)| *octets);
        while used + octets > self.limits.octets {
            let Some((path, size)) = self.complete.pop_front() else { return };
            // The file may be gone: whoever collects segments removes them.
            if let Ok(segment) = read(&path)
                && std::fs::remove_file(&path).is_ok()
            {
                self.dropped += segment.events.len() as u64;
            }
            used -= size.min(used);
        }
    }

    /// How many events were lost: not written, or in segments that were removed to keep within the limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many events were written.
    pub fn written(&self) -> u64 {
        self.written
    }
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("events-")?.strip_suffix(".log")?.parse().ok()
}

/// What a segment holds.
#[derive(Debug, PartialEq)]
pub struct Segment {
    /// The events of all whole frames.
    pub events: Vec<Event>,
    /// Octets after the last whole frame: of a frame that was being written when its process ended.
    pub torn: u64,
}

/// Why a file is not a segment.
#[derive(Debug)]
pub enum ReadError {
    /// It cannot be read.
    Io(io::Error),
    /// Something else than a segment, or of a format that this release does not read.
    NotASegment,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotASegment => f.write_str("not a segment of events that this release reads"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a segment.
///
/// # Errors
/// [`ReadError`]; a torn end is no error.
pub fn read(path: &Path) -> Result<Segment, ReadError> {
    parse(&std::fs::read(path).map_err(ReadError::Io)?)
}

/// Reads the octets of a segment.
///
/// # Errors
/// [`ReadError::NotASegment`]; a torn end is no error.
pub fn parse(bytes: &[u8]) -> Result<Segment, ReadError> {
    let Some(mut rest) = bytes.strip_prefix(&HEADER_OCTETS) else {
        // Killed while its header was written?
        let torn = HEADER_OCTETS.starts_with(bytes);
        let segment = Segment { events: Vec::new(), torn: bytes.len() as u64 };
        return if torn { Ok(segment) } else { Err(ReadError::NotASegment) };
    };
    let mut events = Vec::new();
    while let Some((frame, after)) = frame(rest) {
        let words = |one: &[u8; SIZE]| {
            let (words, _) = one.as_chunks::<8>();
            std::array::from_fn(|n| u64::from_le_bytes(words[n]))
        };
        events.extend(frame.as_chunks::<SIZE>().0.iter().filter_map(|one| Event::from_words(words(one))));
        rest = after;
    }
    Ok(Segment { events, torn: rest.len() as u64 })
}

/// The events of the first frame and what follows it; `None` when it is not whole.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MOST_IN_FRAME || !length.is_multiple_of(SIZE) {
        return None;
    }
    let (events, rest) = rest.split_at_checked(length)?;
    (crc32fast::hash(events) == u32::from_le_bytes(*sum)).then_some((events, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Because, Did, Transport, Who, ring};
    use proptest::prelude::*;

    fn events(count: u32) -> Vec<u8> {
        let (mut record, mut drain) = ring(count as usize);
        for n in 0..count {
            record.record(Event {
                at_s: n,
                snapshot: 1,
                who: Who::Site(n),
                policy: 2,
                did: Did::Blocked,
                because: Because::Rule(n),
                query_type: 28,
                transport: Transport::Tls,
            });
        }
        let mut bytes = Vec::new();
        drain.drain(&mut bytes, usize::MAX >> 1);
        bytes
    }

    fn folder_size(folder: &Path) -> u64 {
        let files = std::fs::read_dir(folder).expect("a folder");
        files.map(|f| f.expect("a file").metadata().expect("its size").len()).sum()
    }

    #[test]
    fn disk_use_is_bounded_and_what_goes_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let limits = Limits { octets: 64 * 1024 };
        let mut log = Log::open(folder.path(), limits).expect("a log");
        for _ in 0..50 {
            log.append(&events(100)).expect("room");
            assert!(folder_size(folder.path()) <= limits.octets);
        }
        let mut kept = 0;
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            kept += read(&file.expect("a file").path()).expect("a segment").events.len() as u64;
        }
        assert_eq!(kept + log.dropped(), 5_000);
        assert_eq!(log.written(), 5_000);
        assert!(kept > 1_000);
        // The next process counts what is there and goes on after it.
        let mut log = Log::open(folder.path(), limits).expect("a log");
        for _ in 0..50 {
            log.append(&events(100)).expect("room");
            assert!(folder_size(folder.path()) <= limits.octets);
        }
    }

    #[test]
    fn a_disk_that_takes_nothing_costs_the_events_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Log::open(folder.path(), Limits { octets: 1 << 20 }).expect("a log");
        log.append(&events(3)).expect("room");
        std::fs::remove_dir_all(folder.path()).expect("gone");
        log.close();
        assert!(log.append(&events(5)).is_err());
        assert_eq!((log.written(), log.dropped()), (3, 5));
        std::fs::create_dir(folder.path()).expect("there again");
        log.append(&events(7)).expect("room");
        assert_eq!((log.written(), log.dropped()), (10, 5));
    }

    #[test]
    fn after_a_full_disk_a_new_segment_begins() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Log::open(folder.path(), Limits { octets: 1 << 20 }).expect("a log");
        // Writing there fails as on a disk without room (full(4)).
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let empty = folder.path().join("events-00000099.log");
        std::fs::write(&empty, "").expect("an empty segment");
        log.current = Some((empty.clone(), full, 0));
        let error = log.append(&events(5)).expect_err("no room");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(!empty.exists() && log.complete.is_empty(), "no empty segment stays");
        log.append(&events(7)).expect("room");
        assert_eq!((log.written(), log.dropped()), (7, 5));
        assert_eq!(read(&folder.path().join("events-00000000.log")).expect("a segment").events.len(), 7);
    }

    proptest! {
        #[test]
        fn any_octets_are_events_or_no_segment(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), begin in any::<bool>()) {
            if begin {
                bytes.splice(..0, HEADER_OCTETS);
            }
            match parse(&bytes) {
                Ok(segment) => prop_assert!(segment.torn as usize + segment.events.len() * SIZE <= bytes.len()),
                Err(_) => prop_assert!(!begin),
            }
        }

        #[test]
        fn a_segment_cut_anywhere_gives_its_whole_frames(cut in 0usize..5_000) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut log = Log::open(folder.path(), Limits { octets: 1 << 20 }).expect("a log");
            for count in [40, 1, 60] {
                log.append(&events(count)).expect("room");
            }
            let path = folder.path().join("events-00000000.log");
            let bytes = std::fs::read(&path).expect("a segment");
            let cut = cut.min(bytes.len());
            std::fs::write(&path, &bytes[..cut]).expect("cut");
            let ends = [HEADER + FRAME + 40 * SIZE, HEADER + 2 * FRAME + 41 * SIZE, HEADER + 3 * FRAME + 101 * SIZE];
            let whole = ends.iter().filter(|end| **end <= cut).count();
            match read(&path) {
                Ok(segment) => prop_assert_eq!(segment.events.len(), [0, 40, 41, 101][whole]),
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}
