//! `radio.toml`: which files, how losses are worked out, what station and devices can do. Keys are strict.

use crate::scenario::fields::{self, Fields};
use evenfield_model::Problems;
use evenfield_radio::antenna::Pattern;
use evenfield_radio::budget::{self, DEVICE_LIMIT, End};
use evenfield_radio::itm::{Climate, Link, Polarization, Quantiles, Varies, Vary};
use evenfield_radio::tr38901::Scene;

/// The kind of a student's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// At the eaves.
    Outdoor,
    /// In a room.
    Indoor,
}

impl Kind {
    /// The word of tables and file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Outdoor => "outdoor",
            Self::Indoor => "indoor",
        }
    }
}

/// A device and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Device {
    pub kind: Kind,
    /// Its antenna above ground, m.
    pub height: f64,
    pub unit: budget::Device,
    /// What trees and houses around it take, dB.
    pub clutter: f64,
    /// What must be left for fading, dB.
    pub reserve: f64,
}

/// A checked study.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Files and folders.
    pub terrain: Vec<String>,
    pub sites: String,
    pub demand: String,
    /// m.
    pub radius: f64,
    /// Side of a cell of the rasters, m.
    pub cell: f64,
    /// From point to point of a profile, m.
    pub step: f64,
    pub scene: Scene,
    pub at: Quantiles,
    /// Heights and frequency are each site's.
    pub link: Link,
    pub pattern: Pattern,
    /// Power and gain are each site's.
    pub station: End,
    /// The part of time that goes down.
    pub down: f64,
    pub devices: Vec<Device>,
}

/// Reads the settings; `None` after noting what is wrong with the whole file.
pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Option<Settings> {
    let before = problems.found();
    let settings = fields::read(file, text, problems, settings);
    // A default stands for what is wrong, so that all of it is found; nothing is made of it.
    if problems.found() == before && settings.as_ref().is_some_and(|settings| settings.devices.is_empty()) {
        problems.push(
            file,
            0,
            "",
            "",
            "a table [outdoor] or [indoor], or both: the devices that are looked at",
        );
    }
    settings
}

fn settings(fields: &mut Fields<'_, '_>) -> Settings {
    fields.needs("terrain");
    let terrain = fields.texts("terrain").unwrap_or_default();
    let sites = fields.need("sites").unwrap_or_default();
    let demand = fields.need("demand").unwrap_or_default();
    fields.needs("radius");
    let radius = fields.number("radius", 100.0, 100_000.0).unwrap_or(100.0);
    let cell = fields.number("cell", 5.0, 1_000.0).unwrap_or(30.0);
    if radius / cell > 10_000.0 {
        fields.complain("cell", "cells such that a radius has at most 10,000");
    }
    let step = fields.number("step", 5.0, 1_000.0).unwrap_or(30.0);
    fields.needs("scene");
    let scene = fields.word("scene", &[("rural", Scene::Rural), ("urban", Scene::Urban)]);
    let down = fields.number("down_share", 0.05, 0.95).unwrap_or(0.75);
    let shares = |fields: &mut Fields<'_, '_>| {
        let mut share = |key, or| fields.number(key, 0.01, 99.99).unwrap_or(or);
        Quantiles {
            time: share("time", 50.0),
            location: share("places", 90.0),
            situation: share("situations", 50.0),
        }
    };
    let start = Quantiles { time: 50.0, location: 90.0, situation: 50.0 };
    let at = fields.table("quantiles", shares).unwrap_or(start);
    let link = fields.table("wave", wave).unwrap_or(LINK);
    let pattern = fields.table("antenna", pattern).unwrap_or(Pattern::TR38901);
    let station = fields.table("station", station).unwrap_or(STATION);
    let outdoor = fields.table("outdoor", |fields| device(fields, Kind::Outdoor));
    let indoor = fields.table("indoor", |fields| device(fields, Kind::Indoor));
    Settings {
        terrain,
        sites,
        demand,
        radius,
        cell,
        step,
        scene: scene.unwrap_or(Scene::Rural),
        at,
        link,
        pattern,
        station,
        down,
        devices: outdoor.into_iter().chain(indoor).collect(),
    }
}

