//! A study of radio sites: whom each candidate site of private LTE would serve, by terrain, link budget and antennas.
//!
//! ```text
//! radio.toml + terrain, sites, demand -> Study -> run, site by site -> Outcome -> tables that a scenario's [private_lte] reads
//! ```
//!
//! `docs/radio.md` says what the files hold and what is written.

mod run;
mod settings;
mod sites;
mod terrain;
#[cfg(test)]
mod tests;
mod write;

pub use run::{DeviceOutcome, Outcome, SectorOutcome, Served};
pub use settings::Kind;
pub use write::{write_sectors, write_served, write_sites, write_summary};

use crate::read::rows::Others;
use crate::scenario::Files;
use crate::scenario::files::Desk;
use evenfield_model::Problems;
use evenfield_radio::coverage;
use evenfield_radio::terrain::{Place, Terrain};
use settings::Settings;
use sites::Site;
use std::collections::HashMap;
use std::io;

/// Says which names are in a folder, or nothing when the name is that of a file.
pub type Folders<'f> = dyn FnMut(&str) -> io::Result<Option<Vec<String>>> + 'f;

/// Students of a row at most.
const MOST: u64 = 100_000_000;

/// A study that can be run: everything that it names was read, and every link may be built.
#[derive(Debug)]
pub struct Study {
    settings: Settings,
    sites: Vec<Site>,
    /// Ids, in the order of the file; their places and students are in `demand`.
    ids: Vec<String>,
    demand: Vec<coverage::Demand>,
    terrain: Terrain,
    /// What people should know though nothing is wrong.
    pub notes: Vec<String>,
}

impl Study {
    /// Reads a study and all files that it names; `file` is its name for problems.
    ///
    /// # Errors
    /// Everything that is wrong in all files, each with file, line, column, what was said and what was wanted.
    pub fn read(
        file: &str,
        text: &str,
        files: &mut Files<'_>,
        folders: &mut Folders<'_>,
    ) -> Result<Self, Problems> {
        let mut desk = Desk { scenario: file.to_owned(), ..Desk::default() };
        let settings = settings::read(file, text, &mut desk.problems);
        let Some(settings) = settings else { return Err(desk.problems) };
        let mut sites = sites::read(&mut desk, files, &settings);
        let (ids, demand) = demand(&mut desk, files, &settings);
        let before = desk.problems.found();
        let terrain = terrain::read(&mut desk, files, folders, &settings, &sites);
        // Where a tile could not be read nobody knows what the sites stand on: that is the tile's fault, and not theirs.
        let whole = desk.problems.found() == before;
        sites::settle(&mut desk, &settings, &mut sites, (&terrain, whole));
        if !desk.problems.is_empty() {
            return Err(desk.problems);
        }
        Ok(Self { settings, sites, ids, demand, terrain, notes: desk.notes })
    }

    /// The ids of the sites, in the order in which they are run.
    pub fn sites(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sites.iter().map(|site| site.id.as_str())
    }

    /// The kinds of device that the study is about.
    pub fn devices(&self) -> impl ExactSizeIterator<Item = Kind> {
        self.settings.devices.iter().map(|device| device.kind)
    }

    /// Of all students, and of those whom at least one site serves with a kind of device, how many there are.
    pub fn students<'o>(&self, kind: Kind, outcomes: impl IntoIterator<Item = &'o Outcome>) -> [f64; 2] {
        let mut served = vec![false; self.demand.len()];
        for device in outcomes.into_iter().flat_map(|outcome| &outcome.devices).filter(|d| d.kind == kind) {
            device.served.iter().for_each(|one| served[one.demand] = true);
        }
        let weights = || self.demand.iter().map(|demand| demand.weight);
        [run::sum(weights()), run::sum(weights().zip(served).filter(|(_, served)| *served).map(|(w, _)| w))]
    }
}

const COLUMNS: [&str; 4] = ["demand", "students", "latitude", "longitude"];

/// Ids, and places with students. A row without a place is nowhere: no site serves it.
fn demand(
    desk: &mut Desk,
    files: &mut Files<'_>,
    settings: &Settings,
) -> (Vec<String>, Vec<coverage::Demand>) {
    let (mut ids, mut demand) = (Vec::new(), Vec::new());
    let rows = desk.open_with(files, (&settings.demand, None), &COLUMNS, 4, Others::Passed);
    let Some(mut rows) = rows else { return (ids, demand) };
    let (mut read, mut nowhere) = (0, 0);
    let mut lines: HashMap<String, u64> = HashMap::new();
    while desk.next(&mut rows, &mut read) {
        let id = desk.need(&rows, 0, "an id in each row");
        let students = desk.millionths(&rows, 1, MOST, "students: a number, 0 or more");
        let placed = !rows.text(2).is_empty() || !rows.text(3).is_empty();
        let point = if placed { desk.point(&rows, 2, 3) } else { None };
        nowhere += u64::from(!placed);
        let (Some(id), Some(students)) = (id, students) else { continue };
        if let Some(line) = lines.insert(id.clone(), rows.line()) {
            rows.problem(0, format!("an id that no other row has; line {line} has it"), &mut desk.problems);
        }
        let place = point.map_or(Place { latitude: f64::NAN, longitude: f64::NAN }, |point| Place {
            latitude: point.latitude,
            longitude: point.longitude,
        });
        ids.push(id);
        demand.push(coverage::Demand { place, weight: students as f64 / crate::MILLION as f64 });
    }
    if ids.is_empty() && desk.problems.is_empty() {
        rows.whole("at least one row", &mut desk.problems);
    }
    if nowhere > 0 {
        let rows = if nowhere == 1 { "row has" } else { "rows have" };
        desk.notes
            .push(format!("{}: {nowhere} {rows} no place and can be served by no site", settings.demand));
    }
    (ids, demand)
}
