//! A direct figure of each area for a measure, by the ACS table that comes nearest to it.
//!
//! M4 to M6 have none: nobody publishes speeds or devices of homes by area. They come from the survey.

use super::values::Values;
use crate::estimate::AreaChildren;
use crate::open::acs::{self, AcsRow, AcsTable, Cell, Share, ShareKind, design_effect};
use evenfield_model::{Geography, GeographyKind, Geoid, Measure};

/// Which share stands for a measure, the nearest first. Children before households; a table that sees computers
/// before one that does not.
const NEAREST: [ShareKind; 8] = [
    ShareKind::ChildrenM1,
    ShareKind::HouseholdsNoComputerOrSubscription,
    ShareKind::HouseholdsM1,
    ShareKind::HouseholdsM1FromTypes,
    ShareKind::HouseholdsWithoutBroadband,
    ShareKind::HouseholdsM2,
    ShareKind::HouseholdsM3,
    ShareKind::HouseholdsM3FromTypes,
];

/// The kinds of area that are estimated, the smallest first.
const KINDS: [GeographyKind; 3] = [GeographyKind::BlockGroup, GeographyKind::Tract, GeographyKind::County];

/// A direct figure of one area.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Direct {
    pub area: String,
    /// Share lacking, 0 to 1.
    pub share: f64,
    /// Sampling variance of the share.
    pub variance: f64,
    /// Children or households that the share is of.
    pub whole: f64,
}

/// The direct figures of one measure.
pub(super) struct Found {
    /// What they are shares of.
    pub nearest: ShareKind,
    /// The kind of area.
    pub kind: GeographyKind,
    pub areas: Vec<Direct>,
    /// The same share as published for whole counties, where those are not the areas themselves.
    pub counties: Vec<Direct>,
}

/// The direct figures of every measure that has any: by the nearest share, for the smallest kind of area.
pub(super) fn direct(values: &Values, measure: Measure) -> Option<Found> {
    let tables: Vec<(GeographyKind, Vec<Share>)> =
        KINDS.iter().map(|&kind| (kind, acs::shares(&table(values, kind)))).collect();
    for nearest in NEAREST.into_iter().filter(|n| n.measure() == Some(measure)) {
        let of_kind = |kind: GeographyKind| -> Vec<Direct> {
            let shares = tables.iter().filter(|(of, _)| *of == kind).flat_map(|(_, shares)| shares);
            shares.filter(|s| s.kind == nearest).filter_map(of_share).collect()
        };
        for kind in KINDS {
            let areas = of_kind(kind);
            if !areas.is_empty() {
                let county = GeographyKind::County;
                let counties = if kind == county { Vec::new() } else { of_kind(county) };
                return Some(Found { nearest, kind, areas, counties });
            }
        }
    }
    None
}

/// Where no margin was published, or it came out as nothing, the design-effect model stands in.
fn of_share(share: &Share) -> Option<Direct> {
    let modelled = design_effect::variance(share.value, share.whole)?;
    let published = share.moe.map(|moe| (moe / acs::Z90).powi(2)).filter(|variance| *variance > 0.0);
    Some(Direct {
        area: share.geography.id.clone(),
        share: share.value,
        variance: published.unwrap_or(modelled),
        whole: share.whole,
    })
}

/// The ACS lines among the values, as a table.
fn table(values: &Values, kind: GeographyKind) -> AcsTable {
    let variables: Vec<String> =
        values.variables(kind).into_iter().filter(|v| v.starts_with("B28")).map(str::to_owned).collect();
    let rows = values
        .areas(kind)
        .map(|area| {
            let cell = |variable: &String| match values.get(kind, area, variable) {
                Some(number) => Cell { estimate: Some(number.value), moe: number.moe },
                None => Cell::default(),
            };
            let geography = Geography { kind, id: area.to_owned() };
            AcsRow { geography, name: String::new(), cells: variables.iter().map(cell).collect() }
        })
        .collect();
    AcsTable { variables, rows }
}

/// Children by area, for a district without a roster: children under 18 where a table gives them, else households.
pub(super) fn children(values: &Values, leaid: &str) -> Vec<AreaChildren> {
    for variable in ["children", "B28005_002", "B28003_001", "B28002_001"] {
        for kind in KINDS {
            let found: Vec<AreaChildren> = values
                .areas(kind)
                .filter_map(|area| {
                    let children = values.get(kind, area, variable)?.value.max(0.0);
                    let geoid = Geoid::parse(area).ok()?;
                    Some(AreaChildren { geoid, district: Some(leaid.to_owned()), children })
                })
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
}
