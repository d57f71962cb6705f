//! Which areas belong to which district, and with which share of their children.
//!
//! A relationship file says it by counts or by land. Without one, the boundaries of areas and of districts do: points spread
//! over an area, and the share of them that lies in a district. Two files never draw a border alike, so that a share
//! of less than [`SLIVER`] is taken as none and one that lacks less than it as the whole. One may also draw the coast and the other
//! the limit in the sea: where the boundaries of several districts are known, points in none of them are taken as water.
//! People do not live evenly on land, so shares of land are the second best; where a district keeps to whole areas, as most
//! county-wide ones do, nothing is lost.

use crate::open::nces::relationship::Part;
use crate::place::{Boundary, Locator, lattice};
use evenfield_model::{GeographyKind, Geoid};
use geo::BoundingRect;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A share below this is where two files draw the same border differently.
const SLIVER: f64 = 0.1;
/// Points that stand for an area's ground.
const POINTS: usize = 200;

/// Areas, largest last: the order in which a larger one is asked where a smaller one is not known.
const KINDS: [GeographyKind; 3] = [GeographyKind::BlockGroup, GeographyKind::Tract, GeographyKind::County];

/// Shares of areas in districts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cover {
    /// LEAID and share (above 0, at most 1) by GEOID; an area in no district has an empty list.
    areas: BTreeMap<String, Vec<(String, f64)>>,
    /// Kinds of which every area in a district is in the list, so that one that is not there is in none.
    whole: BTreeSet<GeographyKind>,
}

impl Cover {
    /// From the parts of a relationship file, which lists every area of its kind.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut cover = Self::default();
        for part in parts {
            cover.whole.extend(part.area.kind());
            cover.areas.entry(part.area.into()).or_default().push((part.leaid.into(), part.share.min(1.0)));
        }
        cover
    }

    /// From boundaries: of areas (block groups, tracts, counties) and of districts, best of all districts around. Two files of
    /// places without a common ground give a cover in which every area is in no district; no districts give none.
    pub fn from_boundaries(areas: &[Boundary], districts: &[Boundary]) -> Self {
        if districts.is_empty() {
            return Self::default();
        }
        let districts: Vec<_> = districts
            .iter()
            .filter_map(|d| Some((d, d.geometry.bounding_rect()?, Locator::new(std::slice::from_ref(d)))))
            .collect();
        let shares = |area: &Boundary| {
            let around = area.geometry.bounding_rect()?;
            let meets = |other: &geo::Rect<f64>| {
                let (a, b, c, d) = (around.min(), around.max(), other.min(), other.max());
                a.x <= d.x && c.x <= b.x && a.y <= d.y && c.y <= b.y
            };
            let near: Vec<_> = districts.iter().filter(|(_, ground, _)| meets(ground)).collect();
            if near.is_empty() {
                return (districts.len() == 1).then(Vec::new);
            }
            let points = lattice::points(area, POINTS);
            let mut inside = vec![0usize; near.len()];
            let mut on_land = 0;
            for (x, y) in &points {
                let mut any = false;
                for (count, (.., locator)) in inside.iter_mut().zip(&near) {
                    let has = locator.locate(*x, *y).is_some();
                    *count += usize::from(has);
                    any |= has;
                }
                on_land += usize::from(any);
            }
            let all = if districts.len() > 1 { on_land } else { points.len() };
            let shares = near.iter().zip(inside).map(|((d, ..), n)| (d.id.clone(), n as f64 / all as f64));
            // All water: an island that the other file leaves out. The areas around it know.
            (all > 0).then(|| without_slivers(shares))
        };
        let found = areas.par_iter().filter_map(|area| Some((area.id.clone(), shares(area)?))).collect();
        let mut cover = Self { areas: found, whole: BTreeSet::new() };
        cover.add_around(GeographyKind::Tract);
        cover.add_around(GeographyKind::County);
        cover
    }

    /// Gives tracts or counties that are not known themselves the mean of the smaller areas in them.
    fn add_around(&mut self, kind: GeographyKind) {
        let mut around: BTreeMap<String, (f64, BTreeMap<&str, f64>)> = BTreeMap::new();
        for (area, districts) in &self.areas {
            let larger =
                Geoid::parse(area).ok().filter(|a| a.kind() < Some(kind)).and_then(|a| a.within(kind));
            let Some(larger) = larger.filter(|larger| !self.areas.contains_key(larger.as_str())) else {
                continue;
            };
            let (count, sums) = around.entry(larger.into()).or_default();
            *count += 1.0;
            for (district, share) in districts {
                *sums.entry(district).or_default() += share;
            }
        }
        let mean = |(area, (count, sums)): (String, (f64, BTreeMap<&str, f64>))| {
            (
                area,
                without_slivers(sums.into_iter().map(|(district, sum)| (district.to_owned(), sum / count))),
            )
        };
        let found: Vec<_> = around.into_iter().map(mean).collect();
        self.areas.extend(found);
    }

    /// Whether nothing is known of any area.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// Districts and shares of an area; of the tract or county around it where it is not known itself (block groups of
    /// another decade, a file of counties).
    pub fn of(&self, area: &Geoid) -> &[(String, f64)] {
        for kind in KINDS {
            let Some(around) = area.within(kind) else { continue };
            if let Some(found) = self.areas.get(around.as_str()) {
                return found;
            }
            if self.whole.contains(&kind) {
                break;
            }
        }
        &[]
    }
}

