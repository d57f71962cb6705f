//! HMAC-SHA-256 (RFC 2104, FIPS 180-4) under the district's key, each use with a word of its own before it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A key that all buses of a district share.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A key of these octets.
    pub fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text.trim()).map(Self)
    }

    /// HMAC-SHA-256 of a word and what it is about, each but the last after its length, so that no two uses are alike.
    pub fn of(&self, word: &str, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in std::iter::once(word.as_bytes()).chain(parts.iter().copied()) {
            hmac.update(&(part.len() as u32).to_be_bytes());
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    }

    /// The first octets of it.
    pub fn short<const N: usize>(&self, word: &str, parts: &[&[u8]]) -> [u8; N] {
        let whole = self.of(word, parts);
        std::array::from_fn(|n| whole.get(n).copied().unwrap_or(0))
    }
}

/// Hexadecimal digits.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Reads exactly so many octets from hexadecimal digits.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut octets = [0; N];
    for (octet, two) in octets.iter_mut().zip(digits.chunks(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hmac_sha_256() {
        // Worked out with `openssl dgst -sha256 -mac HMAC` over the octets 00000005 "login" 00000004 "nemo".
        let key = Key::new([0x0B; 32]);
        let wanted = "b34aaa2230f1137988d316ff5913fd790e425dd3bc4d5d0beb5a49f45eb2b53a";
        assert_eq!(hex(&key.of("login", &[b"nemo"])), wanted);
        assert_eq!(key.short::<4>("login", &[b"nemo"])[..], key.of("login", &[b"nemo"])[..4]);
        assert_ne!(key.of("a", &[b"bc"]), key.of("ab", &[b"c"]));
    }

    #[test]
    fn digits_are_read_strictly() {
        assert_eq!(from_hex::<2>("0aF0"), Some([10, 240]));
        assert_eq!(["0af", "0af00", "0ag0", "+af0", ""].map(from_hex::<2>), [None; 5]);
    }
}
