//! Candidate sites, and whether each of their links may be built.

use super::settings::{Device, Settings};
use crate::read::rows::Rows;
use crate::scenario::Files;
use crate::scenario::files::Desk;
use evenfield_radio::antenna::{Antenna, Pattern, Sector};
use evenfield_radio::budget::{Budget, Category, End, Refused, Station};
use evenfield_radio::coverage;
use evenfield_radio::itm::Link;
use evenfield_radio::terrain::{Place, Terrain};
use std::collections::HashSet;
use std::io::Read;

const COLUMNS: [&str; 17] = [
    "site",
    "latitude",
    "longitude",
    "height",
    "category",
    "eirp",
    "gain",
    "frequency",
    "bandwidth",
    "name",
    "azimuths",
    "downtilt",
    "beamwidth",
    "vertical_beamwidth",
    "indoors",
    "above_average",
    "fixed",
];
const REQUIRED: usize = 9;
const CATEGORY: usize = 4;
const EIRP: usize = 5;
const NAME: usize = 9;
const AZIMUTHS: usize = 10;
const DOWNTILT: usize = 11;
const FIXED: usize = 16;

/// A candidate site.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub id: String,
    pub name: String,
    line: u64,
    pub place: Place,
    /// Its antenna above ground, m.
    height: f64,
    pub antenna: Antenna,
    station: Station,
    /// Its antenna above average terrain, m, as the file says.
    said_above: Option<f64>,
    /// The same as it counts; not known where the terrain around is not.
    pub above: Option<f64>,
    /// MHz.
    frequency: f64,
    /// Of a sector's channel, MHz.
    pub bandwidth: f64,
    /// What a scenario is to know of what is bought already.
    pub fixed: String,
    /// With each device of the settings.
    pub links: Vec<coverage::Site>,
}

impl Site {
    /// Whether the rules ask how high it stands above the terrain around and the file does not say.
    pub fn needs_around(&self) -> bool {
        self.station.category == Category::A && self.station.outdoors && self.said_above.is_none()
    }
}

/// Reads the sites; their links come later, with the terrain.
pub(super) fn read(desk: &mut Desk, files: &mut Files<'_>, settings: &Settings) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    let Some(mut rows) = desk.open(files, &settings.sites, None, &COLUMNS, REQUIRED) else { return sites };
    let mut read = 0;
    let mut ids = HashSet::new();
    while desk.next(&mut rows, &mut read) {
        // A file is named after it, and some systems do not tell capital letters in such a name.
        if !ids.insert(rows.text(0).to_lowercase()) {
            rows.problem(0, "an id that no row above has, in capital or small letters", &mut desk.problems);
        }
        sites.extend(site(desk, &rows, settings));
    }
    if read == 0 {
        rows.whole("at least one site", &mut desk.problems);
    }
    sites
}

fn site<R: Read>(desk: &mut Desk, rows: &Rows<R>, settings: &Settings) -> Option<Site> {
    let before = desk.problems.found();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let id = rows.text(0).to_owned();
    if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
        let wanted = "an id of at most 64 letters A to Z, digits, `-`, `_` and `.`: a file is named after it";
        rows.problem(0, wanted, &mut desk.problems);
    }
    let point = desk.point(rows, 1, 2);
    let height = number(desk, rows, 3, [0.5, 3_000.0], "metres above ground");
    let category = desk.word(rows, CATEGORY, &[("A", Category::A), ("B", Category::B)]);
    let eirp = number(desk, rows, EIRP, [-20.0, 47.0], "dBm in 10 MHz (EIRP)");
    let gain = number(desk, rows, 6, [-10.0, 40.0], "dBi");
    let frequency = number(desk, rows, 7, [3_550.0, 3_700.0], "MHz of the band that 47 CFR 96 is about");
    let bandwidth = number(desk, rows, 8, [1.0, 150.0], "MHz of a sector");
    let antenna = antenna(desk, rows, settings.pattern);
    let indoors = desk.word(rows, 14, &[("", false), ("no", false), ("yes", true)]);
    let said_above = filled(desk, rows, 15, [-3_000.0, 3_000.0], "metres above average terrain");
    let fixed = ["", "out", "in_outdoor", "in_indoor"].map(|word| (word, word));
    let fixed = desk.word(rows, FIXED, &fixed);
    let (point, category) = (point?, category?);
    let (eirp, gain) = (eirp?, gain?);
    let site = Site {
        name: Some(rows.text(NAME)).filter(|name| !name.is_empty()).unwrap_or(&id).to_owned(),
        id,
        line: rows.line(),
        place: Place { latitude: point.latitude, longitude: point.longitude },
        height: height?,
        antenna: antenna?,
        station: Station {
            category,
            outdoors: !indoors?,
            above_average_terrain: f64::NAN,
            end: End { eirp, gain, ..settings.station },
        },
        said_above,
        above: said_above,
        frequency: frequency?,
        bandwidth: bandwidth?,
        fixed: fixed?.to_owned(),
        links: Vec::new(),
    };
    (desk.problems.found() == before).then_some(site)
}

