//! SipHash-2-4 (Aumasson and Bernstein, 2012): the hash of server cookies, RFC 9018 section 4.4.

/// The hash of `message` under a key of 16 octets.
pub fn siphash_2_4(key: &[u8; 16], message: &[u8]) -> u64 {
    let (low, high) = (u128::from_le_bytes(*key) as u64, (u128::from_le_bytes(*key) >> 64) as u64);
    let mut v = [
        low ^ 0x736f_6d65_7073_6575,
        high ^ 0x646f_7261_6e64_6f6d,
        low ^ 0x6c79_6765_6e65_7261,
        high ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = message.as_chunks::<8>();
    let last = rest.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let last = last | (message.len() as u64) << 56;
    for word in words.iter().map(|w| u64::from_le_bytes(*w)).chain([last]) {
        v[3] ^= word;
        round(&mut v);
        round(&mut v);
        v[0] ^= word;
    }
    v[2] ^= 0xFF;
    for _ in 0..4 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the paper's appendix A: key 00..0f, message 00..0e.
    #[test]
    fn the_papers_example_comes_out() {
        let key = std::array::from_fn(|n| n as u8);
        let message: [u8; 15] = std::array::from_fn(|n| n as u8);
        assert_eq!(siphash_2_4(&key, &message), 0xa129_ca61_49be_45e5);
    }
}
