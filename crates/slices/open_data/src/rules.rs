//! Pure rules of open data: which kinds of file there are, and a file read into rows to store.

mod wide;

pub use wide::Mapping;

use super::queries::{AreaValue, Belonging, BoundaryRow};
use evenfield_gap::open::acs::{self, AcsTable};
use evenfield_gap::open::fcc::form477::{self, AreaOffer};
use evenfield_gap::open::fcc::mobile::{self, MobileCell};
use evenfield_gap::open::fcc::{AreaService, FixedAvailability};
use evenfield_gap::open::nces::relationship::Part;
use evenfield_gap::open::ndt7::{self, SpeedTest};
use evenfield_gap::open::tiles::{self, Tile};
use evenfield_gap::open::{AreaTable, area_table, nces};
use evenfield_gap::place::address::AddressPoints;
use evenfield_gap::place::web::geometry_to_json;
use evenfield_gap::place::{Boundary, boundary};
use evenfield_model::{GeographyKind, Problems};
use std::collections::BTreeSet;

/// A kind of file that can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Census ACS detailed tables, JSON of the API or CSV.
    Acs,
    /// FCC Broadband Data Collection, fixed availability.
    BdcFixed,
    /// FCC Broadband Data Collection, mobile availability.
    BdcMobile,
    /// FCC Form 477, by block.
    Form477,
    /// Which areas belong to which district: NCES relationship files.
    Relationship,
    /// NCES CCD directory of districts or of schools.
    Directory,
    /// NCES CCD membership.
    Membership,
    /// NCES EDGE geocodes of schools.
    Geocodes,
    /// Boundaries: GeoJSON, TopoJSON, zipped shapefile.
    Boundaries,
    /// The district's own address points.
    AddressPoints,
    /// Speed-test tiles.
    Tiles,
    /// NDT7 speed tests.
    Ndt7,
    /// Any long table of areas: area, measure, value.
    AreaTable,
    /// Any wide table of areas: an area a row, a measure a column.
    WideTable,
}

impl Kind {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 14] = [
        Self::Boundaries,
        Self::Relationship,
        Self::Acs,
        Self::BdcFixed,
        Self::BdcMobile,
        Self::Form477,
        Self::AddressPoints,
        Self::Directory,
        Self::Membership,
        Self::Geocodes,
        Self::Tiles,
        Self::Ndt7,
        Self::AreaTable,
        Self::WideTable,
    ];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acs => "acs",
            Self::BdcFixed => "bdc_fixed",
            Self::BdcMobile => "bdc_mobile",
            Self::Form477 => "form477",
            Self::Relationship => "relationship",
            Self::Directory => "directory",
            Self::Membership => "membership",
            Self::Geocodes => "geocodes",
            Self::Boundaries => "boundaries",
            Self::AddressPoints => "address_points",
            Self::Tiles => "tiles",
            Self::Ndt7 => "ndt7",
            Self::AreaTable => "area_table",
            Self::WideTable => "wide_table",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// Who publishes it, where that is one body.
    pub fn source(self) -> &'static str {
        match self {
            Self::Acs => "U.S. Census Bureau, American Community Survey",
            Self::BdcFixed | Self::BdcMobile => "FCC, Broadband Data Collection",
            Self::Form477 => "FCC, Form 477",
            Self::Directory | Self::Membership => "NCES, Common Core of Data",
            Self::Geocodes | Self::Relationship => "NCES, Education Demographic and Geographic Estimates",
            Self::Tiles => "Ookla open data",
            Self::Ndt7 => "NDT7 speed tests",
            Self::Boundaries | Self::AddressPoints | Self::AreaTable | Self::WideTable => "",
        }
    }

    /// Under which licence, where there is one for all its files.
    pub fn licence(self) -> &'static str {
        match self {
            Self::Acs
            | Self::BdcFixed
            | Self::BdcMobile
            | Self::Form477
            | Self::Relationship
            | Self::Directory
            | Self::Membership
            | Self::Geocodes => "public domain (U.S. Government)",
            Self::Tiles => "CC BY-NC-SA 4.0",
            Self::Boundaries | Self::AddressPoints | Self::Ndt7 | Self::AreaTable | Self::WideTable => "",
        }
    }
}

