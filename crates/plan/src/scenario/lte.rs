//! Private LTE: candidate sites, the demand that each serves as a radio model or a survey says, outdoors on the house or with a device
//! inside. Both are options of their own, at their own cost; of one site at most one is bought.

use super::choice::{Choice, Shop, over, times};
use super::fields::Fields;
use super::files::Files;
use super::place::Point;
use super::quality::Kind;
use crate::{Fixed, MILLION};
use std::collections::{BTreeMap, BTreeSet};

const SITES: [&str; 7] = ["site", "name", "latitude", "longitude", "sectors", "sector_mbps", "fixed"];
const SERVED: [&str; 3] = ["site", "demand", "device"];

/// `[private_lte]` of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    sites: String,
    served: String,
    /// Megabits a second that a student needs in the busy hour, in millionths.
    need: u64,
    /// The part of the homes reached that take it, in millionths.
    uptake: u64,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (sites, served) = (fields.need("sites"), fields.need("served"));
        fields.needs("need_mbps");
        let need = fields.millionths("need_mbps", 1, 1_000 * MILLION);
        let uptake = fields.millionths("uptake", 1, MILLION).unwrap_or(MILLION);
        Some(Self { sites: sites?, served: served?, need: need?, uptake })
    }
}

struct Site {
    name: String,
    point: Point,
    /// Megabits a second, in millionths.
    mbps: u64,
    fixed: Fixed,
    /// Rows of the demand, outdoors and inside.
    served: [BTreeSet<u32>; 2],
}

/// Two options for each site, where both kinds of device serve somebody.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) {
    let mut sites = sites(shop, files, settings);
    served(shop, files, settings, &mut sites);
    for (id, site) in &sites {
        for (kind, device, rows) in [
            (Kind::LteOutdoor, "lte_outdoor_device", &site.served[0]),
            (Kind::LteIndoor, "lte_indoor_device", &site.served[1]),
        ] {
            if rows.is_empty() {
                continue;
            }
            let mut choice = Choice::new(format!("{}/{id}", kind.word()), kind, site.name.clone());
            let quality = shop.quality(kind, MILLION);
            choice.point = Some(site.point);
            choice.fixed = site.fixed;
            choice.covers = rows.iter().map(|row| (*row, quality)).collect();
            let takers =
                times(choice.covered(shop.demand), settings.uptake).min(over(site.mbps, settings.need));
            choice.capacity = Some(takers);
            choice.bought_for = Some(takers);
            choice.exclusive = format!("private_lte {id}");
            let homes = over(takers, shop.home);
            shop.bill(&mut choice, "lte_site", id, MILLION);
            shop.bill(&mut choice, "lte_rent", id, MILLION);
            shop.bill(&mut choice, "lte_spectrum_access", id, homes);
            shop.bill(&mut choice, device, id, homes);
            shop.choices.push(choice);
        }
    }
}

fn sites(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) -> BTreeMap<String, Site> {
    let mut sites = BTreeMap::new();
    let Some(mut rows) = shop.desk.open(files, &settings.sites, None, &SITES, 6) else { return sites };
    let mut read = 0;
    while shop.desk.next(&mut rows, &mut read) {
        let id = shop.desk.need(&rows, 0, "an id in each row");
        let point = shop.desk.point(&rows, 2, 3);
        let sectors = shop.desk.millionths(&rows, 4, 100, "sectors: a number, 0 or more");
        let mbps =
            shop.desk.millionths(&rows, 5, 100_000, "megabits a second of a sector: a number, 0 or more");
        // One site is two options: what is bought already is known only when it is known with which device.
        let fixed = shop.desk.word(&rows, 6, &[("", Fixed::Free), ("out", Fixed::Out)]);
        let (Some(id), Some(point), Some(sectors), Some(mbps), Some(fixed)) =
            (id, point, sectors, mbps, fixed)
        else {
            continue;
        };
        let name = Some(rows.text(1)).filter(|name| !name.is_empty()).unwrap_or(&id).to_owned();
        let site = Site { name, point, mbps: times(sectors, mbps), fixed, served: Default::default() };
        if sites.insert(id, site).is_some() {
            rows.problem(0, "an id that no row above has", &mut shop.desk.problems);
        }
    }
    sites
}

fn served(
    shop: &mut Shop<'_>,
    files: &mut Files<'_>,
    settings: &Settings,
    sites: &mut BTreeMap<String, Site>,
) {
    let Some(mut rows) = shop.desk.open(files, &settings.served, None, &SERVED, 3) else { return };
    let mut read = 0;
    let mut seen = BTreeSet::new();
    while shop.desk.next(&mut rows, &mut read) {
        let site = sites.get_mut(rows.text(0));
        if site.is_none() {
            rows.problem(0, format!("a site of {}", settings.sites), &mut shop.desk.problems);
        }
        let demand = shop.demand.ids.get(rows.text(1));
        if demand.is_none() {
            rows.problem(1, format!("a demand of {}", shop.demand.file), &mut shop.desk.problems);
        }
        let device =
            shop.desk.word(&rows, 2, &[("outdoor", (0, Kind::LteOutdoor)), ("indoor", (1, Kind::LteIndoor))]);
        let (Some(site), Some(demand), Some((at, kind))) = (site, demand, device) else { continue };
        if !seen.insert((rows.text(0).to_owned(), demand.start, at)) {
            rows.problem(1, "each demand once for a site and device", &mut shop.desk.problems);
        }
        let takes = demand.clone().filter(|row| shop.demand.rows[*row as usize].takes(kind));
        site.served[at].extend(takes);
    }
}
