//! What pages say about figures: pure.

pub mod classes;
pub mod lines;
pub mod meaning;
pub mod numbers;
pub mod sensitivity;
pub mod steps;
#[cfg(test)]
mod tests;

use evenfield_gap::publish::{self, PublishRule, Published, Why};
use evenfield_model::{Barrier, GeographyKind, Measure};
use meaning::{Blind, Counts, Meaning};
use serde::{Deserialize, Serialize};

/// An estimate of a district: when it was made, by which rule and from what.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it was stored, ms since 1970 UTC.
    pub finished_ms: i64,
    /// The publication rule that was applied.
    pub rule: PublishRule,
    /// The data that went in.
    pub inputs: Vec<RunInput>,
}

/// One source of data of an estimate, as the methods page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInput {
    /// What it is, for example `roster`, `survey`, `B28005`.
    pub kind: String,
    /// Who published it.
    pub source: String,
    /// Of when it is: a year, a term or a date.
    pub vintage: String,
    /// How many rows were used.
    pub rows: u64,
    /// Whom it counts, where figures of areas come from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// The message that says why a figure is not shown.
pub fn why_key(why: Why) -> &'static str {
    match why {
        Why::Primary => "gap-withheld-primary",
        Why::Complementary => "gap-withheld-complementary",
        Why::Unreliable => "gap-withheld-cv",
    }
}

/// An interval wider than this, in share, is drawn as uncertain.
pub const WIDE: f64 = 0.20;

/// Whether the interval is so wide that a map must say so.
pub fn is_uncertain(number: &Published) -> bool {
    number.high90() - number.low90() > WIDE
}

/// The message with the short name of a measure.
pub fn measure_key(measure: Measure) -> &'static str {
    match measure {
        Measure::M1NoSubscriptionOrComputer => "gap-measure-m1",
        Measure::M2OrCellularOnly => "gap-measure-m2",
        Measure::M3NoWired => "gap-measure-m3",
        Measure::M4Below25x3 => "gap-measure-m4a",
        Measure::M4Below100x20 => "gap-measure-m4b",
        Measure::M5Below25x12PerStudent => "gap-measure-m5",
        Measure::M6SharedOrPhoneOnly => "gap-measure-m6",
    }
}

/// The message with the short name of what a figure of this measure says: of a part of the measure where the tables that
/// it is made from see no more.
pub fn name_key(measure: Measure, meaning: Meaning) -> &'static str {
    match (measure, meaning.blind) {
        (Measure::M1NoSubscriptionOrComputer, Blind::Wholly) => "gap-measure-m1-blind",
        (Measure::M2OrCellularOnly, Blind::Wholly) => "gap-measure-m2-blind",
        _ => measure_key(measure),
    }
}

/// The message with the short name of a barrier.
pub fn barrier_key(barrier: Barrier) -> &'static str {
    match barrier {
        Barrier::NotAvailable => "gap-barrier-not-available",
        Barrier::NotAffordable => "gap-barrier-not-affordable",
        Barrier::NotDesired => "gap-barrier-not-desired",
        Barrier::Other => "gap-barrier-other",
    }
}

/// A published or withheld figure of one place and group.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The measure.
    pub measure: Measure,
    /// For the share of the students for whom the measure is true that have this barrier.
    pub barrier: Option<Barrier>,
    /// The kind of place.
    pub kind: GeographyKind,
    /// The place.
    pub id: String,
    /// The group, `all` or for example `frl:yes`.
    pub group: String,
    /// The number, or why there is none.
    pub shown: Result<Published, Why>,
    /// Whom it counts, and how much of the measure it sees.
    pub meaning: Meaning,
}

impl From<publish::Figure> for Figure {
    fn from(figure: publish::Figure) -> Self {
        match figure {
            publish::Figure::Published(n) => Self::published(n),
            publish::Figure::Suppressed(s) => Self {
                measure: s.measure,
                barrier: s.barrier,
                kind: s.geography.kind,
                id: s.geography.id,
                group: s.group,
                shown: Err(s.why),
                meaning: Meaning::default(),
            },
        }
    }
}

