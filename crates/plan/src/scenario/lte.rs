//! Private LTE: candidate sites, the demand that each serves as a radio model or a survey says, outdoors on the house or with a device
//! inside. Both are options of their own, at their own cost; of one site at most one is bought.

use super::choice::{Choice, Shop, over, times};
use super::fields::Fields;
use super::files::Files;
use super::place::Point;
use super::quality::Kind;
use crate::{Fixed, MILLION};
use std::collections::{BTreeMap, BTreeSet};

const SITES: [&str; 7] = ["site", "latitude", "longitude", "sectors", "sector_mbps", "name", "fixed"];
/// Columns of a study of radio sites ([`crate::study`]) that say more than is asked here are known, and passed.
const SECTORS: [&str; 7] = ["site", "device", "sector", "down_mbps", "up_mbps", "azimuth", "students"];
const SERVED: [&str; 11] = [
    "site",
    "demand",
    "device",
    "sector",
    "students",
    "meters",
    "loss",
    "antenna",
    "margin_down",
    "margin_up",
    "limits",
];
/// Both kinds of device, in the order of what a site has for each.
const DEVICES: [(&str, (usize, Kind)); 2] =
    [("outdoor", (0, Kind::LteOutdoor)), ("indoor", (1, Kind::LteIndoor))];

/// `[private_lte]` of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    sites: String,
    served: String,
    /// What each sector gives, by device; else all sectors of a site give the same.
    sectors: Option<String>,
    /// Megabits a second that a student needs in the busy hour, downwards, in millionths.
    need: u64,
    /// The same upwards, where it is looked at.
    need_up: Option<u64>,
    /// The part of the homes reached that take it, in millionths.
    uptake: u64,
    /// Who sells the sites and devices.
    vendor: Option<String>,
}

impl Settings {
    pub fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let (sites, served) = (fields.need("sites"), fields.need("served"));
        let sectors = fields.text("sectors");
        fields.needs("need_mbps");
        let need = fields.millionths("need_mbps", 1, 1_000 * MILLION);
        let need_up = fields.millionths("need_up_mbps", 1, 1_000 * MILLION);
        if need_up.is_some() && sectors.is_none() {
            fields
                .complain("need_up_mbps", "`sectors` with it: the file that says what sectors give upwards");
        }
        let uptake = fields.millionths("uptake", 1, MILLION).unwrap_or(MILLION);
        let vendor = fields.text("vendor");
        Some(Self {
            sites: sites?,
            served: served?,
            sectors,
            need: need.unwrap_or(MILLION),
            need_up,
            uptake,
            vendor,
        })
    }

    /// How many students a sector has enough for, in millionths.
    fn enough(&self, [down, up]: [u64; 2]) -> u64 {
        over(down, self.need).min(self.need_up.map_or(u64::MAX, |need| over(up, need)))
    }
}

struct Site {
    name: String,
    point: Point,
    /// Megabits a second of all sectors, in millionths.
    mbps: u64,
    /// What it gives down and up by sector, outdoors and inside; in millionths.
    sectors: [BTreeMap<String, [u64; 2]>; 2],
    /// What is decided already, outdoors and inside, and what the district has.
    fixed: [(Fixed, bool); 2],
    /// Rows of the demand with the sector that serves them, outdoors and inside.
    served: [BTreeMap<u32, String>; 2],
}

