//! Raking: iterative proportional fitting of weights to margins (Deming and Stephan 1940), with trimming.
//!
//! Each margin (school, grade band, FRL, ...) says how many students each of its categories has. In turn, the weights
//! of each category are multiplied so that they add up to its number, until nothing changes.
//!
//! Rules:
//! * A category with fewer than [`Settings::min_answers`] answers is put together with the category of the
//!   same margin that has the fewest answers of the rest, until none is too small. A margin left with one
//!   category is dropped.
//! * After fitting, weights above [`Settings::cap`] times the median are cut to that, and the fit is made again
//!   from there; at most [`Settings::rounds`] times, because fitting again can lift weights a little. What then
//!   still stands above the cap stays.

use crate::estimate::Student;

/// How many students each category of a margin has, and which category each answer belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// Its name, for example `school`.
    pub name: String,
    /// Students by category.
    pub totals: Vec<f64>,
    /// The category of each answer, an index into `totals`.
    pub category: Vec<usize>,
}

/// How raking is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Fewest answers of a category that stands by itself.
    pub min_answers: usize,
    /// Weights above this many medians are trimmed.
    pub cap: f64,
    /// How often trimming and fitting are done at the most.
    pub rounds: usize,
    /// The fit ends when no margin is off by more than this share of its total.
    pub tolerance: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { min_answers: 5, cap: 5.0, rounds: 5, tolerance: 1e-9 }
    }
}

/// The weights found.
#[derive(Clone, Debug, PartialEq)]
pub struct Raked {
    /// One weight an answer; they add up to the number of students.
    pub weights: Vec<f64>,
    /// The margins as used: small categories put together, empty margins gone.
    pub margins: Vec<Margin>,
    /// How many weights were trimmed at least once.
    pub trimmed: usize,
    /// How many categories were put together with another.
    pub collapsed: usize,
    /// Whether the margins are met. They need not be: small margins can contradict each other.
    pub converged: bool,
}

/// Why nothing could be raked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RakeError {
    /// No answers.
    #[error("there are no answers to weight")]
    NoAnswers,
    /// A margin with another number of answers, or a category past its end.
    #[error("margin \"{0}\" does not fit the answers")]
    Margin(String),
    /// A total that is negative or not a number.
    #[error("margin \"{0}\" has a total that is not a number of 0 or more")]
    Total(String),
}

const MOST_SWEEPS: usize = 500;

/// Rakes `answers` answers to `margins`, from equal weights.
///
/// # Errors
/// [`RakeError`].
pub fn rake(answers: usize, margins: &[Margin], settings: Settings) -> Result<Raked, RakeError> {
    if answers == 0 {
        return Err(RakeError::NoAnswers);
    }
    let mut collapsed = 0;
    let mut used = Vec::new();
    for margin in margins {
        if margin.category.len() != answers || margin.category.iter().any(|&c| c >= margin.totals.len()) {
            return Err(RakeError::Margin(margin.name.clone()));
        }
        if margin.totals.iter().any(|t| !(t.is_finite() && *t >= 0.0)) {
            return Err(RakeError::Total(margin.name.clone()));
        }
        let (margin, count) = collapse(margin, settings.min_answers);
        collapsed += count;
        if margin.totals.len() > 1 {
            used.push(margin);
        }
    }
    let total = margins.first().map_or(answers as f64, |m| m.totals.iter().sum());
    let mut weights = vec![total / answers as f64; answers];
    let mut converged = fit(&mut weights, &used, settings.tolerance);
    let mut cut = vec![false; answers];
    for _ in 0..settings.rounds {
        let cap = settings.cap * median(&weights);
        let above: Vec<usize> = (0..answers).filter(|&i| weights[i] > cap * (1.0 + 1e-9)).collect();
        if above.is_empty() {
            break;
        }
        for i in above {
            (weights[i], cut[i]) = (cap, true);
        }
        converged = fit(&mut weights, &used, settings.tolerance);
    }
    let trimmed = cut.into_iter().filter(|&c| c).count();
    Ok(Raked { weights, margins: used, trimmed, collapsed, converged })
}

/// Fits in place; whether the margins are met.
fn fit(weights: &mut [f64], margins: &[Margin], tolerance: f64) -> bool {
    for _ in 0..MOST_SWEEPS {
        let mut off: f64 = 0.0;
        for margin in margins {
            let mut sums = vec![0.0; margin.totals.len()];
            for (w, &c) in weights.iter().zip(&margin.category) {
                sums[c] += *w;
            }
            let factors: Vec<f64> =
                sums.iter().zip(&margin.totals).map(|(s, t)| if *s > 0.0 { t / s } else { 1.0 }).collect();
            off = factors.iter().map(|f| (f - 1.0).abs()).fold(off, f64::max);
            for (w, &c) in weights.iter_mut().zip(&margin.category) {
                *w *= factors[c];
            }
        }
        if off <= tolerance {
            return true;
        }
    }
    margins.is_empty()
}

/// Puts small categories together; how many were.
fn collapse(margin: &Margin, min_answers: usize) -> (Margin, usize) {
    let mut counts = vec![0usize; margin.totals.len()];
    for &c in &margin.category {
        counts[c] += 1;
    }
    let mut into: Vec<usize> = (0..counts.len()).collect();
    let mut alive: Vec<usize> =
        into.iter().copied().filter(|&c| counts[c] > 0 || margin.totals[c] > 0.0).collect();
    let mut totals = margin.totals.clone();
    let mut merged = 0;
    // At least one answer, or the category's students could not be represented at all.
    let least = min_answers.max(1);
    while alive.len() > 1 {
        alive.sort_by_key(|&c| (counts[c], c));
        let (small, next) = (alive[0], alive[1]);
        if counts[small] >= least {
            break;
        }
        counts[next] += counts[small];
        totals[next] += totals[small];
        for target in into.iter_mut().filter(|t| **t == small) {
            *target = next;
        }
        alive.remove(0);
        merged += 1;
    }
    alive.sort_unstable();
    let place = |c: usize| alive.iter().position(|&a| a == into[c]).unwrap_or_default();
    let category = margin.category.iter().map(|&c| place(c)).collect();
    let totals = alive.iter().map(|&a| totals[a]).collect();
    (Margin { name: margin.name.clone(), totals, category }, merged)
}

fn median(weights: &[f64]) -> f64 {
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The margins of a roster: school, grade band, FRL, ELL and IEP (yes, no, not known), for the answers of `respondents`
/// (indices into `students`).
pub fn enrollment_margins(students: &[Student], respondents: &[u32]) -> Vec<Margin> {
    let schools = students.iter().map(|s| s.school as usize + 1).max().unwrap_or(0);
    let known = |value: Option<bool>| value.map_or(2, usize::from);
    type Category = Box<dyn Fn(&Student) -> usize>;
    let dimensions: [(&str, usize, Category); 5] = [
        ("school", schools, Box::new(|s| s.school as usize)),
        ("grade_band", 4, Box::new(|s| s.band as usize)),
        ("frl", 3, Box::new(move |s| known(s.frl))),
        ("ell", 3, Box::new(move |s| known(s.ell))),
        ("iep", 3, Box::new(move |s| known(s.iep))),
    ];
    let margin = |(name, size, category): (&str, usize, Category)| {
        let mut totals = vec![0.0; size];
        for student in students {
            totals[category(student)] += 1.0;
        }
        let of_answers = respondents.iter().map(|&r| category(&students[r as usize])).collect();
        Margin { name: name.to_owned(), totals, category: of_answers }
    };
    dimensions.into_iter().map(margin).collect()
}
