//! What goes to the portal at a time, and how it is taken there: each fact exactly once.

use super::fact::{Line, Session, Source};
use serde::{Deserialize, Serialize};

/// The first line of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The boot, 16 hexadecimal digits: made by chance when the gateway starts.
    pub boot: String,
    /// The batch is about the facts from this number …
    pub from: u64,
    /// … through this one. Those that are not in it are lost.
    pub through: u64,
    /// What time it was when the boot began, as well as it is known by now.
    pub clock: Option<Clock>,
}

/// What time it was when a boot began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Milliseconds since 1970.
    pub epoch_ms: i64,
    /// Who says so.
    pub source: Source,
}

/// A batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// What it is about.
    pub head: Head,
    /// The facts, by number.
    pub lines: Vec<Line>,
}

/// Why a batch is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Its first line.
    Head,
    /// The line with this number, from 2: damaged, not in order, or not among what the head says.
    Line(usize),
}

impl Batch {
    /// Writes it: a line of JSON, then the facts' lines.
    pub fn write(&self) -> Option<Vec<u8>> {
        let mut octets = serde_json::to_vec(&self.head).ok()?;
        octets.push(b'\n');
        for line in &self.lines {
            line.write(&mut octets)?;
        }
        Some(octets)
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(octets: &[u8]) -> Result<Self, Malformed> {
        let mut lines = octets.split(|octet| *octet == b'\n');
        let head: Head = lines
            .next()
            .and_then(|line| serde_json::from_slice(line).ok())
            .filter(|head: &Head| head.from >= 1 && head.from <= head.through)
            .filter(|head| head.through < u64::MAX && crate::keyed::from_hex::<8>(&head.boot).is_some())
            .ok_or(Malformed::Head)?;
        let (mut read, mut next) = (Vec::new(), head.from);
        for (n, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let line = Line::read(line).filter(|line| (next..=head.through).contains(&line.seq));
            let line = line.ok_or(Malformed::Line(n + 2))?;
            next = line.seq + 1;
            read.push(line);
        }
        Ok(Self { head, lines: read })
    }
}

/// What is new in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fresh<'a> {
    /// Facts that were not taken before.
    pub lines: &'a [Line],
    /// How many are lost.
    pub lost: u64,
    /// The mark from now on: every fact through it is taken or lost. It must be stored in the transaction that stores the
    /// facts, and is what is acknowledged.
    pub mark: u64,
}

/// Takes a batch where all facts of its boot through `mark` are taken already; 0 for a boot that is not known. A batch that
/// came before has nothing new in it.
///
/// # Errors
/// When facts between the mark and the batch did not come yet: the gateway must send from the mark on.
pub fn take(mark: u64, batch: &Batch) -> Result<Fresh<'_>, u64> {
    if batch.head.from > mark + 1 {
        return Err(mark);
    }
    let new = batch.lines.partition_point(|line| line.seq <= mark);
    let lines = &batch.lines[new..];
    let mark_after = mark.max(batch.head.through);
    let lost = (mark_after - mark) - lines.len() as u64;
    Ok(Fresh { lines, lost, mark: mark_after })
}

/// What is known of a session by all its facts, in whatever order they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Seconds.
    pub seconds: u32,
    /// Octets from the client.
    pub up: u64,
    /// Octets to the client.
    pub down: u64,
}

impl Total {
    /// Adds a fact: the largest of each counts, so nothing counts twice.
    pub fn add(&mut self, session: &Session) {
        self.seconds = self.seconds.max(session.seconds);
        self.up = self.up.max(session.up);
        self.down = self.down.max(session.down);
    }
}
