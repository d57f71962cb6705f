//! What can be downloaded, and from where.

use anyhow::{Context, bail};

/// One file of a state and year.
pub struct Source {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// URL; `{year}`, `{yy}`, `{sy}` (school year, `2324`) and `{fips}` are filled in.
    url: &'static str,
    /// The name to save it under, likewise.
    file: &'static str,
    /// Under which terms it may be used.
    pub licence: &'static str,
    /// The only school year that the URL is good for, where the agency puts a release date in the name.
    only: Option<&'static str>,
    /// Whether every state has it; what only some have is downloaded when it is named.
    pub everywhere: bool,
}

const PUBLIC: &str = "public domain (work of the United States)";

const fn source(name: &'static str, what: &'static str, url: &'static str, file: &'static str) -> Source {
    Source { name, what, url, file, licence: PUBLIC, only: None, everywhere: true }
}

/// Why FCC availability is not in the table.
pub const FCC_NEEDS_ACCOUNT: &str = "the FCC gives availability files only to those who sign in: make a free account, open \
https://broadbandmap.fcc.gov/data-download, download the state's fixed and mobile broadband CSV files, and name them in the \
settings of `evenfield assess district`";

/// All sources, in the order of `--list`.
#[rustfmt::skip]
pub const SOURCES: &[Source] = &[
    source("acs-b28002-block-groups", "Census ACS 5-year: subscriptions, households by block group", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28002)&for=block%20group:*&in=state:{fips}&in=county:*&in=tract:*", "acs5_{year}_B28002_bg_{fips}.json"),
    source("acs-b28003-block-groups", "Census ACS 5-year: computers and subscriptions, households by block group", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28003)&for=block%20group:*&in=state:{fips}&in=county:*&in=tract:*", "acs5_{year}_B28003_bg_{fips}.json"),
    source("acs-b28005-tracts", "Census ACS 5-year: computers and subscriptions by age, persons by tract", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28005)&for=tract:*&in=state:{fips}&in=county:*", "acs5_{year}_B28005_tract_{fips}.json"),
    source("acs-b28011-tracts", "Census ACS 5-year: types of subscription, households by tract", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28011)&for=tract:*&in=state:{fips}&in=county:*", "acs5_{year}_B28011_tract_{fips}.json"),
    source("acs-b28005-districts-unified", "Census ACS 5-year: by age, persons by unified district", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28005)&for=school%20district%20(unified):*&in=state:{fips}", "acs5_{year}_B28005_unsd_{fips}.json"),
    Source { everywhere: false, ..source("acs-b28005-districts-elementary", "Census ACS 5-year: by age, persons by elementary district", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28005)&for=school%20district%20(elementary):*&in=state:{fips}", "acs5_{year}_B28005_elsd_{fips}.json") },
    Source { everywhere: false, ..source("acs-b28005-districts-secondary", "Census ACS 5-year: by age, persons by secondary district", "https://api.census.gov/data/{year}/acs/acs5?get=group(B28005)&for=school%20district%20(secondary):*&in=state:{fips}", "acs5_{year}_B28005_scsd_{fips}.json") },
    source("boundaries-block-groups", "Census cartographic boundaries: block groups", "https://www2.census.gov/geo/tiger/GENZ{year}/shp/cb_{year}_{fips}_bg_500k.zip", "cb_{year}_{fips}_bg_500k.zip"),
    source("boundaries-tracts", "Census cartographic boundaries: tracts", "https://www2.census.gov/geo/tiger/GENZ{year}/shp/cb_{year}_{fips}_tract_500k.zip", "cb_{year}_{fips}_tract_500k.zip"),
    source("boundaries-districts-unified", "Census cartographic boundaries: unified districts", "https://www2.census.gov/geo/tiger/GENZ{year}/shp/cb_{year}_{fips}_unsd_500k.zip", "cb_{year}_{fips}_unsd_500k.zip"),
    source("boundaries-counties", "Census cartographic boundaries: counties of the nation", "https://www2.census.gov/geo/tiger/GENZ{year}/shp/cb_{year}_us_county_500k.zip", "cb_{year}_us_county_500k.zip"),
    source("edge-geocodes-schools", "NCES EDGE: where public schools are", "https://nces.ed.gov/programs/edge/data/EDGE_GEOCODE_PUBLICSCH_{sy}.zip", "EDGE_GEOCODE_PUBLICSCH_{sy}.zip"),
    source("edge-geocodes-districts", "NCES EDGE: where district offices are", "https://nces.ed.gov/programs/edge/data/EDGE_GEOCODE_PUBLICLEA_{sy}.zip", "EDGE_GEOCODE_PUBLICLEA_{sy}.zip"),
    source("edge-relationships", "NCES EDGE: which tracts and block groups a district covers", "https://nces.ed.gov/programs/edge/data/GRF{yy}.zip", "GRF{yy}.zip"),
    Source { only: Some("2324"), ..source("ccd-districts", "NCES Common Core of Data: directory of districts", "https://nces.ed.gov/ccd/Data/zip/ccd_lea_029_2324_w_1a_073124.zip", "ccd_lea_029_2324.zip") },
    Source { only: Some("2324"), ..source("ccd-schools", "NCES Common Core of Data: directory of schools", "https://nces.ed.gov/ccd/Data/zip/ccd_sch_029_2324_w_1a_073124.zip", "ccd_sch_029_2324.zip") },
];

impl Source {
    /// The URL for a place and year.
    pub fn url(&self, place: &Place) -> anyhow::Result<String> {
        if let Some(only) = self.only
            && only != place.school_year()
        {
            bail!(
                "the address of this file is known for the school year {only} only (--year 20{}); find other years at \
                 https://nces.ed.gov/ccd/files.asp",
                &only[..2]
            );
        }
        Ok(place.fill(self.url))
    }

    /// The file's name.
    pub fn file(&self, place: &Place) -> anyhow::Result<String> {
        Ok(place.fill(self.file))
    }

    /// How the file must begin: servers answer with a page where they should answer with an error.
    pub fn magic(&self) -> &'static [u8] {
        if self.file.ends_with(".zip") { b"PK" } else { b"[" }
    }
}

