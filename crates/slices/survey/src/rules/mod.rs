//! Pure rules of the survey: access codes, the questions and which of them are asked, and which term counts.

mod counting;
pub mod form;

pub use counting::counting;

/// A term as files name it too, a year, a hyphen and a season: `2026-fall`. `None` when the text is none.
pub fn term(text: &str) -> Option<String> {
    let term = text.trim().to_lowercase();
    evenfield_gap::survey::is_term(&term).then_some(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_year_and_a_season() {
        assert_eq!((term(" 2026-Fall "), term("2026-autumn")), (Some("2026-fall".to_owned()), None));
    }
}
