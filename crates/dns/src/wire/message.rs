//! Answers from upstream: checked, and put into the form in which they are kept and sent on.
//!
//! The question stays where it was and nothing before the additional section moves, so no compression pointer has to
//! be changed. The additional section is left out.

use super::names::{MAX_NAME, expand, skip};
use super::{HEADER, flags, qtype, u16_at, u32_at};

/// The most records of an answer that are looked at; a message has no room for more sensible ones.
const MAX_RECORDS: u16 = 1_000;
/// The most targets of CNAME records that are kept to be decided on; a longer chain is refused.
const MAX_CHAIN: usize = 16;
/// The SvcParamKeys that matter here, RFC 9460 and the ECH draft for it.
const MANDATORY: u16 = 0;
const ECH: u16 = 5;
/// The last key for private use: no client looks at it, and it keeps keys in rising order.
const PRIVATE: u16 = 65_534;

/// A message, ready but for id, flags, the letters of the question and the age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The octets: header, question, answers, authority.
    pub message: Box<[u8]>,
    /// Where times to live stand in it.
    pub ttls: Box<[u16]>,
}

/// An answer from upstream that can be trusted to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The whole answer.
    pub form: Form,
    /// The same without keys for encrypted hellos, where it had any.
    pub without_ech: Option<Form>,
    /// The targets of its CNAME and DNAME records in small letters, one name after the other.
    pub targets: Box<[u8]>,
    /// For how many seconds it may be kept; 0 for what must not be.
    pub life_s: u32,
    /// The response code.
    pub rcode: u16,
    /// Whether there is more than fits.
    pub truncated: bool,
}

/// Checks that `bytes` answer the question (a name in wire form, a type) that was asked with this id. `None` for
/// anything else: it is to be ignored, the true answer may still come.
pub fn check(name: &[u8], wanted: u16, id: u16, bytes: &[u8]) -> Option<Checked> {
    let bits = u16_at(bytes, 2)?;
    if u16_at(bytes, 0)? != id || bits & (flags::QR | flags::OPCODE) != flags::QR || u16_at(bytes, 4)? != 1 {
        return None;
    }
    let question = bytes.get(HEADER..HEADER + name.len())?;
    let mut at = HEADER + name.len();
    let same = question.eq_ignore_ascii_case(name);
    if !same || u16_at(bytes, at)? != wanted || u16_at(bytes, at + 2)? != 1 {
        return None;
    }
    at += 4;
    let counts = [u16_at(bytes, 6)?, u16_at(bytes, 8)?];
    let truncated = bits & flags::TC != 0;
    let mut walk = Walk { bytes, wanted, ..Walk::default() };
    if truncated {
        // What is there may be cut anywhere; it is asked for again by TCP.
        return Some(walk.finish(at, [0, 0], bits, truncated));
    }
    if counts[0].saturating_add(counts[1]) > MAX_RECORDS {
        return None;
    }
    for (section, count) in counts.into_iter().enumerate() {
        for _ in 0..count {
            at = walk.record(at, section == 0)?;
        }
    }
    Some(walk.finish(at, counts, bits, truncated))
}

/// What has been found so far.
#[derive(Default)]
struct Walk<'a> {
    bytes: &'a [u8],
    wanted: u16,
    ttls: Vec<u16>,
    targets: Vec<u8>,
    chain: usize,
    /// Whether a record of the type that was wanted was seen.
    found: bool,
    shortest_s: Option<u32>,
    negative_s: Option<u32>,
    /// Where the data of records with SvcParams stand.
    services: Vec<(usize, usize)>,
}

