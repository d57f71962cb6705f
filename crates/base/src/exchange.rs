//! Files that pages take in and give out: upload forms, CSV, and how dates are written.

use crate::error::{Error, Result};
use axum::extract::Multipart;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use evenfield_model::Problem;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// One uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name, without a path.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A form with files. The body limit of the route bounds it.
#[derive(Clone, Debug, Default)]
pub struct UploadForm {
    fields: HashMap<String, String>,
    files: HashMap<String, Upload>,
}

impl UploadForm {
    /// Reads the whole form. A file field that was left empty is as if it were not there.
    ///
    /// # Errors
    /// [`Error::BadRequest`] when the transfer breaks off or a text field is not text.
    pub async fn read(mut multipart: Multipart) -> Result<Self> {
        let mut form = Self::default();
        let broken = |_| Error::BadRequest("error-body");
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            let key = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(str::to_owned) {
                Some(path) => {
                    let bytes = field.bytes().await.map_err(broken)?.to_vec();
                    // Some browsers send the path on the person's own disk.
                    let name: String =
                        path.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(120).collect();
                    if !name.is_empty() {
                        form.files.insert(key, Upload { name, bytes });
                    }
                }
                None => {
                    form.fields.insert(key, field.text().await.map_err(broken)?);
                }
            }
        }
        Ok(form)
    }

    /// A text field, trimmed; empty when it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |v| v.trim())
    }

    /// Takes a file out of the form.
    pub fn file(&mut self, name: &str) -> Option<Upload> {
        self.files.remove(name)
    }
}

/// SHA-256 of these bytes one after the other, hexadecimal.
pub fn digest<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        // The length first, so that two files never read like one.
        hash.update((piece.len() as u64).to_le_bytes());
        hash.update(piece);
    }
    hexadecimal(&hash.finalize())
}

/// The digits of these bytes, two for each.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text as a spreadsheet should read it: what begins like a formula is quoted, so that a name typed
/// by somebody does not run on the reader's machine.
pub fn safe_cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && text.parse::<f64>().is_err();
    if risky { format!("'{text}") } else { text.to_owned() }
}

/// A CSV file to download.
///
/// # Errors
/// [`Error::Internal`] when a row is not as wide as the header.
pub fn csv_file<R>(name: &str, header: &[&str], rows: R) -> Result<Response>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = String>,
{
    Ok(attachment(name, "text/csv; charset=utf-8", csv_bytes(name, header, rows)?))
}

/// The bytes of a CSV file.
///
/// # Errors
/// [`Error::Internal`] when a row is not as wide as the header.
pub fn csv_bytes<R>(name: &str, header: &[&str], rows: R) -> Result<Vec<u8>>
where
    R: IntoIterator,
    R::Item: IntoIterator<Item = String>,
{
    let wrong = |e: &dyn std::fmt::Display| Error::Internal(format!("{name}: {e}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(header).map_err(|e| wrong(&e))?;
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| safe_cell(&cell))).map_err(|e| wrong(&e))?;
    }
    writer.into_inner().map_err(|e| wrong(&e))
}

/// Bytes to download under this name.
pub fn attachment(name: &str, kind: &'static str, body: Vec<u8>) -> Response {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The problems of an input as a CSV file.
///
/// # Errors
/// As [`csv_file`].
pub fn problems_file(name: &str, problems: &[Problem]) -> Result<Response> {
    let rows = problems
        .iter()
        .map(|p| [p.file.clone(), p.line.to_string(), p.column.clone(), p.said.clone(), p.wanted.clone()]);
    csv_file(name, &["file", "line", "column", "said", "wanted"], rows)
}

/// A day and minute in UTC: `2026-11-24 03:54`.
pub fn minute(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| jiff::tz::TimeZone::UTC.to_datetime(t).strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

/// A number with its thousands parted, as Americans write it in both languages.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_quoted_and_a_number_is_not() {
        assert_eq!(safe_cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(safe_cell("\n=1+1"), "'\n=1+1");
        assert_eq!(safe_cell("-75.8"), "-75.8");
        assert_eq!(safe_cell("José"), "José");
    }

    #[test]
    fn counts_and_days_are_written_plainly() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(-999), "-999");
        assert_eq!(minute(0), "1970-01-01 00:00");
    }

    #[test]
    fn two_files_are_not_one() {
        assert_ne!(digest([b"ab".as_slice(), b"c".as_slice()]), digest([b"a".as_slice(), b"bc".as_slice()]));
    }
}
