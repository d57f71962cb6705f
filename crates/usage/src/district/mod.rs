//! The whole of it from a folder, without the portal: what `evenfield usage report FOLDER` calls.
//!
//! | file | holds |
//! |---|---|
//! | `district.toml` | calendar, method and rule |
//! | `devices.csv` | `student,device,school,sections`: which device is whose; sections with a space between |
//! | `keys.csv` | the terms' keys |
//! | `overlay.csv` | the district's rows over the catalogue; need not be there |
//! | `store/` | segments and their manifest |
//! | `ledger.csv` | what was released; made by this program, for the district alone |
//! | `reports/` | a CSV for each period: what may be shown |

mod devices;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::Settings;

use crate::calendar::{Day, Period};
use crate::catalogue::Catalogue;
use crate::keep::{Disk, FolderStore};
use crate::pseudonym::KeyRing;
use crate::report::{Ledger, LedgerError};
use crate::rollup::{Coverage, Rollup, RollupError, inputs};
use crate::roster::{Roster, RosterError};
use evenfield_model::Problems;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum DistrictError {
    /// The files have problems; nothing was changed.
    #[error("{} problems", .0.found())]
    Problems(Problems),
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The devices make no roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The segments.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// What the kernel saw.
    pub coverage: Coverage,
    /// The periods released now, in order.
    pub released: Vec<Period>,
    /// Their files and those of earlier runs.
    pub files: Vec<PathBuf>,
}

/// A district, read.
#[derive(Debug)]
pub struct District {
    /// `district.toml`.
    pub settings: Settings,
    /// Our resources and the district's rows over them.
    pub catalogue: Catalogue,
    /// Students by pseudonym.
    pub roster: Roster,
}

fn read_text(disk: &impl Disk, path: PathBuf) -> Result<String, DistrictError> {
    let text = disk.read(&path).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|source| DistrictError::File { path, source })
}

/// Like [`read_text`], and `None` when there is no such file.
fn read_if_there(disk: &impl Disk, path: PathBuf) -> Result<Option<String>, DistrictError> {
    match read_text(disk, path) {
        Err(DistrictError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

impl District {
    /// Reads the files of a district; all problems of all files at once.
    ///
    /// # Errors
    /// [`DistrictError`]
    pub fn read(disk: &impl Disk, folder: &Path) -> Result<Self, DistrictError> {
        let text = |name: &str| read_text(disk, folder.join(name));
        let mut problems = Problems::default();
        let mut keep = |found: Problems| problems.append(found);
        let settings = Settings::parse("district.toml", &text("district.toml")?).map_err(&mut keep).ok();
        let keys = KeyRing::parse("keys.csv", &text("keys.csv")?).map_err(&mut keep).ok();
        let devices = devices::parse("devices.csv", &text("devices.csv")?).map_err(&mut keep).ok();
        let catalogue = match read_if_there(disk, folder.join("overlay.csv"))? {
            Some(overlay) => {
                Catalogue::common().overlaid("overlay.csv", overlay.as_bytes()).map_err(&mut keep).ok()
            }
            None => Some(Catalogue::common()),
        };
        let (Some(settings), Some(keys), Some(devices), Some(catalogue)) =
            (settings, keys, devices, catalogue)
        else {
            return Err(DistrictError::Problems(problems));
        };
        Ok(Self { settings, catalogue, roster: devices.roster(&keys)? })
    }
}

/// Rolls up all segments and releases each period that ended `wait_days` before `today` or earlier: buses may bring facts late.
///
/// The ledger is written before any report, so that nothing is ever shown that it does not hold.
///
/// # Errors
/// [`DistrictError`]
pub fn report(disk: &impl Disk, folder: &Path, today: Date) -> Result<Done, DistrictError> {
    let District { settings, catalogue, roster } = District::read(disk, folder)?;
    let file = |path: PathBuf| move |source| DistrictError::File { path, source };
    let ledger_path = folder.join("ledger.csv");
    let mut ledger = match read_if_there(disk, ledger_path.clone())? {
        Some(text) => {
            Ledger::parse("ledger.csv", &text, &roster, settings.rule).map_err(DistrictError::Problems)?
        }
        None => Ledger::new(settings.rule).map_err(LedgerError::from)?,
    };
    let store = FolderStore::open(disk, &folder.join("store"), u64::from(std::process::id()));
    let store = store.map_err(file(folder.join("store")))?;
    let rollup = Rollup {
        roster: &roster,
        catalogue: &catalogue,
        calendar: &settings.calendar,
        method: settings.method,
        // A section's use is its teacher's, and in no report.
        sections: false,
    };
    let mut uses = Vec::new();
    let segments = inputs(&store).map_err(file(folder.join("store/manifest")))?;
    let coverage = rollup.run(segments, &mut |one| uses.push(one))?;
    let mut released = Vec::new();
    for period in ended(&settings, today) {
        if ledger.released(&period).is_none() {
            ledger.release(&period, &uses, &roster, &settings.calendar)?;
            released.push(period);
        }
    }
    replace(disk, folder, "ledger.csv", &ledger.to_file(&roster)).map_err(file(ledger_path))?;
    let reports = folder.join("reports");
    disk.make_folder(&reports).map_err(file(reports.clone()))?;
    let mut files = Vec::new();
    for period in ended(&settings, today) {
        let name = format!("{period}.csv");
        if let Some(release) = ledger.released(&period) {
            let csv = release.to_csv(&roster, &catalogue);
            replace(disk, &reports, &name, &csv).map_err(file(reports.join(&name)))?;
            files.push(reports.join(name));
        }
    }
    Ok(Done { coverage, released, files })
}

/// The periods that ended long enough ago, in the order in which they ended, weeks before what they are part of.
fn ended(settings: &Settings, today: Date) -> Vec<Period> {
    let wait = jiff::Span::new().days(i64::from(settings.wait_days));
    let Ok(before) = today.checked_sub(wait) else { return Vec::new() };
    let mut last: BTreeMap<Period, Date> = BTreeMap::new();
    for Day { date, periods, .. } in settings.calendar.days() {
        for period in periods {
            last.insert(period, date);
        }
    }
    let kind = |period: &Period| match period {
        Period::Week(_) => 0,
        Period::Month(..) => 1,
        Period::Term(_) => 2,
        Period::Year(_) => 3,
    };
    let ended: BTreeSet<_> =
        last.into_iter().filter(|(_, date)| *date < before).map(|(p, date)| (date, kind(&p), p)).collect();
    ended.into_iter().map(|(_, _, period)| period).collect()
}

/// Writes a file in place of another, whole or not at all.
fn replace(disk: &impl Disk, folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let aside = folder.join(format!(".{name}.new"));
    disk.write(&aside, text.as_bytes())?;
    disk.sync(&aside)?;
    disk.rename(&aside, &folder.join(name))?;
    disk.sync_folder(folder)
}
