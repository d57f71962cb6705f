//! Sums by student, resource and setting: open addressing over dense numbers.
//!
//! One key of 32 bits holds all three; a slot has 16 octets. A day's table stays in a processor's caches, which is what makes the
//! kernel fast: a district's day has some hundred thousand pairs of a student and a resource.

use crate::minutes::{Added, Today};

/// What a student did with a resource in a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Minutes of visits; of a blocked category, queries.
    pub minutes: u32,
    /// Active minutes.
    pub active: u32,
    /// Visits.
    pub visits: u32,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// The key plus one; zero is empty.
    key: u32,
    sum: Sum,
}

/// A table of sums that grows.
#[derive(Default)]
pub(super) struct Tally {
    slots: Vec<Slot>,
    used: usize,
}

#[inline]
fn spread(key: u32, bits: u32) -> usize {
    // Fibonacci hashing (Knuth, 6.4): the high bits of the product.
    (u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits)) as usize
}

impl Tally {
    fn place(slots: &[Slot], key: u32) -> usize {
        let mut place = spread(key, slots.len().trailing_zeros());
        while slots[place].key != 0 && slots[place].key != key {
            place = (place + 1) & (slots.len() - 1);
        }
        place
    }

    /// Adds to a key less than `u32::MAX`.
    pub fn add(&mut self, key: u32, sum: Sum) {
        // At most seven eighths full.
        if self.used * 8 >= self.slots.len() * 7 {
            self.grow();
        }
        let place = Self::place(&self.slots, key + 1);
        let slot = &mut self.slots[place];
        self.used += usize::from(slot.key == 0);
        slot.key = key + 1;
        slot.sum.minutes = slot.sum.minutes.saturating_add(sum.minutes);
        slot.sum.active = slot.sum.active.saturating_add(sum.active);
        slot.sum.visits = slot.sum.visits.saturating_add(sum.visits);
    }

    fn grow(&mut self) {
        let larger = vec![Slot::default(); (self.slots.len() * 2).max(1 << 10)];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.key != 0 {
                let place = Self::place(&self.slots, slot.key);
                self.slots[place] = slot;
            }
        }
    }

    /// All sums by key; the table is empty afterwards and has given its memory back.
    pub fn drain(&mut self) -> Vec<(u32, Sum)> {
        let slots = std::mem::take(&mut self.slots);
        self.used = 0;
        let mut sums: Vec<_> = slots.iter().filter(|s| s.key != 0).map(|s| (s.key - 1, s.sum)).collect();
        drop(slots);
        sums.sort_unstable_by_key(|(key, _)| *key);
        sums
    }
}

/// A student and a resource on one day.
#[derive(Clone, Copy, Default)]
struct Pair {
    /// The key plus one; zero is empty.
    key: u32,
    today: Today,
    setting: u8,
    visits: u8,
    minutes: u16,
    active: u16,
}

/// The pairs of a day.
pub(super) struct DayTable {
    pairs: Vec<Pair>,
    bits: u32,
    used: usize,
}

impl DayTable {
    pub fn new() -> Self {
        Self { pairs: vec![Pair::default(); 1 << 10], bits: 10, used: 0 }
    }

    /// Takes a minute's queries of a pair. What was gathered in another setting goes to `flush` first.
    #[inline]
    pub fn add(
        &mut self,
        key: u32,
        setting: u8,
        step: impl FnOnce(&mut Today) -> Added,
        flush: &mut impl FnMut(u32, u8, Sum),
    ) {
        if self.used * 2 >= self.pairs.len() {
            self.grow();
        }
        let mask = self.pairs.len() - 1;
        let mut place = spread(key + 1, self.bits);
        loop {
            let pair = &mut self.pairs[place];
            if pair.key == key + 1 {
                let added = step(&mut pair.today);
                if added == Added::default() {
                    return;
                }
                if pair.setting != setting || pair.visits == u8::MAX {
                    let (old, sum) = (pair.setting, pair.take());
                    pair.setting = setting;
                    pair.count(added);
                    if sum != Sum::default() {
                        flush(key, old, sum);
                    }
                } else {
                    pair.count(added);
                }
                return;
            }
            if pair.key == 0 {
                pair.key = key + 1;
                pair.setting = setting;
                let added = step(&mut pair.today);
                pair.count(added);
                self.used += 1;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        self.bits += 1;
        let larger = vec![Pair::default(); 1 << self.bits];
        let mask = larger.len() - 1;
        for pair in std::mem::replace(&mut self.pairs, larger) {
            if pair.key != 0 {
                let mut place = spread(pair.key, self.bits);
                while self.pairs[place].key != 0 {
                    place = (place + 1) & mask;
                }
                self.pairs[place] = pair;
            }
        }
    }

    /// Ends the day.
    pub fn end(&mut self, flush: &mut impl FnMut(u32, u8, Sum)) {
        for pair in &mut self.pairs {
            if pair.key != 0 {
                let sum = pair.take();
                if sum != Sum::default() {
                    flush(pair.key - 1, pair.setting, sum);
                }
            }
        }
        self.pairs.fill(Pair::default());
        self.used = 0;
    }
}

impl Pair {
    #[inline]
    fn count(&mut self, added: Added) {
        // A day has 1,500 minutes: nothing here overflows, and visits are flushed before they do.
        self.minutes += added.minutes;
        self.active += added.active;
        self.visits += added.visits as u8;
    }

    fn take(&mut self) -> Sum {
        let sum = Sum {
            minutes: u32::from(self.minutes),
            active: u32::from(self.active),
            visits: u32::from(self.visits),
        };
        (self.minutes, self.active, self.visits) = (0, 0, 0);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minutes::Queries;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn tables_are_maps(adds in proptest::collection::vec((0u32..3_000, 1u32..9), 0..6_000)) {
            let (mut tally, mut map) = (Tally::default(), BTreeMap::new());
            for (key, minutes) in adds {
                tally.add(key, Sum { minutes, active: 1, visits: 0 });
                *map.entry(key).or_insert(0) += minutes;
            }
            let sums: Vec<_> = tally.drain().into_iter().map(|(key, sum)| (key, sum.minutes)).collect();
            prop_assert_eq!(sums, map.into_iter().collect::<Vec<_>>());
            prop_assert!(tally.drain().is_empty());
        }

        #[test]
        fn a_day_s_pairs_add_up_over_settings(mut adds in proptest::collection::vec((0u16..1_400, 0u32..900, 0u8..3), 0..4_000)) {
            adds.sort_unstable();
            let (mut table, mut todays, mut map, mut found) = (DayTable::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            let mut flush = |key, setting, sum: Sum| *found.entry((key, setting)).or_insert(0) += sum.minutes;
            for (minute, key, setting) in adds {
                let queries = Queries { minute, support: false, several: true };
                table.add(key, setting, |t| t.add(queries, 10), &mut flush);
                let added = todays.entry(key).or_insert_with(Today::default).add(queries, 10);
                *map.entry((key, setting)).or_insert(0) += u32::from(added.minutes);
            }
            table.end(&mut flush);
            map.retain(|_, m| *m > 0);
            found.retain(|_, m| *m > 0);
            prop_assert_eq!(found, map);
        }
    }
}
