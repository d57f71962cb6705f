//! What a site reaches: a raster of losses around it, and the demand that it serves.
//!
//! Each place has a terrain profile of its own from the site. From 1 km on its loss is that of the irregular terrain model; nearer, where that
//! model is outside of its nominal range, it is the greater of that and of TR 38.901 (in sight if the profile is clear, out of sight if
//! not) with the shadowing that belongs to the share of places asked for. Places without known terrain on the way have no loss and are never served.

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

/// The most cells of a raster, along one side.
const CELLS: f64 = 20_001.0;

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

/// Losses of square cells around a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// The middle of the middle cell.
    pub site: Place,
    /// Side of a cell, m.
    pub cell: f64,
    /// Cells a side, an odd number.
    pub side: usize,
    /// dB, row by row from the north-west; NaN beyond the radius and where no terrain is known.
    pub losses: Vec<f32>,
}

impl Raster {
    /// The middle of a cell.
    pub fn place(&self, row: usize, column: usize) -> Place {
        let half = (self.side / 2) as f64;
        self.site.moved((column as f64 - half) * self.cell, (half - row as f64) * self.cell)
    }

    /// Area of the cells in which both ways of a link hold, km2.
    pub fn served(&self, budget: &Budget) -> f64 {
        let cells = self.losses.iter().filter(|loss| f64::from(**loss) <= budget.most()).count();
        cells as f64 * (self.cell / 1000.0).powi(2)
    }
}

/// Students at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Where.
    pub place: Place,
    /// How many.
    pub weight: f64,
}

/// What a site does for a demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// dB; nothing beyond the radius or without known terrain.
    pub loss: Option<f64>,
    /// By how much the worse way holds, dB; below 0 it does not. Nothing without a loss.
    pub margin: Option<f64>,
    /// The weight that is served: all or nothing.
    pub served: f64,
}

/// The loss from a site to a place, dB, or nothing where terrain on the way is not known.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn loss(terrain: &Terrain, site: Place, place: Place, settings: &Settings) -> Result<Option<f64>, Fault> {
    loss_with(terrain, site, place, settings, &mut Vec::new())
}

fn loss_with(
    terrain: &Terrain,
    site: Place,
    place: Place,
    settings: &Settings,
    heights: &mut Vec<f64>,
) -> Result<Option<f64>, Fault> {
    let way = Way::new(site, place);
    if way.length < NEAREST {
        return Ok(Some(
            near(NEAREST, true, settings)
                .unwrap_or_else(|| crate::free_space::loss(NEAREST, settings.link.frequency)),
        ));
    }
    let Some(step) = terrain.fill(&way, settings.step, heights) else { return Ok(None) };
    let found = itm::point_to_point(&settings.link, Profile::new(heights, step)?, &settings.at)?;
    let near = if way.length < NEAR { near(way.length, found.clear, settings) } else { None };
    Ok(Some(near.map_or(found.loss, |near| near.max(found.loss))))
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

/// Losses within `radius` metres of a site in cells of `cell` metres, on all cores.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn raster(
    terrain: &Terrain,
    site: Place,
    settings: &Settings,
    radius: f64,
    cell: f64,
) -> Result<Raster, Fault> {
    check(site, settings)?;
    itm::within("radius (m)", radius, radius > 0.0 && radius.is_finite(), "more than 0")?;
    let half = (radius / cell).floor();
    let fits = cell > 0.0 && 2.0 * half + 1.0 <= CELLS;
    itm::within(
        "side of a cell (m)",
        cell,
        fits,
        "more than 0, and such that a side has 20001 cells at most",
    )?;
    let side = 2 * half as usize + 1;
    let mut it = Raster { site, cell, side, losses: Vec::new() };
    let rows: Result<Vec<Vec<f32>>, Fault> = (0..side)
        .into_par_iter()
        .map_init(Vec::new, |heights, row| {
            let cells = (0..side).map(|column| {
                let place = it.place(row, column);
                if distance(site, place) > radius {
                    return Ok(f32::NAN);
                }
                let loss = loss_with(terrain, site, place, settings, heights)?;
                Ok(loss.map_or(f32::NAN, |loss| loss as f32))
            });
            cells.collect()
        })
        .collect();
    it.losses = rows?.concat();
    Ok(it)
}

/// What a site does for each demand within `radius` metres, on all cores, in the order of the demands.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn serve(
    terrain: &Terrain,
    site: Place,
    settings: &Settings,
    budget: &Budget,
    radius: f64,
    demands: &[Demand],
) -> Result<Vec<Reach>, Fault> {
    check(site, settings)?;
    itm::within("radius (m)", radius, radius > 0.0 && radius.is_finite(), "more than 0")?;
    let reach = |heights: &mut Vec<f64>, demand: &Demand| {
        let far = distance(site, demand.place);
        // A place that is no place is beyond every radius.
        let loss =
            if far <= radius { loss_with(terrain, site, demand.place, settings, heights)? } else { None };
        let margin = loss.map(|loss| budget.most() - loss);
        let served = if margin.is_some_and(|margin| margin >= 0.0) { demand.weight } else { 0.0 };
        Ok(Reach { loss, margin, served })
    };
    demands.par_iter().map_init(Vec::new, reach).collect()
}

/// What a sector gives to those whom it serves, down and up, Mbps, when all get the same rate. `bandwidth` in MHz; `down` is the part of time
/// that goes down.
pub fn sector_capacity(reaches: &[Reach], budget: &Budget, bandwidth: f64, down: f64) -> [f64; 2] {
    let users = |way: usize, efficiency: fn(f64) -> f64| {
        let served = reaches.iter().filter(|reach| reach.served > 0.0);
        served.filter_map(move |r| Some((r.served, efficiency(budget.ratios(r.loss?)[way]))))
    };
    [
        budget::sector_capacity(users(0, budget::efficiency_down), bandwidth, down),
        budget::sector_capacity(users(1, budget::efficiency_up), bandwidth, 1.0 - down),
    ]
}

fn check(site: Place, settings: &Settings) -> Result<(), Fault> {
    let Place { latitude, longitude } = site;
    // Around the poles a grid of east and north is none.
    itm::within("latitude of the site", latitude, latitude.abs() <= 85.0, "-85 to 85")?;
    itm::within("longitude of the site", longitude, longitude.abs() <= 180.0, "-180 to 180")?;
    let step = settings.step;
    itm::within("step of the profile (m)", step, (1.0..=1000.0).contains(&step), "1 to 1000")?;
    itm::check(&settings.link, &settings.at).map(|_| ())
}

#[cfg(test)]
mod tests;
