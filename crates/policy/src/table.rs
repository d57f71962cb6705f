//! The two hash tables of a snapshot, in buckets of one cache line each.
//!
//! A key falls into the bucket at `key * buckets / 2^64`; where that is full, into the next one. A search ends at
//! the first bucket that is not full, and after [`REACH`] buckets in any bytes whatever. The load of 74% costs 10.8
//! bytes a name and fills about one bucket in five.

/// Octets of a bucket.
pub(crate) const BUCKET: usize = 64;
/// A bucket.
pub(crate) type Bucket = [u8; BUCKET];
/// The most buckets that a search looks at; a table that would need more is not built.
pub(crate) const REACH: usize = 64;
/// Entries in use of a hundred.
const LOAD: usize = 74;

/// Why a table cannot be built with this key; another seed will do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Collision;

#[inline]
fn place(hash: u64, buckets: usize) -> usize {
    ((u128::from(hash) * buckets as u128) >> 64) as usize
}

fn buckets_for(entries: usize, in_each: usize) -> usize {
    (entries * 100).div_ceil(LOAD * in_each).max(1)
}

/// Suffix to set: 8 entries a bucket, each the low 48 bits of the suffix's hash and a 16-bit set. Set 0 is none. The low
/// 32 bits of all entries stand first, then the next 16 of all, then the sets: so a compiler compares all eight at once.
pub(crate) mod narrow {
    use super::*;

    const EACH: usize = 8;

    /// The low bits, the next bits and the sets of a bucket.
    #[inline]
    fn parts(bucket: &Bucket) -> ([u32; EACH], [u16; EACH], [u16; EACH]) {
        let (low, rest) = bucket.as_chunks::<4>().0.split_at(EACH);
        let (high, sets) = rest.as_flattened().as_chunks::<2>().0.split_at(EACH);
        (
            std::array::from_fn(|n| u32::from_le_bytes(low[n])),
            std::array::from_fn(|n| u16::from_le_bytes(high[n])),
            std::array::from_fn(|n| u16::from_le_bytes(sets[n])),
        )
    }

    /// The set of this hash in one bucket, 0 when it is not there; and whether the bucket is full. Without a branch,
    /// so that the buckets of all suffixes of a name come from memory at the same time.
    #[inline]
    fn look(bucket: &Bucket, hash: u64) -> (u16, bool) {
        let (low, high, sets) = parts(bucket);
        let (mut set, mut empty) = (0, 0);
        for n in 0..EACH {
            // An empty entry looks like the tag 0, and adds nothing.
            let same = (low[n] == hash as u32) & (high[n] == (hash >> 32) as u16);
            set |= if same { sets[n] } else { 0 };
            empty |= u16::from(sets[n] == 0);
        }
        (set, empty == 0)
    }

    /// The set of this hash by the first bucket alone, 0 when it is not there; and whether [`find`] must look further.
    #[inline]
    pub fn first(buckets: &[Bucket], hash: u64) -> (u16, bool) {
        let Some(bucket) = buckets.get(place(hash, buckets.len())) else { return (0, false) };
        let (set, full) = look(bucket, hash);
        (set, full & (set == 0))
    }

    /// The set of this hash; 0 when there is none.
    pub fn find(buckets: &[Bucket], hash: u64) -> u16 {
        let mut at = place(hash, buckets.len());
        for _ in 0..REACH.min(buckets.len()) {
            let (set, full) = look(&buckets[at], hash);
            if set != 0 || !full {
                return set;
            }
            at = if at + 1 == buckets.len() { 0 } else { at + 1 };
        }
        0
    }

    /// Puts an entry into a free place of a bucket; `None` when there is none.
    fn put(bucket: &mut [u8], hash: u64, set: u16) -> Option<()> {
        let at = (0..EACH).find(|n| bucket[48 + 2 * n..50 + 2 * n] == [0, 0])?;
        bucket[4 * at..4 * at + 4].copy_from_slice(&(hash as u32).to_le_bytes());
        bucket[32 + 2 * at..34 + 2 * at].copy_from_slice(&((hash >> 32) as u16).to_le_bytes());
        bucket[48 + 2 * at..50 + 2 * at].copy_from_slice(&set.to_le_bytes());
        Some(())
    }

    /// The table of these hashes and sets; each hash stands there once and no set is 0.
    pub fn build(entries: &[(u64, u16)]) -> Result<Vec<u8>, Collision> {
        let buckets = buckets_for(entries.len(), EACH);
        let mut table = vec![0u8; buckets * BUCKET];
        for &(hash, set) in entries {
            let (all, _) = table.as_chunks_mut::<BUCKET>();
            if find(all, hash) != 0 {
                return Err(Collision);
            }
            let from = place(hash, buckets);
            let places = (from..buckets).chain(0..from).take(REACH);
            let placed = places.into_iter().find_map(|at| put(&mut all[at], hash, set));
            placed.ok_or(Collision)?;
        }
        Ok(table)
    }
}

