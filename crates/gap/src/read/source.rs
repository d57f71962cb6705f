//! Files, folders and archives as named bytes.

use super::ReadError;
use super::xz::{XzSizeError, unpacked_size};
use std::borrow::Cow;
use std::io::{Cursor, Read};
use zip::result::ZipError;

/// How much an input may unpack to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file, unpacked.
    pub file_bytes: u64,
    /// Bytes of all files of an archive, unpacked.
    pub total_bytes: u64,
    /// Bytes unpacked for each byte packed; tables of text stay below 100.
    pub ratio: u64,
    /// Files of an archive or a folder.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 2 << 30, total_bytes: 6 << 30, ratio: 250, files: 2_000 }
    }
}

impl Limits {
    /// Below this size a high ratio is no reason to refuse: small files of equal lines have it.
    const RATIO_FROM: u64 = 16 << 20;

    fn check(&self, file: &str, packed: u64, unpacked: u64) -> Result<(), ReadError> {
        if unpacked > Self::RATIO_FROM && unpacked > packed.saturating_mul(self.ratio) {
            return Err(ReadError::Bomb { file: file.to_owned(), packed, unpacked });
        }
        if unpacked > self.file_bytes {
            return Err(ReadError::TooLarge { file: file.to_owned(), limit: self.file_bytes });
        }
        Ok(())
    }
}

/// A file, a folder or an archive: named files whose bytes are unpacked one at a time, when asked for.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    kind: Kind,
    members: Vec<Member>,
    limits: Limits,
}

#[derive(Clone, Debug)]
enum Kind {
    Files(Vec<Vec<u8>>),
    Zip(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    /// Position in the list of files or in the archive's directory.
    at: usize,
    /// Bytes: unpacked as the archive declares, or as given.
    size: u64,
}

impl Source {
    /// Opens one uploaded file. A zip archive gives its members; a `.gz` or `.xz` file gives one member,
    /// named without the ending; any other file gives itself. The kind is told by the first bytes, not by
    /// the name.
    ///
    /// # Errors
    /// [`ReadError`] for an empty, cut off, damaged, locked, oversized or hostile archive, and for a workbook.
    pub fn open(name: &str, bytes: Vec<u8>, limits: Limits) -> Result<Self, ReadError> {
        if bytes.is_empty() {
            return Err(ReadError::Empty { file: name.to_owned() });
        }
        if is_zip(&bytes) {
            return Self::open_zip(name, bytes, limits);
        }
        Self::folder(name, vec![(base_name(name).to_owned(), bytes)], limits)
    }

    /// Whether bytes are an archive or a packed file, by the first of them.
    pub fn is_packed(bytes: &[u8]) -> bool {
        is_zip(bytes) || packing(bytes) != Packing::None
    }

    /// Takes a folder's files as names and bytes. Packed files (`users.csv.gz`) are unpacked when read.
    ///
    /// # Errors
    /// [`ReadError::TooManyFiles`], [`ReadError::TooLarge`].
    pub fn folder(name: &str, files: Vec<(String, Vec<u8>)>, limits: Limits) -> Result<Self, ReadError> {
        check_count(name, files.len(), limits)?;
        let mut members = Vec::with_capacity(files.len());
        let mut contents = Vec::with_capacity(files.len());
        for (at, (member, bytes)) in files.into_iter().enumerate() {
            let stem = match packing(&bytes) {
                Packing::Gzip => member.strip_suffix(".gz").unwrap_or(&member),
                Packing::Xz => member.strip_suffix(".xz").unwrap_or(&member),
                Packing::None => &member,
            };
            members.push(Member { name: stem.to_owned(), at, size: bytes.len() as u64 });
            contents.push(bytes);
        }
        let total: u64 = members.iter().map(|m| m.size).sum();
        if total > limits.total_bytes {
            return Err(ReadError::TooLarge { file: name.to_owned(), limit: limits.total_bytes });
        }
        Ok(Self { name: name.to_owned(), kind: Kind::Files(contents), members, limits })
    }

