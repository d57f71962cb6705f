//! Census and NCES codes of places.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of place a figure is about. The order is from small to large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeographyKind {
    /// A class (OneRoster `class`, Ed-Fi section).
    Section,
    /// A public school, by the district's own id or its NCESSCH.
    School,
    /// A school's attendance zone.
    AttendanceZone,
    /// Census block group, 12 digits.
    BlockGroup,
    /// Census tract, 11 digits.
    Tract,
    /// County or county equivalent, 5 digits.
    County,
    /// Local education agency, 7 digits (LEAID).
    District,
    /// State, 2 digits.
    State,
}

impl GeographyKind {
    /// All kinds, small to large.
    pub const ALL: [Self; 8] = [
        Self::Section,
        Self::School,
        Self::AttendanceZone,
        Self::BlockGroup,
        Self::Tract,
        Self::County,
        Self::District,
        Self::State,
    ];

    /// The word used in files, tables and URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Section => "section",
            Self::School => "school",
            Self::AttendanceZone => "attendance_zone",
            Self::BlockGroup => "block_group",
            Self::Tract => "tract",
            Self::County => "county",
            Self::District => "district",
            Self::State => "state",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }
}

/// One place: its kind and its id within that kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Geography {
    /// The kind of place.
    pub kind: GeographyKind,
    /// Its id: a [`Geoid`], a [`Leaid`], or the roster's own id of a school or section.
    pub id: String,
}

/// A Census GEOID of 2, 5, 11, 12 or 15 digits, without the `1500000US` prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Geoid(String);

/// Why a text is not a [`Geoid`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeoidError {
    /// Something other than digits.
    #[error("a GEOID has digits only, this is \"{0}\"")]
    NotDigits(String),
    /// The length is one that a code has when a spreadsheet has dropped its leading zero.
    #[error("\"{0}\" has {1} digits: a spreadsheet has probably dropped its leading zero")]
    LostZero(String, usize),
    /// No Census code has this length.
    #[error("a GEOID has 2, 5, 11, 12 or 15 digits, \"{0}\" has {1}")]
    Length(String, usize),
    /// Another length than this kind of place has: the code, its digits, those that it should have.
    #[error("a GEOID of {2} digits, \"{0}\" has {1}: it is of another kind of place")]
    OtherKind(String, usize, usize),
    /// The first two digits are no state's.
    #[error(
        "\"{0}\" begins with {1}, which is no state: a zero in front is probably lost, or it is another kind of code"
    )]
    NoState(String, String),
    /// No LEAID has this length.
    #[error("a LEAID of 7 digits; \"{0}\" has {1}")]
    LeaidLength(String, usize),
}

