//! Typed cells. An empty cell is `None` and no problem; a cell that cannot be read is `None` and a problem.

use super::table::{Row, fold};
use evenfield_model::{Geoid, Problems};
use jiff::civil::Date;
use std::borrow::Cow;

impl<'r> Row<'r> {
    /// The file's name.
    pub fn file(&self) -> &'r str {
        self.file
    }

    /// The cell without the spaces around it; empty when the column is not there.
    pub fn text(&self, column: Option<usize>) -> &'r str {
        column.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    /// The cell, or `None` when it is empty.
    pub fn filled(&self, column: Option<usize>) -> Option<&'r str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// The column's header as it stands in the file; empty when the column is not there.
    pub fn header(&self, column: Option<usize>) -> &'r str {
        column.and_then(|at| self.headers.get(at)).map_or("", String::as_str)
    }

    /// Notes a problem of this cell.
    pub fn problem(&self, column: Option<usize>, wanted: impl Into<String>, problems: &mut Problems) {
        problems.push(self.file, self.line, self.header(column), self.text(column), wanted);
    }

    /// The cell; an empty one is a problem.
    pub fn required(&self, column: Option<usize>, wanted: &str, problems: &mut Problems) -> Option<&'r str> {
        let filled = self.filled(column);
        if filled.is_none() {
            self.problem(column, wanted, problems);
        }
        filled
    }

    /// Notes each of these cells that is empty as a problem: cells without which a row is left out, so that none vanishes
    /// unsaid. The typed cells below give `None` for them.
    pub fn wanted(&self, columns: &[Option<usize>], problems: &mut Problems) {
        for column in columns.iter().filter(|column| self.filled(**column).is_none()) {
            self.problem(*column, "a value in each row; this row is left out", problems);
        }
    }

    /// The cell as `parse` reads it; what it does not read is a problem.
    pub fn parsed<T>(
        &self,
        column: Option<usize>,
        parse: impl FnOnce(&str) -> Option<T>,
        wanted: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        let value = parse(self.filled(column)?);
        if value.is_none() {
            self.problem(column, wanted, problems);
        }
        value
    }

    /// A finite number; thousands may be set off with commas.
    pub fn number(&self, column: Option<usize>, problems: &mut Problems) -> Option<f64> {
        self.parsed(column, parse_number, "a number", problems)
    }

    /// A finite number that is not below zero, for amounts and speeds.
    pub fn amount(&self, column: Option<usize>, problems: &mut Problems) -> Option<f64> {
        self.parsed(column, |t| parse_number(t).filter(|n| *n >= 0.0), "a number, 0 or more", problems)
    }

    /// A whole number that is not below zero.
    pub fn count(&self, column: Option<usize>, problems: &mut Problems) -> Option<u64> {
        self.parsed(column, parse_count, "a whole number, 0 or more", problems)
    }

    /// A date: `2026-09-01`, with or without a time after it, or `9/1/2026` (month first).
    pub fn date(&self, column: Option<usize>, problems: &mut Problems) -> Option<Date> {
        self.parsed(column, parse_date, "a date like 2026-09-01", problems)
    }

    /// Yes or no, as [`parse_flag`] reads it.
    pub fn flag(&self, column: Option<usize>, problems: &mut Problems) -> Option<bool> {
        self.parsed(column, parse_flag, "Y or N", problems)
    }

    /// A GEOID of this many digits; one that lost its leading zero is told apart from other texts.
    pub fn geoid(&self, column: Option<usize>, digits: usize, problems: &mut Problems) -> Option<Geoid> {
        match Geoid::parse_as(self.filled(column)?, digits) {
            Ok(geoid) => Some(geoid),
            Err(error) => {
                self.problem(column, format!("a GEOID of {digits} digits; {error}"), problems);
                None
            }
        }
    }

    /// An id: not empty, without characters that nobody sees, and not one that a spreadsheet has turned into
    /// `1.23E+11`.
    pub fn id(&self, column: Option<usize>, wanted: &str, problems: &mut Problems) -> Option<&'r str> {
        let text = self.required(column, wanted, problems)?;
        if is_spreadsheet_number(text) {
            let wanted = format!("{wanted}; a spreadsheet has turned it into a rounded number");
            self.problem(column, wanted, problems);
            return None;
        }
        if text.chars().any(is_unseen) {
            self.problem(column, format!("{wanted}, without control or invisible characters"), problems);
            return None;
        }
        Some(text)
    }
}

/// Control characters and those without width, such as a byte-order mark in the middle of a file: two ids that
/// differ in these alone look the same. Source: Unicode, general categories Cc and Cf (the common ones).
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        || c == '\u{FEFF}'
}

/// A number in a spreadsheet's scientific notation: `1.23E+11`.
fn is_spreadsheet_number(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let Some(exponent) = exponent.strip_prefix('+') else { return false };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(exponent) && mantissa.split('.').all(digits)
}

/// Thousands set off by commas, or none: `1,234,567`, `1234567`. `0,125` is a share with a decimal comma, and none of these.
fn without_thousands(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return Some(Cow::Borrowed(text));
    }
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next()?;
    if rest.contains(',')
        || !(1..=3).contains(&first.len())
        || first.starts_with('0')
        || groups.any(|g| g.len() != 3)
    {
        return None;
    }
    Some(Cow::Owned(text.replace(',', "")))
}

/// A finite number; thousands may be set off with commas.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    without_thousands(text)?.parse().ok().filter(|n: &f64| n.is_finite())
}

/// A whole number that is not below zero; thousands may be set off with commas.
pub fn parse_count(text: &str) -> Option<u64> {
    let plain = without_thousands(text)?;
    let whole = plain.strip_suffix(".0").unwrap_or(&plain);
    whole.bytes().all(|b| b.is_ascii_digit()).then(|| whole.parse().ok()).flatten()
}

/// A date: ISO 8601 with or without a time, or the American `9/1/2026`.
pub fn parse_date(text: &str) -> Option<Date> {
    let day = text.trim().split(['T', ' ']).next()?;
    if let Ok(date) = day.parse::<Date>() {
        return Some(date);
    }
    let mut parts = day.split('/');
    let (month, dom, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, dom.parse().ok()?).ok()
}

/// Yes or no: `Y`, `yes`, `true`, `T`, `1`, `N`, `no`, `false`, `F`, `0`.
pub fn parse_flag(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "y" | "yes" | "t" | "true" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// A number as the machine reads it: `1,000` is a thousand, as Americans write it, and `12,5` is twelve and a half, as
/// many others do. The unit may stand after it.
pub fn plain_number(said: &str) -> String {
    let lower = said.trim().to_lowercase();
    let text = lower.strip_suffix("mbps").unwrap_or(&lower).trim_end();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_parted = groups.len() > 1
        && (1..=3).contains(&groups[0].len())
        && groups[0] != "0"
        && groups[1..].iter().all(|group| group.len() == 3)
        && (part.is_empty() || !part.contains(','));
    if is_parted { text.replace(',', "") } else { text.replace(',', ".") }
}