    fn open_zip(name: &str, bytes: Vec<u8>, limits: Limits) -> Result<Self, ReadError> {
        let mut archive =
            zip::ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(|e| zip_error(name, &e))?;
        check_count(name, archive.len(), limits)?;
        let (mut members, mut total, mut is_workbook) = (Vec::new(), 0u64, false);
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(|e| zip_error(name, &e))?;
            let member = entry.name().map_err(|e| zip_error(name, &e))?.into_owned();
            if leads_out(&member) {
                return Err(ReadError::Path { file: name.to_owned(), member });
            }
            is_workbook |= is_workbook_part(&member);
            if entry.is_dir() || is_litter(&member) {
                continue;
            }
            let packed = entry.compressed_size().min(bytes.len() as u64);
            limits.check(&format!("{name}/{member}"), packed, entry.size())?;
            total = total.saturating_add(entry.size());
            members.push(Member { name: member, at, size: entry.size() });
        }
        if total > limits.total_bytes {
            return Err(ReadError::TooLarge { file: name.to_owned(), limit: limits.total_bytes });
        }
        drop(archive);
        // After all else, so that who reads workbooks knows by this error that the archive is sound.
        if is_workbook {
            return Err(ReadError::Workbook { file: name.to_owned() });
        }
        Ok(Self { name: name.to_owned(), kind: Kind::Zip(bytes), members, limits })
    }

    /// Whether it is a zip archive.
    pub fn is_archive(&self) -> bool {
        matches!(self.kind, Kind::Zip(_))
    }

