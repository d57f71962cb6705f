//! Figures without a roster: areas added up by their children.

use super::figure::Spread;
use super::inputs::{Inputs, geography};
use super::model::{AreaIndex, Prior};
use super::rollup::joined;
use super::solve::{Normal, logistic};
use super::{Estimate, Link, Method};
use evenfield_model::{Geography, GeographyKind, Geoid, Measure};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Children of one place, and how many of them lack access.
#[derive(Clone, Debug, Default)]
struct Sum {
    children: f64,
    expected: f64,
    observed: bool,
    draws: Vec<f64>,
}

/// The figures of one measure for every area with children and a share, and for all places around it.
pub(super) fn figures(inputs: &Inputs, measure: Measure, seed: u64) -> Vec<Estimate> {
    let index = AreaIndex::new(inputs.areas, measure);
    let draws = inputs.settings.draws as usize;
    let width = index.width();
    // Draw by draw, the errors that all areas have in common.
    let common: Vec<Vec<f64>> = {
        let mut normal = Normal::new(seed, 0);
        (0..draws).map(|_| (0..width).map(|_| normal.next()).collect()).collect()
    };
    let usable = inputs.children.iter().filter(|c| c.children > 0.0 && c.children.is_finite());
    // Parts of an area without a share of their own take its share, and then its error is one: the stream of draws is
    // the share's place in the order.
    let mut streams: BTreeMap<&str, u64> = BTreeMap::new();
    let found: Vec<_> = usable.filter_map(|c| Some((c, index.find(&c.geoid)?))).collect();
    for (_, area) in &found {
        let next = streams.len() as u64 + 1;
        streams.entry(area.geoid.as_str()).or_insert(next);
    }
    let sums: Vec<Sum> = found
        .par_iter()
        .map(|(children, area)| {
            let prior = Prior::of(area);
            let mut normal = Normal::new(seed, streams[area.geoid.as_str()]);
            let lacking = |errors: &Vec<f64>| {
                let shared: f64 = prior.common.iter().zip(errors).map(|(l, z)| l * z).sum();
                let logit = prior.offset + prior.variance.sqrt() * normal.next() + shared;
                children.children * logistic(logit)
            };
            Sum {
                children: children.children,
                expected: children.children * area.value.clamp(0.0, 1.0),
                observed: area.observed,
                draws: common.iter().map(lacking).collect(),
            }
        })
        .collect();
    let mut places: BTreeMap<Geography, Sum> = BTreeMap::new();
    for ((children, _), sum) in found.iter().zip(&sums) {
        for place in around(&children.geoid) {
            places.entry(place).or_default().add(sum, 1.0);
        }
        for (district, inside) in children.districts.iter().filter(|(_, inside)| *inside > 0.0) {
            let place = geography(GeographyKind::District, district);
            places.entry(place).or_default().add(sum, inside / children.children);
        }
    }
    places.into_iter().map(|(place, sum)| sum.figure(measure, place)).collect()
}

/// The areas that an area's children are counted for, itself first.
fn around(area: &Geoid) -> Vec<Geography> {
    use GeographyKind::{BlockGroup, County, State, Tract};
    let within = |kind| area.within(kind).map(|g| geography(kind, g.as_str()));
    [BlockGroup, Tract, County, State].into_iter().filter_map(within).collect()
}

/// Which places make up which: areas their parts, districts the largest areas that lie in them whole.
pub(super) fn links(inputs: &Inputs) -> Vec<Link> {
    let mut pairs = Vec::new();
    // How many areas of the input an area holds, and how many of those lie whole in a district.
    let mut holds: BTreeMap<Geography, u32> = BTreeMap::new();
    let mut inside: BTreeMap<&str, BTreeMap<Geography, u32>> = BTreeMap::new();
    for children in inputs.children.iter().filter(|c| c.children > 0.0) {
        let places = around(&children.geoid);
        pairs.extend(places.windows(2).map(|w| (w[1].clone(), w[0].clone())));
        for place in &places {
            *holds.entry(place.clone()).or_default() += 1;
        }
        for (district, _) in children.districts.iter().filter(|(_, n)| *n >= children.children) {
            let whole = inside.entry(district).or_default();
            for place in &places {
                *whole.entry(place.clone()).or_default() += 1;
            }
        }
    }
    let mut links = joined(pairs);
    for (district, areas) in &inside {
        let lies_whole = |area: &Geography| areas.get(area) == holds.get(area);
        // The largest areas that lie in it whole; what is in those is in them already.
        let largest = |area: &&Geography| {
            let around = Geoid::parse(&area.id).ok().into_iter().flat_map(|geoid| around(&geoid));
            lies_whole(area) && !around.into_iter().any(|a| a.kind > area.kind && lies_whole(&a))
        };
        let parts = areas.keys().filter(largest).cloned().collect();
        links.push(Link { whole: geography(GeographyKind::District, district), parts });
    }
    links
}

impl Sum {
    /// Adds this part of another sum.
    fn add(&mut self, other: &Self, part: f64) {
        self.children += part * other.children;
        self.expected += part * other.expected;
        self.observed |= other.observed;
        self.draws.resize(other.draws.len().max(self.draws.len()), 0.0);
        for (sum, draw) in self.draws.iter_mut().zip(&other.draws) {
            *sum += part * draw;
        }
    }

    fn figure(self, measure: Measure, place: Geography) -> Estimate {
        let value = (self.expected / self.children).clamp(0.0, 1.0);
        let spread = Spread::of(self.draws.iter().map(|d| d / self.children).collect());
        Estimate {
            measure,
            barrier: None,
            geography: place,
            group: "all".to_owned(),
            value,
            se: spread.sd,
            low90: spread.low.min(value).clamp(0.0, 1.0),
            high90: spread.high.max(value).clamp(0.0, 1.0),
            answers: 0,
            students: self.children.round() as u32,
            method: if self.observed { Method::Area } else { Method::Synthetic },
        }
    }
}
