//! One budget of a run: from the folder to a proved plan and what it gives.

use evenfield_model::Problems;
use evenfield_plan::certificate::{Certificate, Question};
use evenfield_plan::read::{Files, Limits, put_settings, read};
use evenfield_plan::scenario::{Built, Facts, Report, report};
use evenfield_plan::{Instance, floors_beyond, verify};
use serde::{Deserialize, Serialize};
use std::io::{self, Cursor, Read, Write};

/// The files of the archive of a run.
const FOLDER: [&str; 4] = ["demand.csv", "options.csv", "covers.csv", "facts.json"];
/// The one that differs with the budget.
pub const INSTANCE: &str = "instance.toml";
/// Octets of a file of it at most, unpacked.
const MOST: u64 = 1 << 30;

/// What is kept of an answer beside its certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether the floors cannot be met, so that the plan is the one that meets the largest part of them.
    pub floors: bool,
    /// Students, each with the quality of what it has, over all years; or the part of the floors that is met.
    pub objective: f64,
    /// No plan is worth more.
    pub bound: f64,
    /// How much better a plan could be at most, as a share of this one's worth.
    pub gap: f64,
    /// Where every group was to have as much as every group can.
    #[serde(default)]
    pub fair: Option<Shares>,
    /// Groups with a floor that no option reaches.
    #[serde(default)]
    pub beyond: Vec<String>,
    /// What it gives.
    pub report: Report,
}

/// What every group has at least.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// The part of its need that every group within reach has.
    pub share: f64,
    /// No plan gives every one of them more.
    pub bound: f64,
    /// The groups that no option reaches.
    pub beyond: Vec<String>,
}

/// Why a stored folder or certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The archive.
    #[error("the archive of a run: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// A file of it.
    #[error("a file of a run: {0}")]
    File(#[from] io::Error),
    /// The facts.
    #[error("the facts of a run: {0}")]
    Facts(#[from] serde_json::Error),
    /// The instance.
    #[error("the instance of a run has {} problems", .0.found())]
    Instance(Problems),
    /// The certificate does not prove what it says.
    #[error("a plan is not proved: {0}")]
    Refused(#[from] evenfield_plan::Refusal),
}

/// The folder of a built scenario as a zip archive, without the budget.
///
/// # Errors
/// When it cannot be packed.
pub fn pack(built: &Built, facts: &Facts) -> Result<Vec<u8>, Unusable> {
    let mut files: Vec<(&str, Vec<u8>)> = FOLDER.iter().map(|name| (*name, Vec::new())).collect();
    built.write_demand(&mut files[0].1)?;
    built.write_options(&mut files[1].1)?;
    built.write_covers(&mut files[2].1)?;
    serde_json::to_writer(&mut files[3].1, facts)?;
    zipped(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())))
}

/// A zip archive of these files.
fn zipped<'f>(files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Result<Vec<u8>, Unusable> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        archive.start_file(name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn member(archive: &[u8], name: &str) -> Result<Vec<u8>, Unusable> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive))?;
    let mut bytes = Vec::new();
    archive.by_name(name)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The folder with the budget of one answer and its certificate, for `evenfield plan verify`.
///
/// # Errors
/// When the archive cannot be read or packed.
pub fn with_budget(archive: &[u8], instance: &str, certificate: &str) -> Result<Vec<u8>, Unusable> {
    let mut files = Vec::new();
    for name in FOLDER {
        files.push((name, member(archive, name)?));
    }
    files.push((INSTANCE, instance.as_bytes().to_vec()));
    files.push(("cert.json", certificate.as_bytes().to_vec()));
    zipped(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())))
}

/// The instance of one budget.
///
/// # Errors
/// When the archive cannot be read or its files have problems.
pub fn instance(archive: &[u8], text: &str) -> Result<Instance, Unusable> {
    let files = Files {
        folder: String::new(),
        instance: Ok(text.to_owned()),
        demand: Ok(Cursor::new(member(archive, FOLDER[0])?)),
        options: Ok(Cursor::new(member(archive, FOLDER[1])?)),
        covers: Ok(Cursor::new(member(archive, FOLDER[2])?)),
    };
    read(files, Limits::default()).map(|reading| reading.instance).map_err(Unusable::Instance)
}

/// An instance with the settings of another budget.
///
/// # Errors
/// When what is bought already has no room in it.
pub fn with_settings(base: &Instance, text: &str) -> Result<Instance, Unusable> {
    let mut instance = base.clone();
    put_settings(text, &mut instance).map_err(Unusable::Instance)?;
    Ok(instance)
}

/// The settings with the floors of an instance in place of those that they have.
pub fn with_floors(text: &str, instance: &Instance) -> String {
    let mut out = text.split_once("[floors]").map_or(text, |(before, _)| before).trim_end().to_owned() + "\n";
    if !instance.floors.is_empty() {
        out += "[floors]\n";
    }
    for floor in &instance.floors {
        // A text of JSON is a key of TOML.
        let name = serde_json::Value::from(instance.group_names[floor.group as usize].as_str());
        out += &format!("{name} = {:.6}\n", f64::from(floor.share) / 1e6);
    }
    out
}

/// The facts, with the budget of one answer in cents of each year.
///
/// # Errors
/// When the archive cannot be read.
pub fn facts(archive: &[u8], budget: &[u64]) -> Result<Facts, Unusable> {
    let mut facts: Facts = serde_json::from_slice(&member(archive, FOLDER[3])?)?;
    facts.budget = budget.to_vec();
    Ok(facts)
}

/// Proves a plan and tells what it gives.
///
/// # Errors
/// When the certificate proves nothing, or the facts are of another folder.
pub fn told(
    instance: &Instance,
    certificate: &Certificate,
    facts: &Facts,
    fair: Option<Shares>,
) -> Result<Answer, Unusable> {
    verify(instance, certificate)?;
    let progress = certificate.progress();
    Ok(Answer {
        floors: certificate.question == Question::Floors,
        objective: progress.objective,
        bound: progress.bound,
        gap: progress.gap(),
        fair,
        beyond: instance.names_of(&floors_beyond(instance)),
        report: report(instance, certificate, facts).map_err(Unusable::Instance)?,
    })
}

/// A plan of a smaller budget in the place of that of a larger one, where it is better. The proof of the larger stays: its bound is of
/// the budget, not of the plan.
pub fn better(smaller: &Certificate, larger: &Certificate) -> Option<Certificate> {
    let both = smaller.question == Question::Objective && larger.question == Question::Objective;
    (both && smaller.objective > larger.objective).then(|| Certificate {
        plan: smaller.plan.clone(),
        objective: smaller.objective,
        ..larger.clone()
    })
}
