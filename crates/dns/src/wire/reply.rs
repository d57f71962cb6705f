//! Answers, written into a buffer.

use super::cookie::SERVER_COOKIE;
use super::message::Form;
use super::names::skip;
use super::query::{Query, option};
use super::{HEADER, flags, qtype, rcode, u16_at, u32_at};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The octets that we say we can take in a datagram, and the most that we send in one (DNS flag day 2020).
pub const UDP_SIZE: u16 = 1_232;
/// Padded answers have a multiple of so many octets, RFC 8467 section 4.1.
const PAD_TO: usize = 468;
/// A pointer to the name in the question.
const QUESTION: [u8; 2] = [0xC0, HEADER as u8];

/// What an answer may be long, and whether it is padded when the client pads.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The most octets.
    pub octets: usize,
    /// Whether the transport hides what is inside, so that padding helps.
    pub pad: bool,
}

/// What an OPT record of an answer says beside the fixed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra<'a> {
    /// The client's cookie and the server's.
    pub cookie: Option<([u8; 8], [u8; SERVER_COOKIE])>,
    /// An extended error, RFC 8914, with its text.
    pub error: Option<(u16, &'a str)>,
}

/// How a blocked query is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The name does not exist.
    Nxdomain,
    /// These addresses; for another type, or where there is none, nothing.
    Addresses(Option<Ipv4Addr>, Option<Ipv6Addr>),
}

/// What is sent to a safe address.
#[derive(Clone, Copy, Debug)]
pub struct Rewritten<'a> {
    /// The safe name, in wire form.
    pub target: &'a [u8],
    /// The answer for it.
    pub form: &'a Form,
    /// The longest that a client may keep being sent there, seconds.
    pub ttl: u32,
}

/// A buffer that is filled from the front; what does not fit makes it full for good.
struct Out<'a> {
    buffer: &'a mut [u8],
    at: usize,
    full: bool,
}

impl<'a> Out<'a> {
    fn new(buffer: &'a mut [u8], limit: Limit) -> Self {
        let octets = limit.octets.min(buffer.len());
        Self { buffer: &mut buffer[..octets], at: 0, full: false }
    }

    #[inline]
    fn put(&mut self, octets: &[u8]) {
        match self.buffer.get_mut(self.at..self.at + octets.len()) {
            Some(room) => {
                room.copy_from_slice(octets);
                self.at += octets.len();
            }
            None => self.full = true,
        }
    }

    #[inline]
    fn put_u16(&mut self, number: u16) {
        self.put(&number.to_be_bytes());
    }

    #[inline]
    fn set_u16(&mut self, at: usize, number: u16) {
        if let Some(room) = self.buffer.get_mut(at..at + 2) {
            room.copy_from_slice(&number.to_be_bytes());
        }
    }

    /// Header and question.
    #[inline]
    fn begin(&mut self, query: &Query<'_>, code: u16, more: u16, answers: u16, authority: u16) {
        self.put_u16(query.id);
        self.put_u16(flags::QR | flags::RA | query.flags & (flags::RD | flags::CD) | more | code & 0xF);
        for count in [1, answers, authority, 0] {
            self.put_u16(count);
        }
        self.put(query.name.wire());
        self.put_u16(query.qtype);
        self.put_u16(1);
    }

    /// Type, class IN, time to live and length of the data of a record whose owner has been put.
    #[inline]
    fn record(&mut self, kind: u16, ttl: u32, length: usize) {
        self.put_u16(kind);
        self.put_u16(1);
        self.put(&ttl.to_be_bytes());
        self.put_u16(length as u16);
    }

    /// An SOA record with which the answer that there is nothing may be kept for so long, RFC 2308.
    fn nothing(&mut self, ttl: u32) {
        self.put(&QUESTION);
        self.record(qtype::SOA, ttl, 22);
        // Root names for the server and the person; then serial, refresh, retry, expire, minimum.
        self.put(&[0, 0]);
        for number in [1, 3_600, 600, 86_400, ttl] {
            self.put(&number.to_be_bytes());
        }
    }

    /// The OPT record, when the client sent one; the length of the whole.
    #[inline]
    fn finish(mut self, query: &Query<'_>, extra: &Extra<'_>, limit: Limit) -> usize {
        self.opt(query, extra, limit.pad);
        if !self.full {
            return self.at;
        }
        // Too long: the client asks again by TCP. The error's text goes first.
        let mut out = Out { at: 0, full: false, ..self };
        let code = u16_at(out.buffer, 2).unwrap_or_default() & (0xF | flags::AD);
        out.begin(query, code, flags::TC, 0, 0);
        let bare = Extra { cookie: extra.cookie, error: extra.error.map(|(code, _)| (code, "")) };
        out.opt(query, &bare, limit.pad);
        out.at
    }

