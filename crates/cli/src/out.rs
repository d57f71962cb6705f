//! What the program prints. That nobody reads it any more, as after `| head`, is no failure: the work goes on to its end.

use anyhow::{Context, Result};
use std::fmt::Arguments;
use std::io::Write;
use std::path::Path;

/// Writes to a stream that may be closed.
pub fn write(mut stream: impl Write, text: Arguments<'_>) {
    let _ = stream.write_fmt(text);
}

/// Writes a file beside its place and moves it there whole, so that no half file is ever seen.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let context = || format!("cannot write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    {
        let mut buffered = std::io::BufWriter::with_capacity(1 << 16, file.as_file_mut());
        write(&mut buffered)?;
        buffered.flush().with_context(context)?;
    }
    file.as_file().sync_all().with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}

/// So many of something in English: `1 problem`, `2 problems`.
pub fn counted(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// A line on the standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::out::write(std::io::stdout().lock(), format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on the standard error.
macro_rules! complain {
    ($($text:tt)*) => { $crate::out::write(std::io::stderr().lock(), format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {complain, say};
