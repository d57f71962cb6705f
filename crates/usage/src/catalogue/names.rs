//! Longest-suffix match.
//!
//! One pass from the last octet to the first: the hash of each suffix is that of the shorter one carried on, and is looked
//! up where a label begins. What is looked up comes from outside, but nothing of it is ever put in, so a fixed hash
//! (FNV-1a, Fowler, Noll and Vo) cannot be made slow.

use super::{Found, Part, ResourceId};

const START: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01B3;

#[derive(Clone, Debug)]
struct Entry {
    hash: u64,
    name: Box<str>,
    found: Found,
}

/// Names with what they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    entries: Vec<Entry>,
    /// Open addressing: the number of an entry plus one, or zero. At most half full.
    slots: Vec<u32>,
}

#[inline]
fn carry(hash: u64, octet: u8) -> u64 {
    (hash ^ u64::from(octet.to_ascii_lowercase())).wrapping_mul(PRIME)
}

fn hash(name: &str) -> u64 {
    name.bytes().rev().fold(START, carry)
}

impl Names {
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<Found> {
        let name = name.strip_suffix(b".").unwrap_or(name);
        let (mut hash, mut best) = (START, None);
        for at in (0..name.len()).rev() {
            hash = carry(hash, name[at]);
            if at == 0 || name[at - 1] == b'.' {
                best = self.get(hash, &name[at..]).or(best);
            }
        }
        best
    }

    #[inline]
    fn get(&self, hash: u64, name: &[u8]) -> Option<Found> {
        let mut at = self.first(hash)?;
        while self.slots[at] != 0 {
            let entry = &self.entries[self.slots[at] as usize - 1];
            if entry.hash == hash && entry.name.as_bytes().eq_ignore_ascii_case(name) {
                return Some(entry.found);
            }
            at = (at + 1) % self.slots.len();
        }
        None
    }

    /// FNV's low bits are its best.
    #[inline]
    fn first(&self, hash: u64) -> Option<usize> {
        (!self.slots.is_empty()).then(|| (hash ^ hash >> 32) as usize & (self.slots.len() - 1))
    }

    /// What exactly this name is; also before [`Names::index`].
    pub(super) fn listed(&self, name: &str) -> Option<Found> {
        self.entries.iter().find(|e| *e.name == *name).map(|e| e.found)
    }

    /// Puts a name in, in place of what it was before.
    pub(super) fn put(&mut self, name: &str, resource: ResourceId, part: Part) {
        let entry = Entry { hash: hash(name), name: name.into(), found: Found { resource, part } };
        match self.entries.iter_mut().find(|e| *e.name == *name) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.entries.retain(|e| *e.name != *name);
    }

    /// To be called when all are in: nothing is found before.
    pub(super) fn index(&mut self) {
        self.slots = vec![0; (self.entries.len() * 2).max(1).next_power_of_two()];
        for number in 0..self.entries.len() {
            let Some(mut at) = self.first(self.entries[number].hash) else { return };
            while self.slots[at] != 0 {
                at = (at + 1) % self.slots.len();
            }
            self.slots[at] = number as u32 + 1;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Found)> {
        self.entries.iter().map(|e| (&*e.name, e.found))
    }
}