impl Figure {
    /// A figure that is shown.
    pub fn published(n: Published) -> Self {
        Self {
            measure: n.measure(),
            barrier: n.barrier(),
            kind: n.geography().kind,
            id: n.geography().id.clone(),
            group: n.group().to_owned(),
            shown: Ok(n),
            meaning: Meaning::default(),
        }
    }

    /// The same with what it says by the inputs of its estimate.
    pub fn with_meaning(self, inputs: &[RunInput]) -> Self {
        let method = self.shown.as_ref().ok().map(Published::method);
        Self { meaning: Meaning::of(inputs, self.measure, method), ..self }
    }

    /// The message with the short name of what it is of.
    pub fn key(&self) -> &'static str {
        self.barrier.map_or_else(|| name_key(self.measure, self.meaning), barrier_key)
    }
}

/// The message that names a group of students; `None` for a group this version does not know.
pub fn group_key(group: &str) -> Option<&'static str> {
    Some(match group {
        "all" => "gap-group-all",
        "frl:yes" => "gap-group-frl-yes",
        "frl:no" => "gap-group-frl-no",
        "ell:yes" => "gap-group-ell-yes",
        "ell:no" => "gap-group-ell-no",
        "iep:yes" => "gap-group-iep-yes",
        "iep:no" => "gap-group-iep-no",
        "grade_band:elementary" => "gap-group-elementary",
        "grade_band:middle" => "gap-group-middle",
        "grade_band:high" => "gap-group-high",
        "grade_band:ungraded" => "gap-group-ungraded",
        _ => return None,
    })
}

/// The message that names a kind of place, in the plural.
pub fn kind_key(kind: GeographyKind) -> &'static str {
    match kind {
        GeographyKind::Section => "gap-kind-section",
        GeographyKind::School => "gap-kind-school",
        GeographyKind::AttendanceZone => "gap-kind-attendance-zone",
        GeographyKind::BlockGroup => "gap-kind-block-group",
        GeographyKind::Tract => "gap-kind-tract",
        GeographyKind::County => "gap-kind-county",
        GeographyKind::District => "gap-kind-district",
        GeographyKind::State => "gap-kind-state",
    }
}

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The place's name.
    Name,
    /// The share.
    Value,
    /// The width of the interval.
    Width,
    /// The number of students.
    Students,
}

impl SortBy {
    /// All columns that can be sorted by.
    pub const ALL: [Self; 4] = [Self::Name, Self::Value, Self::Width, Self::Students];

    /// The word in the query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Value => "value",
            Self::Width => "width",
            Self::Students => "students",
        }
    }

    /// The column of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// Sorts named figures; withheld ones stay last whichever way, so that their place tells nothing.
pub fn sort(rows: &mut [(String, Figure)], by: SortBy, descending: bool) {
    rows.sort_by(|a, b| {
        let by_name = || a.0.to_lowercase().cmp(&b.0.to_lowercase()).then_with(|| a.1.id.cmp(&b.1.id));
        if by == SortBy::Name {
            return if descending { by_name().reverse() } else { by_name() };
        }
        match (&a.1.shown, &b.1.shown) {
            (Ok(x), Ok(y)) => {
                let key = |n: &Published| match by {
                    SortBy::Value | SortBy::Name => n.value(),
                    SortBy::Width => n.high90() - n.low90(),
                    SortBy::Students => f64::from(n.students()),
                };
                let order = key(x).total_cmp(&key(y));
                (if descending { order.reverse() } else { order }).then_with(by_name)
            }
            (Ok(_), Err(_)) => std::cmp::Ordering::Less,
            (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
            (Err(_), Err(_)) => by_name(),
        }
    });
}
