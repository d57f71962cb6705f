//! Who asks.

use core::net::IpAddr;
use sha2::{Digest, Sha256};

/// A device's key: the first 128 bits of the SHA-256 of its token. The token itself is in no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceKey(pub u128);

impl DeviceKey {
    /// The key of a token (a path of DNS over HTTPS, a server name of DNS over TLS, a gateway's option). Letter case
    /// does not matter, for a server name has none.
    pub fn of_token(token: &str) -> Self {
        let digest = Sha256::digest(token.trim().to_ascii_lowercase());
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(u128::from_le_bytes(first))
    }

    /// Low and high half.
    #[inline]
    pub(crate) fn halves(self) -> (u64, u64) {
        (self.0 as u64, (self.0 >> 64) as u64)
    }
}

/// A place that is known by its addresses: a bus, a library, a school's network. The number is that of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub u32);

/// An address as a number; IPv4 stands in `::ffff:0:0/96`.
#[inline]
pub fn address_number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// Who asks; never a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A device that showed its token.
    Device(DeviceKey),
    /// A place.
    Site(SiteId),
    /// Nobody that we know: the safe default holds.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_beginning_of_sha_256() {
        // FIPS 180-4's example "abc": ba7816bf 8f01cfea 414140de 5dae2223 ...
        let wanted = 0xba7816bf_8f01cfea_414140de_5dae2223_u128.swap_bytes();
        assert_eq!(DeviceKey::of_token(" ABC "), DeviceKey(wanted));
    }
}
