//! Segments: facts in columns, sealed in a Parquet file, for ever.
//!
//! A segment has an [`Identity`]: which source wrote it, in which run, as the how-manieth. Its octets follow from its facts and its
//! identity alone, so that the same facts sealed again are the same file. Rows are sorted by minute, device, resource; equal
//! facts are one row with a number of queries.
//!
//! | column | is |
//! |---|---|
//! | `minute` | minutes since 1970, UTC |
//! | `device` | pseudonym, 64 bits |
//! | `resource` | number of the catalogue, 0 for none |
//! | `category` | category of the policy's lists, 0 for none |
//! | `place` | number of [`crate::fact::Place`] |
//! | `did` | number of [`crate::fact::Did`] |
//! | `support` | 1 when the name is one that pages only load |
//! | `queries` | how many equal facts there were |

mod columns;
mod read;
mod write;

pub use columns::{Columns, Packed, pack};
pub use read::{Batches, Described, SegmentError, describe, open};
pub use write::{MOST_ROWS, Sealed, encode};

use sha2::{Digest as _, Sha256};

/// Which segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The edge or program that wrote it: small letters, digits and `-`, at most 40.
    pub source: String,
    /// The run of the program: a number that no other run of this source has.
    pub boot: u64,
    /// The how-manieth of the run.
    pub sequence: u64,
}

impl Identity {
    /// An identity; `None` when the source is not a word.
    pub fn new(source: &str, boot: u64, sequence: u64) -> Option<Self> {
        let letters = source.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        ((1..=40).contains(&source.len()) && letters).then(|| Self {
            source: source.to_owned(),
            boot,
            sequence,
        })
    }

    /// The identity in a path: `edge-7/000001958c2a1f00/0000000042`.
    pub fn path(&self) -> String {
        format!("{}/{:016x}/{:010}", self.source, self.boot, self.sequence)
    }
}

/// SHA-256 (FIPS 180-4) of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileDigest(pub [u8; 32]);

impl FileDigest {
    /// That of these octets.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        crate::pseudonym::from_hex(text).map(Self)
    }
}
