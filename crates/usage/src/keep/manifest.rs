//! The manifest: which segments a store has. One entry for each identity, made once.
//!
//! ```text
//! manifest/SOURCE/BOOT/SEQUENCE
//!   evenfield segment 1
//!   digest 64 hexadecimal digits
//!   octets 51234
//!   rows 9000
//!   facts 20000
//!   minutes 29374210 29374214
//! ```

use super::store::Store;
use crate::segment::{FileDigest, Identity};
use std::io;

const FIRST_LINE: &str = "evenfield segment 1";

/// What the manifest says of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of its octets.
    pub digest: FileDigest,
    /// How many octets.
    pub octets: u64,
    /// How many rows.
    pub rows: u64,
    /// How many facts.
    pub facts: u64,
    /// The first minute and the last.
    pub minutes: (u32, u32),
}

/// A segment that the manifest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// Which.
    pub identity: Identity,
    /// What is said of it.
    pub entry: Entry,
}

impl Entry {
    pub(super) fn to_text(&self) -> String {
        let (first, last) = self.minutes;
        format!(
            "{FIRST_LINE}\ndigest {}\noctets {}\nrows {}\nfacts {}\nminutes {first} {last}\n",
            self.digest.hex(),
            self.octets,
            self.rows,
            self.facts,
        )
    }

    /// Reads an entry; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        let entry = Self {
            digest: FileDigest::from_hex(value("digest")?)?,
            octets: value("octets")?.parse().ok()?,
            rows: value("rows")?.parse().ok()?,
            facts: value("facts")?.parse().ok()?,
            minutes: {
                let (first, last) = value("minutes")?.split_once(' ')?;
                (first.parse().ok()?, last.parse().ok()?)
            },
        };
        (lines.next().is_none() && entry.minutes.0 <= entry.minutes.1).then_some(entry)
    }
}

pub(super) fn entry_name(identity: &Identity) -> String {
    format!("manifest/{}", identity.path())
}

pub(super) fn object_name(identity: &Identity, digest: &FileDigest) -> String {
    format!("segments/{}-{}.parquet", identity.path(), digest.hex())
}

fn damaged(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged: {name}"))
}

/// All segments that the manifest lists, by their first minute.
///
/// # Errors
/// Those of the store; [`io::ErrorKind::InvalidData`] for an entry that is none.
pub fn visible(store: &impl Store) -> io::Result<Vec<Visible>> {
    let mut visible = Vec::new();
    for name in store.list("manifest")? {
        let identity = identity_of(&name).ok_or_else(|| damaged(&name))?;
        let text = String::from_utf8(store.get(&name)?).map_err(|_| damaged(&name))?;
        let entry = Entry::parse(&text).ok_or_else(|| damaged(&name))?;
        visible.push(Visible { identity, entry });
    }
    visible.sort_by(|a, b| (a.entry.minutes, &a.identity).cmp(&(b.entry.minutes, &b.identity)));
    Ok(visible)
}

fn identity_of(name: &str) -> Option<Identity> {
    let mut parts = name.strip_prefix("manifest/")?.split('/');
    let (source, boot, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    let identity = Identity::new(source, u64::from_str_radix(boot, 16).ok()?, sequence.parse().ok()?)?;
    (parts.next().is_none() && entry_name(&identity) == name).then_some(identity)
}

/// The octets of a segment that the manifest lists.
///
/// # Errors
/// Those of the store; [`io::ErrorKind::InvalidData`] when they are not what was sealed.
pub fn fetch(store: &impl Store, segment: &Visible) -> io::Result<Vec<u8>> {
    let name = object_name(&segment.identity, &segment.entry.digest);
    let bytes = store.get(&name)?;
    if FileDigest::of(&bytes) != segment.entry.digest {
        return Err(damaged(&name));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_reads_back(digest: [u8; 32], octets: u64, rows: u64, facts: u64, first in 0u32..1000, more: u16) {
            let entry = Entry { digest: FileDigest(digest), octets, rows, facts, minutes: (first, first + u32::from(more)) };
            prop_assert_eq!(Entry::parse(&entry.to_text()), Some(entry));
        }

        #[test]
        fn any_text_is_an_entry_or_none(text in "(evenfield segment 1\n)?(digest [0-9a-f]{64}\n)?(octets \\d{1,30}\n)?\\PC{0,30}\n?") {
            if let Some(entry) = Entry::parse(&text) {
                prop_assert_eq!(entry.to_text(), text);
            }
        }
    }
}
