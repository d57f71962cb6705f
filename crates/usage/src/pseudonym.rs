//! Who asked, as a number that changes each term.
//!
//! A pseudonym is the first eight octets of HMAC-SHA256 (RFC 2104, FIPS 198-1) of the device's key under the term's key.
//! Within a term the same device has the same pseudonym at every edge, so that its minutes add up; between terms nothing
//! joins them. Each term's key is drawn anew and not made from another one: once it is [forgotten](KeyRing::forget), no
//! one can say again which device a pseudonym was, the district included.
//!
//! Two of 30,000 devices have the same pseudonym with probability 2.4e-11; who builds the roster finds out and says so.

use evenfield_model::Problems;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A device, for one term. Zero is nobody known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym(pub u64);

impl Pseudonym {
    /// Nobody known.
    pub const NOBODY: Self = Self(0);
}

/// The key of a term. It has no text form but in the file of its ring.
#[derive(Clone, PartialEq, Eq)]
pub struct TermKey {
    term: String,
    from_s: u32,
    until_s: u32,
    key: [u8; 32],
}

impl std::fmt::Debug for TermKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TermKey({} {}..{})", self.term, self.from_s, self.until_s)
    }
}

impl TermKey {
    /// The term, as `2026-fall`.
    pub fn term(&self) -> &str {
        &self.term
    }

    /// The first second of the term and the first after it, since 1970.
    pub fn seconds(&self) -> std::ops::Range<u32> {
        self.from_s..self.until_s
    }

    /// The pseudonym of a device in this term.
    pub fn pseudonym(&self, device: &[u8]) -> Pseudonym {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return Pseudonym::NOBODY };
        mac.update(device);
        let digest = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        // Zero means nobody; one device in 2^64 shares the pseudonym 1.
        Pseudonym(u64::from_be_bytes(first).max(1))
    }
}

/// What a roster says of a device that is known by a token: the first 16 octets of the SHA-256 of the token in small letters, as 32
/// hexadecimal digits. A resolver knows no more of the device.
pub fn device_of_key(key: [u8; 16]) -> String {
    key.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Why a term cannot be added.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateError {
    /// It ends before it begins.
    #[error("the term `{0}` ends before it begins")]
    Empty(String),
    /// Another term has some of its time, or its word.
    #[error("the term `{0}` overlaps `{1}`")]
    Overlaps(String, String),
    /// The word is not one.
    #[error("`{0}` is no term: wanted small letters, digits and -")]
    Word(String),
    /// A key that is in the ring already: then the terms could be joined.
    #[error("the key of `{0}` is that of `{1}`")]
    SameKey(String, String),
}

/// The keys of the terms that are not forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing {
    keys: Vec<TermKey>,
}

