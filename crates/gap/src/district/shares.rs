//! A direct figure of each area for a measure, by the ACS table that comes nearest to it.
//!
//! M4 to M6 have none: nobody publishes speeds or devices of homes by area. They come from the survey.

use super::counted::Counted;
use super::cover::Cover;
use super::values::Values;
use crate::estimate::AreaChildren;
use crate::open::acs::{self, AcsRow, AcsTable, Cell, Share, ShareKind, design_effect};
use evenfield_model::{Geography, GeographyKind, Geoid, Measure};
use std::collections::BTreeMap;

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

/// Whom an area counts, the nearest to children first.
const COUNTED: [(&str, Counted); 4] = [
    ("children", Counted::Children),
    ("B28005_002", Counted::ChildrenInHouseholds),
    ("B28003_001", Counted::Households),
    ("B28002_001", Counted::Households),
];

/// Children by area and district, for a district (or a state) without a roster: of the smallest kind of area that has any count.
/// Where that counts households alone and a tract or county around it counts children, those are spread over it by
/// households. Whom the numbers count comes with them.
pub(super) fn children(values: &Values, leaid: &str, cover: &Cover) -> (Counted, Vec<AreaChildren>) {
    let known = |kind| {
        let has = |variable| values.areas(kind).any(|a| values.get(kind, a, variable).is_some());
        COUNTED.iter().find(|(variable, _)| has(variable))
    };
    let Some((kind, (variable, mut counted))) =
        KINDS.into_iter().find_map(|kind| Some((kind, *known(kind)?)))
    else {
        return (Counted::Children, Vec::new());
    };
    let mut areas: Vec<(Geoid, f64)> = values
        .areas(kind)
        .filter_map(|area| Some((Geoid::parse(area).ok()?, values.get(kind, area, variable)?.value.max(0.0))))
        .collect();
    if counted == Counted::Households {
        counted = spread(values, kind, &mut areas).unwrap_or(counted);
    }
    (
        counted,
        areas.into_iter().filter_map(|(geoid, children)| placed(geoid, children, leaid, cover)).collect(),
    )
}

/// Spreads the children of tracts, or else of counties, over their areas in proportion to what those count; `None` where
/// no count of children covers all areas.
fn spread(values: &Values, kind: GeographyKind, areas: &mut [(Geoid, f64)]) -> Option<Counted> {
    let around = KINDS.into_iter().filter(|around| *around > kind);
    let known = around.flat_map(|around| COUNTED[..2].iter().map(move |variable| (around, variable)));
    for (around, (variable, counted)) in known {
        let mut sums: BTreeMap<Geoid, f64> = BTreeMap::new();
        for (area, count) in areas.iter() {
            *sums.entry(area.within(around).unwrap_or_else(|| area.clone())).or_default() += count;
        }
        let factor = |area: &Geoid| {
            let around_it = area.within(around)?;
            let children = values.get(around, around_it.as_str(), variable)?.value.max(0.0);
            sums.get(&around_it).filter(|sum| **sum > 0.0).map(|sum| children / sum)
        };
        let factors: Vec<Option<f64>> = areas.iter().map(|(area, _)| factor(area)).collect();
        // One unit for all: children everywhere, or what was counted everywhere.
        if factors.iter().all(Option::is_some) {
            areas.iter_mut().zip(factors).for_each(|((_, count), factor)| *count *= factor.unwrap_or(1.0));
            return Some(*counted);
        }
    }
    None
}