    #[inline]
    fn opt(&mut self, query: &Query<'_>, extra: &Extra<'_>, pad: bool) {
        let Some(edns) = query.edns else { return };
        self.put(&[0]);
        self.put_u16(qtype::OPT);
        self.put_u16(UDP_SIZE);
        self.put(&[0, 0, u8::from(edns.dnssec_ok) << 7, 0]);
        let length_at = self.at;
        self.put_u16(0);
        if self.full {
            return;
        }
        if let Some((client, server)) = extra.cookie {
            self.put_u16(option::COOKIE);
            self.put_u16((client.len() + server.len()) as u16);
            self.put(&client);
            self.put(&server);
        }
        if let Some((code, text)) = extra.error {
            self.put_u16(option::EXTENDED_ERROR);
            self.put_u16(2 + text.len() as u16);
            self.put_u16(code);
            self.put(text.as_bytes());
        }
        if pad && edns.padded {
            let length = (self.at + 4).next_multiple_of(PAD_TO) - self.at - 4;
            // What does not fit is padded less.
            let length = length.min(self.buffer.len().saturating_sub(self.at + 4));
            self.put_u16(option::PADDING);
            self.put_u16(length as u16);
            if let Some(room) = self.buffer.get_mut(self.at..self.at + length) {
                room.fill(0);
                self.at += length;
            }
        }
        self.set_u16(length_at, (self.at - length_at - 2) as u16);
        self.set_u16(10, 1);
    }
}

/// Answers a blocked query; the answer lives `ttl` seconds.
#[inline]
pub fn block(
    out: &mut [u8],
    query: &Query<'_>,
    how: Blocked,
    ttl: u32,
    extra: &Extra<'_>,
    limit: Limit,
) -> usize {
    let mut out = Out::new(out, limit);
    let (v4, v6) = match (how, query.qtype) {
        (Blocked::Addresses(v4, _), qtype::A) => (v4, None),
        (Blocked::Addresses(_, v6), qtype::AAAA) => (None, v6),
        _ => (None, None),
    };
    let code = if how == Blocked::Nxdomain { rcode::NXDOMAIN } else { rcode::NOERROR };
    let address = v4.is_some() || v6.is_some();
    out.begin(query, code, 0, u16::from(address), u16::from(!address));
    if address {
        out.put(&QUESTION);
    }
    match (v4, v6) {
        (Some(v4), _) => {
            out.record(qtype::A, ttl, 4);
            out.put(&v4.octets());
        }
        (_, Some(v6)) => {
            out.record(qtype::AAAA, ttl, 16);
            out.put(&v6.octets());
        }
        _ => out.nothing(ttl),
    }
    out.finish(query, extra, limit)
}

/// Answers ANY with one small record, RFC 8482 section 4.2.
pub fn hinfo(out: &mut [u8], query: &Query<'_>, ttl: u32, extra: &Extra<'_>, limit: Limit) -> usize {
    let mut out = Out::new(out, limit);
    out.begin(query, rcode::NOERROR, 0, 1, 0);
    out.put(&QUESTION);
    out.record(qtype::HINFO, ttl, 9);
    out.put(b"\x07RFC8482\0");
    out.finish(query, extra, limit)
}

/// Sends on an answer that is `age_s` seconds old; nothing in it lives longer than `cap_s`.
#[inline]
pub fn cached(
    out: &mut [u8],
    query: &Query<'_>,
    form: &Form,
    (age_s, cap_s): (u32, u32),
    extra: &Extra<'_>,
    limit: Limit,
) -> usize {
    let bits = u16_at(&form.message, 2).unwrap_or_default();
    // AD only for who asks for it, RFC 6840 section 5.8.
    let wants_ad = query.dnssec_ok() || query.flags & flags::AD != 0;
    let authentic = if wants_ad { bits & flags::AD } else { 0 };
    let counts = [6, 8].map(|at| u16_at(&form.message, at).unwrap_or_default());
    let mut out = Out::new(out, limit);
    out.begin(query, bits, authentic, counts[0], counts[1]);
    out.put(form.message.get(out.at..).unwrap_or_default());
    if !out.full {
        for at in form.ttls.iter().map(|at| usize::from(*at)) {
            let Some(room) = out.buffer.get_mut(at..at + 4).and_then(|r| r.first_chunk_mut::<4>()) else {
                break;
            };
            let ttl = u32::from_be_bytes(*room).saturating_sub(age_s).min(cap_s);
            *room = ttl.to_be_bytes();
        }
    }
    out.finish(query, extra, limit)
}