impl KeyRing {
    /// Adds a term. `fresh` must come from the operating system's generator.
    ///
    /// # Errors
    /// [`RotateError`].
    pub fn rotate(
        &mut self,
        term: &str,
        seconds: std::ops::Range<u32>,
        fresh: [u8; 32],
    ) -> Result<(), RotateError> {
        let named = || term.to_owned();
        if term.is_empty() || !term.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(RotateError::Word(named()));
        }
        if seconds.is_empty() {
            return Err(RotateError::Empty(named()));
        }
        for old in &self.keys {
            if old.term == term || (old.from_s < seconds.end && seconds.start < old.until_s) {
                return Err(RotateError::Overlaps(named(), old.term.clone()));
            }
            if old.key == fresh {
                return Err(RotateError::SameKey(named(), old.term.clone()));
            }
        }
        self.keys.push(TermKey { term: named(), from_s: seconds.start, until_s: seconds.end, key: fresh });
        self.keys.sort_by_key(|k| k.from_s);
        Ok(())
    }

    /// The key for a moment; `None` between terms, when nobody is known.
    pub fn at(&self, at_s: u32) -> Option<&TermKey> {
        self.keys.iter().find(|k| k.seconds().contains(&at_s))
    }

    /// All terms, in order.
    pub fn terms(&self) -> impl Iterator<Item = &TermKey> {
        self.keys.iter()
    }

    /// Removes the keys of all terms that ended at this moment or before, and says how many they were. The file must be
    /// written again: what is on disk and in backups is not forgotten.
    pub fn forget(&mut self, ended_by_s: u32) -> usize {
        let before = self.keys.len();
        self.keys.retain(|k| k.until_s > ended_by_s);
        before - self.keys.len()
    }

    /// The ring's file: a line `term,from,until,key` for each, seconds since 1970, the key in hexadecimal. For the district
    /// and its edges alone.
    pub fn to_file(&self) -> String {
        let hex = |key: &[u8; 32]| key.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let line = |k: &TermKey| format!("{},{},{},{}\n", k.term, k.from_s, k.until_s, hex(&k.key));
        "term,from,until,key\n".to_owned() + &self.keys.iter().map(line).collect::<String>()
    }

    /// Reads a ring's file. No problem quotes a key.
    ///
    /// # Errors
    /// All problems of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut ring = Self::default();
        let mut lines = text.lines();
        if lines.next() != Some("term,from,until,key") {
            problems.push(file, 1, "", "", "the heading `term,from,until,key`");
            return Err(problems);
        }
        for (at, line) in lines.enumerate() {
            let line_number = at as u64 + 2;
            let cells: Vec<_> = line.split(',').collect();
            let [term, from, until, key] = cells[..] else {
                problems.push(file, line_number, "", &format!("{} cells", cells.len()), "4 cells");
                continue;
            };
            let (Ok(from_s), Ok(until_s)) = (from.parse(), until.parse()) else {
                problems.push(file, line_number, "from", &format!("{from},{until}"), "seconds since 1970");
                continue;
            };
            let Some(key) = from_hex(key) else {
                problems.push(file, line_number, "key", "", "64 hexadecimal digits");
                continue;
            };
            if let Err(error) = ring.rotate(term, from_s..until_s, key) {
                problems.push(file, line_number, "term", term, error.to_string());
            }
        }
        if problems.is_empty() { Ok(ring) } else { Err(problems) }
    }
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    let mut key = [0; 32];
    for (octet, [high, low]) in key.iter_mut().zip(pairs) {
        *octet = (digit(*high)? * 16 + digit(*low)?) as u8;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The data of RFC 4231, case 1, under a key of 32 octets, worked out with OpenSSL 3:
    /// `printf 'Hi There' | openssl dgst -sha256 -mac hmac -macopt hexkey:0b0b...` (32 octets).
    #[test]
    fn a_pseudonym_is_the_start_of_a_known_hmac() {
        let mut ring = KeyRing::default();
        ring.rotate("2026-fall", 100..200, [0x0B; 32]).expect("a term");
        let key = ring.at(100).expect("in the term");
        assert_eq!(key.pseudonym(b"Hi There"), Pseudonym(KNOWN));
    }
    const KNOWN: u64 = 0x198a_607e_b44b_fbc6;

    #[test]
    fn terms_cannot_be_joined_and_are_forgotten() {
        let mut ring = KeyRing::default();
        ring.rotate("2026-fall", 100..200, [1; 32]).expect("a term");
        ring.rotate("2027-spring", 200..300, [2; 32]).expect("a term");
        let device = |ring: &KeyRing, at| ring.at(at).map(|k| k.pseudonym(b"device"));
        assert_ne!(device(&ring, 199), device(&ring, 200));
        assert_eq!(device(&ring, 300), None);
        let wrong = |r: Result<(), RotateError>| r.expect_err("refused");
        assert!(matches!(
            wrong(ring.clone().rotate("2027-summer", 299..400, [3; 32])),
            RotateError::Overlaps(..)
        ));
        assert!(matches!(
            wrong(ring.clone().rotate("2027-summer", 300..400, [2; 32])),
            RotateError::SameKey(..)
        ));
        assert!(matches!(
            wrong(ring.clone().rotate("2027-summer", 300..300, [3; 32])),
            RotateError::Empty(..)
        ));
        assert!(matches!(wrong(ring.clone().rotate("A term", 300..301, [3; 32])), RotateError::Word(..)));
        assert_eq!(KeyRing::parse("k", &ring.to_file()), Ok(ring.clone()));
        assert_eq!(ring.forget(200), 1);
        assert_eq!(device(&ring, 150), None);
        assert!(!ring.to_file().contains(&"01".repeat(32)));
    }

    #[test]
    fn problems_never_quote_a_key() {
        let file = "term,from,until,key\na,1,2,secretsecret\nb,x,2,00\nc,1\n";
        let problems = KeyRing::parse("k", file).expect_err("problems");
        assert_eq!(problems.found(), 3);
        assert!(!format!("{problems:?}").contains("secret"));
        assert!(
            !format!("{:?}", TermKey { term: "a".into(), from_s: 0, until_s: 1, key: [77; 32] })
                .contains("77")
        );
    }

    proptest! {
        #[test]
        fn any_text_ends_in_a_ring_or_in_problems(text in "(term,from,until,key\n)?([a-z0-9,\n]{0,60}|[0-9a-f]{64}|\\PC{0,20}){0,4}") {
            match KeyRing::parse("k", &text) {
                Ok(ring) => prop_assert_eq!(KeyRing::parse("k", &ring.to_file()), Ok(ring)),
                Err(problems) => prop_assert!(problems.found() > 0),
            }
        }
    }
}
