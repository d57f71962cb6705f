//! BDC mobile coverage by H3 cell (resolution 9), counted by technology and environment.

use crate::place::{Boundary, lattice};
use crate::read::each_row;
use evenfield_model::Problems;
use h3o::{CellIndex, LatLng, Resolution};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Points that stand for an area's ground.
const POINTS: usize = 100;

/// A mobile technology of the BDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MobileTechnology {
    /// 300.
    ThirdGeneration,
    /// 400.
    Lte,
    /// 500.
    FifthGeneration,
}

impl MobileTechnology {
    /// The code in files.
    pub fn code(self) -> u16 {
        match self {
            Self::ThirdGeneration => 300,
            Self::Lte => 400,
            Self::FifthGeneration => 500,
        }
    }

    /// The technology with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "300" => Some(Self::ThirdGeneration),
            "400" => Some(Self::Lte),
            "500" => Some(Self::FifthGeneration),
            _ => None,
        }
    }
}

/// For which use coverage is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    /// 0: standing outdoors.
    OutdoorStationary,
    /// 1: in a moving vehicle.
    InVehicle,
}

/// One provider's coverage of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct MobileCell {
    /// H3 index as text.
    pub h3: String,
    /// The provider's number.
    pub provider: u64,
    /// Technology.
    pub technology: MobileTechnology,
    /// Environment.
    pub environment: Environment,
    /// Least download speed that is claimed, Mbps.
    pub down: f64,
    /// Least upload speed that is claimed, Mbps.
    pub up: f64,
}

/// Reads coverage rows.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<MobileCell>, Problems) {
    let mut problems = Problems::default();
    let mut cells = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let names: [&[&str]; 6] = [
                &["h3_res9_id"],
                &["technology"],
                &["environmnt", "environment"],
                &["mindown"],
                &["minup"],
                &["providerid", "provider_id"],
            ];
            let columns = names.map(|names| table.require(names, problems));
            columns.iter().all(Option::is_some).then_some(columns)
        },
        |row, columns, problems| {
            row.wanted(columns, problems);
            let [h3, technology, environment, down, up, provider] = *columns;
            let h3 = row.parsed(
                h3,
                |text| h3_index(text).map(|cell| cell.to_string()),
                "an H3 index of resolution 9, 15 hexadecimal digits",
                problems,
            );
            let technology = row.parsed(technology, MobileTechnology::from_code, "300, 400 or 500", problems);
            let environment = row.parsed(environment, environment_of, "0 or 1", problems);
            let speeds = (row.amount(down, problems), row.amount(up, problems));
            let provider = row.count(provider, problems);
            if let (Some(h3), Some(technology), Some(environment), (Some(down), Some(up)), Some(provider)) =
                (h3, technology, environment, speeds, provider)
            {
                cells.push(MobileCell { h3, provider, technology, environment, down, up });
            }
        },
    );
    (cells, problems)
}

/// Of each cell, provider and technology the fastest that it claims to a person who stands outdoors. In the order of cells.
pub fn of_providers(cells: Vec<MobileCell>) -> Vec<MobileCell> {
    let mut fastest: BTreeMap<(String, u64, MobileTechnology), MobileCell> = BTreeMap::new();
    for cell in cells.into_iter().filter(|c| c.environment == Environment::OutdoorStationary) {
        let key = (cell.h3.clone(), cell.provider, cell.technology);
        let known = fastest.entry(key).or_insert_with(|| cell.clone());
        if cell.down > known.down {
            *known = cell;
        }
    }
    fastest.into_values().collect()
}

/// The cell in which a place is, as text: longitude and latitude in degrees. None for a place that is none.
pub fn cell_of(longitude: f64, latitude: f64) -> Option<String> {
    LatLng::new(latitude, longitude).ok().map(|at| at.to_cell(Resolution::Nine).to_string())
}

/// Of each cell and technology the fastest that any provider claims to a person who stands outdoors: the claim that is nearest
/// to a home's. In the order of cells.
pub fn best(cells: Vec<MobileCell>) -> Vec<MobileCell> {
    let mut fastest: BTreeMap<(String, MobileTechnology), MobileCell> = BTreeMap::new();
    for cell in cells.into_iter().filter(|c| c.environment == Environment::OutdoorStationary) {
        let known = fastest.entry((cell.h3.clone(), cell.technology)).or_insert_with(|| cell.clone());
        if cell.down > known.down {
            *known = cell;
        }
    }
    fastest.into_values().collect()
}

/// Shares of an area's ground that are covered, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AreaCoverage {
    /// By 4G at 5/1 Mbps or by 5G.
    pub lte: f64,
    /// By 5G at 7/1 Mbps.
    pub fifth: f64,
    /// By 5G at 35/3 Mbps.
    pub fifth_35_3: f64,
}

/// Coverage of each area, in their order; `None` for one without ground. A hundred points spread over an area stand for it, so a
/// small block group in a city is read as well as a large one in the country.
pub fn by_area(cells: &[MobileCell], areas: &[Boundary]) -> Vec<Option<AreaCoverage>> {
    let mut covered: HashMap<CellIndex, [bool; 3]> = HashMap::new();
    for cell in cells {
        let Some(index) = h3_index(&cell.h3) else { continue };
        let has = covered.entry(index).or_default();
        let least = |down: f64, up: f64| cell.down >= down && cell.up >= up;
        let fifth = cell.technology == MobileTechnology::FifthGeneration;
        has[0] |= (fifth || cell.technology == MobileTechnology::Lte) && least(5.0, 1.0);
        has[1] |= fifth && least(7.0, 1.0);
        has[2] |= fifth && least(35.0, 3.0);
    }
    let coverage = |area: &Boundary| {
        let points = lattice::points(area, POINTS);
        let mut counts = [0usize; 3];
        for (longitude, latitude) in &points {
            let Ok(at) = LatLng::new(*latitude, *longitude) else { continue };
            let has = covered.get(&at.to_cell(Resolution::Nine)).copied().unwrap_or_default();
            counts.iter_mut().zip(has).for_each(|(count, has)| *count += usize::from(has));
        }
        let [lte, fifth, fifth_35_3] = counts.map(|n| n as f64 / points.len() as f64);
        (!points.is_empty()).then_some(AreaCoverage { lte, fifth, fifth_35_3 })
    };
    areas.par_iter().map(coverage).collect()
}

/// How many different cells each technology and environment covers, whoever provides it.
pub fn count(cells: &[MobileCell]) -> BTreeMap<(MobileTechnology, Environment), usize> {
    let mut covered: BTreeMap<_, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for cell in cells {
        covered.entry((cell.technology, cell.environment)).or_default().insert(&cell.h3);
    }
    covered.into_iter().map(|(key, cells)| (key, cells.len())).collect()
}

fn h3_index(text: &str) -> Option<CellIndex> {
    text.parse().ok().filter(|cell: &CellIndex| cell.resolution() == Resolution::Nine)
}

fn environment_of(text: &str) -> Option<Environment> {
    match text {
        "0" => Some(Environment::OutdoorStationary),
        "1" => Some(Environment::InVehicle),
        _ => None,
    }
}
