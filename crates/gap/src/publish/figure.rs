//! Figures that have passed the publication rule. Nothing else has a text form.

use super::rule::{self, Coding, Why};
use crate::estimate::{Estimate, Method};
use evenfield_model::{Barrier, Geography, Measure};
use serde::{Deserialize, Serialize};

/// A figure that may be shown. Its fields are private and only this module makes one, so that what was
/// never checked cannot be rendered. All its numbers are rounded; extremes are coded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    measure: Measure,
    barrier: Option<Barrier>,
    geography: Geography,
    group: String,
    value: f64,
    low90: f64,
    high90: f64,
    se: Option<f64>,
    coding: Option<Coding>,
    answers: u32,
    students: u32,
    method: Method,
}

/// A figure that may not be shown: where it would be, and why it is not there. It holds no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppressed {
    /// The measure.
    pub measure: Measure,
    /// The barrier, for a barrier's figure.
    pub barrier: Option<Barrier>,
    /// Where.
    pub geography: Geography,
    /// The group.
    pub group: String,
    /// Why.
    pub why: Why,
}

/// A figure after the rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// It may be shown.
    Published(Published),
    /// It may not.
    Suppressed(Suppressed),
}

/// A figure as a row of a table in a database, after the rule. `suppressed` and the numbers exclude each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The measure.
    pub measure: Measure,
    /// The barrier, for a barrier's figure.
    pub barrier: Option<Barrier>,
    /// Where.
    pub geography: Geography,
    /// The group.
    pub group: String,
    /// The rounded share.
    pub value: Option<f64>,
    /// Lower end of the 90% interval, rounded.
    pub low90: Option<f64>,
    /// Upper end of the 90% interval, rounded.
    pub high90: Option<f64>,
    /// Standard error, rounded; absent for a coded figure.
    pub se: Option<f64>,
    /// Answers behind it; absent where suppressed.
    pub answers: Option<u32>,
    /// Students it is about; absent where suppressed.
    pub students: Option<u32>,
    /// How it was made; absent where suppressed.
    pub method: Option<Method>,
    /// Why it is not shown.
    pub suppressed: Option<Why>,
}

/// A stored row that no release can have written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored figure {measure} of {geography} ({group}) is not one that was released: {what}")]
pub struct NotReleased {
    measure: &'static str,
    geography: String,
    group: String,
    what: &'static str,
}

impl Published {
    /// Rounds and codes a figure that the release has let through.
    pub(super) fn new(figure: &Estimate) -> Self {
        // The students of a barrier's figure are those who lack access: their exact number would undo the rounding of the share that
        // the measure's own figure shows.
        let (answers, students) = match figure.barrier {
            Some(_) => (figure.answers / 10 * 10, (figure.students / 10 * 10).max(10)),
            None => (figure.answers, figure.students),
        };
        let step = rule::step(students);
        let edge = rule::edge(students);
        let coding = rule::coding(round(figure.value, step), students);
        let (value, low90, high90) = match coding {
            None => (
                round(figure.value, step),
                (figure.low90 / step).floor() * step,
                ((figure.high90 / step).ceil() * step).min(1.0),
            ),
            // The interval of a coded figure must not say what the code hides.
            Some(Coding::AtMost) => (edge, 0.0, ((figure.high90 / edge).ceil() * edge).clamp(edge, 1.0)),
            Some(Coding::AtLeast) => {
                (1.0 - edge, (1.0 - ((1.0 - figure.low90) / edge).ceil() * edge).clamp(0.0, 1.0 - edge), 1.0)
            }
        };
        Self {
            measure: figure.measure,
            barrier: figure.barrier,
            geography: figure.geography.clone(),
            group: figure.group.clone(),
            value: tidy(value),
            low90: tidy(low90.max(0.0)),
            high90: tidy(high90),
            se: coding.is_none().then(|| tidy(round(figure.se, step))),
            coding,
            answers,
            students,
            method: figure.method,
        }
    }

    /// The measure.
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The barrier, for a barrier's figure.
    pub fn barrier(&self) -> Option<Barrier> {
        self.barrier
    }

    /// Where.
    pub fn geography(&self) -> &Geography {
        &self.geography
    }

    /// The group, `all` or for example `frl:yes`.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The rounded share, 0 to 1; for a coded figure the edge (see [`Published::coding`]).
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Lower end of the 90% interval, rounded down.
    pub fn low90(&self) -> f64 {
        self.low90
    }

    /// Upper end of the 90% interval, rounded up.
    pub fn high90(&self) -> f64 {
        self.high90
    }

    /// Standard error, rounded; `None` for a coded figure.
    pub fn se(&self) -> Option<f64> {
        self.se
    }

    /// Whether the value means "this or less" or "this or more".
    pub fn coding(&self) -> Option<Coding> {
        self.coding
    }