/// A 128-bit key to two numbers: 4 entries a bucket, each the key's high 64 bits and the numbers. The first number is
/// never 0.
pub(crate) mod wide {
    use super::*;

    const EACH: usize = 16;
    const IN_BUCKET: usize = BUCKET / EACH;

    fn entry(bytes: &[u8; EACH]) -> (u64, u32, u32) {
        let all = u128::from_le_bytes(*bytes);
        (all as u64, (all >> 64) as u32, (all >> 96) as u32)
    }

    /// The numbers of the key whose halves these are.
    #[inline]
    pub fn find(buckets: &[Bucket], low: u64, high: u64) -> Option<(u32, u32)> {
        if buckets.is_empty() {
            return None;
        }
        let mut at = place(low, buckets.len());
        for _ in 0..REACH {
            let (entries, _) = buckets[at].as_chunks::<EACH>();
            let mut full = true;
            for (tag, one, two) in entries.iter().map(entry) {
                if one == 0 {
                    full = false;
                } else if tag == high {
                    return Some((one, two));
                }
            }
            if !full {
                return None;
            }
            at = if at + 1 == buckets.len() { 0 } else { at + 1 };
        }
        None
    }

    /// One entry to be built: low and high half of the key, the two numbers.
    pub type Entry = (u64, u64, u32, u32);

    /// The table of these entries; no key stands there twice and no first number is 0.
    pub fn build(entries: impl ExactSizeIterator<Item = Entry>) -> Result<Vec<u8>, Collision> {
        let buckets = buckets_for(entries.len(), IN_BUCKET);
        let mut table = vec![0u8; buckets * BUCKET];
        for (low, high, one, two) in entries {
            let mut at = place(low, buckets);
            let mut placed = false;
            for _ in 0..REACH.min(buckets) {
                let (places, _) = table[at * BUCKET..(at + 1) * BUCKET].as_chunks_mut::<EACH>();
                if places.iter().map(entry).any(|(tag, one, _)| one != 0 && tag == high) {
                    return Err(Collision);
                }
                if let Some(free) = places.iter_mut().find(|p| entry(p).1 == 0) {
                    let all = u128::from(high) | u128::from(one) << 64 | u128::from(two) << 96;
                    *free = all.to_le_bytes();
                    placed = true;
                    break;
                }
                at = if at + 1 == buckets { 0 } else { at + 1 };
            }
            if !placed {
                return Err(Collision);
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64 (Steele, Lea and Flood, 2014), for keys that look random.
    fn mixed(n: u64) -> u64 {
        let mut z = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        for count in [0u64, 1, 7, 8, 9, 1_000, 100_000] {
            let entries: Vec<(u64, u16)> = (0..count).map(|n| (mixed(n), (n % 65_535) as u16 + 1)).collect();
            let bytes = narrow::build(&entries).expect("no collision");
            let (buckets, _) = bytes.as_chunks::<BUCKET>();
            for (hash, set) in &entries {
                assert_eq!(narrow::find(buckets, *hash), *set);
            }
            assert!((count..count + 10_000).all(|n| narrow::find(buckets, mixed(n)) == 0));
            let wide = (0..count).map(|n| (mixed(n), mixed(!n), n as u32 + 1, n as u32));
            let bytes = wide::build(wide.collect::<Vec<_>>().into_iter()).expect("no collision");
            let (buckets, _) = bytes.as_chunks::<BUCKET>();
            for n in 0..count {
                assert_eq!(wide::find(buckets, mixed(n), mixed(!n)), Some((n as u32 + 1, n as u32)));
                assert_eq!(wide::find(buckets, mixed(n), mixed(!n) ^ 1), None);
            }
        }
    }

    #[test]
    fn a_full_table_ends_a_search() {
        let full = [[0xFF; BUCKET]; 3];
        assert_eq!(narrow::find(&full, 5), 0);
        assert_eq!(wide::find(&full, 5, 5), None);
        assert_eq!(narrow::find(&[], 5), 0);
        assert_eq!(wide::find(&[], 5, 5), None);
    }

    #[test]
    fn a_collision_is_refused() {
        assert_eq!(narrow::build(&[(9, 1), (9, 2)]), Err(Collision));
        assert_eq!(wide::build([(9, 9, 1, 0), (9, 9, 2, 0)].into_iter()), Err(Collision));
    }
}