impl Geoid {
    /// Reads a GEOID, with or without the Census summary-level prefix (`1400000US…`).
    ///
    /// # Errors
    /// [`GeoidError`]; a code that a spreadsheet stripped of its leading zero is told apart.
    /// An 11-digit text is taken as a tract: only its neighbours in the file can say that it
    /// was a block group of a state below 10, so a reader of a whole column passes
    /// the column's own length to [`Geoid::parse_as`].
    pub fn parse(text: &str) -> Result<Self, GeoidError> {
        let digits = text.trim().rsplit("US").next().unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GeoidError::NotDigits(text.to_owned()));
        }
        match digits.len() {
            2 | 5 | 11 | 12 | 15 => Ok(Self(digits.to_owned())),
            1 | 4 | 10 | 14 => Err(GeoidError::LostZero(digits.to_owned(), digits.len())),
            n => Err(GeoidError::Length(digits.to_owned(), n)),
        }
    }

    /// Reads a GEOID that must have `length` digits; one digit too few is a lost zero.
    ///
    /// # Errors
    /// As [`Geoid::parse`].
    pub fn parse_as(text: &str, length: usize) -> Result<Self, GeoidError> {
        let digits = text.trim().rsplit("US").next().unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GeoidError::NotDigits(text.to_owned()));
        }
        match digits.len() {
            n if n == length => Ok(Self(digits.to_owned())),
            n if n + 1 == length => Err(GeoidError::LostZero(digits.to_owned(), n)),
            n => Err(GeoidError::OtherKind(digits.to_owned(), n, length)),
        }
    }

    /// The same, when its first two digits are the FIPS code of a state, the District of Columbia, Puerto Rico, an island area or a
    /// freely associated state (source: ANSI INCITS 38:2009), or 99, which is nobody's and which fictional districts have.
    ///
    /// # Errors
    /// [`GeoidError::NoState`].
    pub fn in_a_state(self) -> Result<Self, GeoidError> {
        let known = |code: &str| match code.parse::<u8>() {
            Ok(code @ 1..=56) => !matches!(code, 3 | 7 | 14 | 43 | 52),
            Ok(code) => matches!(code, 60 | 64 | 66 | 68 | 69 | 70 | 72 | 74 | 78 | 99),
            Err(_) => false,
        };
        match self.0.get(..2) {
            Some(code) if !known(code) => Err(GeoidError::NoState(self.0.clone(), code.to_owned())),
            _ => Ok(self),
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of place; a 15-digit block has none of its own here.
    pub fn kind(&self) -> Option<GeographyKind> {
        match self.0.len() {
            2 => Some(GeographyKind::State),
            5 => Some(GeographyKind::County),
            11 => Some(GeographyKind::Tract),
            12 => Some(GeographyKind::BlockGroup),
            _ => None,
        }
    }

    /// The enclosing place of this kind, by prefix; `None` when this is not inside one.
    pub fn within(&self, kind: GeographyKind) -> Option<Self> {
        let length = match kind {
            GeographyKind::State => 2,
            GeographyKind::County => 5,
            GeographyKind::Tract => 11,
            GeographyKind::BlockGroup => 12,
            _ => return None,
        };
        self.0.get(..length).map(|prefix| Self(prefix.to_owned()))
    }
}

impl fmt::Display for Geoid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Geoid {
    type Error = GeoidError;
    fn try_from(text: String) -> Result<Self, GeoidError> {
        Self::parse(&text)
    }
}

impl From<Geoid> for String {
    fn from(geoid: Geoid) -> Self {
        geoid.0
    }
}

/// The NCES id of a local education agency: 7 digits, the first two the state's FIPS code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Leaid(String);

impl Leaid {
    /// Reads a LEAID.
    ///
    /// # Errors
    /// [`GeoidError`]; six digits are a lost zero.
    pub fn parse(text: &str) -> Result<Self, GeoidError> {
        Geoid::parse_as(text, 7).map(|g| Self(g.0)).map_err(|error| match error {
            GeoidError::OtherKind(text, digits, _) => GeoidError::LeaidLength(text, digits),
            other => other,
        })
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The state's FIPS code, 2 digits.
    pub fn state(&self) -> &str {
        &self.0[..2]
    }
}

impl fmt::Display for Leaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Leaid {
    type Error = GeoidError;
    fn try_from(text: String) -> Result<Self, GeoidError> {
        Self::parse(&text)
    }
}

impl From<Leaid> for String {
    fn from(leaid: Leaid) -> Self {
        leaid.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefixed_tract_is_read() {
        let tract = Geoid::parse("1400000US51001090100").expect("a tract");
        assert_eq!(tract.as_str(), "51001090100");
        assert_eq!(tract.kind(), Some(GeographyKind::Tract));
        assert_eq!(tract.within(GeographyKind::County).expect("its county").as_str(), "51001");
        assert_eq!(tract.within(GeographyKind::BlockGroup), None);
    }

    #[test]
    fn a_lost_zero_is_named() {
        assert_eq!(Geoid::parse("1001"), Err(GeoidError::LostZero("1001".into(), 4)));
        assert_eq!(Leaid::parse("100001"), Err(GeoidError::LostZero("100001".into(), 6)));
        assert_eq!(Geoid::parse_as("10010201001", 12), Err(GeoidError::LostZero("10010201001".into(), 11)));
    }

    #[test]
    fn a_code_of_no_state_is_refused() {
        let state = |text| Geoid::parse(text).and_then(Geoid::in_a_state).map(String::from);
        assert_eq!(state("78010"), Ok("78010".into()));
        // An area of Colorado and one of Arkansas without their zeros; only the first shows by itself.
        assert_eq!(state("80010078011"), Err(GeoidError::NoState("80010078011".into(), "80".into())));
        assert_eq!(state("50010001001"), Ok("50010001001".into()));
        for code in ["00", "03", "07", "14", "43", "52", "57", "59", "98"] {
            assert!(state(code).is_err(), "{code}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        assert!(matches!(Geoid::parse("5.1001E+4"), Err(GeoidError::NotDigits(_))));
        assert!(matches!(Geoid::parse("510"), Err(GeoidError::Length(_, 3))));
        assert!(matches!(Geoid::parse(""), Err(GeoidError::NotDigits(_))));
    }
}