impl Walk<'_> {
    /// Reads a record; the place after it.
    fn record(&mut self, at: usize, answer: bool) -> Option<usize> {
        let mut name = [0; MAX_NAME];
        let (_, at) = expand(self.bytes, at, &mut name)?;
        let (kind, ttl) = (u16_at(self.bytes, at)?, u32_at(self.bytes, at + 4)?);
        let length = usize::from(u16_at(self.bytes, at + 8)?);
        let (start, end) = (at + 10, at + 10 + length);
        self.bytes.get(start..end)?;
        self.ttls.push(u16::try_from(at + 4).ok()?);
        // RFC 2181 section 8: with the first bit set it is 0.
        let ttl = if ttl >> 31 == 0 { ttl } else { 0 };
        if answer {
            self.found |= kind == self.wanted;
            self.shortest_s = Some(self.shortest_s.map_or(ttl, |shortest| shortest.min(ttl)));
        }
        match kind {
            qtype::CNAME | qtype::DNAME if answer => {
                let (length, after) = expand(self.bytes, start, &mut name)?;
                self.chain += 1;
                if after != end || self.chain > MAX_CHAIN {
                    return None;
                }
                self.targets.extend(name[..length].iter().map(u8::to_ascii_lowercase));
            }
            qtype::SOA if !answer => {
                let minimum = u32_at(self.bytes, end.checked_sub(4).filter(|at| *at >= start + 18)?)?;
                self.negative_s = Some(ttl.min(minimum));
            }
            qtype::SVCB | qtype::HTTPS if answer => {
                self.services.push((start, end));
                // The name whose servers these are; the root says that it is the owner itself.
                let (length, after) = expand(self.bytes, start + 2, &mut name)?;
                self.chain += 1;
                if after > end || self.chain > MAX_CHAIN {
                    return None;
                }
                if length > 1 {
                    self.targets.extend(name[..length].iter().map(u8::to_ascii_lowercase));
                }
            }
            _ => {}
        }
        Some(end)
    }

    fn finish(self, end: usize, counts: [u16; 2], bits: u16, truncated: bool) -> Checked {
        let mut message: Box<[u8]> = self.bytes[..end].into();
        message[6..8].copy_from_slice(&counts[0].to_be_bytes());
        message[8..10].copy_from_slice(&counts[1].to_be_bytes());
        message[10..12].copy_from_slice(&[0, 0]);
        // RFC 2308: what there is not is kept for as long as the zone's SOA record says, and not without one.
        let negative_s = if self.found { None } else { Some(self.negative_s.unwrap_or(0)) };
        let life_s = self.shortest_s.into_iter().chain(negative_s).min().unwrap_or(0);
        let form = Form { message, ttls: self.ttls.into() };
        let without_ech = without_ech(&form, &self.services);
        Checked {
            form,
            without_ech,
            targets: self.targets.into(),
            life_s: if truncated { 0 } else { life_s },
            rcode: bits & 0xF,
            truncated,
        }
    }
}

/// The message without ECH keys; `None` when it has none. The parameter is emptied of its key and moved to the end under
/// a number that nobody looks at: so the message keeps its length and every pointer its target. A record that makes
/// the key mandatory, or cannot be read, takes all records with it.
fn without_ech(form: &Form, services: &[(usize, usize)]) -> Option<Form> {
    let mut message = form.message.clone();
    let mut changed = false;
    for (start, end) in services {
        match strip(&mut message, *start, *end) {
            Some(stripped) => changed |= stripped,
            None => return Some(no_records(&form.message)),
        }
    }
    unsigned(&mut message);
    changed.then(|| Form { message, ttls: form.ttls.clone() })
}

/// What was changed is not as it was signed, RFC 4035 section 3.2.3.
fn unsigned(message: &mut [u8]) {
    message[3] &= !(flags::AD as u8);
}

/// Takes the key out of one record's data; `None` when the record cannot do without it or cannot be read.
fn strip(message: &mut [u8], start: usize, end: usize) -> Option<bool> {
    let mut at = skip(message, start + 2)?;
    let mut found = None;
    while at < end {
        let (key, length) = (u16_at(message, at)?, usize::from(u16_at(message, at + 2)?));
        let next = at + 4 + length;
        let value = message.get(at + 4..next).filter(|_| next <= end)?;
        match key {
            MANDATORY if value.chunks(2).any(|key| key == ECH.to_be_bytes()) => return None,
            ECH => found = Some((at, next)),
            PRIVATE => return None,
            _ => {}
        }
        at = next;
    }
    let Some((from, to)) = found else { return Some(false) };
    message[from..from + 2].copy_from_slice(&PRIVATE.to_be_bytes());
    message[from + 4..to].fill(0);
    message[from..end].rotate_left(to - from);
    Some(true)
}

