//! BDC fixed availability: one row a provider, location and technology, twelve columns, a file a state and technology.
//! Rows become counts of served locations by area, so that a state takes memory by location, not by row.

use super::technology::{Medium, Technology};
use crate::read::each_row;
use crate::read::{Row, Table};
use evenfield_model::{GeographyKind, Problems};
use std::collections::{BTreeMap, HashMap};

/// Locations by what they are offered. Files of several technologies are added one after another.
#[derive(Clone, Debug, Default)]
pub struct FixedAvailability {
    locations: HashMap<u64, Offers>,
    /// Rows for businesses alone, which are left out.
    business: u64,
    rows: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Offers {
    block: u64,
    /// Bits by medium and tier, see [`bit`].
    tiers: u16,
}

/// Download and upload in Mbps of the two tiers: below the first is unserved, below the second underserved
/// (47 U.S.C. 1702(a)(1)).
pub const TIERS: [(f64, f64); 2] = [(25.0, 3.0), (100.0, 20.0)];

/// Locations of one area and how many of them are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaService {
    /// GEOID of the block (15 digits), block group, tract or county.
    pub geoid: String,
    /// Broadband-serviceable locations that any home service is offered to.
    pub locations: u64,
    /// Served by wire at 25/3 Mbps and at 100/20 Mbps.
    pub wired: [u64; 2],
    /// Served by fixed wireless, likewise.
    pub fixed_wireless: [u64; 2],
    /// Served by satellite, likewise.
    pub satellite: [u64; 2],
    /// Served by wire or fixed wireless, likewise.
    pub terrestrial: [u64; 2],
}

struct Columns {
    location: Option<usize>,
    technology: Option<usize>,
    down: Option<usize>,
    up: Option<usize>,
    business: Option<usize>,
    block: Option<usize>,
}

impl FixedAvailability {
    /// Adds a file; rows that cannot be read are left out and named.
    pub fn add(&mut self, bytes: &[u8], file: &str) -> Problems {
        let mut problems = Problems::default();
        each_row(bytes, file, &mut problems, columns, |row, columns, problems| {
            self.row(row, columns, problems);
        });
        problems
    }

    fn row(&mut self, row: &Row<'_>, columns: &Columns, problems: &mut Problems) {
        row.wanted(
            &[
                columns.location,
                columns.technology,
                columns.down,
                columns.up,
                columns.business,
                columns.block,
            ],
            problems,
        );
        let location = row.count(columns.location, problems);
        let technology = row.parsed(
            columns.technology,
            Technology::parse,
            "a technology code: 0, 10, 40, 50, 60, 61, 70, 71 or 72",
            problems,
        );
        let down = row.amount(columns.down, problems);
        let up = row.amount(columns.up, problems);
        let block =
            row.geoid(columns.block, 15, problems).and_then(|geoid| geoid.as_str().parse::<u64>().ok());
        let home = row.parsed(columns.business, home_service, "B, R or X", problems);
        let (Some(location), Some(technology), Some(down), Some(up), Some(block), Some(home)) =
            (location, technology, down, up, block, home)
        else {
            return;
        };
        self.rows += 1;
        if !home {
            self.business += 1;
            return;
        }
        let offers = self.locations.entry(location).or_insert(Offers { block, tiers: 0 });
        for (tier, (least_down, least_up)) in TIERS.into_iter().enumerate() {
            if down >= least_down && up >= least_up {
                offers.tiers |= bit(technology.medium(), tier);
            }
        }
    }

    /// Rows read, and those of them that were for businesses alone.
    pub fn rows(&self) -> (u64, u64) {
        (self.rows, self.business)
    }

    /// Counts by area, in the order of GEOIDs; `None` as kind gives blocks. Kinds that are not made of blocks give
    /// nothing.
    pub fn by_area(&self, kind: Option<GeographyKind>) -> Vec<AreaService> {
        let digits = match kind {
            None => 15,
            Some(GeographyKind::BlockGroup) => 12,
            Some(GeographyKind::Tract) => 11,
            Some(GeographyKind::County) => 5,
            Some(GeographyKind::State) => 2,
            Some(_) => return Vec::new(),
        };
        let divisor = 10u64.pow(15 - digits);
        let mut areas: BTreeMap<u64, AreaService> = BTreeMap::new();
        for offers in self.locations.values() {
            let area = areas.entry(offers.block / divisor).or_default();
            area.locations += 1;
            for tier in 0..TIERS.len() {
                let has = |medium| u64::from(offers.tiers & bit(medium, tier) != 0);
                let (wired, wireless) = (has(Medium::Wired), has(Medium::FixedWireless));
                area.wired[tier] += wired;
                area.fixed_wireless[tier] += wireless;
                area.satellite[tier] += has(Medium::Satellite);
                area.terrestrial[tier] += wired | wireless;
            }
        }
        let width = digits as usize;
        areas
            .into_iter()
            .map(|(code, area)| AreaService { geoid: format!("{code:0width$}"), ..area })
            .collect()
    }
}

fn bit(medium: Medium, tier: usize) -> u16 {
    1 << (2 * medium as usize + tier)
}

/// `R` residential and `X` both are for homes, `B` is not.
fn home_service(code: &str) -> Option<bool> {
    match code {
        "R" | "X" => Some(true),
        "B" => Some(false),
        _ => None,
    }
}

fn columns(table: &mut Table<'_>, problems: &mut Problems) -> Option<Columns> {
    let mut require = |name: &str| table.require(&[name], problems);
    let columns = Columns {
        location: require("location_id"),
        technology: require("technology"),
        down: require("max_advertised_download_speed"),
        up: require("max_advertised_upload_speed"),
        business: require("business_residential_code"),
        block: require("block_geoid"),
    };
    let all =
        [columns.location, columns.technology, columns.down, columns.up, columns.business, columns.block];
    all.iter().all(Option::is_some).then_some(columns)
}
