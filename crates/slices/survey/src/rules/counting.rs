//! Which term's answers the estimate rests on.

use crate::queries::TermRow;

/// How long the answers of a term speak against a newer one that has fewer, milliseconds: a school year.
const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;

/// The term whose answers count, of terms with the latest opened first: the latest that has at least half as many
/// answers as each term opened in the year before it. So the first families to answer in a new term do not
/// stand for the whole district, nor does a term that was mistyped in a file. `None` where nobody has answered.
pub fn counting(terms: &[TermRow]) -> Option<&TermRow> {
    let answered = |t: &&TermRow| t.answered > 0;
    terms.iter().filter(answered).find(|term| {
        let before =
            terms.iter().filter(|t| t.opened_ms < term.opened_ms && term.opened_ms - t.opened_ms <= YEAR_MS);
        before.into_iter().all(|t| 2 * term.answered >= t.answered)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;

    /// Terms by (name, day opened, answers), the latest first.
    fn chosen(terms: &[(&str, i64, i64)]) -> Option<String> {
        let rows: Vec<TermRow> = terms
            .iter()
            .map(|&(term, day, answered)| TermRow {
                term: term.to_owned(),
                opened_ms: day * DAY,
                closed_ms: None,
                codes: 0,
                answered,
            })
            .collect();
        counting(&rows).map(|t| t.term.clone())
    }

    #[test]
    fn a_new_term_takes_over_with_half_the_answers_of_the_one_before() {
        let terms = |new| [("2027-spring", 150, new), ("2026-fall", 0, 100)];
        assert_eq!(chosen(&terms(0)).as_deref(), Some("2026-fall"));
        assert_eq!(chosen(&terms(49)).as_deref(), Some("2026-fall"));
        assert_eq!(chosen(&terms(50)).as_deref(), Some("2027-spring"));
        // Answers of more than a year ago speak against nothing.
        assert_eq!(chosen(&[("2027-fall", 366, 1), ("2026-fall", 0, 100)]).as_deref(), Some("2027-fall"));
    }

    #[test]
    fn a_small_term_between_does_not_open_the_door() {
        let terms = [("2027-summer", 200, 3), ("2027-spring", 150, 4), ("2026-fall", 0, 100)];
        assert_eq!(chosen(&terms).as_deref(), Some("2026-fall"));
        assert_eq!(chosen(&[("2026-fall", 0, 0)]), None);
        assert_eq!(chosen(&[]), None);
    }
}
