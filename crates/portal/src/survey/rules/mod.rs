//! Pure rules of the survey: access codes, the questions and which of them are asked, and which term counts.

pub mod code;
mod counting;
pub mod form;

pub use counting::counting;

/// A term as the survey names it: a year, a hyphen and a word, `2026-fall`. Lower case, at most 24 letters.
/// `None` when the text is none.
pub fn term(text: &str) -> Option<String> {
    let term = text.trim().to_lowercase();
    let (year, word) = term.split_once('-')?;
    let right = year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && !word.is_empty()
        && term.len() <= 24
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    right.then_some(term)
}