/// A district or a school as a directory lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// District or school.
    pub kind: GeographyKind,
    /// LEAID or NCESSCH, which begins with the LEAID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is open.
    pub open: bool,
}

/// Rows to store.
#[derive(Debug)]
pub enum Rows {
    /// Values of areas.
    Values(Vec<AreaValue>),
    /// Boundaries.
    Boundaries(Vec<BoundaryRow>),
    /// The file itself is stored; so many address points are in it.
    AddressPoints(usize),
    /// Tiles.
    Tiles(Vec<Tile>),
    /// Speed tests.
    Tests(Vec<SpeedTest>),
    /// Parts of districts.
    Parts(Vec<Part>),
    /// Mobile coverage by cell.
    Mobile(Vec<MobileCell>),
    /// Entries of a directory.
    Directory(Vec<Listed>),
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Values(rows) => rows.len(),
            Self::Boundaries(rows) => rows.len(),
            Self::AddressPoints(n) => *n,
            Self::Tiles(rows) => rows.len(),
            Self::Tests(rows) => rows.len(),
            Self::Parts(rows) => rows.len(),
            Self::Mobile(rows) => rows.len(),
            Self::Directory(rows) => rows.len(),
        }
    }

    /// Only the areas whose GEOID begins with one of these; all when there are none.
    pub fn within(mut self, prefixes: &[String]) -> Self {
        let inside = |id: &str| prefixes.is_empty() || prefixes.iter().any(|p| id.starts_with(p.as_str()));
        match &mut self {
            Self::Values(rows) => rows.retain(|row| inside(&row.id)),
            Self::Boundaries(rows) => rows.retain(|row| inside(&row.id)),
            Self::Parts(rows) => rows.retain(|row| inside(row.area.as_str())),
            Self::Directory(rows) => rows.retain(|row| inside(&row.id)),
            Self::AddressPoints(_) | Self::Tiles(_) | Self::Tests(_) | Self::Mobile(_) => {}
        }
        self
    }

    /// Of the rows of districts and schools, which NCES publishes for the nation, only those of this district; of its state
    /// where the LEAID stands for a whole state (five zeros). That a file has none of its own is a problem.
    pub fn of_district(mut self, kind: Kind, leaid: &str, file: &str, problems: &mut Problems) -> Self {
        let own = leaid.strip_suffix("00000").unwrap_or(leaid);
        if matches!(kind, Kind::Acs | Kind::WideTable) {
            self.leave_out_lost_zeros(leaid.get(..2).unwrap_or(leaid), file, problems);
        }
        let before = self.len();
        match &mut self {
            Self::Values(rows) => {
                rows.retain(|row| !matches!(row.source.as_str(), "ccd" | "edge") || row.id.starts_with(own));
            }
            Self::Parts(rows) => rows.retain(|row| row.leaid.as_str().starts_with(own)),
            Self::Directory(rows) => rows.retain(|row| row.id.starts_with(own)),
            _ => {}
        }
        if before > 0 && self.is_empty() {
            problems.push(file, 0, "LEAID", "", format!("rows of {own}; this file has only others"));
        }
        self
    }

    /// Leaves out what stands for tracts of another state, is block groups of this one with a zero in front, and has no tract of
    /// this one beside it: a whole column that a spreadsheet stripped.
    fn leave_out_lost_zeros(&mut self, state: &str, file: &str, problems: &mut Problems) {
        let Self::Values(rows) = self else { return };
        let tract = |row: &AreaValue| row.kind == GeographyKind::Tract.as_str();
        if rows.iter().any(|row| tract(row) && row.id.starts_with(state)) {
            return;
        }
        let mut said = BTreeSet::new();
        rows.retain(|row| {
            let lost = tract(row) && area_table::lost_zero_of(&row.id, state);
            if lost && said.insert(row.id.clone()) {
                let wanted = format!(
                    "the 12 digits of a block group, or tracts of state {state}: a spreadsheet has probably dropped the \
                     leading zero"
                );
                problems.push(file, 0, "GEOID", &row.id, wanted);
            }
            !lost
        });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Boundaries as they are stored.
pub fn boundary_rows(boundaries: Vec<Boundary>) -> Rows {
    let rows = boundaries.into_iter().map(|b| BoundaryRow {
        kind: b.kind.as_str().to_owned(),
        id: b.id,
        name: b.name,
        geojson: geometry_to_json(&b.geometry),
    });
    Rows::Boundaries(rows.collect())
}

/// Reads a file of this kind. `geography` is what boundaries are of; `vintage` is what the person said,
/// for files that do not say it themselves. Boundaries and tables are read by their usual names; [`read_upload`] reads others.
pub fn read(
    kind: Kind,
    (geography, vintage): (GeographyKind, &str),
    (name, bytes): (&str, &[u8]),
) -> (Rows, Problems) {
    match kind {
        Kind::Acs => {
            let (table, problems) = acs::table::parse(bytes, name);
            (Rows::Values(acs_values(&table, vintage)), problems)
        }
        Kind::BdcFixed => fixed((name, bytes), vintage),
        Kind::BdcMobile => {
            let (cells, problems) = mobile::parse(bytes, name);
            (Rows::Mobile(mobile::of_providers(cells)), problems)
        }
        Kind::Form477 => {
            let (blocks, problems) = form477::parse(bytes, name);
            let kinds = [GeographyKind::BlockGroup, GeographyKind::Tract];
            let areas = kinds.into_iter().flat_map(|kind| {
                let areas = form477::by_area(&blocks, kind).into_iter();
                areas.flat_map(move |area| offer_values(kind, &area, vintage))
            });
            (Rows::Values(areas.collect()), problems)
        }
        Kind::Relationship => {
            let (parts, problems) = nces::relationship::parse(bytes, name);
            (Rows::Parts(parts), problems)
        }
        Kind::Directory => directory(bytes, name),
        Kind::Membership => {
            let (rows, problems) = nces::membership::parse(bytes, name);
            (Rows::Values(rows.into_iter().map(|row| membership_value(row, vintage)).collect()), problems)
        }
        Kind::Geocodes => {
            let (rows, problems) = nces::geocode::parse(bytes, name);
            (Rows::Values(rows.into_iter().flat_map(|row| geocode_values(row, vintage)).collect()), problems)
        }
        Kind::AddressPoints => {
            let (points, problems) = AddressPoints::from_csv(bytes, name);
            (Rows::AddressPoints(points.len()), problems)
        }
        Kind::Tiles => {
            let (rows, problems) = tiles::parse(bytes, name);
            (Rows::Tiles(rows), problems)
        }
        Kind::Ndt7 => {
            let (rows, problems) = ndt7::parse(bytes, name);
            (Rows::Tests(rows), problems)
        }
        Kind::Boundaries | Kind::AreaTable | Kind::WideTable => {
            let mapping = Mapping { geography: Some(geography), ..Mapping::default() };
            read_upload(kind, &mapping, ("", vintage), (name, bytes))
        }
    }
}

/// Reads an uploaded file of this kind by what the person said of it. Of a long table rows of all kinds of areas are taken: under
/// their own names and years, or the chosen columns under the names that were chosen.
pub fn read_upload(
    kind: Kind,
    mapping: &Mapping,
    (leaid, vintage): (&str, &str),
    (name, bytes): (&str, &[u8]),
) -> (Rows, Problems) {
    match kind {
        Kind::WideTable => {
            let (table, problems) = mapping.read_wide(bytes, name);
            (Rows::Values(mapping.values(&table, vintage, false)), problems)
        }
        Kind::AreaTable => {
            let mapping = Mapping { geography: None, ..mapping.clone() };
            let (table, problems) = mapping.read_long(bytes, name, leaid);
            let rows = match mapping.columns.is_empty() {
                true => table_values(&table, vintage),
                false => mapping.values(&table, vintage, true),
            };
            (Rows::Values(rows), problems)
        }
        Kind::Boundaries => {
            let geography = mapping.geography.unwrap_or(GeographyKind::BlockGroup);
            let id: Vec<&str> = mapping.id.as_deref().into_iter().collect();
            let (boundaries, problems) = boundary::read(bytes, name, &mapping.boundaries(geography, &id));
            (boundary_rows(boundaries), problems)
        }
        _ => read(kind, (mapping.geography.unwrap_or(GeographyKind::BlockGroup), vintage), (name, bytes)),
    }
}

/// One value; the source is the table's code, as in `B28005_007`.
fn acs_values(table: &AcsTable, vintage: &str) -> Vec<AreaValue> {
    let mut values = Vec::with_capacity(table.rows.len() * table.variables.len());
    for row in &table.rows {
        for (variable, cell) in table.variables.iter().zip(&row.cells) {
            values.push(AreaValue {
                kind: row.geography.kind.as_str().to_owned(),
                id: row.geography.id.clone(),
                source: variable.split('_').next().unwrap_or_default().to_owned(),
                vintage: vintage.to_owned(),
                variable: variable.clone(),
                value: cell.estimate,
                moe: cell.moe,
            });
        }
    }
    values
}

/// Fixed availability by block group and tract.
fn fixed((name, bytes): (&str, &[u8]), vintage: &str) -> (Rows, Problems) {
    let mut availability = FixedAvailability::default();
    let problems = availability.add(bytes, name);
    let kinds = [GeographyKind::BlockGroup, GeographyKind::Tract];
    let values = kinds
        .into_iter()
        .flat_map(|kind| availability.by_area(Some(kind)).into_iter().map(move |area| (kind, area)))
        .flat_map(|(kind, area)| bdc_values(kind, &area, vintage));
    (Rows::Values(values.collect()), problems)
}

/// The counts of an area's locations.
fn bdc_values(kind: GeographyKind, area: &AreaService, vintage: &str) -> Vec<AreaValue> {
    let served = [
        ("wired", area.wired),
        ("fixed_wireless", area.fixed_wireless),
        ("satellite", area.satellite),
        ("terrestrial", area.terrestrial),
    ];
    let value = |variable: String, count: u64| AreaValue {
        kind: kind.as_str().to_owned(),
        id: area.geoid.clone(),
        source: "bdc_fixed".to_owned(),
        vintage: vintage.to_owned(),
        variable,
        value: Some(count as f64),
        moe: Some(0.0),
    };
    let mut values = vec![value("locations".to_owned(), area.locations)];
    for (medium, counts) in served {
        for (tier, count) in ["25_3", "100_20"].into_iter().zip(counts) {
            values.push(value(format!("{medium}_{tier}"), count));
        }
    }
    values
}

/// What Form 477 says is offered in an area's blocks. Its names do not end like the BDC's counts of locations.
fn offer_values(kind: GeographyKind, area: &AreaOffer, vintage: &str) -> [AreaValue; 3] {
    let value = |variable: &str, value: f64| AreaValue {
        kind: kind.as_str().to_owned(),
        id: area.geoid.clone(),
        source: "form477".to_owned(),
        vintage: vintage.to_owned(),
        variable: variable.to_owned(),
        value: Some(value),
        moe: None,
    };
    [
        value("form477_blocks_served", area.served),
        value("form477_providers", area.providers),
        value("form477_max_down", area.max_down),
    ]
}

/// A directory of districts or of schools; a file with school numbers is of schools.
fn directory(bytes: &[u8], name: &str) -> (Rows, Problems) {
    let (schools, problems) = nces::directory::parse_schools(bytes, name);
    if !schools.is_empty() {
        let listed = schools.into_iter().map(|school| Listed {
            kind: GeographyKind::School,
            id: school.ncessch,
            name: school.name,
            open: school.open,
        });
        return (Rows::Directory(listed.collect()), problems);
    }
    let (agencies, of_agencies) = nces::directory::parse_agencies(bytes, name);
    let listed: Vec<Listed> = agencies
        .into_iter()
        .map(|agency| Listed {
            kind: GeographyKind::District,
            id: agency.leaid.into(),
            name: agency.name,
            open: agency.open,
        })
        .collect();
    // What is neither is told as the directory that it comes nearest to.
    let problems =
        if listed.is_empty() && of_agencies.found() > problems.found() { problems } else { of_agencies };
    (Rows::Directory(listed), problems)
}

/// Students of a school or a district, of all grades or of one.
fn membership_value(row: nces::membership::Membership, vintage: &str) -> AreaValue {
    // An NCESSCH has 12 digits, a LEAID 7.
    let kind = if row.id.len() == 12 { GeographyKind::School } else { GeographyKind::District };
    AreaValue {
        kind: kind.as_str().to_owned(),
        id: row.id,
        source: "ccd".to_owned(),
        vintage: vintage.to_owned(),
        variable: row
            .grade
            .map_or("students".to_owned(), |g| format!("students_{}", g.code().to_lowercase())),
        value: Some(row.students as f64),
        moe: Some(0.0),
    }
}

/// Where a school or a district's office is.
fn geocode_values(row: nces::geocode::Geocode, vintage: &str) -> Vec<AreaValue> {
    let (kind, id) = match row.ncessch {
        Some(ncessch) => (GeographyKind::School, ncessch),
        None => (GeographyKind::District, row.leaid.as_str().to_owned()),
    };
    let value = |variable: &str, value: f64| AreaValue {
        kind: kind.as_str().to_owned(),
        id: id.clone(),
        source: "edge".to_owned(),
        vintage: vintage.to_owned(),
        variable: variable.to_owned(),
        value: Some(value),
        moe: None,
    };
    let mut values = vec![value("longitude", row.longitude), value("latitude", row.latitude)];
    values.extend(row.locale.map(|locale| value("locale", f64::from(locale))));
    values
}

/// The values of Census areas and districts; rows of other areas have no place here.
fn table_values(table: &AreaTable, vintage: &str) -> Vec<AreaValue> {
    table
        .rows
        .iter()
        .filter_map(|row| {
            Some(AreaValue {
                kind: row.kind?.as_str().to_owned(),
                id: row.id.to_string(),
                source: "area_table".to_owned(),
                vintage: row.year.map_or(vintage.to_owned(), |year| year.to_string()),
                variable: table.measures.get(row.measure as usize)?.clone(),
                value: Some(row.value),
                moe: row.moe,
            })
        })
        .collect()
}

/// The message that says which areas belong to a district, with the number in it.
pub fn belonging_key(found: Belonging, leaid: &str) -> (&'static str, i64) {
    let state = leaid.ends_with("00000");
    match found {
        Belonging { students: 1.., .. } => ("data-belongs-roster", found.students),
        Belonging { parts: 1.., .. } if state => ("data-belongs-parts-state", found.parts_districts),
        Belonging { parts: 1.., .. } => ("data-belongs-parts", found.parts),
        Belonging { districts: 1.., areas: 1.., .. } if state => {
            ("data-belongs-boundaries-state", found.districts)
        }
        Belonging { districts: 1.., areas: 1.., .. } => ("data-belongs-boundary", found.districts),
        _ if state => ("data-belongs-nothing-state", 0),
        _ => ("data-belongs-nothing", 0),
    }
}

/// Speed tests of one direction in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speeds {
    /// Tests.
    pub tests: usize,
    /// Median, Mbps.
    pub median: f64,
    /// Share below the broadband tier of 2015 (25 Mbps down, 3 up), 0 to 1.
    pub slow: f64,
}

/// Sums up speeds that come slowest first; `None` for fewer than `least`, which could be one home's.
pub fn speeds(sorted: &[f64], tier: f64, least: u32) -> Option<Speeds> {
    if sorted.len() < (least as usize).max(1) {
        return None;
    }
    let middle = sorted.len() / 2;
    let median =
        if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
    let slow = sorted.partition_point(|mbps| *mbps < tier) as f64 / sorted.len() as f64;
    Some(Speeds { tests: sorted.len(), median, slow })
}
