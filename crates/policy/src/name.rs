//! DNS names: in wire form as a resolver meets them, and read from text as lists write them.

use crate::hash::HashKey;
use std::fmt;

/// The most octets of a name, RFC 1035 section 3.1.
const MAX_NAME: usize = 255;
/// The most labels of a name of 255 octets.
pub(crate) const MAX_LABELS: usize = 127;

/// A name in wire form, checked, with the places of its labels. The bytes stay where they are.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    wire: &'a [u8],
    labels: u8,
    starts: [u8; MAX_LABELS + 1],
}

/// Why bytes or a text are not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The bytes end before the root label.
    #[error("the name ends too early")]
    CutOff,
    /// A label of more than 63 octets, a compression pointer, or an extended label.
    #[error("a label has more than 63 octets, or is a pointer")]
    Label,
    /// More than 255 octets in all.
    #[error("the name has more than 255 octets")]
    TooLong,
    /// Two dots in a row, or a dot at the beginning.
    #[error("a label is empty")]
    EmptyLabel,
    /// A character that no host name has.
    #[error("a character that no host name has")]
    Character,
    /// No name at all.
    #[error("there is no name")]
    Empty,
}

impl<'a> Name<'a> {
    /// Reads a name at the beginning of `bytes`, as it stands in a question (not compressed). What follows it is
    /// left alone; [`Name::wire`] tells its length.
    ///
    /// # Errors
    /// [`NameError`]; nothing is read beyond `bytes`.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NameError> {
        let (mut at, mut labels) = (0usize, 0usize);
        let mut starts = [0; MAX_LABELS + 1];
        loop {
            let length = usize::from(*bytes.get(at).ok_or(NameError::CutOff)?);
            if length == 0 {
                break;
            }
            if length > 63 {
                return Err(NameError::Label);
            }
            // With one more octet for the root, at most 255.
            if at + length + 2 > MAX_NAME {
                return Err(NameError::TooLong);
            }
            starts[labels] = at as u8;
            labels += 1;
            at += length + 1;
        }
        Ok(Self { wire: &bytes[..=at], labels: labels as u8, starts })
    }

    /// The name's octets, with the root label.
    pub fn wire(&self) -> &'a [u8] {
        self.wire
    }

    /// How many labels it has; the root has none.
    pub fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// The label that is `depth` labels from the end, counted from 1.
    #[inline]
    fn label(&self, depth: usize) -> &'a [u8] {
        let start = usize::from(self.starts[self.labels().saturating_sub(depth)]);
        let length = usize::from(self.wire[start]);
        &self.wire[start + 1..=start + length]
    }

    /// The suffix of `depth` labels, in wire form.
    pub fn suffix(&self, depth: usize) -> &'a [u8] {
        match self.labels().checked_sub(depth) {
            Some(first) if depth > 0 => &self.wire[usize::from(self.starts[first])..],
            _ => &self.wire[self.wire.len() - 1..],
        }
    }

    /// The hashes of its suffixes, from the last label to the whole name: `com`, `example.com`, ...
    #[inline]
    pub(crate) fn suffix_hashes(&self, key: HashKey) -> impl Iterator<Item = u64> {
        let mut running = key.root();
        self.starts[..self.labels()].iter().rev().map(move |start| {
            let start = usize::from(*start);
            running = key.prepend(running, self.wire, start + 1, usize::from(self.wire[start]));
            running
        })
    }
}

/// With dots, without one at the end; octets that are no letter, digit, hyphen or underscore as `\DDD`.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.labels == 0 {
            return f.write_str(".");
        }
        for depth in (1..=self.labels()).rev() {
            for byte in self.label(depth) {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                        write!(f, "{}", char::from(*byte))?
                    }
                    other => write!(f, "\\{other:03}")?,
                }
            }
            if depth > 1 {
                f.write_str(".")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name of its own, in small letters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameBuf(Vec<u8>);

impl NameBuf {
    /// Reads a host name as lists and people write it: any case, with or without a dot at the end, in Unicode (made
    /// ASCII by UTS 46, as browsers do) or already in `xn--` form.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn from_text(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if !text.is_ascii() {
            let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::Character)?;
            return Self::from_ascii(&ascii);
        }
        Self::from_ascii(text)
    }

    /// The name in what a browser or a person says: a host with a port, or a whole address. An address of numbers is
    /// none, and a single label is nobody's site.
    pub fn from_address(said: &str) -> Option<Self> {
        let said = said.trim();
        let rest = said.split_once("://").map_or(said, |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
        let last = host.rsplit_once('.')?.1;
        if last.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::from_text(&host.to_lowercase()).ok()
    }

    fn from_ascii(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() + 2 > MAX_NAME {
            return Err(NameError::TooLong);
        }
        let mut wire = Vec::with_capacity(text.len() + 2);
        for label in text.split('.') {
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                1..=63 => wire.push(label.len() as u8),
                _ => return Err(NameError::Label),
            }
            for byte in label.bytes() {
                match byte {
                    b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => wire.push(byte),
                    b'A'..=b'Z' => wire.push(byte.to_ascii_lowercase()),
                    _ => return Err(NameError::Character),
                }
            }
        }
        wire.push(0);
        Ok(Self(wire))
    }

    /// The octets, with the root label.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The name, to decide on.
    pub fn as_name(&self) -> Name<'_> {
        Name::parse(&self.0).unwrap_or(Name { wire: &[0], labels: 0, starts: [0; MAX_LABELS + 1] })
    }

    /// The name one label up; `None` for a name of one label.
    pub fn parent(&self) -> Option<Self> {
        let first = usize::from(self.0[0]);
        let rest = self.0.get(first + 1..)?;
        (rest.len() > 1).then(|| Self(rest.to_vec()))
    }
}