/// Vertical, over average ground in the climate of most of the United States.
const LINK: Link = Link {
    heights: [30.0, 5.0],
    frequency: 3_600.0,
    polarization: Polarization::Vertical,
    climate: Climate::ContinentalTemperate,
    refractivity: 301.0,
    permittivity: 15.0,
    conductivity: 0.005,
    vary: Vary { mode: Varies::Broadcast, places_fixed: false, situations_fixed: false },
};

fn wave(fields: &mut Fields<'_, '_>) -> Link {
    let polarizations = [("vertical", Polarization::Vertical), ("horizontal", Polarization::Horizontal)];
    let climates = [
        ("equatorial", Climate::Equatorial),
        ("continental_subtropical", Climate::ContinentalSubtropical),
        ("maritime_subtropical", Climate::MaritimeSubtropical),
        ("desert", Climate::Desert),
        ("continental_temperate", Climate::ContinentalTemperate),
        ("maritime_temperate_over_land", Climate::MaritimeTemperateOverLand),
        ("maritime_temperate_over_sea", Climate::MaritimeTemperateOverSea),
    ];
    Link {
        polarization: fields.word("polarization", &polarizations).unwrap_or(LINK.polarization),
        climate: fields.word("climate", &climates).unwrap_or(LINK.climate),
        refractivity: fields.number("refractivity", 250.0, 400.0).unwrap_or(LINK.refractivity),
        permittivity: fields.number("permittivity", 1.0, 100.0).unwrap_or(LINK.permittivity),
        conductivity: fields.number("conductivity", 0.000_01, 100.0).unwrap_or(LINK.conductivity),
        ..LINK
    }
}

fn pattern(fields: &mut Fields<'_, '_>) -> Pattern {
    let patterns =
        [("tr38901", Pattern::TR38901), ("tr36814", Pattern::TR36814), ("tr36942", Pattern::TR36942)];
    fields.needs("pattern");
    let mut pattern = fields.word("pattern", &patterns).unwrap_or(Pattern::TR38901);
    pattern.beamwidth = fields.number("beamwidth", 1.0, 360.0).unwrap_or(pattern.beamwidth);
    if let Some(vertical) = fields.number("vertical_beamwidth", 1.0, 180.0) {
        let most = pattern.vertical.map_or(pattern.most, |[_, most]| most);
        pattern.vertical = Some([vertical, most]);
    }
    pattern
}

/// Its noise figure, what it needs to hear a device, and four resource blocks of a device's share.
const STATION: End = End { eirp: 0.0, gain: 0.0, noise_figure: 4.0, needs: -1.0, bandwidth: 0.72 };

fn station(fields: &mut Fields<'_, '_>) -> End {
    End {
        noise_figure: fields.number("noise_figure", 0.0, 30.0).unwrap_or(STATION.noise_figure),
        needs: fields.number("needs", -20.0, 40.0).unwrap_or(STATION.needs),
        bandwidth: fields.number("up_bandwidth", 0.1, 100.0).unwrap_or(STATION.bandwidth),
        ..STATION
    }
}

fn device(fields: &mut Fields<'_, '_>, kind: Kind) -> Device {
    let (usual, height) = match kind {
        Kind::Outdoor => (budget::Device::OUTDOOR, 5.0),
        Kind::Indoor => (budget::Device::INDOOR, 1.5),
    };
    let (end, walls) = usual.end();
    let height = fields.number("height", 0.5, 100.0).unwrap_or(height);
    let end = End {
        eirp: fields.number("eirp", -20.0, DEVICE_LIMIT).unwrap_or(end.eirp),
        gain: fields.number("gain", -10.0, 40.0).unwrap_or(end.gain),
        noise_figure: fields.number("noise_figure", 0.0, 30.0).unwrap_or(end.noise_figure),
        needs: fields.number("needs", -20.0, 40.0).unwrap_or(end.needs),
        ..*end
    };
    fields.needs("clutter");
    let clutter = fields.number("clutter", 0.0, 60.0).unwrap_or(0.0);
    let reserve = fields.number("fade_margin", 0.0, 40.0).unwrap_or(0.0);
    let unit = match kind {
        Kind::Outdoor => budget::Device::Outdoor(end),
        Kind::Indoor => {
            let walls = fields.number("walls", 0.0, 60.0).unwrap_or(walls);
            budget::Device::Indoor { end, walls }
        }
    };
    Device { kind, height, unit, clutter, reserve }
}
