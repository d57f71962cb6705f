//! Answers kept in the form in which they are sent. Independent of policy: what may be seen of them is decided at each
//! query.

use crate::wire::{Checked, HEADER};
use std::sync::Arc;

/// Answers a set of the table holds.
const WAYS: usize = 4;
/// The octets for which a place of the table is made.
const EXPECTED: usize = 512;
/// What an answer costs beside its octets.
const OVERHEAD: usize = 160;

/// An answer and when it was had.
#[derive(Debug)]
pub struct Answer {
    /// What upstream said.
    pub checked: Checked,
    /// When, seconds since the program began.
    pub at_s: u32,
    /// The longest that anything in it may live, seconds.
    pub cap_s: u32,
    /// Until when it may be sent after its time, when no newer one can be had, RFC 8767; seconds since the program
    /// began.
    pub stale_until_s: u32,
    /// An extended error that belongs to it, RFC 8914.
    pub error: Option<u16>,
}

impl Answer {
    /// Whether it may still be sent as it is.
    #[inline]
    pub fn is_fresh(&self, now_s: u32) -> bool {
        now_s.wrapping_sub(self.at_s) < self.checked.life_s
    }

    fn octets(&self) -> usize {
        let ech = self.checked.without_ech.as_ref().map_or(0, |form| form.message.len());
        let lists = 4 * self.checked.form.ttls.len() + self.checked.targets.len();
        OVERHEAD + self.checked.form.message.len() + ech + lists
    }
}

/// [`Key`] with a name of its own, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The name.
    pub name: Box<[u8]>,
    /// The type.
    pub qtype: u16,
    /// Whether DNSSEC records are wanted.
    pub dnssec_ok: bool,
    /// Whether the client validates itself.
    pub checking_disabled: bool,
}

impl Question {
    /// The same, borrowed.
    pub fn key(&self) -> Key<'_> {
        let Self { qtype, dnssec_ok, checking_disabled, .. } = *self;
        Key { name: &self.name, qtype, dnssec_ok, checking_disabled }
    }
}

/// What is asked: a name in wire form, a type, whether DNSSEC records are wanted, whether the client validates.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The type.
    pub qtype: u16,
    /// Whether DNSSEC records are wanted.
    pub dnssec_ok: bool,
    /// Whether the client validates itself.
    pub checking_disabled: bool,
}

impl Key<'_> {
    /// The same, to keep.
    pub fn to_question(self) -> Question {
        let Self { qtype, dnssec_ok, checking_disabled, .. } = self;
        Question { name: self.name.to_ascii_lowercase().into(), qtype, dnssec_ok, checking_disabled }
    }

    fn kind(&self) -> u32 {
        u32::from(self.qtype) << 2 | u32::from(self.dnssec_ok) << 1 | u32::from(self.checking_disabled)
    }

    /// A keyed hash that is the same whatever the case of letters. Bit 5 is set in each octet, which makes letters
    /// small and lets some other octets fall together: names are compared when they are found.
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        const SMALL: u64 = 0x2020_2020_2020_2020;
        let (words, rest) = self.name.as_chunks::<8>();
        let last = rest.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        let start = seed ^ u64::from(self.kind()) << 32 ^ self.name.len() as u64;
        let words = words.iter().map(|w| u64::from_le_bytes(*w)).chain([last]);
        words.fold(start, |hash, word| fold(hash ^ (word | SMALL), 0x9E37_79B9_7F4A_7C15 ^ seed))
    }
}

/// Folded multiplication: the two halves of the product, one xor the other.
#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

struct Place {
    hash: u64,
    kind: u32,
    answer: Option<Arc<Answer>>,
}

/// A table of answers with bounded memory.
pub struct Cache {
    places: Box<[Place]>,
    seed: u64,
    octets: usize,
    limit: usize,
    hand: usize,
}

impl Cache {
    /// A cache of at most so many octets; `seed` is random, so that nobody can aim at one set.
    pub fn new(limit: usize, seed: u64) -> Self {
        let sets = (limit / EXPECTED / WAYS).max(1);
        let place = || Place { hash: 0, kind: 0, answer: None };
        Self {
            places: (0..sets * WAYS).map(|_| place()).collect(),
            seed: seed | 1,
            octets: 0,
            limit,
            hand: 0,
        }
    }

    #[inline]
    fn set(&self, hash: u64) -> usize {
        let sets = self.places.len() / WAYS;
        ((u128::from(hash) * sets as u128) >> 64) as usize * WAYS
    }

