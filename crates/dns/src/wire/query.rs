//! A query, read in place. Bounded: it looks at each octet at most twice and follows no pointer.

use super::names::skip;
use super::{HEADER, flags, qtype, rcode, u16_at};
use evenfield_policy::Name;

/// Class IN.
const IN: u16 = 1;
/// EDNS options, by IANA's registry.
pub(crate) mod option {
    pub const COOKIE: u16 = 10;
    pub const PADDING: u16 = 12;
    pub const EXTENDED_ERROR: u16 = 15;
}

/// A query that can be answered: opcode QUERY, one question of class IN.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its id.
    pub id: u16,
    /// The flags of its header.
    pub flags: u16,
    /// The name asked for, in the letters in which it was asked.
    pub name: Name<'a>,
    /// The type asked for.
    pub qtype: u16,
    /// Its EDNS part, RFC 6891.
    pub edns: Option<Edns<'a>>,
}

/// What an OPT record says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edns<'a> {
    /// The octets that the client can take in a datagram.
    pub udp_size: u16,
    /// Whether it wants DNSSEC records.
    pub dnssec_ok: bool,
    /// Its cookie and the server cookie that it shows, which may be empty.
    pub cookie: Option<(&'a [u8; 8], &'a [u8])>,
    /// Whether it pads, RFC 7830.
    pub padded: bool,
    /// The key of the device for which a gateway asks.
    pub device: Option<u128>,
}

/// Why a query is not answered as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No query: a response, or too short to answer to. Nothing is sent.
    Ignore,
    /// This response code.
    Code {
        /// The code.
        rcode: u16,
        /// How many octets of question may be sent back.
        question: usize,
        /// Whether an OPT record belongs into the answer.
        edns: bool,
    },
}

impl Query<'_> {
    /// Octets of the question.
    #[inline]
    pub fn question_length(&self) -> usize {
        self.name.wire().len() + 4
    }

    /// Whether the client validates itself: answers are kept apart by this.
    #[inline]
    pub fn checking_disabled(&self) -> bool {
        self.flags & flags::CD != 0
    }

    /// Whether the client wants DNSSEC records.
    #[inline]
    pub fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }
}

/// Reads a query; `device_option` is the number of the EDNS option in which a gateway says for whom it asks.
///
/// # Errors
/// What to answer instead.
#[inline]
pub fn parse(bytes: &[u8], device_option: u16) -> Result<Query<'_>, Refusal> {
    let header = bytes.first_chunk::<HEADER>().ok_or(Refusal::Ignore)?;
    let number = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (id, bits, additional) = (number(0), number(2), number(10));
    if bits & flags::QR != 0 {
        return Err(Refusal::Ignore);
    }
    let refuse = |rcode, question, edns| Err(Refusal::Code { rcode, question, edns });
    if bits & flags::OPCODE != 0 {
        return refuse(rcode::NOTIMP, 0, false);
    }
    if (number(4), number(6), number(8)) != (1, 0, 0) {
        return refuse(rcode::FORMERR, 0, false);
    }
    let Ok(name) = Name::parse(&bytes[HEADER..]) else { return refuse(rcode::FORMERR, 0, false) };
    let at = HEADER + name.wire().len();
    let (Some(qtype), Some(class)) = (u16_at(bytes, at), u16_at(bytes, at + 2)) else {
        return refuse(rcode::FORMERR, 0, false);
    };
    let question = at + 4 - HEADER;
    let edns = match records(bytes, at + 4, additional, device_option) {
        Ok(edns) => edns,
        Err(rcode) => return refuse(rcode, question, rcode == rcode::BADVERS),
    };
    let code = match (class, qtype) {
        // Answers come from elsewhere, so what is not asked recursively cannot be known here.
        (IN, _) if bits & flags::RD == 0 => rcode::REFUSED,
        (IN, 0 | qtype::OPT) => rcode::FORMERR,
        (IN, qtype::IXFR | qtype::AXFR) => rcode::REFUSED,
        // Other types that ask for something else than records of this type (TKEY, TSIG, MAILA, MAILB).
        (IN, 249 | 250 | 253 | 254) => rcode::NOTIMP,
        (IN, _) => return Ok(Query { id, flags: bits, name, qtype, edns }),
        _ => rcode::REFUSED,
    };
    refuse(code, question, edns.is_some())
}