/// An area's children, in whole numbers as students are, and the districts that they live in. A state keeps every area and
/// its districts apart; a district keeps its own part; `None` for an area outside it. Where nothing says what belongs to the
/// district, everything that was loaded does.
fn placed(geoid: Geoid, children: f64, leaid: &str, cover: &Cover) -> Option<AreaChildren> {
    if super::is_state(leaid) {
        let children = children.round();
        let inside = cover.of(&geoid).iter().filter(|(district, _)| district.get(..2) == leaid.get(..2));
        let mut districts = vec![(leaid.to_owned(), children)];
        districts.extend(inside.map(|(district, share)| (district.clone(), (children * share).round())));
        return Some(AreaChildren { geoid, children, districts });
    }
    let share = match cover.is_empty() {
        true => 1.0,
        false => cover.of(&geoid).iter().find(|(district, _)| district == leaid)?.1,
    };
    let children = (children * share).round();
    Some(AreaChildren { geoid, children, districts: vec![(leaid.to_owned(), children)] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::district::AreaValue;
    use crate::open::nces::relationship::Part;
    use evenfield_model::Leaid;

    fn values(numbers: &[(&str, &str, f64)]) -> Values {
        let value = |&(id, variable, value): &(&str, &str, f64)| {
            let kind = Geoid::parse(id).ok().and_then(|geoid| geoid.kind()).expect("an area");
            let geography = Geography { kind, id: id.to_owned() };
            AreaValue { geography, variable: variable.to_owned(), value: Some(value), moe: None }
        };
        numbers.iter().map(value).collect()
    }

    fn cover(parts: &[(&str, &str, f64)]) -> Cover {
        Cover::from_parts(parts.iter().map(|(leaid, area, share)| Part {
            leaid: Leaid::parse(leaid).expect("a LEAID"),
            area: Geoid::parse(area).expect("a GEOID"),
            share: *share,
        }))
    }

    fn found(children: &[AreaChildren]) -> Vec<(&str, f64)> {
        children.iter().map(|c| (c.geoid.as_str(), c.children)).collect()
    }

    const STATE: [(&str, &str, f64); 4] = [
        ("510010901001", "B28002_001", 100.0),
        ("510010901002", "B28002_001", 300.0),
        ("511310901001", "B28002_001", 50.0),
        ("511310901002", "B28002_001", 50.0),
    ];

    #[test]
    fn a_district_keeps_its_own_part_of_what_was_loaded() {
        let parts =
            [("5100060", "510010901001", 1.0), ("5100060", "510010901002", 0.5), ("5102710", "51131", 1.0)];
        let cover = cover(&parts);
        let (_, own) = children(&values(&STATE), "5100060", &cover);
        assert_eq!(found(&own), [("510010901001", 100.0), ("510010901002", 150.0)]);
        assert_eq!(own[1].districts, [("5100060".to_owned(), 150.0)]);
        let (counted, all) = children(&values(&STATE), "5100060", &Cover::default());
        assert_eq!((counted, all.len()), (Counted::Households, 4), "nothing says what belongs to it");
        assert!(children(&values(&STATE), "5100090", &cover).1.is_empty(), "no area is its own");
    }

    #[test]
    fn a_state_keeps_every_area_and_its_districts_apart() {
        let parts = [("5100060", "51001", 1.0), ("5102710", "51131", 0.5), ("2400001", "51131", 0.5)];
        let (_, found) = children(&values(&STATE), "5100000", &cover(&parts));
        assert_eq!(found.len(), 4);
        let state = ("5100000".to_owned(), 300.0);
        assert_eq!(found[1].districts, [state, ("5100060".to_owned(), 300.0)]);
        assert_eq!(found[2].districts[1..], [("5102710".to_owned(), 25.0)]);
    }

    /// Boundaries may be named by words, and a word may be one letter.
    #[test]
    fn districts_with_other_names_are_in_no_state() {
        let square = |kind, id: &str| crate::place::Boundary {
            kind,
            id: id.to_owned(),
            name: id.to_owned(),
            geometry: geo::MultiPolygon(vec![geo::Rect::new((-77.0, 38.0), (-76.0, 39.0)).to_polygon()]),
        };
        let block_groups = [square(GeographyKind::BlockGroup, "510010901001")];
        let districts = ["7", "é", "5100060"].map(|id| square(GeographyKind::District, id));
        let cover = Cover::from_boundaries(&block_groups, &districts);
        let (_, found) = children(&values(&STATE), "5100000", &cover);
        assert_eq!(found[0].districts[0].0, "5100000");
        assert!(found[0].districts.iter().all(|(district, _)| district.starts_with("51")));
    }

    #[test]
    fn children_of_counties_are_spread_by_households() {
        let mut numbers = STATE.to_vec();
        numbers.push(("51001", "children", 200.0));
        let (counted, some) = children(&values(&numbers), "5100000", &Cover::default());
        assert_eq!((counted, some[1].children), (Counted::Households, 300.0), "a county without a count");
        numbers.push(("51131", "children", 10.0));
        let (counted, all) = children(&values(&numbers), "5100000", &Cover::default());
        assert_eq!(counted, Counted::Children);
        assert_eq!(all.iter().map(|c| c.children).collect::<Vec<_>>(), [50.0, 150.0, 5.0, 5.0]);
    }
}