    /// The answer to this, however old.
    #[inline]
    pub fn find(&self, key: &Key<'_>) -> Option<&Arc<Answer>> {
        let hash = key.hash(self.seed);
        let at = self.set(hash);
        let places = &self.places[at..at + WAYS];
        let place = places.iter().find(|p| p.hash == hash && p.kind == key.kind())?;
        let answer = place.answer.as_ref()?;
        let name = answer.checked.form.message.get(HEADER..HEADER + key.name.len())?;
        name.eq_ignore_ascii_case(key.name).then_some(answer)
    }

    /// Keeps an answer; the one with the shortest rest of its life makes room.
    pub fn keep(&mut self, key: &Key<'_>, answer: Arc<Answer>) {
        let hash = key.hash(self.seed);
        let at = self.set(hash);
        let same = |p: &Place| p.hash == hash && p.kind == key.kind();
        let places = &self.places[at..at + WAYS];
        let ends = |p: &Place| p.answer.as_ref().map_or(0, |a| a.at_s.saturating_add(a.checked.life_s));
        let chosen = (0..WAYS).find(|n| same(&places[*n]));
        let chosen = chosen.or_else(|| (0..WAYS).min_by_key(|n| ends(&places[*n]))).unwrap_or(0);
        self.remove(at + chosen);
        self.octets += answer.octets();
        self.places[at + chosen] = Place { hash, kind: key.kind(), answer: Some(answer) };
        // A clock's hand goes round when large answers need more room than was expected.
        while self.octets > self.limit {
            if self.hand != at + chosen || self.places.len() == WAYS {
                self.remove(self.hand);
            }
            self.hand = (self.hand + 1) % self.places.len();
        }
    }

    fn remove(&mut self, at: usize) {
        if let Some(answer) = self.places[at].answer.take() {
            self.octets -= answer.octets();
        }
    }

    /// Octets in use.
    pub fn octets(&self) -> usize {
        self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Form;

    fn answer(name: &[u8], padding: usize, at_s: u32, life_s: u32) -> Arc<Answer> {
        let message = [&[0; HEADER], name, &[0, 1, 0, 1], &vec![7; padding][..]].concat();
        let form = Form { message: message.into(), ttls: Box::new([]) };
        let checked =
            Checked { form, without_ech: None, targets: Box::new([]), life_s, rcode: 0, truncated: false };
        Arc::new(Answer { checked, at_s, cap_s: u32::MAX, stale_until_s: 0, error: None })
    }

    fn key(name: &[u8]) -> Key<'_> {
        Key { name, qtype: 1, dnssec_ok: false, checking_disabled: false }
    }

    #[test]
    fn an_answer_is_found_by_all_that_was_asked_and_in_any_case() {
        let mut cache = Cache::new(1 << 20, 5);
        cache.keep(&key(b"\x07example\x03com\0"), answer(b"\x07example\x03com\0", 0, 10, 5));
        let found = cache.find(&key(b"\x07EXAMPLE\x03cOm\0")).expect("kept");
        assert!(found.is_fresh(14) && !found.is_fresh(15));
        assert!(cache.find(&Key { qtype: 28, ..key(b"\x07example\x03com\0") }).is_none());
        assert!(cache.find(&Key { dnssec_ok: true, ..key(b"\x07example\x03com\0") }).is_none());
        assert!(cache.find(&Key { checking_disabled: true, ..key(b"\x07example\x03com\0") }).is_none());
        assert!(cache.find(&key(b"\x07example\x03org\0")).is_none());
        // Octets that differ in bit 5 alone are other names.
        cache.keep(&key(b"\x01@\0"), answer(b"\x01@\0", 0, 0, 5));
        assert!(cache.find(&key(b"\x01`\0")).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let limit = 200_000;
        let mut cache = Cache::new(limit, 5);
        for n in 0..20_000u32 {
            let name = [&[4][..], &n.to_be_bytes(), &[0]].concat();
            cache.keep(&key(&name), answer(&name, (n % 4_000) as usize, 0, n));
            assert!(cache.octets() <= limit);
            assert!(cache.find(&key(&name)).is_some(), "what was kept last is there");
        }
        let held: usize = cache.places.iter().filter_map(|p| p.answer.as_ref()).map(|a| a.octets()).sum();
        assert_eq!(held, cache.octets());
        // One place after the other is taken for the same name.
        let before = cache.octets();
        let name = 19_999u32.to_be_bytes();
        let name = [&[4][..], &name, &[0]].concat();
        cache.keep(&key(&name), answer(&name, 19_999 % 4_000, 0, 19_999));
        assert_eq!(cache.octets(), before);
    }
}
