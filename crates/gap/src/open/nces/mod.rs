//! Districts and schools as the National Center for Education Statistics publishes them.

pub mod directory;
pub mod geocode;
pub mod membership;
pub mod relationship;

#[cfg(test)]
pub(crate) mod tests;

use evenfield_model::Leaid;

/// Reads an NCES school number: 12 digits.
fn ncessch(text: &str) -> Option<String> {
    (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

/// What is wanted where [`ncessch`] reads nothing.
const NCESSCH_WANTED: &str =
    "an NCES school number of 12 digits; fewer mean that a spreadsheet dropped a leading zero";

fn leaid(text: &str) -> Option<Leaid> {
    Leaid::parse(text).ok()
}

/// What is wanted where [`leaid`] reads nothing.
const LEAID_WANTED: &str =
    "an NCES district number of 7 digits; six mean that a spreadsheet dropped the leading zero";
