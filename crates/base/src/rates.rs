//! Response rates, with small cells withheld. The survey's page shows them and the district's front page names
//! a school by them; both have them from here, so that neither says what the other withholds.
//!
//! A rate is about who has answered, not about what: still, in a cell of few students it tells who
//! has not. Cells of fewer students than the publication rule asks for are withheld, and where just one cell of
//! a breakdown is, the next smallest goes with it, as the total would give the one away (FERPA practice:
//! NCES 2011-603).

use evenfield_gap::publish::PublishRule;
use evenfield_model::Grade;
use sqlx::{AnyPool, Row};
use std::collections::BTreeMap;

/// The fewest students whose rate is shown, by the publication rule.
pub fn smallest(rule: PublishRule) -> u64 {
    rule.min_students.max(PublishRule::FLOOR).into()
}

/// A student of the roster as the rates see one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The school's name.
    pub school: String,
    /// The grade.
    pub grade: Grade,
    /// Free or reduced-price lunch.
    pub frl: Option<bool>,
    /// English learner.
    pub ell: Option<bool>,
    /// Individualised education programme.
    pub iep: Option<bool>,
    /// Whether an answer for the term is there.
    pub answered: bool,
}

/// The rate of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rate {
    /// It may be shown.
    Shown {
        /// Students asked.
        students: u64,
        /// Students with an answer.
        answers: u64,
    },
    /// It may not, because it is small or because it would give a small one away.
    Withheld,
}

impl Rate {
    /// The rate in percent, rounded; `None` when withheld.
    pub fn percent(&self) -> Option<u64> {
        match self {
            Self::Shown { students, answers } => Some((200 * answers + students) / (2 * (*students).max(1))),
            Self::Withheld => None,
        }
    }
}

/// One breakdown: `school`, `grade_band`, `frl`, `ell` or `iep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown {
    /// What it is by.
    pub by: &'static str,
    /// Each cell with its label: a school's name, or the word of a group (`elementary`, `yes`, `no`).
    pub cells: Vec<(String, Rate)>,
}

/// The rates of a district in a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// All students.
    pub all: Rate,
    /// By school, grade band and group.
    pub breakdowns: Vec<Breakdown>,
}

/// Computes the rates; cells of fewer than `smallest` students are withheld.
pub fn rates(students: &[Asked], smallest: u64) -> Rates {
    fn flag(of: Option<bool>) -> Option<String> {
        of.map(|yes| if yes { "yes" } else { "no" }.to_owned())
    }
    let breakdown = |by, of: &dyn Fn(&Asked) -> Option<String>| {
        let mut cells: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for student in students {
            // Students of whom the roster says nothing are a cell too: without it a small group could
            // be computed from the total.
            let cell = cells.entry(of(student).unwrap_or_else(|| "unknown".to_owned())).or_default();
            cell.0 += 1;
            cell.1 += u64::from(student.answered);
        }
        Breakdown { by, cells: withhold(cells, smallest) }
    };
    let answers = students.iter().filter(|s| s.answered).count() as u64;
    let all = students.len() as u64;
    Rates {
        all: if all < smallest { Rate::Withheld } else { Rate::Shown { students: all, answers } },
        breakdowns: vec![
            breakdown("school", &|s| Some(s.school.clone())),
            breakdown("grade_band", &|s| Some(s.grade.band().as_str().to_owned())),
            breakdown("frl", &|s| flag(s.frl)),
            breakdown("ell", &|s| flag(s.ell)),
            breakdown("iep", &|s| flag(s.iep)),
        ],
    }
}

/// Withholds small cells, and as many more, the smallest first, until the withheld together are at
/// least two cells of `smallest` students: only their sum can then be computed from the total.
fn withhold(cells: BTreeMap<String, (u64, u64)>, smallest: u64) -> Vec<(String, Rate)> {
    let mut by_size: Vec<(&String, u64)> = cells.iter().map(|(label, (n, _))| (label, *n)).collect();
    by_size.sort_by_key(|(label, n)| (*n, label.as_str()));
    let mut withheld: Vec<String> = Vec::new();
    let mut hidden = 0;
    for (label, n) in by_size {
        let few = !withheld.is_empty() && (withheld.len() < 2 || hidden < smallest);
        if n < smallest || few {
            hidden += n;
            withheld.push(label.clone());
        }
    }
    cells
        .into_iter()
        .map(|(label, (students, answers))| {
            let rate =
                if withheld.contains(&label) { Rate::Withheld } else { Rate::Shown { students, answers } };
            (label, rate)
        })
        .collect()
}