/// Shares without those of two files that draw one border differently.
fn without_slivers(shares: impl Iterator<Item = (String, f64)>) -> Vec<(String, f64)> {
    let whole = |share: f64| if share > 1.0 - SLIVER { 1.0 } else { share };
    shares.filter(|(_, share)| *share >= SLIVER).map(|(district, share)| (district, whole(share))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::Leaid;
    use geo::{MultiPolygon, Rect};

    fn square(kind: GeographyKind, id: &str, west: f64, east: f64) -> Boundary {
        let geometry = MultiPolygon(vec![Rect::new((west, 37.0), (east, 38.0)).to_polygon()]);
        Boundary { kind, id: id.into(), name: id.into(), geometry }
    }

    fn geoid(text: &str) -> Geoid {
        Geoid::parse(text).expect("a GEOID")
    }

    #[test]
    fn boundaries_give_shares_of_ground_without_slivers() {
        use GeographyKind::{BlockGroup, District};
        let areas = [
            square(BlockGroup, "510010901001", 0.0, 1.0),
            square(BlockGroup, "510010901002", 1.0, 2.0),
            square(BlockGroup, "510010901003", 2.0, 3.0),
        ];
        // The second area is cut at a quarter; the first border is off by a hundredth of an area.
        let districts = [square(District, "5100060", -1.0, 1.25), square(District, "5102710", 1.25, 2.99)];
        let cover = Cover::from_boundaries(&areas, &districts);
        assert_eq!(cover.of(&geoid("510010901001")), [("5100060".to_owned(), 1.0)]);
        let cut = cover.of(&geoid("510010901002"));
        assert_eq!(cut.len(), 2);
        assert!((cut[0].1 - 0.25).abs() < 0.05 && (cut[1].1 - 0.75).abs() < 0.05, "{cut:?}");
        assert_eq!(cover.of(&geoid("510010901003")), [("5102710".to_owned(), 1.0)]);
        let tract = cover.of(&geoid("510010901009"));
        assert!((tract[0].1 - 1.25 / 3.0).abs() < 0.02, "one that is not known goes by its tract: {tract:?}");
    }

    #[test]
    fn water_that_one_file_leaves_out_is_in_no_district() {
        use GeographyKind::{BlockGroup, District};
        let coast = [square(BlockGroup, "510010901001", 0.0, 1.0)];
        let clipped = square(District, "5100060", -1.0, 0.3);
        let alone = Cover::from_boundaries(&coast, std::slice::from_ref(&clipped));
        assert!((alone.of(&geoid("510010901001"))[0].1 - 0.3).abs() < 0.05, "the rest may be a neighbour's");
        let neighbour = square(District, "5102710", 5.0, 6.0);
        let known = Cover::from_boundaries(&coast, &[clipped, neighbour]);
        assert_eq!(known.of(&geoid("510010901001")), [("5100060".to_owned(), 1.0)]);
        assert!(Cover::from_boundaries(&coast, &[]).is_empty());
        let island = [coast[0].clone(), square(BlockGroup, "510010901002", 0.6, 0.9)];
        let districts = [square(District, "5100060", -1.0, 0.3), square(District, "5102710", 0.95, 6.0)];
        let whole = Cover::from_boundaries(&island[1..], &districts);
        assert!(whole.of(&geoid("510010901002")).is_empty(), "nothing says where it is");
        let found = Cover::from_boundaries(&island, &districts);
        assert_eq!(found.of(&geoid("510010901002")), found.of(&geoid("51001090100")), "it goes by its tract");
        assert!(!found.of(&geoid("510010901002")).is_empty());
    }

    #[test]
    fn a_block_group_of_another_decade_goes_by_its_tract() {
        let tract = square(GeographyKind::Tract, "51001090100", 0.0, 1.0);
        let cover = Cover::from_boundaries(&[tract], &[square(GeographyKind::District, "5100060", 0.0, 0.5)]);
        assert!((cover.of(&geoid("510010901007"))[0].1 - 0.5).abs() < 0.05);
    }

    #[test]
    fn a_relationship_file_lists_every_area_of_its_kind() {
        let part = |area: &str, share: f64| Part {
            leaid: Leaid::parse("5100060").expect("a LEAID"),
            area: geoid(area),
            share,
        };
        let cover = Cover::from_parts([part("510010901001", 0.4), part("51001090100", 0.2)]);
        assert_eq!(cover.of(&geoid("510010901001"))[0].1, 0.4);
        assert!(cover.of(&geoid("510010901002")).is_empty(), "it is in another district");
        assert_eq!(cover.of(&geoid("51001090100"))[0].1, 0.2);
        let counties = Cover::from_parts([part("51001", 1.0)]);
        assert_eq!(counties.of(&geoid("510010901002"))[0].1, 1.0);
    }
}
