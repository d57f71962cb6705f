//! How a snapshot's bytes are laid out: a signed header, then the sections that it names.
//!
//! ```text
//! magic "EVNFPOL\0", format u32, sections u32, created s u64, seed [16], ends s u32, depths u8 and u8, zero u16,
//! devices u64
//! for each section: record octets u32, zero u32, offset u64, length u64, SHA-256 [32]
//! Ed25519 signature [64] of everything before it
//! sections, each at a multiple of 64
//! ```
//! All numbers are little-endian. The signature covers the digests and thereby everything.

use super::key::{PublicKey, SecretKey};
use sha2::{Digest, Sha256};
use std::ops::Range;

pub(crate) const MAGIC: [u8; 8] = *b"EVNFPOL\0";
/// The format that is written, and the newest that is read.
pub(crate) const FORMAT: u32 = 1;
const FIXED: usize = 56;
const ENTRY: usize = 56;
const SIGNATURE: usize = 64;
/// Sections begin at multiples of this, so that no bucket lies in two cache lines.
pub(crate) const ALIGN: usize = 64;

/// Makes the list of sections: each one's name and the octets of its records.
macro_rules! sections {
    ($($name:ident: $size:literal),+ $(,)?) => {
        /// A part of the file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub(crate) enum Section { $($name),+ }

        impl Section {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            pub const SIZES: &'static [usize] = &[$($size),+];
        }
    };
}

// The order is that of format 1: a later format only adds at the end.
sections! {
    Text: 1, Categories: 8, Lists: 16, Sets: 80, SetLists: 4, Domains: 64, Scopes: 8, Rules: 16, RuleMap: 64,
    Chains: 4, Regimes: 32, Policies: 20, SlotRegimes: 4, Timetables: 8, Days: 8, Patterns: 8, Moments: 8,
    Spans: 16, Devices: 64, Sites: 8, Ranges: 20, Targets: 4,
}

const SECTIONS: usize = Section::ALL.len();
const SIGNED: usize = FIXED + SECTIONS * ENTRY;
/// Octets before the first section.
const HEADER: usize = SIGNED + SIGNATURE;

/// Why bytes are not a snapshot that can be used. The text is for the log and for the person at the command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Something else than a snapshot.
    #[error("this is not a policy snapshot")]
    NotASnapshot,
    /// Made by a newer release.
    #[error(
        "this snapshot has format {found}, and formats up to {newest} are read: bring this program up to date"
    )]
    Newer {
        /// The file's format.
        found: u32,
        /// The newest that is read.
        newest: u32,
    },
    /// A format that never was.
    #[error("format {0} does not exist: the file is damaged")]
    Format(u32),
    /// The file ends before its last section.
    #[error("the file has {found} octets of {wanted}: it was cut off")]
    CutOff {
        /// Octets that there are.
        found: u64,
        /// Octets that the header says.
        wanted: u64,
    },
    /// The header contradicts itself.
    #[error("section {0} does not lie where a section can lie: the file is damaged")]
    Section(String),
    /// Signed by another key, or changed after it was signed.
    #[error("the signature is not that of the key that was given")]
    Signature,
    /// A section is not what was signed.
    #[error("section {0} is not what was signed: the file is damaged")]
    Digest(String),
    /// Octets that belong to no section.
    #[error("there are octets that nobody has signed, at {0}: the file is damaged")]
    Unsigned(usize),
    /// Nothing to decide by.
    #[error("there is no policy in it")]
    NoPolicy,
}

/// The header, read.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub created_s: u64,
    pub seed: [u8; 16],
    pub ends_s: u32,
    /// The fewest and the most labels of a listed or ruled name.
    pub depths: [u8; 2],
    pub devices: u64,
    pub ranges: [Range<usize>; SECTIONS],
    digests: [[u8; 32]; SECTIONS],
    /// SHA-256 of the signed part: the snapshot's own digest.
    pub digest: [u8; 32],
}

/// The little-endian number of `N` octets at `at`; zeros where the bytes end.
#[inline]
fn octets<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(octets(bytes, at))
}

#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(octets(bytes, at))
}

#[inline]
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(octets(bytes, at))
}

#[inline]
pub(crate) fn u128_at(bytes: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(octets(bytes, at))
}

