//! The snapshot: one immutable file that decides for everybody.

mod key;
mod layout;
mod records;
mod view;

pub use key::{PublicKey, SecretKey};
pub(crate) use layout::{Facts, Section, u32_at, write};
pub use layout::{OpenError, seal};
pub(crate) use records::Set;
pub use records::{Answer, Category, ListId, PolicyId, Regime, RuleId, Ruling, Scopes, Target, YouTube};
pub use view::{Rule, View};
pub(crate) use view::{Span, rule_key};

use layout::Header;

/// A snapshot over bytes that stay as they are: a `Vec`, [`Aligned`] bytes, or a mapped file.
pub struct Snapshot<B> {
    bytes: B,
    header: Header,
}

impl<B: AsRef<[u8]>> Snapshot<B> {
    /// Opens a snapshot in milliseconds, whatever its size: verifies the signature of the header and the digests of
    /// all sections but the two large tables (names and devices), of which [`Snapshot::verify_all`] makes sure when
    /// a file has been fetched. Whatever the tables hold, no search in them leaves them or ends in a panic.
    ///
    /// # Errors
    /// [`OpenError`] says which file it is and what to do.
    pub fn open(bytes: B, key: &PublicKey) -> Result<Self, OpenError> {
        let header = Header::read(bytes.as_ref(), key)?;
        for section in Section::ALL {
            if !matches!(section, Section::Domains | Section::Devices) {
                header.check(bytes.as_ref(), *section)?;
            }
        }
        let snapshot = Self { bytes, header };
        if !snapshot.view().has_policy() {
            return Err(OpenError::NoPolicy);
        }
        Ok(snapshot)
    }

    /// Verifies every byte; reads the whole file. What lies between sections, and after the last, is nobody's and must be nothing.
    ///
    /// # Errors
    /// [`OpenError::Digest`] with the section, [`OpenError::Unsigned`].
    pub fn verify_all(&self) -> Result<(), OpenError> {
        self.header.check_gaps(self.bytes.as_ref())?;
        Section::ALL.iter().try_for_each(|section| self.header.check(self.bytes.as_ref(), *section))
    }

    /// The sections, found once; to be made once for a batch of queries.
    #[inline]
    pub fn view(&self) -> View<'_> {
        View::new(self.bytes.as_ref(), &self.header)
    }

    /// SHA-256 of what was signed: tells this policy from every other.
    pub fn digest(&self) -> [u8; 32] {
        self.header.digest
    }

    /// When it was compiled, seconds since 1970.
    pub fn created_s(&self) -> u64 {
        self.header.created_s
    }

    /// Until when its schedules are known, seconds since 1970. Later each policy falls back to its rules outside
    /// all schedules.
    pub fn ends_s(&self) -> u32 {
        self.header.ends_s
    }

    /// How many devices it knows.
    pub fn devices(&self) -> u64 {
        self.header.devices
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// Octets.
    pub fn len(&self) -> usize {
        self.bytes.as_ref().len()
    }

    /// Whether there are no octets; an open snapshot has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes that begin at a multiple of 64, so that no bucket of a table lies in two cache lines. A mapped file does
/// anyway.
pub struct Aligned {
    bytes: Vec<u8>,
    start: usize,
}

impl Aligned {
    /// Makes room for `length` bytes and lets `fill` put them there.
    ///
    /// # Errors
    /// What `fill` returns.
    pub fn fill<E>(length: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = vec![0; length + layout::ALIGN];
        let start = bytes.as_ptr().align_offset(layout::ALIGN).min(layout::ALIGN);
        bytes.truncate(start + length);
        fill(&mut bytes[start..])?;
        Ok(Self { bytes, start })
    }

    /// A copy of these bytes.
    pub fn copy(from: &[u8]) -> Self {
        let copied = Self::fill(from.len(), |into| {
            into.copy_from_slice(from);
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(aligned) = copied;
        aligned
    }
}

impl AsRef<[u8]> for Aligned {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}
