//! Who may ask, and how often: never an open resolver.

use crate::cache::fold;
use evenfield_policy::address_number as number;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses with the same beginning, as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    network: u128,
    mask: u128,
}

impl FromStr for Prefix {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let bits =
            if bits.is_empty() && !text.contains('/') { most } else { bits.parse().map_err(|_| ())? };
        if bits > most {
            return Err(());
        }
        let mask = u128::MAX.checked_shl(128 - before - bits).unwrap_or(0);
        let prefix = Self { network: number(address), mask };
        // Bits after the prefix are a mistake more often than not.
        if prefix.network & !mask == 0 { Ok(prefix) } else { Err(()) }
    }
}

impl Prefix {
    /// Whether it holds every address of a family.
    pub fn is_everybody(&self) -> bool {
        self.mask == 0 || self.mask == u128::MAX << 32 && self.network == 0xFFFF << 32
    }

    /// Whether all its addresses are in the other one.
    pub fn is_within(&self, other: &Self) -> bool {
        self.mask & other.mask == other.mask && self.network & other.mask == other.network
    }
}

/// A list of prefixes.
#[derive(Clone, Debug, Default)]
pub struct Prefixes(pub Vec<Prefix>);

impl Prefixes {
    /// This machine and private networks: RFC 1918, 4193, 4291, 6598.
    pub const LOCAL: &'static [&'static str] = &[
        "127.0.0.0/8",
        "::1",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "fe80::/10",
    ];

    /// Whether an address is in one of them.
    #[inline]
    pub fn hold(&self, address: u128) -> bool {
        self.0.iter().any(|p| address & p.mask == p.network)
    }
}

/// What may be done for a client now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Answer.
    Answer,
    /// Tell it to come by TCP, which nobody can do under another's address.
    ComeByTcp,
    /// Nothing.
    Nothing,
}

impl Grant {
    /// For a client whose address nobody has forged: an answer where others come by TCP, and TCP where others get nothing.
    pub fn eased(self) -> Self {
        match self {
            Self::Answer | Self::ComeByTcp => Self::Answer,
            Self::Nothing => Self::ComeByTcp,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    who: u64,
    at_s: u32,
    tokens: i32,
}

/// A token bucket for each client address (of IPv6, for each /56), in a table of fixed size. Where two clients fall
/// together, the one that asks takes the place with a full bucket: a flood from many addresses is not slowed here, and
/// cannot slow others.
pub struct Buckets {
    table: Box<[Bucket]>,
    seed: u64,
    per_second: i32,
}

const PLACES: usize = 1 << 15;
/// A client may save up so many seconds.
const BURST_S: i32 = 5;

impl Buckets {
    /// Buckets that fill by so many queries a second; 0 for no limit.
    pub fn new(per_second: u32, seed: u64) -> Self {
        let places = if per_second == 0 { 0 } else { PLACES };
        let per_second = per_second.min(i32::MAX as u32 / 64) as i32;
        Self { table: vec![Bucket::default(); places].into(), seed: seed | 1, per_second }
    }

    /// Takes a token.
    #[inline]
    pub fn take(&mut self, address: u128, now_s: u32) -> Grant {
        if self.table.is_empty() {
            return Grant::Answer;
        }
        let who = if address >> 32 == 0xFFFF { address } else { address >> 72 };
        let hash = fold(who as u64 ^ self.seed, self.seed ^ 0x9E37_79B9_7F4A_7C15);
        let burst = self.per_second * BURST_S;
        let bucket = &mut self.table[hash as usize % PLACES];
        if bucket.who != hash {
            *bucket = Bucket { who: hash, at_s: now_s, tokens: burst };
        }
        let passed = now_s.wrapping_sub(bucket.at_s).min(2 * BURST_S as u32) as i32;
        bucket.at_s = now_s;
        bucket.tokens = (bucket.tokens + passed * self.per_second).min(burst);
        if bucket.tokens > -self.per_second {
            bucket.tokens -= 1;
        }
        match bucket.tokens {
            0.. => Grant::Answer,
            tokens if tokens > -self.per_second => Grant::ComeByTcp,
            _ => Grant::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> u128 {
        number(text.parse().expect(text))
    }

    #[test]
    fn prefixes_hold_what_begins_like_them() {
        let local = Prefixes(Prefixes::LOCAL.iter().map(|p| p.parse().expect(p)).collect());
        for inside in ["127.0.0.1", "::1", "10.255.0.1", "172.31.0.1", "fd00::1", "100.64.3.4", "fe80::9"] {
            assert!(local.hold(address(inside)), "{inside}");
        }
        for outside in ["128.0.0.1", "::2", "172.32.0.1", "2001:db8::1", "8.8.8.8", "::"] {
            assert!(!local.hold(address(outside)), "{outside}");
        }
        for wrong in ["10.0.0.1/8", "10.0.0.0/33", "::/129", "ten/8", "10.0.0.0/", "", "10.0.0.0/8/8"] {
            assert!(wrong.parse::<Prefix>().is_err(), "{wrong}");
        }
        let prefix = |text: &str| text.parse::<Prefix>().expect(text);
        assert!(prefix("0.0.0.0/0").is_everybody() && prefix("::/0").is_everybody());
        assert!(!prefix("0.0.0.0/1").is_everybody() && !prefix("2000::/3").is_everybody());
        assert!(prefix("10.1.0.0/16").is_within(&prefix("10.0.0.0/8")));
        assert!(!prefix("10.0.0.0/8").is_within(&prefix("10.1.0.0/16")));
        assert!(!prefix("11.0.0.0/8").is_within(&prefix("10.0.0.0/8")));
        assert!(Prefixes(vec!["0.0.0.0/0".parse().expect("a prefix")]).hold(address("8.8.8.8")));
        assert!(!Prefixes(vec!["0.0.0.0/0".parse().expect("a prefix")]).hold(address("2001:db8::1")));
    }

    #[test]
    fn a_client_that_asks_too_often_is_slowed_and_others_are_not() {
        let mut buckets = Buckets::new(10, 7);
        let (one, two) = (address("10.0.0.1"), address("10.0.0.2"));
        let mut ask = |who, count, now_s| -> Vec<Grant> {
            let mut grants: Vec<_> = (0..count).map(|_| buckets.take(who, now_s)).collect();
            grants.dedup();
            grants
        };
        assert_eq!(ask(one, 50, 100), [Grant::Answer]);
        assert_eq!(ask(one, 9, 100), [Grant::ComeByTcp]);
        assert_eq!(ask(one, 100, 100), [Grant::Nothing]);
        assert_eq!(ask(two, 1, 100), [Grant::Answer]);
        // After two seconds there is a second's worth again, for one second was overdrawn.
        assert_eq!(ask(one, 10, 102), [Grant::Answer]);
        assert_eq!(ask(one, 1, 102), [Grant::ComeByTcp]);
        assert_eq!(ask(one, 50, 1_000_000), [Grant::Answer]);
        // Neighbours in IPv6 are one client.
        assert_eq!(ask(address("2001:db8::1"), 50, 5), [Grant::Answer]);
        assert_eq!(ask(address("2001:db8:0:ff::2"), 1, 5), [Grant::ComeByTcp]);
        assert_eq!(ask(address("2001:db8:0:100::2"), 1, 5), [Grant::Answer]);
        let mut unlimited = Buckets::new(0, 7);
        assert!((0..100_000).all(|_| unlimited.take(one, 0) == Grant::Answer));
    }
}
