//! Sealed segments on the edge's own disk, until a store has them. A bus may be away for days.

use super::disk::Disk;
use crate::segment::{FileDigest, Identity, Sealed};
use std::io;
use std::path::{Path, PathBuf};

/// A folder of sealed segments.
pub struct Spool<'a, D: Disk> {
    disk: &'a D,
    root: PathBuf,
}

/// What became of a segment that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept now.
    New,
    /// The same segment waited already.
    Already,
}

/// A segment that waits for a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting {
    /// Which.
    pub identity: Identity,
    /// What its octets should digest to.
    pub digest: FileDigest,
}

impl Waiting {
    fn name(&self) -> String {
        let Identity { source, boot, sequence } = &self.identity;
        format!("{source}.{boot:016x}.{sequence:010}.{}.parquet", self.digest.hex())
    }

    fn from_path(path: &Path) -> Option<Self> {
        let mut parts = path.file_name()?.to_str()?.strip_suffix(".parquet")?.split('.');
        let (source, boot, sequence, digest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let identity = Identity::new(source, u64::from_str_radix(boot, 16).ok()?, sequence.parse().ok()?)?;
        Some(Self { identity, digest: FileDigest::from_hex(digest)? })
    }
}

impl<'a, D: Disk> Spool<'a, D> {
    /// Opens a spool and clears away what an earlier process was writing when it ended.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open(disk: &'a D, root: &Path) -> io::Result<Self> {
        let spool = Self { disk, root: root.to_owned() };
        for folder in ["writing", "sealed", "aside"] {
            disk.make_folder(&spool.root.join(folder))?;
        }
        for path in disk.list(&spool.root.join("writing"))? {
            disk.remove(&path)?;
        }
        // An earlier process may have been killed after a rename and before this.
        disk.sync_folder(&spool.root.join("sealed"))?;
        Ok(spool)
    }

    fn path(&self, waiting: &Waiting) -> PathBuf {
        self.root.join("sealed").join(waiting.name())
    }

    /// Keeps a segment. When this returns, neither the end of the process nor a loss of power loses it.
    ///
    /// # Errors
    /// Those of the disk; [`io::ErrorKind::AlreadyExists`] when another segment waits under this identity.
    pub fn seal(&self, sealed: &Sealed) -> io::Result<Kept> {
        let ours = Waiting { identity: sealed.identity.clone(), digest: sealed.digest };
        if let Some(old) = self.waiting()?.iter().find(|w| w.identity == ours.identity) {
            if old.digest == ours.digest {
                return Ok(Kept::Already);
            }
            let said = format!("segment {} waits with other facts", ours.identity.path());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, said));
        }
        let writing = self.root.join("writing").join(ours.name());
        self.disk.write(&writing, &sealed.bytes)?;
        self.disk.sync(&writing)?;
        self.disk.rename(&writing, &self.path(&ours))?;
        self.disk.sync_folder(&self.root.join("sealed"))?;
        Ok(Kept::New)
    }

    /// What waits, oldest first by source, run and sequence.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn waiting(&self) -> io::Result<Vec<Waiting>> {
        let paths = self.disk.list(&self.root.join("sealed"))?;
        let mut waiting: Vec<_> = paths.iter().filter_map(|path| Waiting::from_path(path)).collect();
        waiting.sort();
        Ok(waiting)
    }

    /// The octets of a segment that waits; `None` when they are not what was sealed.
    pub(super) fn octets(&self, waiting: &Waiting) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.disk.read(&self.path(waiting))?;
        Ok((FileDigest::of(&bytes) == waiting.digest).then_some(bytes))
    }

    /// Removes a segment that a store has.
    pub(super) fn remove(&self, waiting: &Waiting) -> io::Result<()> {
        self.disk.remove(&self.path(waiting))
    }

    /// Puts a segment aside for people to look at.
    pub(super) fn put_aside(&self, waiting: &Waiting) -> io::Result<()> {
        self.disk.rename(&self.path(waiting), &self.root.join("aside").join(waiting.name()))?;
        self.disk.sync_folder(&self.root.join("aside"))
    }
}
