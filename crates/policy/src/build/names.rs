//! The names of all lists, by hash, and the sets of lists that they are on.

use super::{BuildError, limit};
use crate::hash::HashKey;
use crate::name::Name;
use crate::snapshot::{Category, ListId, Set};
use crate::table::narrow;
use std::collections::HashMap;

/// What an entry of a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cover {
    /// The name alone.
    Exact,
    /// All names below it (`*.name`).
    Below,
    /// Both.
    Both,
}

impl Cover {
    fn bits(self) -> u8 {
        match self {
            Self::Exact => 1,
            Self::Below => 2,
            Self::Both => 3,
        }
    }
}

/// What a row says of its name. The order is that within a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Said {
    Ruled,
    Rewritten(u16),
    /// List, and bits: 1 the name itself, 2 below it, 4 an exception.
    Listed(u16, u8),
}

/// A row takes 24 octets; the name itself is not kept. The second hash tells different names apart whose first is
/// equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    hash: u64,
    second: u64,
    said: Said,
}

pub(super) struct Names {
    key: HashKey,
    rows: Vec<Row>,
    shallowest: u8,
    deepest: u8,
}

/// The sections made of the names.
pub(super) struct Sections {
    pub sets: Vec<u8>,
    pub set_lists: Vec<u8>,
    pub domains: Vec<u8>,
    /// How many names each list has.
    pub counts: Vec<u32>,
}

impl Names {
    pub fn new(seed: [u8; 16]) -> Self {
        Self { key: HashKey::new(seed), rows: Vec::new(), shallowest: u8::MAX, deepest: 0 }
    }

    fn put(&mut self, name: &Name<'_>, said: Said) -> u64 {
        let whole = |key: HashKey| name.suffix_hashes(key).last().unwrap_or(key.root());
        let (hash, second) = (whole(self.key), whole(self.key.second()));
        // The root is no suffix of any search.
        if name.labels() > 0 {
            self.rows.push(Row { hash, second, said });
            self.shallowest = self.shallowest.min(name.labels() as u8);
            self.deepest = self.deepest.max(name.labels() as u8);
        }
        hash
    }

    pub fn listed(&mut self, list: ListId, name: &Name<'_>, cover: Cover, excepted: bool) {
        let bits = cover.bits() | if excepted { 4 } else { 0 };
        self.put(name, Said::Listed(list.0, bits));
    }

    pub fn rewritten(&mut self, name: &Name<'_>, rewrite: u16) {
        self.put(name, Said::Rewritten(rewrite));
    }

    pub fn ruled(&mut self, name: &Name<'_>) -> u64 {
        self.put(name, Said::Ruled)
    }

    /// The fewest and the most labels of a name.
    pub fn depths(&self) -> [u8; 2] {
        [self.shallowest, self.deepest]
    }

    /// Sorts the rows, joins what is said of one name into a set, and numbers the sets from 1.
    pub fn finish(mut self, lists: &[Category]) -> Result<Sections, BuildError> {
        self.rows.sort_unstable();
        self.rows.dedup();
        let mut known: HashMap<Vec<Said>, u16> = HashMap::new();
        let mut sections = Sections {
            sets: Set::default().write().to_vec(),
            set_lists: Vec::new(),
            domains: Vec::new(),
            counts: vec![0; lists.len()],
        };
        let mut entries = Vec::with_capacity(self.rows.len());
        let mut said = Vec::new();
        for group in self.rows.chunk_by(|a, b| a.hash == b.hash) {
            if group.iter().any(|row| row.second != group[0].second) {
                return Err(BuildError::Collision);
            }
            said.clear();
            said.extend(group.iter().map(|row| row.said));
            for list in lists_in(&said) {
                sections.counts[usize::from(list)] += 1;
            }
            let number = match known.get(&said) {
                Some(number) => *number,
                None => {
                    limit("different sets of lists", known.len() + 1, 65_535)?;
                    let number = known.len() as u16 + 1;
                    sections.add(&said, lists);
                    known.insert(said.clone(), number);
                    number
                }
            };
            entries.push((group[0].hash, number));
        }
        drop(self.rows);
        sections.domains = narrow::build(&entries).map_err(|_| BuildError::Collision)?;
        Ok(sections)
    }
}

/// The lists of a set, each once.
fn lists_in(said: &[Said]) -> impl Iterator<Item = u16> {
    let lists = |said: &Said| match said {
        Said::Listed(list, _) => Some(*list),
        _ => None,
    };
    let mut last = None;
    said.iter().filter_map(lists).filter(move |list| last.replace(*list) != Some(*list))
}

impl Sections {
    fn add(&mut self, said: &[Said], lists: &[Category]) {
        let mut set = Set::default();
        set.lists.0 = (self.set_lists.len() / 4) as u32;
        for said in said {
            match *said {
                Said::Ruled => set.ruled = true,
                Said::Rewritten(rewrite) => set.rewrite = rewrite,
                Said::Listed(list, bits) => {
                    let mask = lists.get(usize::from(list)).map_or(0, |category| category.mask());
                    let (exact, below) = match bits & 4 {
                        0 => (&mut set.exact, &mut set.below),
                        _ => (&mut set.exact_excepted, &mut set.below_excepted),
                    };
                    *exact |= if bits & 1 == 0 { 0 } else { mask };
                    *below |= if bits & 2 == 0 { 0 } else { mask };
                    self.set_lists.extend_from_slice(&list.to_le_bytes());
                    self.set_lists.extend_from_slice(&[bits, 0]);
                    set.lists.1 = set.lists.1.saturating_add(1);
                }
            }
        }
        self.sets.extend_from_slice(&set.write());
    }
}