/// The header and the question alone.
fn no_records(message: &[u8]) -> Form {
    let end = skip(message, HEADER).map_or(message.len(), |at| (at + 4).min(message.len()));
    let mut message: Box<[u8]> = message[..end].into();
    message[6..12].fill(0);
    unsigned(&mut message);
    Form { message, ttls: Box::new([]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &[u8] = b"\x01a\x07example\0";

    /// An answer with these records and so many of them answers; the rest is authority.
    fn message(flags: u16, answers: u16, records: &[&[u8]]) -> Vec<u8> {
        let authority = records.len() as u16 - answers;
        let mut bytes: Vec<u8> =
            [7, flags, 1, answers, authority, 0].iter().flat_map(|n: &u16| n.to_be_bytes()).collect();
        bytes.extend_from_slice(NAME);
        bytes.extend_from_slice(b"\0\x01\0\x01");
        bytes.extend_from_slice(&records.concat());
        bytes
    }

    const ADDRESS: &[u8] = b"\xC0\x0C\0\x01\0\x01\0\0\x01\0\0\x04\xC0\0\x02\x01";
    /// To the label `example` of the question.
    const CNAME: &[u8] = b"\xC0\x0C\0\x05\0\x01\0\0\0\x09\0\x04\x01B\xC0\x0E";
    const SOA: &[u8] =
        b"\0\0\x06\0\x01\0\0\x0E\x10\0\x16\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x3C";

    #[test]
    fn times_and_targets_are_found() {
        let bytes = message(0x8180, 2, &[CNAME, ADDRESS, SOA]);
        let checked = check(NAME, 1, 7, &bytes).expect("an answer");
        assert_eq!((checked.life_s, checked.rcode), (9, 0));
        assert_eq!(&*checked.targets, b"\x01b\x07example\0");
        assert_eq!(&*checked.form.ttls, [33, 49, 64]);
        assert_eq!(&*checked.form.message, bytes);
        assert_eq!(checked.without_ech, None);
        // The first bit of a time to live makes it 0.
        let long = [&ADDRESS[..6], &[0x80, 0, 0, 1], &ADDRESS[10..]].concat();
        assert_eq!(check(NAME, 1, 7, &message(0x8180, 1, &[&long])).expect("an answer").life_s, 0);
        // What there is not lives as long as the SOA record says, and not at all without one.
        assert_eq!(check(NAME, 1, 7, &message(0x8183, 0, &[SOA])).expect("an answer").life_s, 60);
        assert_eq!(check(NAME, 1, 7, &message(0x8183, 0, &[])).expect("an answer").life_s, 0);
        assert_eq!(check(NAME, 1, 7, &message(0x8180, 1, &[CNAME])).expect("an answer").life_s, 0);
    }

    #[test]
    fn what_answers_something_else_is_no_answer() {
        let good = message(0x8180, 1, &[ADDRESS]);
        assert!(check(NAME, 1, 7, &good).is_some());
        assert!(check(&NAME.to_ascii_uppercase(), 1, 7, &good).is_some());
        assert!(check(NAME, 1, 8, &good).is_none());
        assert!(check(NAME, 28, 7, &good).is_none());
        assert!(check(b"\x01b\x07example\0", 1, 7, &good).is_none());
        assert!(check(NAME, 1, 7, &message(0x0180, 1, &[ADDRESS])).is_none());
        assert!(check(NAME, 1, 7, &message(0xA980, 1, &[ADDRESS])).is_none());
        for cut in 0..good.len() {
            assert!(check(NAME, 1, 7, &good[..cut]).is_none(), "{cut}");
        }
        assert!(check(NAME, 1, 7, &message(0x8380, 1, &[ADDRESS])).expect("cut").truncated);
    }

    #[test]
    fn keys_for_encrypted_hellos_go_and_nothing_moves() {
        let https = |params: &[u8]| {
            let data = [b"\0\x01\0", params].concat();
            [&b"\xC0\x0C\0\x41\0\x01\0\0\x01\0"[..], &(data.len() as u16).to_be_bytes(), &data].concat()
        };
        let ask = |params: &[u8]| {
            let mut bytes = message(0x8180, 2, &[&https(params), ADDRESS]);
            bytes[HEADER + NAME.len() + 1] = 65;
            check(NAME, 65, 7, &bytes).expect("an answer")
        };
        assert_eq!(ask(b"\0\x01\0\x03\x02h2").without_ech, None);
        let checked = ask(b"\0\x01\0\x03\x02h2\0\x05\0\x02EC\0\x06\0\x01x");
        let without = checked.without_ech.expect("another form");
        assert_eq!(without.message.len(), checked.form.message.len());
        // What was authentic is not so any more.
        let mut signed = message(0x81A0, 1, &[&https(b"\0\x05\0\x02EC")]);
        signed[HEADER + NAME.len() + 1] = 65;
        let signed = check(NAME, 65, 7, &signed).expect("an answer");
        assert_eq!(
            (signed.form.message[3], signed.without_ech.expect("another form").message[3]),
            (0xA0, 0x80)
        );
        assert_eq!(without.ttls, checked.form.ttls);
        let tail = b"\0\x01\0\x03\x02h2\0\x06\0\x01x\xFF\xFE\0\x02\0\0";
        assert!(without.message.windows(tail.len()).any(|w| w == tail));
        assert!(without.message.ends_with(ADDRESS));
        // A record that cannot do without the key, and one that cannot be read, take the rest with them.
        for params in [&b"\0\0\0\x02\0\x05\0\x05\0\x02EC"[..], b"\0\x05\0\x09EC"] {
            let without = ask(params).without_ech.expect("another form");
            assert_eq!(without.message.len(), HEADER + NAME.len() + 4);
            assert_eq!(without.message[6..12], [0; 6]);
        }
    }

    #[test]
    fn the_names_of_services_are_targets() {
        let service = |target: &[u8]| {
            let data = [b"\0\x01", target, b"\0\x01\0\x03\x02h2"].concat();
            [&b"\xC0\x0C\0\x41\0\x01\0\0\x01\0"[..], &(data.len() as u16).to_be_bytes(), &data].concat()
        };
        let targets = |services: &[&[u8]]| {
            let mut bytes = message(0x8180, services.len() as u16, services);
            bytes[HEADER + NAME.len() + 1] = 65;
            check(NAME, 65, 7, &bytes).map(|checked| checked.targets)
        };
        let own = service(b"\0");
        assert_eq!(targets(&[&own]).as_deref(), Some(&b""[..]));
        let two = targets(&[&service(b"\x01B\x02c2\0"), &own, &service(b"\x01d\0")]);
        assert_eq!(two.as_deref(), Some(&b"\x01b\x02c2\0\x01d\0"[..]));
        assert_eq!(targets(&[&own[..], &own].repeat(20)), None, "too many to decide on");
    }

    proptest! {
        #[test]
        fn any_octets_are_an_answer_or_nothing(
            records in proptest::collection::vec(any::<u8>(), 0..300),
            answers in 0u16..6,
            qtype in proptest::sample::select(vec![1u16, 5, 64, 65]),
        ) {
            let mut bytes = message(0x8180, 0, &[]);
            bytes[7] = answers as u8;
            bytes[HEADER + NAME.len() + 1] = qtype as u8;
            bytes.extend_from_slice(&records);
            if let Some(checked) = check(NAME, qtype, 7, &bytes) {
                prop_assert!(checked.form.message.len() <= bytes.len());
                for at in &checked.form.ttls {
                    prop_assert!(usize::from(*at) + 4 <= checked.form.message.len());
                }
                if let Some(without) = checked.without_ech {
                    prop_assert!(without.message.len() <= checked.form.message.len());
                }
            }
        }
    }
}