/// The term that people work on: the one opened last of those that are open, else of those that are closed, else that of
/// the latest answer.
///
/// # Errors
/// The database's.
pub async fn newest_term(pool: &AnyPool, district: &str) -> sqlx::Result<Option<String>> {
    let opened: Option<String> = sqlx::query_scalar(
        "SELECT term FROM survey_term WHERE district_id = $1 \
         ORDER BY CASE WHEN closed_ms IS NULL THEN 0 ELSE 1 END, opened_ms DESC, term DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(pool)
    .await?;
    if opened.is_some() {
        return Ok(opened);
    }
    // Answers that came in a file belong to terms that nobody opened here.
    sqlx::query_scalar(
        "SELECT term FROM survey_answer_now WHERE district_id = $1 ORDER BY answered_ms DESC, id DESC LIMIT 1",
    )
    .bind(district)
    .fetch_optional(pool)
    .await
}

/// The students of the roster, each with whether there is an answer for the term.
///
/// # Errors
/// The database's.
pub async fn asked(pool: &AnyPool, district: &str, term: &str) -> sqlx::Result<Vec<Asked>> {
    let rows = sqlx::query(
        "SELECT COALESCE(c.name, s.school_id), s.grade, s.frl, s.ell, s.iep, \
         CASE WHEN EXISTS (SELECT 1 FROM survey_answer_now a WHERE a.district_id = s.district_id \
           AND a.term = $2 AND a.student_id = s.id) THEN 1 ELSE 0 END \
         FROM student s LEFT JOIN school c ON c.district_id = s.district_id AND c.id = s.school_id \
         WHERE s.district_id = $1",
    )
    .bind(district)
    .bind(term)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let flag = |column: usize| row.try_get::<Option<i64>, _>(column).map(|v| v.map(|n| n == 1));
            let grade: String = row.try_get(1)?;
            Ok(Asked {
                school: row.try_get(0)?,
                grade: Grade::parse(&grade).unwrap_or(Grade::Ungraded),
                frl: flag(2)?,
                ell: flag(3)?,
                iep: flag(4)?,
                answered: row.try_get::<i64, _>(5)? == 1,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(sizes: &[(&str, u64)]) -> Vec<(String, Rate)> {
        withhold(sizes.iter().map(|(label, n)| ((*label).to_owned(), (*n, n / 2))).collect(), 10)
    }

    #[test]
    fn a_small_cell_takes_the_next_smallest_with_it() {
        let shown: Vec<(String, bool)> = cells(&[("a", 9), ("b", 30), ("c", 12), ("d", 400)])
            .into_iter()
            .map(|(label, rate)| (label, rate != Rate::Withheld))
            .collect();
        assert_eq!(shown, [("a".into(), false), ("b".into(), true), ("c".into(), false), ("d".into(), true)]);
        assert!(cells(&[("a", 10), ("b", 30)]).iter().all(|(_, rate)| *rate != Rate::Withheld));
    }

    #[test]
    fn percents_round_to_the_nearest() {
        assert_eq!(Rate::Shown { students: 200, answers: 1 }.percent(), Some(1));
        assert_eq!(Rate::Shown { students: 201, answers: 1 }.percent(), Some(0));
        assert_eq!(Rate::Shown { students: 30, answers: 20 }.percent(), Some(67));
    }

    proptest! {
        #[test]
        fn what_is_withheld_cannot_be_computed_from_the_total(sizes in proptest::collection::vec(0u64..40, 1..8), smallest in 5u64..20) {
            let named: BTreeMap<String, (u64, u64)> =
                sizes.iter().enumerate().map(|(n, size)| (n.to_string(), (*size, 0))).collect();
            let cells = withhold(named, smallest);
            let hidden: Vec<u64> = cells.iter().zip(&sizes)
                .filter(|((_, rate), _)| *rate == Rate::Withheld).map(|(_, n)| *n).collect();
            for ((_, rate), n) in cells.iter().zip(&sizes) {
                prop_assert!(*n >= smallest || *rate == Rate::Withheld);
            }
            if !hidden.is_empty() && hidden.len() < cells.len() {
                prop_assert!(hidden.len() >= 2 && hidden.iter().sum::<u64>() >= smallest);
            }
        }
    }
}
