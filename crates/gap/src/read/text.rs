//! Bytes to text.

use super::ReadError;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use evenfield_model::Problems;
use std::borrow::Cow;

/// How many lines with broken bytes are named one by one.
const BROKEN_LINES: u64 = 100;

/// Reads bytes as text. UTF-8 is borrowed, with its byte-order mark left off; UTF-16 and Windows-1252 are
/// converted and a note of the whole file says so. Bytes that are no text in an otherwise sound UTF-8
/// file become U+FFFD, and a problem names their line.
///
/// # Errors
/// [`ReadError::Empty`], [`ReadError::Workbook`], or [`ReadError::NotText`] for what is no text in any of these encodings.
pub fn decode<'b>(file: &str, bytes: &'b [u8], problems: &mut Problems) -> Result<Cow<'b, str>, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { file: file.to_owned() });
    }
    if is_workbook(bytes) {
        return Err(ReadError::Workbook { file: file.to_owned() });
    }
    if let Some(looks_like) = known_binary(bytes) {
        return Err(not_text(file, looks_like));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return match std::str::from_utf8(rest) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => Ok(Cow::Owned(mended(file, rest, problems))),
        };
    }
    if let Some(encoding) = utf16(bytes) {
        return convert(file, bytes, encoding, problems);
    }
    let controls = bytes.iter().filter(|b| is_control(**b)).count();
    if controls > 4 && controls * 100 > bytes.len() {
        return Err(not_text(file, "a binary file"));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let (sound, broken) = multibyte_characters(bytes);
    if sound > broken {
        return Ok(Cow::Owned(mended(file, bytes, problems)));
    }
    convert(file, bytes, WINDOWS_1252, problems)
}

fn not_text(file: &str, looks_like: &'static str) -> ReadError {
    let wanted = "a text file in UTF-8, for example a spreadsheet saved as \"CSV UTF-8\"";
    ReadError::NotText { file: file.to_owned(), looks_like, wanted }
}

/// What a compound file begins with, in which old Office programs keep everything.
/// Source: Microsoft, [MS-CFB] 2.2, the header signature.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Whether bytes are a workbook of Excel: an archive that names `xl/workbook.xml` (or its binary twin), or a compound file with
/// a stream named `Workbook`, of old ones `Book`, in UTF-16.
/// Source: ECMA-376 part 1, 12.3.23; Microsoft, [MS-XLS] 2.1.2.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|found| found == name);
    if bytes.starts_with(b"PK\x03\x04") {
        return holds(b"xl/workbook.xml") || holds(b"xl/workbook.bin");
    }
    bytes.starts_with(COMPOUND) && (holds(b"W\0o\0r\0k\0b\0o\0o\0k\0\0\0") || holds(b"B\0o\0o\0k\0\0\0"))
}

/// Kinds of files that people send by mistake, by their first bytes.
fn known_binary(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 10] = [
        (b"PK\x03\x04", "a zip archive"),
        (b"PK\x05\x06", "an empty zip archive"),
        (COMPOUND, "an old Office file or a locked workbook"),
        (b"%PDF", "a PDF"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"\xFD7zXZ\0", "an xz archive"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"\xFF\xD8\xFF", "a picture (JPEG)"),
        (b"SQLite format 3\0", "a database (SQLite)"),
        (b"\xFF\xFE\0\0", "text in UTF-32"),
    ];
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// Control characters that no text has: all below space but tab, line feed, form feed, carriage return
/// and the end-of-file mark of old systems. NUL counts.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | 0x1A)
}

/// UTF-16 by its byte-order mark, or by zeros in nearly every second place of the first bytes.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.starts_with(b"\xFF\xFE") {
        return Some(UTF_16LE);
    }
    if bytes.starts_with(b"\xFE\xFF") {
        return Some(UTF_16BE);
    }
    let head = &bytes[..bytes.len().min(4096)];
    if head.len() < 8 {
        return None;
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let (many, few) = (head.len() / 2 * 8 / 10, head.len() / 2 / 20);
    if odd >= many && even <= few {
        Some(UTF_16LE)
    } else if even >= many && odd <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn convert<'b>(
    file: &str,
    bytes: &'b [u8],
    encoding: &'static Encoding,
    problems: &mut Problems,
) -> Result<Cow<'b, str>, ReadError> {
    // Five byte values have no character in Windows-1252; the decoder gives them C1 controls.
    let holes = [0x81, 0x8D, 0x8F, 0x90, 0x9D];
    if encoding == WINDOWS_1252 && bytes.iter().any(|b| holes.contains(b)) {
        return Err(not_text(file, "in an encoding that is neither UTF-8, UTF-16 nor Windows-1252"));
    }
    let (text, broken) = encoding.decode_with_bom_removal(bytes);
    if broken || text.chars().filter(|c| *c == '\0').count() * 100 > text.len() {
        return Err(not_text(file, "in a damaged encoding"));
    }
    let name = if encoding == WINDOWS_1252 { "Windows-1252" } else { "UTF-16" };
    let wanted = format!("UTF-8; the file was read as {name}, check names with accents");
    problems.push_note(file, 0, "", name, wanted);
    Ok(Cow::Owned(text.into_owned()))
}

/// How many characters of more than one byte are sound UTF-8, and how many places are not.
fn multibyte_characters(bytes: &[u8]) -> (usize, usize) {
    let (mut sound, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        // Every sound character of more than one byte has exactly one lead byte of 0xC0 or above.
        sound += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    (sound, broken)
}

/// Replaces broken bytes and names their lines.
fn mended(file: &str, bytes: &[u8], problems: &mut Problems) -> String {
    let mut text = String::with_capacity(bytes.len());
    let (mut line, mut named, mut last) = (1u64, 0u64, 0u64);
    for chunk in bytes.utf8_chunks() {
        line += chunk.valid().bytes().filter(|b| *b == b'\n').count() as u64;
        text.push_str(chunk.valid());
        if chunk.invalid().is_empty() {
            continue;
        }
        text.push('\u{FFFD}');
        if line != last && named < BROKEN_LINES {
            let said: String = chunk.invalid().iter().map(|b| format!("\\x{b:02X}")).collect();
            problems.push(file, line, "", &said, "UTF-8; these bytes are no character");
            named += 1;
        }
        last = line;
    }
    text
}
