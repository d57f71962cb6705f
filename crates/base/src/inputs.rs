//! The files of a district as its settings name them: `[[district]]` and `[[district.load]]`.

use evenfield_model::{GeographyKind, Leaid};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A district and its files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictInputs {
    /// LEAID, 7 digits. For a whole state, its FIPS code and five zeros.
    pub leaid: Leaid,
    /// Its name.
    pub name: String,
    /// Whether it is made up; then each page says so.
    #[serde(default)]
    pub fictional: bool,
    /// The survey's term, for example `2026-fall`: its answers count, and families can answer in it from then on. When it is
    /// left out, the term whose answers count is found as `docs/formats/survey.md` says.
    #[serde(default)]
    pub term: Option<String>,
    /// The date that the files are of, `2026-09-30`: enrollments that have ended by then do not count. Today when left out.
    #[serde(default, deserialize_with = "date")]
    pub as_of: Option<jiff::civil::Date>,
    /// The files, in the order in which they are read.
    #[serde(default)]
    pub load: Vec<FileInput>,
}

/// A date, or why a text is none.
pub(crate) fn date<'de, D: serde::Deserializer<'de>>(
    source: D,
) -> Result<Option<jiff::civil::Date>, D::Error> {
    let text = String::deserialize(source)?;
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is not a date as 2026-09-30")))
}

/// A file, or a folder of files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileInput {
    /// What it is.
    pub kind: FileKind,
    /// Where it is, from the folder of the settings file.
    pub file: PathBuf,
    /// A second file: for a roster, addresses and programmes by student.
    #[serde(default)]
    pub addresses: Option<PathBuf>,
    /// Who published it.
    #[serde(default)]
    pub source: String,
    /// The year or as-of date.
    #[serde(default)]
    pub vintage: String,
    /// Under which licence.
    #[serde(default)]
    pub licence: String,
    /// What boundaries, or the rows of a table, are of.
    #[serde(default)]
    pub geography: Option<GeographyKind>,
    /// The column, or the property of a boundary, that holds the id.
    #[serde(default)]
    pub id: Option<String>,
    /// The property of a boundary that holds its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Only areas whose GEOID begins with one of these; all when empty.
    #[serde(default)]
    pub within: Vec<String>,
    /// Of a table with several years, this one.
    #[serde(default)]
    pub year: Option<i32>,
    /// Of a table: the file's name of a measure, or its column, and our name for it. ACS lines are named `B28002_001`;
    /// any other name makes a covariate. All measures under their own names when empty.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// OneRoster or Clever, an archive or a folder.
    Roster,
    /// Answers of the home-access survey, Ed-Fi JSON or CSV.
    Survey,
    /// Each school's line.
    Connectivity,
    /// Census ACS tables.
    Acs,
    /// FCC Broadband Data Collection, fixed availability.
    BdcFixed,
    /// FCC Broadband Data Collection, mobile availability.
    BdcMobile,
    /// FCC Form 477, by block.
    Form477,
    /// Which areas belong to which district: an NCES relationship file, or a CSV of its columns.
    Relationship,
    /// NCES CCD directory of districts or of schools.
    Directory,
    /// NCES CCD membership.
    Membership,
    /// NCES EDGE geocodes of schools.
    Geocodes,
    /// Boundaries of the kind `geography`.
    Boundaries,
    /// The district's own address points.
    AddressPoints,
    /// Speed-test tiles.
    Tiles,
    /// NDT7 speed tests.
    Ndt7,
    /// A long table: area, measure, value, margin.
    AreaTable,
    /// A wide table: an area a row, a measure a column; `columns` says which. A margin stands in the column that ends in
    /// `M` where the value's ends in `E`.
    WideTable,
}
