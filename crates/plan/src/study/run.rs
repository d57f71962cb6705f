//! A site's coverage with each kind of device: rasters, whom it serves, what its sectors give.

use super::{Kind, Study};
use evenfield_radio::coverage::{self, Grid, Heard, Raster, Reach, sector_capacity, serve};
use evenfield_radio::itm::Fault;

/// A demand that a site serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    /// Its row in the demand file, from 0.
    pub demand: usize,
    /// How it hears the site.
    pub heard: Heard,
}

/// What a sector gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SectorOutcome {
    /// Where it looks, degrees from north to the east; an antenna alike to all sides has none.
    pub azimuth: Option<f64>,
    /// Whom it serves.
    pub students: f64,
    /// Mbps down and up when all of these get the same rate.
    pub mbps: [f64; 2],
}

/// What a site does with a kind of device.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceOutcome {
    /// The kind.
    pub kind: Kind,
    /// In the order of the demand.
    pub served: Vec<Served>,
    /// By sector.
    pub sectors: Vec<SectorOutcome>,
    /// Area where both ways hold, km2.
    pub area: f64,
    /// Students within the radius and on known terrain.
    pub near: f64,
    /// Students served.
    pub students: f64,
    /// The most loss that the ways down and up stand, dB. They hear the same loss, so that the one that stands less limits everywhere.
    pub most: [f64; 2],
}

impl DeviceOutcome {
    /// The way that limits.
    pub fn limits(&self) -> &'static str {
        if self.most[1] <= self.most[0] { "up" } else { "down" }
    }

    /// Megabits a second of all sectors, down and up.
    pub fn mbps(&self) -> [f64; 2] {
        self.sectors.iter().fold([0.0; 2], |sum, sector| [0, 1].map(|way| sum[way] + sector.mbps[way]))
    }
}

/// What a site does.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its place among the sites, from 0.
    pub site: usize,
    /// By kind of device.
    pub devices: Vec<DeviceOutcome>,
}

impl Study {
    /// Works out what a site does, on all cores, and the margins around it by device: how much more loss both ways would stand, dB. Nothing when `going`
    /// said no on the way.
    ///
    /// # Errors
    /// [`Fault`] names a parameter outside of its range; a study that was read has none.
    pub fn run(
        &self,
        site: usize,
        going: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<(Outcome, Vec<Raster>)>, Fault> {
        let (mut devices, mut rasters) = (Vec::new(), Vec::new());
        for (link, device) in self.sites[site].links.iter().zip(&self.settings.devices) {
            let grid = Grid { radius: self.settings.radius, cell: self.settings.cell };
            let margin = |ray| Heard::of(ray, &link.antenna, &link.budget).margin();
            let raster = coverage::raster(&self.terrain, link.place, &link.settings, grid, &margin, going)?;
            let Some(raster) = raster else { return Ok(None) };
            let reaches = serve(&self.terrain, link, self.settings.radius, &self.demand)?;
            devices.push(self.outcome(site, device.kind, link, &raster, &reaches));
            rasters.push(raster);
        }
        Ok(Some((Outcome { site, devices }, rasters)))
    }

    fn outcome(
        &self,
        site: usize,
        kind: Kind,
        link: &coverage::Site,
        raster: &Raster,
        reaches: &[Reach],
    ) -> DeviceOutcome {
        // Somebody is served only where there is somebody, so rows without students are left out.
        let served = reaches.iter().enumerate().filter(|(_, reach)| reach.served > 0.0);
        let served: Vec<Served> =
            served.filter_map(|(demand, reach)| Some(Served { demand, heard: reach.heard? })).collect();
        let weight = |demand: usize| self.demand[demand].weight;
        let sectors = (0..link.antenna.sectors()).map(|sector| SectorOutcome {
            azimuth: link.antenna.azimuth(sector),
            students: sum(served.iter().filter(|s| s.heard.sector == sector).map(|s| weight(s.demand))),
            mbps: sector_capacity(
                reaches,
                sector,
                &link.budget,
                self.sites[site].bandwidth,
                self.settings.down,
            ),
        });
        let near = reaches.iter().zip(&self.demand).filter(|(reach, _)| reach.heard.is_some());
        DeviceOutcome {
            kind,
            sectors: sectors.collect(),
            area: raster.area(|margin| margin >= 0.0),
            near: sum(near.map(|(_, demand)| demand.weight)),
            students: sum(served.iter().map(|s| weight(s.demand))),
            most: [link.budget.down, link.budget.up],
            served,
        }
    }
}

/// The sum, which of nothing is 0 and not -0.
pub(super) fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |sum, number| sum + number)
}
