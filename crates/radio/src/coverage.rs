//! What a site reaches: a raster around it, and the demand that it serves.
//!
//! Each place has a terrain profile of its own from the site. From 1 km on its loss is that of the irregular terrain model; nearer, where that
//! model is outside of its nominal range, it is the greater of that and of TR 38.901 (in sight if the profile is clear, out of sight if
//! not) with the shadowing that belongs to the share of places asked for. Places without known terrain on the way have no loss and are never served.
//! The antenna takes what its pattern says for the straight line from antenna to antenna; of the sectors the one that is heard best counts.

mod raster;
#[cfg(test)]
mod tests;

pub use raster::{Grid, Raster, raster};

use crate::antenna::Antenna;
use crate::budget::{self, Budget};
use crate::itm::variability::deviate;
use crate::itm::{self, Fault, Link, Profile, Quantiles};
use crate::terrain::{Place, Terrain, Way, distance};
use crate::tr38901::{Path, Scene};
use rayon::prelude::*;

/// Nearer than this TR 38.901 has its say, m.
const NEAR: f64 = 1000.0;

/// The least distance for which a loss is worked out, m: what both models are about begins there.
const NEAREST: f64 = 10.0;

/// How losses are worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The station's antenna, then the device's; wave, ground and air.
    pub link: Link,
    /// Shares of time, places and situations for which a loss must hold.
    pub at: Quantiles,
    /// What stands around, nearer than 1 km.
    pub scene: Scene,
    /// Metres from point to point of a profile.
    pub step: f64,
}

/// The way from a site to a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// m.
    pub length: f64,
    /// Basic transmission loss, dB.
    pub loss: f64,
    /// Where it begins, degrees from north to the east.
    pub azimuth: f64,
    /// How far below the horizon the straight line from antenna to antenna begins, degrees.
    pub down: f64,
}

/// Students at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Where.
    pub place: Place,
    /// How many.
    pub weight: f64,
}

/// How a place hears a site.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// The way there.
    pub ray: Ray,
    /// The sector that is heard best.
    pub sector: usize,
    /// What the pattern of its antenna takes, dB.
    pub antenna: f64,
    /// By how much the ways down and up hold, dB; below 0 they do not.
    pub margins: [f64; 2],
}

impl Heard {
    /// Of a ray: the sector that is heard best, and whether the budget holds.
    pub fn of(ray: Ray, antenna: &Antenna, budget: &Budget) -> Self {
        let (sector, attenuation) = antenna.toward(ray.azimuth, ray.down);
        Self { ray, sector, antenna: attenuation, margins: budget.margins(ray.loss + attenuation) }
    }

    /// The margin of the worse way, dB: the place is served where it is 0 or more.
    pub fn margin(&self) -> f64 {
        self.margins[0].min(self.margins[1])
    }

    /// Loss of the path and of the antenna's pattern, dB.
    pub fn loss(&self) -> f64 {
        self.ray.loss + self.antenna
    }
}

/// What a site does for a demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Nothing beyond the radius or without known terrain.
    pub heard: Option<Heard>,
    /// The weight that is served: all or nothing.
    pub served: f64,
}

/// The way from a site to a place, or nothing where terrain on the way is not known.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn ray(terrain: &Terrain, site: Place, place: Place, settings: &Settings) -> Result<Option<Ray>, Fault> {
    ray_with(terrain, site, place, settings, &mut Vec::new())
}

fn ray_with(
    terrain: &Terrain,
    site: Place,
    place: Place,
    settings: &Settings,
    heights: &mut Vec<f64>,
) -> Result<Option<Ray>, Fault> {
    let way = Way::new(site, place);
    let azimuth = site.azimuth(place);
    let [station, device] = settings.link.heights;
    if way.length < NEAREST {
        let loss = near(NEAREST, true, settings)
            .unwrap_or_else(|| crate::free_space::loss(NEAREST, settings.link.frequency));
        let down = (station - device).atan2(NEAREST).to_degrees();
        return Ok(Some(Ray { length: way.length, loss, azimuth, down }));
    }
    let Some(step) = terrain.fill(&way, settings.step, heights) else { return Ok(None) };
    let found = itm::point_to_point(&settings.link, Profile::new(heights, step)?, &settings.at)?;
    let near = if way.length < NEAR { near(way.length, found.clear, settings) } else { None };
    let loss = near.map_or(found.loss, |near| near.max(found.loss));
    let (first, last) = (heights[0] + station, heights[heights.len() - 1] + device);
    Ok(Some(Ray { length: way.length, loss, azimuth, down: (first - last).atan2(way.length).to_degrees() }))
}