/// Two options for each site, where both kinds of device serve somebody.
pub(super) fn build(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) {
    let mut sites = sites(shop, files, settings);
    if let Some(file) = &settings.sectors {
        sectors(shop, files, (file, settings), &mut sites);
    }
    served(shop, files, settings, &mut sites);
    for (id, site) in &sites {
        for (at, device) in ["lte_outdoor_device", "lte_indoor_device"].into_iter().enumerate() {
            let (kind, rows, fixed) = (DEVICES[at].1.1, &site.served[at], site.fixed[at]);
            if rows.is_empty() && fixed.0 != Fixed::In {
                continue;
            }
            let mut choice = Choice::new(format!("{}/{id}", kind.word()), kind, site.name.clone());
            let quality = shop.quality(kind, MILLION);
            choice.point = Some(site.point);
            (choice.fixed, choice.owned) = fixed;
            choice.vendor = settings.vendor.clone().unwrap_or_default();
            choice.covers = rows.keys().map(|row| (*row, quality)).collect();
            let takers = takers(shop, settings, site, at);
            choice.capacity = Some(takers);
            choice.share = settings.uptake;
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

/// How many students take what a site gives with a kind of device, in millionths: of each sector at most as many as it has enough for.
fn takers(shop: &Shop<'_>, settings: &Settings, site: &Site, at: usize) -> u64 {
    let students = |row: &u32| shop.demand.rows[*row as usize].students;
    let rows = &site.served[at];
    if settings.sectors.is_none() {
        let all = rows.keys().map(students).sum();
        return times(all, settings.uptake).min(over(site.mbps, settings.need));
    }
    let sectors = site.sectors[at].iter().map(|(sector, mbps)| {
        let mine = rows.iter().filter(|(_, by)| *by == sector).map(|(row, _)| students(row)).sum();
        times(mine, settings.uptake).min(settings.enough(*mbps))
    });
    sectors.sum()
}

fn sites(shop: &mut Shop<'_>, files: &mut Files<'_>, settings: &Settings) -> BTreeMap<String, Site> {
    let mut sites = BTreeMap::new();
    let alike = settings.sectors.is_none();
    let required = if alike { 5 } else { 3 };
    let Some(mut rows) = shop.desk.open(files, &settings.sites, None, &SITES, required) else { return sites };
    let mut read = 0;
    while shop.desk.next(&mut rows, &mut read) {
        let id = shop.desk.need(&rows, 0, "an id in each row");
        let point = shop.desk.point(&rows, 1, 2);
        let mbps = if alike {
            let sectors = shop.desk.millionths(&rows, 3, 100, "sectors: a number, 0 or more");
            let wanted = "megabits a second of a sector: a number, 0 or more";
            let mbps = shop.desk.millionths(&rows, 4, 100_000, wanted);
            sectors.zip(mbps).map(|(sectors, mbps)| times(sectors, mbps))
        } else {
            Some(0)
        };
        // One site is two options: what is bought is bought with one of them.
        let (free, (bought, out)) = ((Fixed::Free, false), ((Fixed::In, false), (Fixed::Out, false)));
        let owned = (Fixed::Free, true);
        let fixed = [
            ("", [free, free]),
            ("out", [out, out]),
            ("in_outdoor", [bought, out]),
            ("in_indoor", [out, bought]),
            ("owned_outdoor", [owned, out]),
            ("owned_indoor", [out, owned]),
        ];
        let fixed = shop.desk.word(&rows, 6, &fixed);
        let (Some(id), Some(point), Some(mbps), Some(fixed)) = (id, point, mbps, fixed) else { continue };
        let name = Some(rows.text(5)).filter(|name| !name.is_empty()).unwrap_or(&id).to_owned();
        let (sectors, served) = Default::default();
        let site = Site { name, point, mbps, sectors, fixed, served };
        if sites.insert(id, site).is_some() {
            rows.problem(0, "an id that no row above has", &mut shop.desk.problems);
        }
    }
    sites
}

fn sectors(
    shop: &mut Shop<'_>,
    files: &mut Files<'_>,
    (file, settings): (&str, &Settings),
    sites: &mut BTreeMap<String, Site>,
) {
    let Some(mut rows) = shop.desk.open(files, file, None, &SECTORS, 5) else { return };
    let mut read = 0;
    while shop.desk.next(&mut rows, &mut read) {
        let site = sites.get_mut(rows.text(0));
        if site.is_none() {
            rows.problem(0, format!("a site of {}", settings.sites), &mut shop.desk.problems);
        }
        let device = shop.desk.word(&rows, 1, &DEVICES);
        let sector = shop.desk.need(&rows, 2, "a sector in each row");
        let down = shop.desk.millionths(&rows, 3, 100_000, "megabits a second down: a number, 0 or more");
        let up = shop.desk.millionths(&rows, 4, 100_000, "megabits a second up: a number, 0 or more");
        let (Some(site), Some((at, _)), Some(sector)) = (site, device, sector) else { continue };
        let (Some(down), Some(up)) = (down, up) else { continue };
        if site.sectors[at].insert(sector, [down, up]).is_some() {
            rows.problem(2, "each sector once for a site and device", &mut shop.desk.problems);
        }
    }
}

fn served(
    shop: &mut Shop<'_>,
    files: &mut Files<'_>,
    settings: &Settings,
    sites: &mut BTreeMap<String, Site>,
) {
    let required = if settings.sectors.is_some() { 4 } else { 3 };
    let Some(mut rows) = shop.desk.open(files, &settings.served, None, &SERVED, required) else { return };
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
        let device = shop.desk.word(&rows, 2, &DEVICES);
        let (Some(site), Some(demand), Some((at, kind))) = (site, demand, device) else { continue };
        let sector = rows.text(3);
        if let Some(file) = &settings.sectors
            && !site.sectors[at].contains_key(sector)
        {
            let wanted = format!("a sector of {file} for this site and device");
            rows.problem(3, wanted, &mut shop.desk.problems);
        }
        if !seen.insert((rows.text(0).to_owned(), demand.start, at)) {
            rows.problem(1, "each demand once for a site and device", &mut shop.desk.problems);
        }
        let takes = demand.clone().filter(|row| shop.demand.rows[*row as usize].takes(kind));
        site.served[at].extend(takes.map(|row| (row, sector.to_owned())));
    }
}
