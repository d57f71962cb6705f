//! A scenario with its files, read by the planner.

use super::area::middle;
use super::scenario::{COSTS, FIGURES, FILE, Names, PLACES, Settings, text};
use super::wrong::wrong;
use crate::exchange::safe_cell;
use evenfield_gap::read::ReadError;
use evenfield_model::Problems;
use evenfield_plan::scenario::{Built, Group, build, write_prices};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Cursor, Read};

/// Octets of a member of an archive at most: it is unpacked in memory.
const MEMBER: u64 = 256 << 20;

/// A published figure of the gap, as the demand needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureRow {
    /// The measure's code.
    pub measure: String,
    /// The kind of place.
    pub kind: String,
    /// The place.
    pub place: String,
    /// The group, `all` or for example `frl:yes`.
    pub group: String,
    /// The barrier; empty for the measure itself.
    pub barrier: String,
    /// Whom it counts, value, low90, high90; `None` when it is withheld.
    pub shown: Option<(i64, f64, f64, f64)>,
}

/// The demand of the district's own: figures, whom they count, and boundaries of their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gap {
    /// The figures.
    pub figures: Vec<FigureRow>,
    /// The word for whom they count.
    pub counted: String,
    /// Places and their GeoJSON geometries.
    pub boundaries: Vec<(String, String)>,
}

/// A scenario's text and all bytes that it names.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// `scenario.toml`.
    pub text: String,
    files: HashMap<String, Vec<u8>>,
    wrong: Problems,
}

/// What reading came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// What is wrong.
    pub problems: Problems,
    /// What people should know though nothing is wrong.
    pub notes: Vec<String>,
    /// Numbers that had more decimals than count.
    pub rounded: u64,
    /// Parts of the demand.
    pub demands: usize,
    /// Options by strategy.
    pub strategies: BTreeMap<String, usize>,
    /// Groups of the column that floors are about.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The whole district as the gap's figures have it.
    #[serde(default)]
    pub district: Option<Group>,
}

impl Checked {
    /// Whether plans can be looked for.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.demands > 0
    }
}

impl Inputs {
    /// Puts them together; `files` are the uploads by their names.
    pub fn new(settings: &Settings, names: &Names, files: HashMap<String, Vec<u8>>, gap: &Gap) -> Self {
        let mut inputs = Self { text: text(settings, names), files, wrong: wrong(settings) };
        if !settings.prices.is_empty() {
            let mut bytes = Vec::new();
            // Writing to memory cannot fail.
            let _ = write_prices(&settings.prices, &mut bytes);
            inputs.files.insert(COSTS.to_owned(), bytes);
        }
        if settings.takes_figures() {
            inputs.files.insert(FIGURES.to_owned(), figures(gap));
            inputs.files.insert(PLACES.to_owned(), places(gap));
        }
        inputs
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn build(&self) -> Result<Built, Problems> {
        let built = build(FILE, &self.text, &mut |file, member| self.open(file, member));
        if self.wrong.is_empty() {
            return built;
        }
        let mut problems = self.wrong.clone();
        problems.append(built.err().unwrap_or_default());
        Err(problems)
    }

    /// The same, kept for pages.
    pub fn check(&self) -> Checked {
        match self.build() {
            Ok(built) => Checked {
                demands: built.size().0,
                groups: built.groups(),
                district: built.district(),
                strategies: built.strategies().into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
                notes: built.notes,
                rounded: built.rounded,
                problems: Problems::default(),
            },
            Err(problems) => Checked { problems, ..Checked::default() },
        }
    }

    /// The bytes that are told apart from others by these texts and files: the same bytes make the same plan.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    fn open(&self, file: &str, member: Option<&str>) -> io::Result<Box<dyn Read>> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "it was not uploaded");
        let bytes = self.files.get(file).ok_or_else(missing)?;
        let Some(member) = member else { return Ok(Box::new(Cursor::new(bytes.clone()))) };
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(io::Error::other)?;
        let inside =
            archive.by_name(member).map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
        let mut unpacked = Vec::new();
        inside.take(MEMBER + 1).read_to_end(&mut unpacked)?;
        if unpacked.len() as u64 > MEMBER {
            let limit = MEMBER;
            return Err(io::Error::other(ReadError::TooLarge { file: member.to_owned(), limit }));
        }
        Ok(Box::new(Cursor::new(unpacked)))
    }
}

/// The columns of `docs/formats/figures.md` that the planner reads.
fn figures(gap: &Gap) -> Vec<u8> {
    let header =
        "measure,geography_kind,geography_id,count,value,low90,high90,barrier,group,suppressed,counted\n";
    let mut writer = csv::Writer::from_writer(header.as_bytes().to_vec());
    for row in &gap.figures {
        let id = safe_cell(&row.place);
        let numbers = match row.shown {
            Some((count, value, low, high)) => {
                [count.to_string(), value.to_string(), low.to_string(), high.to_string()]
            }
            None => Default::default(),
        };
        let [count, value, low, high] = numbers;
        let withheld = if row.shown.is_some() { "" } else { "primary" };
        let cells = [
            row.measure.as_str(),
            &row.kind,
            &id,
            &count,
            &value,
            &low,
            &high,
            &row.barrier,
            &row.group,
            withheld,
            &gap.counted,
        ];
        // Writing to memory cannot fail.
        let _ = writer.write_record(cells);
    }
    writer.into_inner().unwrap_or_default()
}

fn places(gap: &Gap) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(b"geography_id,latitude,longitude\n".to_vec());
    for (id, geojson) in &gap.boundaries {
        let geometry = serde_json::from_str(geojson).unwrap_or_default();
        if let Some((longitude, latitude)) = middle(&geometry) {
            let _ = writer.write_record([safe_cell(id), latitude.to_string(), longitude.to_string()]);
        }
    }
    writer.into_inner().unwrap_or_default()
}
