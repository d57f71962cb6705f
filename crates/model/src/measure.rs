//! The named measures of the homework gap. Never one vague "no Internet".

use serde::{Deserialize, Serialize};

/// A measure of inadequate access. Each counts students for whom the statement is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// M1: the home has no Internet subscription, or no computer (ACS B28005: lines 006 + 007 + 004).
    M1NoSubscriptionOrComputer,
    /// M2: M1, or the only subscription is a cellular data plan (ACS B28002 line 006).
    M2OrCellularOnly,
    /// M3: no wired service (cable, fibre, DSL) at home (complement of ACS B28002 line 007).
    M3NoWired,
    /// M4a: service below 25 Mbps down or 3 Mbps up.
    M4Below25x3,
    /// M4b: service below 100 Mbps down or 20 Mbps up (the FCC's definition since March 2024).
    M4Below100x20,
    /// M5: below 25 Mbps down or 12 Mbps up for each student in the household (CoSN, 2021).
    M5Below25x12PerStudent,
    /// M6: the learning device away from school is shared, a smartphone, or none.
    M6SharedOrPhoneOnly,
}

impl Measure {
    /// All measures in order.
    pub const ALL: [Self; 7] = [
        Self::M1NoSubscriptionOrComputer,
        Self::M2OrCellularOnly,
        Self::M3NoWired,
        Self::M4Below25x3,
        Self::M4Below100x20,
        Self::M5Below25x12PerStudent,
        Self::M6SharedOrPhoneOnly,
    ];

    /// The short code used in files, tables, URLs and Fluent keys: `m1`, `m2`, `m3`, `m4a`, `m4b`, `m5`, `m6`.
    pub fn code(self) -> &'static str {
        match self {
            Self::M1NoSubscriptionOrComputer => "m1",
            Self::M2OrCellularOnly => "m2",
            Self::M3NoWired => "m3",
            Self::M4Below25x3 => "m4a",
            Self::M4Below100x20 => "m4b",
            Self::M5Below25x12PerStudent => "m5",
            Self::M6SharedOrPhoneOnly => "m6",
        }
    }

    /// Whether it is about how fast the service is: a home without service is counted, and of a home with one the speed
    /// must be known.
    pub fn is_of_speed(self) -> bool {
        matches!(self, Self::M4Below25x3 | Self::M4Below100x20 | Self::M5Below25x12PerStudent)
    }

    /// The measure with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back() {
        for measure in Measure::ALL {
            assert_eq!(Measure::from_code(measure.code()), Some(measure));
        }
        assert_eq!(Measure::from_code("m4"), None);
    }
}
