//! Where segments are kept: a folder here, an object store elsewhere.

use super::disk::Disk;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Created,
    /// Something was there, and stays.
    Exists,
}

/// A store of objects that are made once and never changed. The calls are those that S3 (`If-None-Match: *`) and its kin have.
pub trait Store {
    /// Puts an object where none is, whole or not at all. When this returns, the object under this name is sure to stay,
    /// whoever made it.
    ///
    /// # Errors
    /// Any; the object may be there all the same.
    fn put_new(&self, name: &str, bytes: &[u8]) -> io::Result<Put>;

    /// The octets of an object.
    ///
    /// # Errors
    /// Any; [`io::ErrorKind::NotFound`] when there is none.
    fn get(&self, name: &str) -> io::Result<Vec<u8>>;

    /// The names that begin so, sorted. The beginning ends where a folder does.
    ///
    /// # Errors
    /// Any.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// A store in a folder, on a file system with hard links.
pub struct FolderStore<'a, D: Disk> {
    disk: &'a D,
    root: PathBuf,
    writer: u64,
    next: AtomicU64,
}

impl<'a, D: Disk> FolderStore<'a, D> {
    /// Opens a store. `writer` is a number that no other writer of this store has at the same time, as a process id
    /// or a random one.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open(disk: &'a D, root: &Path, writer: u64) -> io::Result<Self> {
        disk.make_folder(&root.join("writing"))?;
        Ok(Self { disk, root: root.to_owned(), writer, next: AtomicU64::new(0) })
    }

    /// A name never leads out of the folder.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let good = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\\');
        if name.split('/').all(good) {
            return Ok(self.root.join(name));
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("not a name of an object: {name}")))
    }
}

impl<D: Disk> Store for FolderStore<'_, D> {
    fn put_new(&self, name: &str, bytes: &[u8]) -> io::Result<Put> {
        let path = self.path(name)?;
        let folder = path.parent().unwrap_or(&self.root);
        self.disk.make_folder(folder)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let writing = self.root.join("writing").join(format!("{:016x}-{number}", self.writer));
        self.disk.write(&writing, bytes)?;
        self.disk.sync(&writing)?;
        let put = match self.disk.link(&writing, &path) {
            Ok(()) => Put::Created,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Put::Exists,
            Err(error) => return Err(error),
        };
        // Also of a name that was there: who made it may have ended before it was sure.
        self.disk.sync_folder(folder)?;
        self.disk.remove(&writing)?;
        Ok(put)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.disk.read(&self.path(name)?)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let paths = self.disk.list(&self.path(folder)?)?;
        let name = |path: &PathBuf| Some(path.strip_prefix(&self.root).ok()?.to_str()?.replace('\\', "/"));
        Ok(paths.iter().filter_map(name).collect())
    }
}
