//! The running hash of a name's suffixes.
//!
//! Folded multiplication (the two halves of a 128-bit product, one xor the other), as in wyhash (Wang Yi, 2019), over
//! eight bytes at a time with the letters A to Z made small. The key is drawn anew for each snapshot: nobody can look
//! for names that collide before the snapshot is there.

/// The key of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HashKey {
    start: u64,
    label: u64,
}

const WORD: u64 = 0x9E37_79B9_7F4A_7C15;
const END: u64 = 0xD6E8_FEB8_6659_FD93;

impl HashKey {
    /// A key from a seed of 16 bytes.
    pub fn new(seed: [u8; 16]) -> Self {
        let halves = u128::from_le_bytes(seed);
        let (low, high) = (halves as u64, (halves >> 64) as u64);
        Self { start: fold(low ^ WORD, high ^ END), label: fold(high ^ WORD, low ^ END) | 1 }
    }

    /// A second key, independent of this one, to tell names apart whose hashes are equal.
    pub fn second(self) -> Self {
        Self {
            start: fold(self.start ^ END, self.label ^ WORD),
            label: fold(self.label ^ END, self.start ^ WORD) | 1,
        }
    }

    /// The hash of the root, the empty suffix.
    pub fn root(self) -> u64 {
        self.start
    }

    /// The hash of `label` followed by the suffix whose hash is `suffix`.
    #[inline]
    pub fn prepend(self, suffix: u64, label: &[u8]) -> u64 {
        let mut running = suffix;
        let (words, rest) = label.as_chunks::<8>();
        for word in words {
            running = fold(running ^ lower(u64::from_le_bytes(*word)), WORD ^ self.label);
        }
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u64::from(*byte));
        fold(running ^ lower(tail), (END ^ self.label).wrapping_add(label.len() as u64))
    }
}

/// Hashes a scope and a suffix's hash into one.
#[inline]
pub(crate) fn scoped(scope: u32, suffix: u64) -> u64 {
    fold(suffix ^ WORD, END ^ u64::from(scope).wrapping_mul(WORD))
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Eight bytes with A to Z made small: adds 32 to each byte from 65 to 90, all at once.
#[inline]
fn lower(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let seven = word & (0x7F * EACH);
    let from_a = seven + (0x80 - 0x41) * EACH;
    let past_z = seven + (0x80 - 0x5B) * EACH;
    let capital = (from_a & !past_z & !word) & (0x80 * EACH);
    word + (capital >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_made_small_as_ascii_does() {
        for byte in 0..=255u8 {
            for place in 0..8 {
                let mut bytes = [b'Z'; 8];
                bytes[place] = byte;
                let wanted = bytes.map(|b| b.to_ascii_lowercase());
                assert_eq!(lower(u64::from_le_bytes(bytes)), u64::from_le_bytes(wanted), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn labels_do_not_run_together() {
        let key = HashKey::new([7; 16]);
        let hash = |labels: &[&[u8]]| labels.iter().rev().fold(key.root(), |h, l| key.prepend(h, l));
        let all = [
            hash(&[b"ab", b"c"]),
            hash(&[b"a", b"bc"]),
            hash(&[b"abc"]),
            hash(&[b"abc\0"]),
            hash(&[b"", b"abc"]),
            hash(&[b"12345678"]),
            hash(&[b"12345678", b""]),
            hash(&[b"12345678\0"]),
        ];
        let distinct: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(hash(&[b"WwW", b"Example", b"COM"]), hash(&[b"www", b"example", b"com"]));
        assert_ne!(HashKey::new([8; 16]).root(), key.root());
        assert_ne!(key.second(), key);
    }

    /// Half of all bits change, within 2%, when one bit of a name changes.
    #[test]
    fn one_bit_changes_half_of_the_hash() {
        let key = HashKey::new([3; 16]);
        let (mut changed, mut of) = (0u32, 0u32);
        for n in 0..2_000u32 {
            let label = format!("name{n:08}");
            let whole = key.prepend(key.root(), label.as_bytes());
            for bit in 0..8 * label.len() {
                let mut other = label.clone().into_bytes();
                other[bit / 8] ^= 1 << (bit % 8);
                // The bit that tells capital from small letters changes nothing, as it should.
                if other[bit / 8].eq_ignore_ascii_case(&label.as_bytes()[bit / 8]) {
                    continue;
                }
                changed += (key.prepend(key.root(), &other) ^ whole).count_ones();
                of += 64;
            }
        }
        let share = f64::from(changed) / f64::from(of);
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }
}