    /// The name of the file or folder, as the person named it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the files in it, in their order there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|m| m.name.as_str())
    }

    /// All bytes, unpacked as the archive declares; for showing progress.
    pub fn size(&self) -> u64 {
        self.members.iter().map(|m| m.size).sum()
    }

    /// The bytes of one member as the archive declares them; for showing progress.
    pub fn size_of(&self, member: &str) -> u64 {
        self.members.iter().find(|m| m.name == member).map_or(0, |m| m.size)
    }

    /// The members whose name without folders is `base`; letter case does not matter.
    pub fn find(&self, base: &str) -> impl Iterator<Item = &str> {
        self.names().filter(move |name| base_name(name).eq_ignore_ascii_case(base))
    }

    /// The bytes of one member, unpacked.
    ///
    /// # Errors
    /// [`ReadError`] when there is none of this name, or it is cut off, damaged, locked or larger than it
    /// declares.
    pub fn read(&self, member: &str) -> Result<Cow<'_, [u8]>, ReadError> {
        let file = self.path_of(member);
        let entry = self.members.iter().find(|m| m.name == member).ok_or_else(|| ReadError::Missing {
            file: self.name.clone(),
            wanted: format!("a file named {member}"),
        })?;
        let bytes = match &self.kind {
            Kind::Files(files) => Cow::Borrowed(files[entry.at].as_slice()),
            Kind::Zip(bytes) => Cow::Owned(unzip(&file, bytes, entry)?),
        };
        match packing(&bytes) {
            Packing::None => Ok(bytes),
            Packing::Gzip => gunzip(&file, &bytes, self.limits).map(Cow::Owned),
            Packing::Xz => unxz(&file, &bytes, self.limits).map(Cow::Owned),
        }
    }

    /// What a problem calls a member: its name within an archive, or the name of the file itself.
    pub fn path_of(&self, member: &str) -> String {
        match &self.kind {
            Kind::Zip(_) => member.to_owned(),
            Kind::Files(files) if files.len() == 1 => self.name.clone(),
            Kind::Files(_) => member.to_owned(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Xz,
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

fn packing(bytes: &[u8]) -> Packing {
    if bytes.starts_with(b"\x1F\x8B\x08") {
        Packing::Gzip
    } else if bytes.starts_with(b"\xFD7zXZ\0") {
        Packing::Xz
    } else {
        Packing::None
    }
}

fn check_count(file: &str, found: usize, limits: Limits) -> Result<(), ReadError> {
    if found > limits.files {
        return Err(ReadError::TooManyFiles { file: file.to_owned(), found, limit: limits.files });
    }
    Ok(())
}

/// The name without its folders.
fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive
        || name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.split(['/', '\\']).any(|p| p == "..")
}

/// The part by which Excel's workbooks (.xlsx, .xlsm, .xlsb) are told from other archives.
/// Source: ECMA-376 part 1, 12.3.23.
fn is_workbook_part(name: &str) -> bool {
    name.eq_ignore_ascii_case("xl/workbook.xml") || name.eq_ignore_ascii_case("xl/workbook.bin")
}

/// What operating systems add to archives on their own.
fn is_litter(name: &str) -> bool {
    name.starts_with("__MACOSX/") || matches!(base_name(name), ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

fn zip_error(file: &str, error: &ZipError) -> ReadError {
    let file = file.to_owned();
    match error {
        ZipError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => ReadError::CutOff { file },
        // The crate tells an archive cut off from one damaged in its text alone.
        ZipError::InvalidArchive(why)
            if ["EOCD", "end of central", "Unexpected end"].iter().any(|sign| why.contains(sign)) =>
        {
            ReadError::CutOff { file }
        }
        ZipError::UnsupportedArchive(why) if why.contains("assword") => {
            ReadError::Locked { file, why: "locked with a password; send it without one".to_owned() }
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => ReadError::Locked {
            file,
            why: "packed by a method that is not read; pack it as an ordinary zip".to_owned(),
        },
        other => ReadError::Damaged { file, why: other.to_string() },
    }
}

fn unzip(file: &str, bytes: &[u8], member: &Member) -> Result<Vec<u8>, ReadError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| zip_error(file, &e))?;
    let entry = archive.by_index(member.at).map_err(|e| zip_error(file, &e))?;
    let packed = entry.compressed_size();
    let mut out = Vec::with_capacity(member.size as usize);
    // One byte more than declared tells an entry that declares too little.
    entry.take(member.size + 1).read_to_end(&mut out).map_err(|e| io_error(file, &e))?;
    match out.len() as u64 {
        n if n > member.size => Err(ReadError::Bomb { file: file.to_owned(), packed, unpacked: n }),
        n if n < member.size => Err(ReadError::CutOff { file: file.to_owned() }),
        _ => Ok(out),
    }
}

fn gunzip(file: &str, bytes: &[u8], limits: Limits) -> Result<Vec<u8>, ReadError> {
    let (mut out, packed) = (Vec::new(), bytes.len() as u64);
    let allowed = limits.file_bytes.min(packed.saturating_mul(limits.ratio).max(Limits::RATIO_FROM));
    let decoder = flate2::read::MultiGzDecoder::new(bytes);
    decoder.take(allowed + 1).read_to_end(&mut out).map_err(|e| io_error(file, &e))?;
    limits.check(file, packed, out.len() as u64)?;
    Ok(out)
}

fn unxz(file: &str, bytes: &[u8], limits: Limits) -> Result<Vec<u8>, ReadError> {
    let size = unpacked_size(bytes).map_err(|e| match e {
        XzSizeError::CutOff => ReadError::CutOff { file: file.to_owned() },
        XzSizeError::Unsupported => ReadError::Locked {
            file: file.to_owned(),
            why: "packed by a method that is not read; pack it with plain xz or gzip".to_owned(),
        },
    })?;
    limits.check(file, bytes.len() as u64, size)?;
    let mut out = Vec::with_capacity(size as usize);
    lzma_rs::xz_decompress(&mut Cursor::new(bytes), &mut out).map_err(|e| match e {
        lzma_rs::error::Error::IoError(e) => io_error(file, &e),
        other => ReadError::Damaged { file: file.to_owned(), why: format!("{other:?}") },
    })?;
    Ok(out)
}

fn io_error(file: &str, error: &std::io::Error) -> ReadError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        ReadError::CutOff { file: file.to_owned() }
    } else {
        ReadError::Damaged { file: file.to_owned(), why: error.to_string() }
    }
}