/// Answers with a CNAME to the safe name and its addresses.
pub fn rewritten(
    out: &mut [u8],
    query: &Query<'_>,
    safe: Rewritten<'_>,
    (age_s, cap_s): (u32, u32),
    extra: &Extra<'_>,
    limit: Limit,
) -> usize {
    let mut out = Out::new(out, limit);
    let code = u16_at(&safe.form.message, 2).unwrap_or_default() & 0xF;
    out.begin(query, if code == rcode::NXDOMAIN { rcode::NOERROR } else { code }, 0, 0, 0);
    if code == rcode::NOERROR || code == rcode::NXDOMAIN {
        out.put(&QUESTION);
        // A name that is opened again must not be kept from anybody for longer than one that is blocked.
        out.record(qtype::CNAME, cap_s.min(safe.ttl), safe.target.len());
        let owner = 0xC000 | out.at as u16;
        out.put(safe.target);
        let mut answers = 1;
        for (ttl, data) in addresses(safe.form, query.qtype) {
            out.put_u16(owner);
            out.record(query.qtype, ttl.saturating_sub(age_s).min(cap_s), data.len());
            out.put(data);
            answers += 1;
        }
        out.set_u16(6, answers);
    }
    out.finish(query, extra, limit)
}

/// The addresses of an answer, with their times to live. Of another type there are none: what a safe name says of
/// services could lead elsewhere.
fn addresses(form: &Form, wanted: u16) -> impl Iterator<Item = (u32, &[u8])> {
    let count = u16_at(&form.message, 6).filter(|_| matches!(wanted, qtype::A | qtype::AAAA));
    let answers = records(&form.message).take(count.unwrap_or_default().into());
    answers.filter(move |(kind, ..)| *kind == wanted).map(|(_, ttl, data)| (ttl, data))
}

/// Type, time to live and data of the records that follow the question, up to the message's end or what is none.
fn records(message: &[u8]) -> impl Iterator<Item = (u16, u32, &[u8])> {
    let mut at = skip(message, HEADER).map_or(message.len(), |at| at + 4);
    std::iter::from_fn(move || {
        let owner = skip(message, at)?;
        let (kind, ttl) = (u16_at(message, owner)?, u32_at(message, owner + 4)?);
        at = owner + 10 + usize::from(u16_at(message, owner + 8)?);
        Some((kind, ttl, message.get(owner + 10..at)?))
    })
}

/// Tells a client to ask again by TCP. No longer than what it sent.
pub fn come_by_tcp(out: &mut [u8], query: &Query<'_>, limit: Limit) -> usize {
    let mut out = Out::new(out, limit);
    out.begin(query, rcode::NOERROR, flags::TC, 0, 0);
    out.finish(query, &Extra::default(), limit)
}

/// The shortest time to live of the answers and authority records of a message of ours.
pub fn shortest_ttl(message: &[u8]) -> u32 {
    let count = [6, 8].iter().filter_map(|at| u16_at(message, *at)).map(usize::from).sum();
    records(message).take(count).map(|(_, ttl, _)| ttl).min().unwrap_or(0)
}

/// Refuses a query of which perhaps only the header could be read.
pub fn refuse(out: &mut [u8], asked: &[u8], code: u16, question: usize, edns: bool) -> usize {
    let (Some(id), Some(bits)) = (u16_at(asked, 0), u16_at(asked, 2)) else { return 0 };
    let limit = Limit { octets: 512, pad: false };
    let mut out = Out::new(out, limit);
    out.put_u16(id);
    out.put_u16(flags::QR | bits & (flags::OPCODE | flags::RD | flags::CD) | flags::RA | code & 0xF);
    for count in [u16::from(question > 0), 0, 0, u16::from(edns)] {
        out.put_u16(count);
    }
    out.put(asked.get(HEADER..HEADER + question).unwrap_or_default());
    if edns {
        out.put(&[0]);
        out.put_u16(qtype::OPT);
        out.put_u16(UDP_SIZE);
        out.put(&[(code >> 4) as u8, 0, 0, 0, 0, 0]);
    }
    if out.full { 0 } else { out.at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_off_at_any_size() {
        let asked =
            b"\0\x07\x01\0\0\x01\0\0\0\0\0\x01\x01a\x07example\0\0\xff\0\x01\0\0\x29\x04\xD0\0\0\0\0\0\0";
        let query = super::super::parse(asked, 65_001).unwrap_or_else(|_| panic!("a query"));
        let extra = Extra { cookie: None, error: Some((15, "blocked")) };
        let whole = hinfo(&mut [0; 512], &query, 60, &extra, Limit { octets: 512, pad: false });
        for octets in 40..512 {
            let mut out = [0; 512];
            let length = hinfo(&mut out, &query, 60, &extra, Limit { octets, pad: false });
            assert!(length <= octets, "{octets}");
            let cut = u16_at(&out, 2).unwrap_or_default() & flags::TC != 0;
            assert_eq!(cut, octets < whole, "{octets}");
        }
    }
}
