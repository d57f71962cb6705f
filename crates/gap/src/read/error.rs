//! Why an input cannot be read at all.

use evenfield_model::{Problem, Problems};

/// Why a file, an archive or a table cannot be read at all. The text is meant for the person who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing in it.
    #[error("{file}: the file is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// It is larger than the limit, unpacked.
    #[error("{file}: more than {limit} bytes when unpacked; a file of that size is not read")]
    TooLarge {
        /// The file or the member.
        file: String,
        /// The limit, bytes.
        limit: u64,
    },
    /// It unpacks to very much more than a table does.
    #[error(
        "{file}: unpacks to {unpacked} bytes from {packed}, far more than a table of text does; refused as an archive bomb"
    )]
    Bomb {
        /// The file or the member.
        file: String,
        /// Bytes packed.
        packed: u64,
        /// Bytes unpacked, as declared or as found.
        unpacked: u64,
    },
    /// The archive has more members than the limit.
    #[error("{file}: {found} files in the archive, at most {limit} are read")]
    TooManyFiles {
        /// The archive.
        file: String,
        /// How many there are.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A member's name leads out of the archive.
    #[error("{file}: \"{member}\" leads out of the archive's folder; refused")]
    Path {
        /// The archive.
        file: String,
        /// The member's name.
        member: String,
    },
    /// The file ends too early.
    #[error("{file}: the file ends too early; it was probably cut off while it was copied. Send it again")]
    CutOff {
        /// The file or the member.
        file: String,
    },
    /// The archive is damaged.
    #[error("{file}: the archive is damaged ({why})")]
    Damaged {
        /// The file or the member.
        file: String,
        /// What the decompressor said.
        why: String,
    },
    /// The archive is locked with a password or packed by a method that is not read.
    #[error("{file}: {why}")]
    Locked {
        /// The file or the member.
        file: String,
        /// What to do.
        why: String,
    },
    /// It is a workbook of a spreadsheet program.
    #[error("{file}: this is an Excel workbook; save it as CSV (UTF-8), one file a sheet, and send that")]
    Workbook {
        /// The file or the member.
        file: String,
    },
    /// It is no text.
    #[error("{file}: this is {looks_like}, not a text file; wanted {wanted}")]
    NotText {
        /// The file.
        file: String,
        /// What it looks like.
        looks_like: &'static str,
        /// What was wanted.
        wanted: &'static str,
    },
    /// A file or a column is missing without which nothing can be read.
    #[error("{file}: {wanted}")]
    Missing {
        /// The file.
        file: String,
        /// What was wanted.
        wanted: String,
    },
}

impl ReadError {
    /// The file that it is about.
    pub fn file(&self) -> &str {
        match self {
            Self::Empty { file }
            | Self::TooLarge { file, .. }
            | Self::Bomb { file, .. }
            | Self::TooManyFiles { file, .. }
            | Self::Path { file, .. }
            | Self::CutOff { file }
            | Self::Damaged { file, .. }
            | Self::Locked { file, .. }
            | Self::Workbook { file }
            | Self::NotText { file, .. }
            | Self::Missing { file, .. } => file,
        }
    }

    /// What is wrong, without the file's name.
    pub fn message(&self) -> String {
        let text = self.to_string();
        let prefix = format!("{}: ", self.file());
        text.strip_prefix(&prefix).map_or_else(|| text.clone(), str::to_owned)
    }

    /// The same as a problem of the whole file.
    pub fn to_problem(&self) -> Problem {
        Problem {
            file: self.file().to_owned(),
            line: 0,
            column: String::new(),
            said: String::new(),
            wanted: self.message(),
            note: false,
        }
    }

    /// Notes it as a problem of the whole file, where the rest of the input is still worth reading.
    pub fn note(&self, problems: &mut Problems) {
        problems.push(self.file(), 0, "", "", self.message());
    }
}
