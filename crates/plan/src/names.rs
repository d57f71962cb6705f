//! Ids as the input writes them, in one piece of memory; a row's number stands for its id everywhere else.

use std::hash::{DefaultHasher, Hasher};

const EMPTY: u32 = u32::MAX;

/// Ids in the order of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The id of a row.
    pub fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        std::str::from_utf8(&self.bytes[start as usize..self.ends[at] as usize]).unwrap_or_default()
    }

    /// Adds an id; false when there is no room for its octets.
    pub fn push(&mut self, name: &str) -> bool {
        let Ok(end) = u32::try_from(self.bytes.len() + name.len()) else { return false };
        self.bytes.extend_from_slice(name.as_bytes());
        self.ends.push(end);
        true
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// From an id to its row: open addressing over row numbers, so that an id is held once.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<u32>,
    used: usize,
}

impl Index {
    /// An index of all these ids; of two that are equal the first counts.
    pub fn of(names: &Names) -> Self {
        let mut index = Self::default();
        for at in 0..names.len() {
            index.insert(names, at as u32);
        }
        index
    }

    fn slot(&self, name: &str) -> usize {
        let mut hasher = DefaultHasher::new();
        hasher.write(name.as_bytes());
        hasher.finish() as usize & (self.slots.len() - 1)
    }

    /// The row with this id.
    pub fn find(&self, names: &Names, name: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.slot(name);
        while self.slots[slot] != EMPTY {
            if names.get(self.slots[slot] as usize) == name {
                return Some(self.slots[slot]);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Enters a row that is in `names` already, unless its id stands there before.
    pub fn insert(&mut self, names: &Names, row: u32) {
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![EMPTY; (old.len() * 2).max(16)];
            for row in old.into_iter().filter(|row| *row != EMPTY) {
                self.place(names, row);
            }
        }
        if self.place(names, row) {
            self.used += 1;
        }
    }

    fn place(&mut self, names: &Names, row: u32) -> bool {
        let name = names.get(row as usize);
        let mut slot = self.slot(name);
        while self.slots[slot] != EMPTY {
            if names.get(self.slots[slot] as usize) == name {
                return false;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = row;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_found_at_its_row() {
        let mut names = Names::default();
        for n in 0..10_000 {
            assert!(names.push(&format!("b{}", n * 7919)));
        }
        let index = Index::of(&names);
        assert!((0..10_000).all(|n| index.find(&names, &format!("b{}", n * 7919)) == Some(n as u32)));
        assert_eq!(index.find(&names, "b1"), None);
        assert_eq!(Index::default().find(&Names::default(), ""), None);
    }
}