/// TR 38.901 with its shadowing, where its table covers the path.
fn near(distance: f64, clear: bool, settings: &Settings) -> Option<f64> {
    let [station, device] = settings.link.heights;
    let frequency = settings.link.frequency / 1000.0;
    let path = Path { distance, station, device, frequency, buildings: 5.0, streets: 20.0 };
    let found =
        if clear { settings.scene.in_sight(&path) } else { settings.scene.out_of_sight(&path) }.ok()?;
    Some(found.loss + found.deviation * deviate(1.0 - settings.at.location / 100.0))
}

/// A site with all that its coverage depends on but the terrain.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Where it is.
    pub place: Place,
    /// Its antennas.
    pub antenna: Antenna,
    /// How losses are worked out.
    pub settings: Settings,
    /// How much loss both ways stand.
    pub budget: Budget,
}

impl Site {
    /// Refuses what no loss can be worked out for, before any work is done.
    ///
    /// # Errors
    /// [`Fault`] names the parameter that is outside of its range.
    pub fn check(&self, radius: f64) -> Result<(), Fault> {
        self.antenna.check()?;
        check(self.place, &self.settings, radius)
    }
}

/// What a site does for each demand within `radius` metres, on all cores, in the order of the demands.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn serve(terrain: &Terrain, site: &Site, radius: f64, demands: &[Demand]) -> Result<Vec<Reach>, Fault> {
    site.check(radius)?;
    let reach = |heights: &mut Vec<f64>, demand: &Demand| {
        let far = distance(site.place, demand.place);
        // A place that is no place is beyond every radius.
        let ray = if far <= radius {
            ray_with(terrain, site.place, demand.place, &site.settings, heights)?
        } else {
            None
        };
        let heard = ray.map(|ray| Heard::of(ray, &site.antenna, &site.budget));
        let served = if heard.is_some_and(|heard| heard.margin() >= 0.0) { demand.weight } else { 0.0 };
        Ok(Reach { heard, served })
    };
    demands.par_iter().map_init(Vec::new, reach).collect()
}

/// What a sector gives to those whom it serves, down and up, Mbps, when all get the same rate; 0 where it serves nobody. `bandwidth` in MHz;
/// `down` is the part of time that goes down.
pub fn sector_capacity(
    reaches: &[Reach],
    sector: usize,
    budget: &Budget,
    bandwidth: f64,
    down: f64,
) -> [f64; 2] {
    let users = |way: usize, efficiency: fn(f64) -> f64| {
        let served = reaches.iter().filter(|reach| reach.served > 0.0);
        let mine = served.filter_map(move |reach| Some((reach.served, reach.heard?)));
        let mine = mine.filter(move |(_, heard)| heard.sector == sector);
        mine.map(move |(weight, heard)| (weight, efficiency(budget.ratios(heard.loss())[way])))
    };
    [
        budget::sector_capacity(users(0, budget::efficiency_down), bandwidth, down),
        budget::sector_capacity(users(1, budget::efficiency_up), bandwidth, 1.0 - down),
    ]
}

fn check(site: Place, settings: &Settings, radius: f64) -> Result<(), Fault> {
    let Place { latitude, longitude } = site;
    // Around the poles a grid of east and north is none.
    itm::within("latitude of the site", latitude, latitude.abs() <= 85.0, "-85 to 85")?;
    itm::within("longitude of the site", longitude, longitude.abs() <= 180.0, "-180 to 180")?;
    let step = settings.step;
    itm::within("step of the profile (m)", step, (1.0..=1000.0).contains(&step), "1 to 1000")?;
    itm::within("radius (m)", radius, radius > 0.0 && radius.is_finite(), "more than 0")?;
    itm::check(&settings.link, &settings.at).map(|_| ())
}