/// A number within limits; anything else is a problem.
fn number<R: Read>(
    desk: &mut Desk,
    rows: &Rows<R>,
    column: usize,
    [low, high]: [f64; 2],
    what: &str,
) -> Option<f64> {
    let found = rows.text(column).parse::<f64>().ok().filter(|number| (low..=high).contains(number));
    if found.is_none() {
        rows.problem(column, format!("{what}: a number from {low} to {high}"), &mut desk.problems);
    }
    found
}

/// The same where the cell may be empty.
fn filled<R: Read>(
    desk: &mut Desk,
    rows: &Rows<R>,
    column: usize,
    limits: [f64; 2],
    what: &str,
) -> Option<f64> {
    if rows.text(column).is_empty() { None } else { number(desk, rows, column, limits, what) }
}

/// Sectors by their azimuths; without any the antenna is alike to all sides.
fn antenna<R: Read>(desk: &mut Desk, rows: &Rows<R>, mut pattern: Pattern) -> Option<Antenna> {
    let downtilt = filled(desk, rows, DOWNTILT, [-90.0, 90.0], "degrees below the horizon");
    if let Some(beamwidth) = filled(desk, rows, 12, [1.0, 360.0], "degrees") {
        pattern.beamwidth = beamwidth;
    }
    if let Some(vertical) = filled(desk, rows, 13, [1.0, 180.0], "degrees") {
        let most = pattern.vertical.map_or(pattern.most, |[_, most]| most);
        pattern.vertical = Some([vertical, most]);
    }
    let said = rows.text(AZIMUTHS);
    if said.is_empty() {
        for column in [DOWNTILT, 12, 13] {
            if !rows.text(column).is_empty() {
                let wanted = "nothing, or `azimuths`: without them the antenna is alike to all sides";
                rows.problem(column, wanted, &mut desk.problems);
            }
        }
        return Some(Antenna::Omni);
    }
    let azimuth = |text: &str| text.parse::<f64>().ok().filter(|degrees| (0.0..=360.0).contains(degrees));
    let azimuths: Option<Vec<f64>> = said.split_whitespace().map(azimuth).collect();
    let sectors = azimuths.filter(|azimuths| azimuths.len() <= 36).map(|azimuths| {
        let sector = |azimuth| Sector { azimuth, downtilt: downtilt.unwrap_or(0.0) };
        azimuths.into_iter().map(sector).collect()
    });
    if sectors.is_none() {
        let wanted = "the degrees from north to the east of at most 36 sectors, with spaces: `30 150 270`";
        rows.problem(AZIMUTHS, wanted, &mut desk.problems);
    }
    Some(Antenna::Sectors(pattern, sectors?))
}

/// Gives each site its links, and notes those that may not be built. What terrain that is not whole does not say is no site's problem.
pub(super) fn settle(
    desk: &mut Desk,
    settings: &Settings,
    sites: &mut [Site],
    (terrain, whole): (&Terrain, bool),
) {
    for site in sites {
        let problem = |desk: &mut Desk, column: usize, said: &str, wanted: String| {
            desk.problems.push(&settings.sites, site.line, COLUMNS[column], said, wanted);
        };
        if terrain.height(site.place).is_none() {
            if !whole {
                continue;
            }
            let Place { latitude, longitude } = site.place;
            problem(desk, 1, &format!("{latitude}, {longitude}"), "a place on known terrain".to_owned());
            continue;
        }
        let above = site.said_above.or_else(|| terrain.above_average(site.place, site.height));
        site.above = above;
        if above.is_none() && site.needs_around() {
            if !whole {
                continue;
            }
            let wanted = "terrain to 16 km around, or `above_average`: category A asks for the height above average terrain";
            problem(desk, CATEGORY, "A", wanted.to_owned());
            continue;
        }
        site.station.above_average_terrain = above.unwrap_or(f64::NAN);
        let mut links = Vec::new();
        for device in &settings.devices {
            match link(site, settings, device) {
                Ok(link) => links.push(link),
                Err((column, wanted)) => {
                    problem(desk, column, &site.id, wanted);
                    break;
                }
            }
        }
        if site.height < 10.0 || site.height > 150.0 {
            desk.notes.push(format!(
                "{}:{}: the table of TR 38.901 is for stations at 10 to 150 m; nearer than 1 km the irregular terrain model counts alone",
                settings.sites, site.line
            ));
        }
        site.links = links;
    }
}

fn link(site: &Site, settings: &Settings, device: &Device) -> Result<coverage::Site, (usize, String)> {
    let budget = Budget::of(&site.station, &device.unit, device.clutter, device.reserve);
    let budget = budget.map_err(|refused| {
        let column = match refused {
            Refused::Station { .. } => EIRP,
            _ => CATEGORY,
        };
        (column, format!("what the band's rules allow: {refused}"))
    })?;
    let link = Link { heights: [site.height, device.height], frequency: site.frequency, ..settings.link };
    let (at, scene, step) = (settings.at, settings.scene, settings.step);
    let link = coverage::Site {
        place: site.place,
        antenna: site.antenna.clone(),
        settings: coverage::Settings { link, at, scene, step },
        budget,
    };
    match link.check(settings.radius) {
        Ok(()) => Ok(link),
        Err(fault) => {
            Err((0, format!("what the model answers for: {fault}, with the device {}", device.kind.word())))
        }
    }
}
