//! Census GEO_IDs: a summary level, a component, `US`, and the code of the place.
//! Source: Census Bureau, "Understanding Geographic Identifiers (GEOIDs)".

use evenfield_model::{Geography, GeographyKind, Geoid, GeoidError, Leaid};

/// Why a GEO_ID does not name a place that is used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeoIdError {
    /// A place of a kind that is not used: nation, place, ZIP area, and so on.
    #[error("a state, county, tract, block group or school district; summary level {0} is not used")]
    OtherLevel(String),
    /// The code itself is wrong.
    #[error(transparent)]
    Code(#[from] GeoidError),
}

/// The place that a GEO_ID such as `1500000US510010901001` or `9700000US5100001` names; without a prefix the
/// number of digits decides.
///
/// # Errors
/// [`GeoIdError`].
pub fn parse(text: &str) -> Result<Geography, GeoIdError> {
    let text = text.trim();
    let Some((prefix, code)) = text.split_once("US") else { return bare(text) };
    let kind = match prefix.get(..3).unwrap_or_default() {
        "040" => GeographyKind::State,
        "050" => GeographyKind::County,
        "140" => GeographyKind::Tract,
        "150" => GeographyKind::BlockGroup,
        // Elementary, secondary and unified districts share one space of codes.
        "950" | "960" | "970" => GeographyKind::District,
        other => return Err(GeoIdError::OtherLevel(other.to_owned())),
    };
    of_kind(code, kind)
}

/// A place of a known kind by its code.
///
/// # Errors
/// [`GeoIdError::Code`]; a code that lost its leading zero is told apart.
pub fn of_kind(code: &str, kind: GeographyKind) -> Result<Geography, GeoIdError> {
    let id = match kind {
        GeographyKind::State => Geoid::parse_as(code, 2)?.in_a_state()?.into(),
        GeographyKind::County => Geoid::parse_as(code, 5)?.in_a_state()?.into(),
        GeographyKind::Tract => Geoid::parse_as(code, 11)?.in_a_state()?.into(),
        GeographyKind::BlockGroup => Geoid::parse_as(code, 12)?.in_a_state()?.into(),
        GeographyKind::District => Leaid::parse(code)?.into(),
        _ => return Err(GeoIdError::OtherLevel(kind.as_str().to_owned())),
    };
    Ok(Geography { kind, id })
}

fn bare(text: &str) -> Result<Geography, GeoIdError> {
    if text.len() == 7 {
        return of_kind(text, GeographyKind::District);
    }
    let geoid = Geoid::parse(text)?.in_a_state()?;
    match geoid.kind() {
        Some(kind) => Ok(Geography { kind, id: geoid.into() }),
        None => Err(GeoIdError::OtherLevel("block".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read() {
        let kind = |text| parse(text).map(|place| (place.kind, place.id));
        assert_eq!(kind("9700000US5100001"), Ok((GeographyKind::District, "5100001".into())));
        assert_eq!(kind("9500000US3600001"), Ok((GeographyKind::District, "3600001".into())));
        assert_eq!(kind("1400000US51001090100"), Ok((GeographyKind::Tract, "51001090100".into())));
        assert_eq!(kind("1500000US510010901001"), Ok((GeographyKind::BlockGroup, "510010901001".into())));
        assert_eq!(kind("0400000US51"), Ok((GeographyKind::State, "51".into())));
        assert!(matches!(kind("0100000US"), Err(GeoIdError::OtherLevel(_))));
        assert!(matches!(kind("9700000US100001"), Err(GeoIdError::Code(GeoidError::LostZero(..)))));
        assert!(matches!(kind("é00US1"), Err(GeoIdError::OtherLevel(_))));
    }
}
