//! What places are called, so that no two of a list read alike.

use super::super::queries;
use crate::error::Result;
use crate::layout::{District, Frame};
use evenfield_model::GeographyKind;
use sqlx::AnyPool;
use std::collections::{HashMap, HashSet};

/// The names of a district's places of one kind.
pub struct Names {
    kind: GeographyKind,
    given: HashMap<String, String>,
    /// Names that several places have.
    doubled: HashSet<String>,
    /// By five digits.
    counties: HashMap<String, String>,
}

impl Names {
    /// Reads them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(db: &AnyPool, district: &District, kind: GeographyKind) -> Result<Self> {
        let mut given = queries::names(db, &district.id, kind).await?;
        if kind == GeographyKind::District {
            given.entry(district.id.clone()).or_insert_with(|| district.name.clone());
        }
        let counties = match kind {
            GeographyKind::Tract | GeographyKind::BlockGroup => {
                queries::names(db, &district.id, GeographyKind::County).await?
            }
            _ => HashMap::new(),
        };
        Ok(Self { kind, doubled: doubled(given.values()), given, counties })
    }

    /// The name that some source gives this place; `None` without one.
    pub fn given(&self, id: &str) -> Option<&str> {
        self.given.get(id).map(String::as_str)
    }

    /// What this place is called. The Census calls a block group "Block Group 1" in every tract, and each county counts its
    /// tracts anew: a name that several have, or none, is said in full.
    pub fn of(&self, p: &Frame, id: &str) -> String {
        let given = self.given(id).unwrap_or_default();
        let unclear = given.is_empty() || given == id || self.doubled.contains(given);
        match census(self.kind, id).filter(|_| unclear) {
            Some((county, tract, block_group)) => {
                let by_code = || p.tv("gap-place-county", "code", county);
                let county = self.counties.get(county).cloned().unwrap_or_else(by_code);
                let key = if block_group.is_empty() { "gap-place-tract" } else { "gap-place-block-group" };
                let args = [("n", block_group.into()), ("tract", tract.into()), ("county", county.into())];
                p.tvs(key, &args)
            }
            None if given.is_empty() => id.to_owned(),
            None => given.to_owned(),
        }
    }
}

/// County, tract and block group of a GEOID: `("51001", "901.02", "1")`. The tract is written as the Census writes it
/// (the last two of its six digits are decimals, left out when they are 0); the block group of a tract is empty.
fn census(kind: GeographyKind, id: &str) -> Option<(&str, String, &str)> {
    let length = match kind {
        GeographyKind::Tract => 11,
        GeographyKind::BlockGroup => 12,
        _ => return None,
    };
    if id.len() != length || !id.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (whole, decimals) = (id[5..9].trim_start_matches('0'), &id[9..11]);
    let tract = if decimals == "00" { whole.to_owned() } else { format!("{whole}.{decimals}") };
    Some((&id[..5], tract, &id[11..]))
}

/// The names that come more than once.
fn doubled<'a>(names: impl Iterator<Item = &'a String>) -> HashSet<String> {
    let mut seen = HashSet::new();
    names.filter(|name| !seen.insert(name.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geoid_says_county_tract_and_block_group() {
        let block_group = census(GeographyKind::BlockGroup, "510010901021");
        assert_eq!(block_group, Some(("51001", "901.02".to_owned(), "1")));
        assert_eq!(census(GeographyKind::Tract, "51001090200"), Some(("51001", "902".to_owned(), "")));
        assert_eq!(census(GeographyKind::Tract, "5100109020"), None);
        assert_eq!(census(GeographyKind::School, "510010901021"), None);
    }

    #[test]
    fn a_name_of_several_places_is_found() {
        let names = ["Block Group 1", "Block Group 2", "Block Group 1"].map(str::to_owned);
        assert_eq!(doubled(names.iter()), HashSet::from(["Block Group 1".to_owned()]));
    }
}