impl fmt::Display for NameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_name().fmt(f)
    }
}

impl fmt::Debug for NameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> NameBuf {
        NameBuf::from_text(text).expect(text)
    }

    #[test]
    fn texts_are_read_as_browsers_read_them() {
        assert_eq!(name("WWW.Example.COM.").wire(), b"\x03www\x07example\x03com\0");
        assert_eq!(name("bücher.example").to_string(), "xn--bcher-kva.example");
        assert_eq!(name("_dmarc.example.org").to_string(), "_dmarc.example.org");
        for (text, why) in [
            ("", NameError::Empty),
            (".", NameError::Empty),
            ("a..b", NameError::EmptyLabel),
            (".a", NameError::EmptyLabel),
            ("a b.com", NameError::Character),
            ("*.a.com", NameError::Character),
            ("\u{202e}.com", NameError::Character),
        ] {
            assert_eq!(NameBuf::from_text(text), Err(why), "{text:?}");
        }
        assert_eq!(NameBuf::from_text(&format!("{}.com", "a".repeat(64))), Err(NameError::Label));
        let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
        assert_eq!(name(&longest).wire().len(), 255);
        assert_eq!(NameBuf::from_text(&format!("{longest}e")), Err(NameError::TooLong));
        assert_eq!(name("a.b.c").parent(), Some(name("b.c")));
        assert_eq!(name("c").parent(), None);
    }

    #[test]
    fn a_name_is_found_in_what_people_paste() {
        for (said, wanted) in [
            ("Games.example", "games.example"),
            ("games.example:8080", "games.example"),
            (" https://www.games.example/a?b#c ", "www.games.example"),
            ("http://me:secret@games.example:80/x", "games.example"),
            ("games.example.", "games.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
        ] {
            assert_eq!(NameBuf::from_address(said).expect(said).to_string(), wanted, "{said}");
        }
        for said in [
            "",
            "localhost",
            "10.1.2.3",
            "10.1.2.3:80",
            "[2001:db8::1]:80",
            "a..b",
            "no name.example",
            "http://",
        ] {
            assert_eq!(NameBuf::from_address(said), None, "{said}");
        }
    }

    #[test]
    fn wire_names_are_bounded() {
        assert_eq!(Name::parse(b"").err(), Some(NameError::CutOff));
        assert_eq!(Name::parse(b"\x03ab").err(), Some(NameError::CutOff));
        assert_eq!(Name::parse(b"\xC0\x0C").err(), Some(NameError::Label));
        assert_eq!(Name::parse(b"\0rest").expect("the root").labels(), 0);
        let deepest: Vec<u8> = [1, b'a'].repeat(127).into_iter().chain([0]).collect();
        assert_eq!(Name::parse(&deepest).expect("255 octets").labels(), 127);
        let deeper: Vec<u8> = [1, b'a'].repeat(128).into_iter().chain([0]).collect();
        assert_eq!(Name::parse(&deeper).err(), Some(NameError::TooLong));
        let name = Name::parse(b"\x03www\x07example\x03com\0").expect("a name");
        assert_eq!(name.suffix(2), b"\x07example\x03com\0");
        assert_eq!((name.suffix(0), name.suffix(9)), (&b"\0"[..], &b"\0"[..]));
        assert_eq!(Name::parse(b"\x03a.\xFF\0").expect("a name").to_string(), "a\\046\\255");
    }

    proptest! {
        #[test]
        fn anything_is_an_address_with_a_name_or_none(said in "\\PC{0,300}") {
            if let Some(found) = NameBuf::from_address(&said) {
                prop_assert_eq!(NameBuf::from_address(&found.to_string()), Some(found));
            }
        }

        #[test]
        fn any_bytes_are_a_name_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(name) = Name::parse(&bytes) {
                prop_assert!(name.wire().len() <= 255);
                let hashes: Vec<u64> = name.suffix_hashes(HashKey::new([1; 16])).collect();
                prop_assert_eq!(hashes.len(), name.labels());
                // The last hash is that of the whole name, whatever its case.
                let small = name.wire().to_ascii_lowercase();
                if let Ok(small) = Name::parse(&small) {
                    prop_assert_eq!(small.suffix_hashes(HashKey::new([1; 16])).last(), hashes.last().copied());
                }
            }
        }
    }
}