    /// How many answers lie behind it.
    pub fn answers(&self) -> u32 {
        self.answers
    }

    /// How many students it is about.
    pub fn students(&self) -> u32 {
        self.students
    }

    /// How it was made.
    pub fn method(&self) -> Method {
        self.method
    }

    /// How many students the share stands for, rounded; `None` below 100 students, where a number
    /// beside a percentage says too much, and for a coded figure.
    pub fn lacking(&self) -> Option<u32> {
        let count = (self.value * f64::from(self.students)).round();
        (self.students >= 100 && self.coding.is_none()).then_some(count as u32)
    }

    /// The share as percent, for example `12%`, `12.3%`, `≤5%` or `≥95%`.
    pub fn text(&self) -> String {
        let mark = match self.coding {
            None => "",
            Some(Coding::AtMost) => "≤",
            Some(Coding::AtLeast) => "≥",
        };
        let decimals = usize::from(self.students >= 1_000 && self.coding.is_none());
        format!("{mark}{:.decimals$}%", self.value * 100.0)
    }
}

impl Figure {
    /// The figure, where it may be shown.
    pub fn published(&self) -> Option<&Published> {
        match self {
            Self::Published(published) => Some(published),
            Self::Suppressed(_) => None,
        }
    }

    /// Why it is not shown.
    pub fn why(&self) -> Option<Why> {
        match self {
            Self::Published(_) => None,
            Self::Suppressed(suppressed) => Some(suppressed.why),
        }
    }

    /// The row to store.
    pub fn to_record(&self) -> Record {
        match self {
            Self::Published(p) => Record {
                measure: p.measure,
                barrier: p.barrier,
                geography: p.geography.clone(),
                group: p.group.clone(),
                value: Some(p.value),
                low90: Some(p.low90),
                high90: Some(p.high90),
                se: p.se,
                answers: Some(p.answers),
                students: Some(p.students),
                method: Some(p.method),
                suppressed: None,
            },
            Self::Suppressed(s) => Record {
                measure: s.measure,
                barrier: s.barrier,
                geography: s.geography.clone(),
                group: s.group.clone(),
                value: None,
                low90: None,
                high90: None,
                se: None,
                answers: None,
                students: None,
                method: None,
                suppressed: Some(s.why),
            },
        }
    }

    /// Reads back a stored row that [`Figure::to_record`] wrote. The row must obey what every release obeys:
    /// numbers or a reason but not both, at least [`super::PublishRule::FLOOR`] students, a share on its
    /// rounding step or at its coding edge.
    ///
    /// # Errors
    /// [`NotReleased`] when no release can have written it.
    pub fn from_record(record: Record) -> Result<Self, NotReleased> {
        let refuse = |what| NotReleased {
            measure: record.measure.code(),
            geography: format!("{} {}", record.geography.kind.as_str(), record.geography.id),
            group: record.group.clone(),
            what,
        };
        let numbers =
            (record.value, record.low90, record.high90, record.answers, record.students, record.method);
        let (value, low90, high90, answers, students, method) = match (record.suppressed, numbers) {
            (Some(why), (None, None, None, None, None, None)) if record.se.is_none() => {
                return Ok(Self::Suppressed(Suppressed {
                    measure: record.measure,
                    barrier: record.barrier,
                    geography: record.geography,
                    group: record.group,
                    why,
                }));
            }
            (Some(_), _) => return Err(refuse("it is suppressed and yet has a number")),
            (None, (Some(v), Some(l), Some(h), Some(a), Some(s), Some(m))) => (v, l, h, a, s, m),
            (None, _) => return Err(refuse("a number is missing")),
        };
        if students < super::PublishRule::FLOOR {
            return Err(refuse("it is about too few students"));
        }
        let inside = |x: f64| (0.0..=1.0).contains(&x);
        if !(inside(value) && inside(low90) && inside(high90)) {
            return Err(refuse("a share is not between 0 and 1"));
        }
        let coding = rule::coding(value, students);
        let step = rule::step(students);
        let wanted = match coding {
            None => round(value, step),
            Some(Coding::AtMost) => rule::edge(students),
            Some(Coding::AtLeast) => 1.0 - rule::edge(students),
        };
        if (wanted - value).abs() > 1e-9 {
            return Err(refuse("its share is not rounded"));
        }
        Ok(Self::Published(Published {
            measure: record.measure,
            barrier: record.barrier,
            geography: record.geography,
            group: record.group,
            value,
            low90,
            high90,
            se: record.se,
            coding,
            answers,
            students,
            method,
        }))
    }
}

fn round(x: f64, step: f64) -> f64 {
    (x / step).round() * step
}

/// Takes off the dust that multiplying by a decimal step leaves.
fn tidy(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}