impl Header {
    /// Reads and verifies the header; looks at no section.
    pub fn read(bytes: &[u8], key: &PublicKey) -> Result<Self, OpenError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(OpenError::NotASnapshot);
        }
        match u32_at(bytes, 8) {
            FORMAT => {}
            found if found > FORMAT => return Err(OpenError::Newer { found, newest: FORMAT }),
            found => return Err(OpenError::Format(found)),
        }
        let signed = bytes.get(..SIGNED).ok_or_else(|| cut_off(bytes, HEADER as u64))?;
        let signature = bytes.get(SIGNED..HEADER).ok_or_else(|| cut_off(bytes, HEADER as u64))?;
        if !key.verifies(signed, signature) {
            return Err(OpenError::Signature);
        }
        let mut header = Self {
            created_s: u64_at(bytes, 16),
            seed: octets(bytes, 24),
            ends_s: u32_at(bytes, 40),
            depths: octets(bytes, 44),
            devices: u64_at(bytes, 48),
            ranges: std::array::from_fn(|_| 0..0),
            digests: [[0; 32]; SECTIONS],
            digest: Sha256::digest(signed).into(),
        };
        if u32_at(bytes, 12) as usize != SECTIONS {
            return Err(OpenError::Section("list".to_owned()));
        }
        for (at, section) in Section::ALL.iter().enumerate() {
            let entry = FIXED + at * ENTRY;
            let (offset, length) = (u64_at(bytes, entry + 8), u64_at(bytes, entry + 16));
            let size = Section::SIZES[at] as u64;
            let bad = || OpenError::Section(format!("{section:?}"));
            let end = offset.checked_add(length).ok_or_else(bad)?;
            if u64::from(u32_at(bytes, entry)) != size || length % size != 0 || offset % ALIGN as u64 != 0 {
                return Err(bad());
            }
            if end > bytes.len() as u64 {
                return Err(cut_off(bytes, end));
            }
            header.ranges[at] = offset as usize..end as usize;
            header.digests[at] = octets(bytes, entry + 24);
        }
        Ok(header)
    }

    /// Whether this section is what was signed.
    pub fn check(&self, bytes: &[u8], section: Section) -> Result<(), OpenError> {
        let range = self.ranges[section as usize].clone();
        if self.digests[section as usize] != <[u8; 32]>::from(Sha256::digest(&bytes[range])) {
            return Err(OpenError::Digest(format!("{section:?}")));
        }
        Ok(())
    }
}

impl Header {
    /// Whether there are zeros between the sections, fewer than would make a multiple of [`ALIGN`], and nothing after the last.
    pub fn check_gaps(&self, bytes: &[u8]) -> Result<(), OpenError> {
        let mut ranges = self.ranges.clone();
        ranges.sort_by_key(|range| (range.start, range.end));
        let mut end = HEADER;
        for range in ranges {
            let gap = bytes.get(end..range.start).unwrap_or_default();
            if let Some(at) = gap.iter().position(|octet| *octet != 0) {
                return Err(OpenError::Unsigned(end + at));
            }
            end = end.max(range.end);
        }
        if end < bytes.len() { Err(OpenError::Unsigned(end)) } else { Ok(()) }
    }
}

fn cut_off(bytes: &[u8], wanted: u64) -> OpenError {
    OpenError::CutOff { found: bytes.len() as u64, wanted }
}

/// What the header says besides the sections.
pub(crate) struct Facts {
    pub created_s: u64,
    pub seed: [u8; 16],
    pub ends_s: u32,
    /// The fewest and the most labels of a listed or ruled name.
    pub depths: [u8; 2],
    pub devices: u64,
}

/// Puts a snapshot together and signs it.
pub(crate) fn write(facts: &Facts, sections: [Vec<u8>; SECTIONS], key: &SecretKey) -> Vec<u8> {
    let length: usize = sections.iter().map(|s| s.len().next_multiple_of(ALIGN)).sum();
    let mut bytes = Vec::with_capacity(HEADER.next_multiple_of(ALIGN) + length);
    bytes.extend_from_slice(&MAGIC);
    for number in [FORMAT, SECTIONS as u32] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&facts.created_s.to_le_bytes());
    bytes.extend_from_slice(&facts.seed);
    bytes.extend_from_slice(&facts.ends_s.to_le_bytes());
    bytes.extend_from_slice(&[facts.depths[0], facts.depths[1], 0, 0]);
    bytes.extend_from_slice(&facts.devices.to_le_bytes());
    bytes.resize(HEADER, 0);
    for (at, section) in sections.into_iter().enumerate() {
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        let entry = FIXED + at * ENTRY;
        bytes[entry..entry + 4].copy_from_slice(&(Section::SIZES[at] as u32).to_le_bytes());
        let offset = bytes.len() as u64;
        bytes[entry + 8..entry + 16].copy_from_slice(&offset.to_le_bytes());
        bytes[entry + 16..entry + 24].copy_from_slice(&(section.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&section);
    }
    seal(&mut bytes, key);
    bytes
}

/// Writes digests and signature anew, for bytes whose header is where it should be; of others it changes nothing.
/// The fuzz target of the reader signs what it has changed.
pub fn seal(bytes: &mut [u8], key: &SecretKey) {
    if bytes.len() < HEADER {
        return;
    }
    for at in 0..SECTIONS {
        let entry = FIXED + at * ENTRY;
        let (offset, length) = (u64_at(bytes, entry + 8), u64_at(bytes, entry + 16));
        let end = offset.saturating_add(length);
        if let Some(section) = bytes.get(offset as usize..end as usize) {
            let digest: [u8; 32] = Sha256::digest(section).into();
            bytes[entry + 24..entry + 56].copy_from_slice(&digest);
        }
    }
    let signature = key.sign(&bytes[..SIGNED]);
    bytes[SIGNED..HEADER].copy_from_slice(&signature);
}
