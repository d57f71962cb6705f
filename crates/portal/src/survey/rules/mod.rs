//! Pure rules of the survey: access codes, the questions and which of them are asked, and which term counts.

pub mod code;
mod counting;
pub mod form;

pub use counting::counting;

/// A term as files name it too, a year, a hyphen and a season: `2026-fall`. `None` when the text is none.
pub fn term(text: &str) -> Option<String> {
    let term = text.trim().to_lowercase();
    evenfield_gap::survey::is_term(&term).then_some(term)
}

/// The last moment that can be meant by a term, milliseconds since 1970 UTC: the end of winter (February), spring (May),
/// summer (August) or fall (November, and December for those who are late). `None` for what is no term.
pub fn ends_ms(term: &str) -> Option<i64> {
    let (year, season) = term.split_once('-')?;
    let (month, day) = match season {
        "winter" => (2, 28),
        "spring" => (5, 31),
        "summer" => (8, 31),
        "fall" => (12, 31),
        _ => return None,
    };
    let end = jiff::civil::Date::new(year.parse().ok()?, month, day).ok()?;
    let end = end.at(23, 59, 59, 0);
    Some(jiff::tz::TimeZone::UTC.to_timestamp(end).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_end_one_after_the_other() {
        let ends: Vec<_> = ["2025-fall", "2026-winter", "2026-spring", "2026-summer", "2026-fall"]
            .map(|t| ends_ms(t).expect("a term"))
            .into();
        assert!(ends.is_sorted() && ends[4] == 1_798_761_599_000, "{ends:?}");
        assert_eq!((ends_ms("2026-q1"), ends_ms("fall")), (None, None));
        assert_eq!((term(" 2026-Fall "), term("2026-autumn")), (Some("2026-fall".to_owned()), None));
    }
}
