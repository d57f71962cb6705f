//! The running hash of a name's suffixes.
//!
//! Folded multiplication (the two halves of a 128-bit product, one xor the other), as in wyhash (Wang Yi, 2019): one for
//! each 16 octets of a label, in small letters. The key is drawn anew for each snapshot: nobody can look for names that
//! collide before the snapshot is there.

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

    /// The hash of the label of `length` octets that begins at `at` of a name, followed by the suffix whose hash is
    /// `suffix`. A label of any length up to 16 costs the same.
    #[inline]
    pub fn prepend(self, suffix: u64, wire: &[u8], at: usize, length: usize) -> u64 {
        let mut running = self.block(suffix, wire, at, length, length);
        for more in (16..length).step_by(16) {
            running = self.block(running, wire, at + more, length - more, length);
        }
        running
    }

    /// Hashes up to 16 octets, `left` being how many of the label there are from here on.
    #[inline]
    fn block(self, running: u64, wire: &[u8], at: usize, left: usize, length: usize) -> u64 {
        let kept = lower(octets(wire, at) & KEEP[left.min(16)]);
        let (low, high) = (kept as u64, (kept >> 64) as u64);
        fold(running ^ low, high ^ self.label.wrapping_add((length as u64) << 40))
    }
}

/// The 16 octets from `at`, zeros behind the name's end.
#[inline]
fn octets(wire: &[u8], at: usize) -> u128 {
    let rest = wire.get(at..).unwrap_or_default();
    if let Some(all) = rest.first_chunk::<16>() {
        return u128::from_le_bytes(*all);
    }
    if let (Some(last), false) = (wire.last_chunk::<16>(), rest.is_empty()) {
        return u128::from_le_bytes(*last) >> (8 * (16 - rest.len()));
    }
    rest.iter().rev().fold(0, |all, octet| all << 8 | u128::from(*octet))
}

/// The first so many octets of 16.
const KEEP: [u128; 17] = {
    let mut keep = [u128::MAX; 17];
    let mut octets = 0;
    while octets < 16 {
        keep[octets] = (1 << (8 * octets)) - 1;
        octets += 1;
    }
    keep
};

/// Hashes a scope and a suffix's hash into one.
#[inline]
pub(crate) fn scoped(scope: u32, suffix: u64) -> u64 {
    fold(suffix ^ WORD, END ^ u64::from(scope).wrapping_mul(WORD))
}

/// Octets with A to Z made small: adds 32 to each from 65 to 90, all at once.
#[inline]
fn lower(octets: u128) -> u128 {
    const EACH: u128 = u128::MAX / 255;
    let seven = octets & (0x7F * EACH);
    let from_a = seven + (0x80 - 0x41) * EACH;
    let past_z = seven + (0x80 - 0x5B) * EACH;
    let capital = (from_a & !past_z & !octets) & (0x80 * EACH);
    octets + (capital >> 2)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepend(key: HashKey, suffix: u64, label: &[u8]) -> u64 {
        key.prepend(suffix, label, 0, label.len())
    }

    #[test]
    fn every_octet_is_made_small_as_ascii_does() {
        for octet in 0..=255u8 {
            for place in 0..16 {
                let mut octets = [b'Z'; 16];
                octets[place] = octet;
                let wanted = octets.map(|b| b.to_ascii_lowercase());
                assert_eq!(
                    lower(u128::from_le_bytes(octets)),
                    u128::from_le_bytes(wanted),
                    "{octet} at {place}"
                );
            }
        }
    }

    /// A label's hash is the same wherever in a name it stands and whatever follows it.
    #[test]
    fn what_stands_around_a_label_does_not_matter() {
        let key = HashKey::new([7; 16]);
        for length in 1..=63 {
            let label: Vec<u8> = (0..length as u8).map(|n| b'a' + n % 26).collect();
            let alone = prepend(key, 5, &label);
            for (before, after) in [(0, 1), (3, 0), (1, 40), (200, 3), (20, 17)] {
                let wire = [vec![b'x'; before], label.to_ascii_uppercase(), vec![b'y'; after]].concat();
                assert_eq!(key.prepend(5, &wire, before, length), alone, "{length} after {before}");
            }
        }
    }

    #[test]
    fn labels_do_not_run_together() {
        let key = HashKey::new([7; 16]);
        let hash = |labels: &[&[u8]]| labels.iter().rev().fold(key.root(), |h, l| prepend(key, h, l));
        let all = [
            hash(&[b"ab", b"c"]),
            hash(&[b"a", b"bc"]),
            hash(&[b"abc"]),
            hash(&[b"abc\0"]),
            hash(&[b"", b"abc"]),
            hash(&[b"12345678"]),
            hash(&[b"12345678", b""]),
            hash(&[b"12345678\0"]),
            hash(&[b"0123456789abcdef"]),
            hash(&[b"0123456789abcdef", b""]),
            hash(&[b"0123456789abcdef\0"]),
            hash(&[b"0123456789abcdefg"]),
            hash(&[b"0123456789abcdefh"]),
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
            let label = format!("name{n:0width$}", width = 4 + n as usize % 20);
            let whole = prepend(key, key.root(), label.as_bytes());
            for bit in 0..8 * label.len() {
                let mut other = label.clone().into_bytes();
                other[bit / 8] ^= 1 << (bit % 8);
                // The bit that tells capital from small letters changes nothing, as it should.
                if other[bit / 8].eq_ignore_ascii_case(&label.as_bytes()[bit / 8]) {
                    continue;
                }
                changed += (prepend(key, key.root(), &other) ^ whole).count_ones();
                of += 64;
            }
        }
        let share = f64::from(changed) / f64::from(of);
        assert!((share - 0.5).abs() < 0.02, "{share}");
    }
}
