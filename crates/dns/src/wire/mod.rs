//! DNS messages as octets: queries read in place, answers written into a buffer, upstream answers checked.
//!
//! Nothing here allocates for a query, and no octets make it panic: fuzz targets `dns_query` and `dns_answer`.

mod cookie;
mod message;
mod names;
mod query;
mod reply;
mod siphash;

pub use cookie::CookieKey;
pub use message::{Checked, Form, check};
pub(crate) use names::{MAX_NAME, expand};
pub use query::{Edns, Query, Refusal, parse};
pub use reply::{
    Blocked, Extra, Limit, Rewritten, UDP_SIZE, block, cached, come_by_tcp, hinfo, refuse, rewritten,
    shortest_ttl,
};

/// Octets of a header, RFC 1035 section 4.1.1.
pub const HEADER: usize = 12;

/// Numbers of types that the resolver treats apart (IANA, DNS parameters).
pub mod qtype {
    #![allow(missing_docs, reason = "the names are those of the registry")]
    pub const A: u16 = 1;
    pub const NS: u16 = 2;
    pub const CNAME: u16 = 5;
    pub const SOA: u16 = 6;
    pub const HINFO: u16 = 13;
    pub const AAAA: u16 = 28;
    pub const DNAME: u16 = 39;
    pub const OPT: u16 = 41;
    pub const SVCB: u16 = 64;
    pub const HTTPS: u16 = 65;
    pub const IXFR: u16 = 251;
    pub const AXFR: u16 = 252;
    pub const ANY: u16 = 255;
}

/// Response codes, RFC 1035 section 4.1.1 and RFC 6891.
pub mod rcode {
    #![allow(missing_docs, reason = "the names are those of the registry")]
    pub const NOERROR: u16 = 0;
    pub const FORMERR: u16 = 1;
    pub const SERVFAIL: u16 = 2;
    pub const NXDOMAIN: u16 = 3;
    pub const NOTIMP: u16 = 4;
    pub const REFUSED: u16 = 5;
    pub const BADVERS: u16 = 16;
}

/// Info codes of extended errors, RFC 8914.
pub mod ede {
    #![allow(missing_docs, reason = "the names are those of the registry")]
    pub const STALE_ANSWER: u16 = 3;
    pub const DNSSEC_BOGUS: u16 = 6;
    pub const BLOCKED: u16 = 15;
    pub const FILTERED: u16 = 17;
    pub const NO_REACHABLE_AUTHORITY: u16 = 22;
}

/// Bits of the header's flags.
pub(crate) mod flags {
    pub const QR: u16 = 1 << 15;
    pub const OPCODE: u16 = 0xF << 11;
    pub const TC: u16 = 1 << 9;
    pub const RD: u16 = 1 << 8;
    pub const RA: u16 = 1 << 7;
    pub const AD: u16 = 1 << 5;
    pub const CD: u16 = 1 << 4;
}

/// A message with two octets of length before it, as streams carry it: RFC 1035 section 4.2.2.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = message.len().min(usize::from(u16::MAX)) as u16;
    [&length.to_be_bytes()[..], message].concat()
}

/// The message that stands whole and alone behind two octets of its length, see [`framed`].
pub(crate) fn unframed(octets: &[u8]) -> Option<&[u8]> {
    let (length, message) = octets.split_first_chunk()?;
    (usize::from(u16::from_be_bytes(*length)) == message.len()).then_some(message)
}

/// The 16-bit number at `at`, in network order.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk::<2>()?))
}

/// The 32-bit number at `at`, in network order.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk::<4>()?))
}