/// The state and year that are asked for.
pub struct Place {
    fips: &'static str,
    year: u16,
}

impl Place {
    /// Reads a state's letters or digits.
    pub fn new(state: &str, year: u16) -> anyhow::Result<Self> {
        let known = STATES.iter().find(|(fips, usps)| *fips == state || usps.eq_ignore_ascii_case(state));
        let (fips, _) = known.with_context(|| {
            format!(
                "--state wants two letters or the two digits of a FIPS code, like VA or 51; this is {state}"
            )
        })?;
        Ok(Self { fips, year })
    }

    /// `2324` for the school year that begins in the fall of 2023.
    fn school_year(&self) -> String {
        format!("{:02}{:02}", self.year % 100, (self.year + 1) % 100)
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{year}", &self.year.to_string())
            .replace("{yy}", &format!("{:02}", self.year % 100))
            .replace("{sy}", &self.school_year())
            .replace("{fips}", self.fips)
    }
}

/// The URL on a mirror: the server's name becomes the first folder.
pub fn mirrored(url: &str, base: Option<&str>) -> String {
    match (base, url.strip_prefix("https://")) {
        (Some(base), Some(rest)) => format!("{}/{rest}", base.trim_end_matches('/')),
        _ => url.to_owned(),
    }
}

/// `&key=…` for a request to the Census API itself, from the environment variable `CENSUS_API_KEY`.
pub fn census_key(asked: &str, key: Option<String>) -> String {
    match key {
        Some(key) if !key.is_empty() && asked.starts_with("https://api.census.gov/") => format!("&key={key}"),
        _ => String::new(),
    }
}

#[rustfmt::skip]
const STATES: [(&str, &str); 56] = [
    ("01", "AL"), ("02", "AK"), ("04", "AZ"), ("05", "AR"), ("06", "CA"), ("08", "CO"), ("09", "CT"), ("10", "DE"),
    ("11", "DC"), ("12", "FL"), ("13", "GA"), ("15", "HI"), ("16", "ID"), ("17", "IL"), ("18", "IN"), ("19", "IA"),
    ("20", "KS"), ("21", "KY"), ("22", "LA"), ("23", "ME"), ("24", "MD"), ("25", "MA"), ("26", "MI"), ("27", "MN"),
    ("28", "MS"), ("29", "MO"), ("30", "MT"), ("31", "NE"), ("32", "NV"), ("33", "NH"), ("34", "NJ"), ("35", "NM"),
    ("36", "NY"), ("37", "NC"), ("38", "ND"), ("39", "OH"), ("40", "OK"), ("41", "OR"), ("42", "PA"), ("44", "RI"),
    ("45", "SC"), ("46", "SD"), ("47", "TN"), ("48", "TX"), ("49", "UT"), ("50", "VT"), ("51", "VA"), ("53", "WA"),
    ("54", "WV"), ("55", "WI"), ("56", "WY"), ("60", "AS"), ("66", "GU"), ("69", "MP"), ("72", "PR"), ("78", "VI"),
];
