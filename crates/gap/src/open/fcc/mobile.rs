//! BDC mobile coverage by H3 cell (resolution 9), counted by technology and environment.

use super::super::input::each_row;
use evenfield_model::Problems;
use std::collections::BTreeMap;

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
        |row, &[h3, technology, environment, down, up, provider], problems| {
            let h3 = row.parsed(
                h3,
                |text| h3_index(text).then(|| text.to_ascii_lowercase()),
                "an H3 index of 15 hexadecimal digits",
                problems,
            );
            let technology = row.parsed(technology, mobile_technology, "300, 400 or 500", problems);
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

/// How many different cells each technology and environment covers, whoever provides it.
pub fn count(cells: &[MobileCell]) -> BTreeMap<(MobileTechnology, Environment), usize> {
    let mut covered: BTreeMap<_, std::collections::BTreeSet<&str>> = BTreeMap::new();
    for cell in cells {
        covered.entry((cell.technology, cell.environment)).or_default().insert(&cell.h3);
    }
    covered.into_iter().map(|(key, cells)| (key, cells.len())).collect()
}

fn h3_index(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn mobile_technology(text: &str) -> Option<MobileTechnology> {
    match text {
        "300" => Some(MobileTechnology::ThirdGeneration),
        "400" => Some(MobileTechnology::Lte),
        "500" => Some(MobileTechnology::FifthGeneration),
        _ => None,
    }
}

fn environment_of(text: &str) -> Option<Environment> {
    match text {
        "0" => Some(Environment::OutdoorStationary),
        "1" => Some(Environment::InVehicle),
        _ => None,
    }
}
