//! When a single figure may be shown, looked at by itself.

use crate::estimate::{Estimate, Method};
use serde::{Deserialize, Serialize};

/// The publication rule of a district.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublishRule {
    /// Fewest students that a figure may be about. 10 is what most states use (39 states, NCES 2011-603).
    pub min_students: u32,
    /// Fewest answers behind a figure that rests on answers alone.
    pub min_answers: u32,
    /// Largest coefficient of variation, `se / min(value, 1 - value)`, of a figure whose interval is wider than `sure_width`.
    pub max_cv: f64,
    /// A figure whose 90% interval is no wider than this is reliable whatever its coefficient of variation:
    /// a small share has a large one however well it is known.
    pub sure_width: f64,
    /// By how many students an outsider must be unable to pin down a suppressed number, at the least
    /// (all students of the group, where it has fewer).
    pub protection: u32,
}

impl Default for PublishRule {
    fn default() -> Self {
        Self { min_students: 10, min_answers: 10, max_cv: 0.30, sure_width: 0.10, protection: 5 }
    }
}

/// What is wrong with a rule.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// Fewer students than any district may choose.
    #[error("min_students is {0}, it must be {floor} or more", floor = PublishRule::FLOOR)]
    TooFewStudents(u32),
    /// Not a positive number.
    #[error("{0} is {1}, it must be a number above 0")]
    NotPositive(&'static str, f64),
    /// No protection.
    #[error("protection is 0, it must be 1 student or more")]
    NoProtection,
}

/// Why a figure is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Too few students or answers.
    Primary,
    /// With it, one that is suppressed for too few students could be worked out.
    Complementary,
    /// Its interval is too wide for use.
    #[serde(rename = "cv")]
    Unreliable,
}

impl Why {
    /// The word used in files and tables: `primary`, `complementary`, `cv`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Complementary => "complementary",
            Self::Unreliable => "cv",
        }
    }

    /// The reason with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Primary, Self::Complementary, Self::Unreliable].into_iter().find(|w| w.as_str() == word)
    }
}

/// How an extreme share is shown, so that "none" or "all" of a small group is never said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// "This share or less."
    AtMost,
    /// "This share or more."
    AtLeast,
}

impl Coding {
    /// The word in files: `at_most`, `at_least`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtMost => "at_most",
            Self::AtLeast => "at_least",
        }
    }
}

impl PublishRule {
    /// No district may go below this number of students.
    pub const FLOOR: u32 = 5;

    /// Whether the rule can be used.
    ///
    /// # Errors
    /// [`RuleError`], naming the setting.
    pub fn check(&self) -> Result<(), RuleError> {
        if self.min_students < Self::FLOOR {
            return Err(RuleError::TooFewStudents(self.min_students));
        }
        if self.protection == 0 {
            return Err(RuleError::NoProtection);
        }
        for (name, value) in [("max_cv", self.max_cv), ("sure_width", self.sure_width)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(RuleError::NotPositive(name, value));
            }
        }
        Ok(())
    }

    /// Why this figure by itself may not be shown; `None` when it may.
    pub(super) fn against(&self, figure: &Estimate) -> Option<Why> {
        if figure.students < self.min_students.max(Self::FLOOR) {
            return Some(Why::Primary);
        }
        if figure.method == Method::Survey && figure.answers < self.min_answers {
            return Some(Why::Primary);
        }
        let numbers = [figure.value, figure.se, figure.low90, figure.high90];
        if numbers.iter().any(|n| !n.is_finite()) {
            return Some(Why::Unreliable);
        }
        let wide = figure.high90 - figure.low90 > self.sure_width;
        let cv = figure.se / figure.value.min(1.0 - figure.value).max(f64::MIN_POSITIVE);
        (wide && cv > self.max_cv).then_some(Why::Unreliable)
    }
}

/// The share at which the extremes of a group of this many students are coded: the steps that states use
/// after NCES 2011-603 (1% from 300 students, 2% from 100, 5% from 40, 10% from 20, else 20%).
pub(super) fn edge(students: u32) -> f64 {
    match students {
        300.. => 0.01,
        100.. => 0.02,
        40.. => 0.05,
        20.. => 0.10,
        _ => 0.20,
    }
}

/// How an extreme share of such a group is shown; `None` when it is not extreme.
pub(super) fn coding(value: f64, students: u32) -> Option<Coding> {
    let edge = edge(students);
    if value <= edge {
        Some(Coding::AtMost)
    } else if value >= 1.0 - edge {
        Some(Coding::AtLeast)
    } else {
        None
    }
}

/// The step to which shares are rounded: whole percent for fewer than 1,000 students, else a tenth of a percent.
pub(super) fn step(students: u32) -> f64 {
    if students < 1_000 { 0.01 } else { 0.001 }
}