/// Reads the additional records, of which only OPT is looked into; all octets must be theirs.
#[inline]
fn records(bytes: &[u8], mut at: usize, count: u16, device_option: u16) -> Result<Option<Edns<'_>>, u16> {
    let mut edns = None;
    for _ in 0..count {
        let owner = skip(bytes, at).ok_or(rcode::FORMERR)?;
        let fixed = bytes.get(owner..).and_then(|rest| rest.first_chunk::<10>()).ok_or(rcode::FORMERR)?;
        let length = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
        let data = bytes.get(owner + 10..owner + 10 + length).ok_or(rcode::FORMERR)?;
        if u16::from_be_bytes([fixed[0], fixed[1]]) == qtype::OPT {
            // Of the root, and once: RFC 6891 section 6.1.1.
            if edns.is_some() || owner != at + 1 {
                return Err(rcode::FORMERR);
            }
            if fixed[5] != 0 {
                return Err(rcode::BADVERS);
            }
            let udp_size = u16::from_be_bytes([fixed[2], fixed[3]]);
            let read = Edns { udp_size, dnssec_ok: fixed[6] & 0x80 != 0, ..Edns::default() };
            edns = Some(options(read, data, device_option)?);
        }
        at = owner + 10 + length;
    }
    if at == bytes.len() { Ok(edns) } else { Err(rcode::FORMERR) }
}

#[inline]
fn options<'a>(mut edns: Edns<'a>, mut data: &'a [u8], device_option: u16) -> Result<Edns<'a>, u16> {
    while !data.is_empty() {
        let (head, rest) = data.split_first_chunk::<4>().ok_or(rcode::FORMERR)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let (value, rest) = rest.split_at_checked(length).ok_or(rcode::FORMERR)?;
        match u16::from_be_bytes([head[0], head[1]]) {
            option::COOKIE => {
                // 8 octets, or 16 to 40: RFC 7873 section 4.
                let (client, server) = value.split_first_chunk::<8>().ok_or(rcode::FORMERR)?;
                if !matches!(server.len(), 0 | 8..=32) {
                    return Err(rcode::FORMERR);
                }
                edns.cookie = Some((client, server));
            }
            option::PADDING => edns.padded = true,
            code if code == device_option => {
                edns.device = value.try_into().ok().map(u128::from_le_bytes);
            }
            _ => {}
        }
        data = rest;
    }
    Ok(edns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEVICE: u16 = 65_001;

    fn query(additional: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\x01\x02oK\x07Example\0\0\x1C\0\x01".to_vec();
        bytes.extend_from_slice(additional);
        bytes
    }

    #[test]
    fn everything_is_read() {
        let options = [
            &b"\0\x0A\0\x10CLIENTCKSERVERCK"[..],
            b"\0\x0C\0\x03\0\0\0",
            b"\xFD\xE9\0\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80",
            b"\0\x08\0\x04\0\x01\0\0",
        ]
        .concat();
        let opt =
            [&b"\0\0\x29\x04\xD0\0\0\x80\0"[..], &(options.len() as u16).to_be_bytes(), &options].concat();
        let bytes = query(&opt);
        let read = parse(&bytes, DEVICE).expect("a query");
        assert_eq!((read.id, read.qtype, read.name.to_string().as_str()), (0x1234, 28, "oK.Example"));
        assert!(read.checking_disabled() && read.dnssec_ok());
        assert_eq!(read.question_length(), 16);
        let wanted = Edns {
            udp_size: 1_232,
            dnssec_ok: true,
            cookie: Some((b"CLIENTCK", b"SERVERCK")),
            padded: true,
            device: Some(1 | 1 << 127),
        };
        assert_eq!(read.edns, Some(wanted));
        // The same number has no meaning where gateways use another one.
        assert_eq!(parse(&bytes, 65_002).expect("a query").edns.and_then(|edns| edns.device), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_query_or_a_refusal(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            shaped in any::<bool>(),
        ) {
            if shaped && bytes.len() > 28 {
                bytes[..28].copy_from_slice(&query(&[])[..28]);
            }
            match parse(&bytes, DEVICE) {
                Ok(query) => prop_assert!(HEADER + query.question_length() <= bytes.len()),
                Err(Refusal::Code { question, .. }) => prop_assert!(HEADER + question <= bytes.len()),
                Err(Refusal::Ignore) => prop_assert!(bytes.len() < HEADER || bytes[2] & 0x80 != 0),
            }
        }
    }
}
