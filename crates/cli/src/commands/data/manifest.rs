//! Checksums of what was downloaded, in the format of `sha256sum`, and where each file came from.

use anyhow::Context;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

const NAME: &str = "SHA256SUMS";

/// The recorded checksums by file name.
pub fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let path = folder.join(NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    text.lines()
        .map(|line| {
            let (digest, name) = line.split_once("  ").with_context(|| {
                format!("{}: a line is not a checksum and a name: {line}", path.display())
            })?;
            Ok((name.to_owned(), digest.to_owned()))
        })
        .collect()
}

/// Whether a file still has its recorded checksum; `None` when none is recorded.
pub fn check(folder: &Path, name: &str) -> anyhow::Result<Option<bool>> {
    let recorded = read(folder)?;
    let Some(expected) = recorded.get(name) else { return Ok(None) };
    Ok(Some(*expected == digest(&folder.join(name))?))
}

/// Records a checksum; the manifest is replaced whole.
pub fn record(folder: &Path, name: &str, digest: &str) -> anyhow::Result<()> {
    let mut all = read(folder)?;
    all.insert(name.to_owned(), digest.to_owned());
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for (name, digest) in all {
        writeln!(file, "{digest}  {name}")?;
    }
    file.as_file().sync_all()?;
    file.persist(folder.join(NAME)).context("cannot write the checksums")?;
    Ok(())
}

/// Adds a line to `SOURCES.csv`: file, URL, when, terms of use.
pub fn note(folder: &Path, name: &str, url: &str, licence: &str) -> anyhow::Result<()> {
    let path = folder.join("SOURCES.csv");
    let new = !path.exists();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
    let mut writer = csv::Writer::from_writer(file);
    if new {
        writer.write_record(["file", "url", "retrieved", "licence"])?;
    }
    writer.write_record([name, url, &jiff::Timestamp::now().to_string(), licence])?;
    writer.flush()?;
    Ok(())
}

/// The SHA-256 of a file in hexadecimal.
pub fn digest(path: &Path) -> anyhow::Result<String> {
    let mut file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
