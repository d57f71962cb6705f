//! What the spool needs of a disk: a real folder, or one of a test that is full, slow to keep and without power.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A folder of files.
pub trait Disk {
    /// All files with their octets.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;
    /// A file, whole.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// Adds to a file, which is made when it is not there.
    ///
    /// # Errors
    /// When not all of it could be added; some of it may be there.
    fn append(&mut self, name: &str, octets: &[u8]) -> io::Result<()>;
    /// Makes what was added to a file, and the file itself, outlive a power cut.
    ///
    /// # Errors
    /// When it may not.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Puts a small file in the place of another: after a power cut it is the old or the new one.
    ///
    /// # Errors
    /// When the old one stays.
    fn replace(&mut self, name: &str, octets: &[u8]) -> io::Result<()>;
    /// Removes a file. It may be there again after a power cut.
    ///
    /// # Errors
    /// When it stays.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// A folder of this machine.
pub struct Folder {
    path: PathBuf,
    /// The files that are being written.
    open: HashMap<String, File>,
}

impl Folder {
    /// Opens the folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned(), open: HashMap::new() })
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Disk for Folder {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                files.push((name, entry.metadata()?.len()));
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path.join(name))
    }

    fn append(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        if let Some(file) = self.open.get_mut(name) {
            return file.write_all(octets);
        }
        let mut file = OpenOptions::new().create(true).append(true).open(self.path.join(name))?;
        // So that the name itself outlives a power cut.
        self.sync_folder()?;
        // Two are written at a time; the others are complete.
        if self.open.len() > 2 {
            self.open.clear();
        }
        let outcome = file.write_all(octets);
        self.open.insert(name.to_owned(), file);
        outcome
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        match self.open.get(name) {
            Some(file) => file.sync_data(),
            None => File::open(self.path.join(name))?.sync_data(),
        }
    }

    fn replace(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let part = self.path.join(format!("{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(octets)?;
        file.sync_all()?;
        std::fs::rename(&part, self.path.join(name))?;
        self.sync_folder()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        std::fs::remove_file(self.path.join(name))
    }
}
