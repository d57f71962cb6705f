//! School grades as OneRoster and CEDS code them.

use serde::{Deserialize, Serialize};

/// A grade level: OneRoster and CEDS `PK`, `KG`, `01` to `13`, `UG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Grade {
    /// Before kindergarten (`IT`, `PR`, `PK`, `TK` in the sources).
    Prekindergarten,
    /// `KG`.
    Kindergarten,
    /// `01` to `13`.
    Year(u8),
    /// `UG`, `Other`: the source gives no grade.
    Ungraded,
}

/// A range of grades that figures are shown by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GradeBand {
    /// Prekindergarten to grade 5.
    Elementary,
    /// Grades 6 to 8.
    Middle,
    /// Grades 9 to 13.
    High,
    /// No grade known.
    Ungraded,
}

impl Grade {
    /// Reads a grade as OneRoster, Clever and common exports write it: `KG`, `K`, `Kindergarten`,
    /// `1`, `01`, `PK`, `UG`. `None` when it is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "it"
            | "pr"
            | "pk"
            | "tk"
            | "ps"
            | "prekindergarten"
            | "infanttoddler"
            | "preschool"
            | "transitionalkindergarten" => Some(Self::Prekindergarten),
            "kg" | "k" | "kindergarten" | "0" | "00" => Some(Self::Kindergarten),
            "ug" | "ungraded" | "other" => Some(Self::Ungraded),
            digits if !digits.is_empty() && digits.len() <= 2 => match digits.parse::<u8>() {
                Ok(year @ 1..=13) => Some(Self::Year(year)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The OneRoster code.
    pub fn code(self) -> String {
        match self {
            Self::Prekindergarten => "PK".to_owned(),
            Self::Kindergarten => "KG".to_owned(),
            Self::Year(year) => format!("{year:02}"),
            Self::Ungraded => "UG".to_owned(),
        }
    }

    /// The band this grade belongs to.
    pub fn band(self) -> GradeBand {
        match self {
            Self::Prekindergarten | Self::Kindergarten | Self::Year(..=5) => GradeBand::Elementary,
            Self::Year(6..=8) => GradeBand::Middle,
            Self::Year(_) => GradeBand::High,
            Self::Ungraded => GradeBand::Ungraded,
        }
    }
}

impl TryFrom<String> for Grade {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("\"{text}\" is not a grade"))
    }
}

impl From<Grade> for String {
    fn from(grade: Grade) -> Self {
        grade.code()
    }
}

impl GradeBand {
    /// The word used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Elementary => "elementary",
            Self::Middle => "middle",
            Self::High => "high",
            Self::Ungraded => "ungraded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back() {
        let all = [Grade::Prekindergarten, Grade::Kindergarten, Grade::Ungraded];
        for grade in all.into_iter().chain((1..=13).map(Grade::Year)) {
            assert_eq!(Grade::parse(&grade.code()), Some(grade));
        }
        assert_eq!(Grade::parse("14"), None);
        assert_eq!(Grade::parse(" 7 "), Some(Grade::Year(7)));
    }
}
