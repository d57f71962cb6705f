//! Whom figures count. With a roster they count students; without one, whom the tables of areas count.

use serde::{Deserialize, Serialize};

/// Whom a number counts, or a share is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Students of the roster.
    #[default]
    Students,
    /// Children under 18 who live in households (ACS B28005).
    ChildrenInHouseholds,
    /// Children, as a table that was loaded counts them.
    Children,
    /// Households, with children or without (ACS B28002, B28003, B28011).
    Households,
}

impl Counted {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Students, Self::ChildrenInHouseholds, Self::Children, Self::Households];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Students => "students",
            Self::ChildrenInHouseholds => "children_in_households",
            Self::Children => "children",
            Self::Households => "households",
        }
    }
}
