//! `evenfield assess district`: the files that the settings name become figures.

use super::records::{Records, block_on, missing_files, settings};
use crate::out::{complain, counted, replace, say};
use anyhow::{Context, Result, bail};
use evenfield_gap::district::Counted;
use evenfield_model::GeographyKind;
use evenfield_portal::App;
use evenfield_portal::gap::queries;
use evenfield_portal::gap::rules::meaning::{Blind, counted_key};
use evenfield_portal::gap::rules::{Figure, lines};
use evenfield_portal::inputs::{DistrictInputs, FileKind};
use evenfield_portal::jobs::{Job, State};
use evenfield_portal::loading::{self, Read};
use evenfield_portal::words::{Language, Words};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct District {
    /// Settings file with [[district]] and its [[district.load]]; see docs/config.md
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder for the figures as CSV; without it they are stored and the headline is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Store files although they have problems; rows with problems are left out
    #[arg(long)]
    accept_problems: bool,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How many problems of a file are printed.
const SHOWN: usize = 20;

impl District {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        block_on(self.estimate())
    }

    async fn estimate(self) -> Result<ExitCode> {
        let config = settings(&self.config)?;
        if config.districts.is_empty() {
            bail!("{}: there is no [[district]] to assess", self.config.display());
        }
        let missing = missing_files(&self.config, &config);
        if !missing.is_empty() {
            let lines: Vec<String> = missing.kept().iter().map(ToString::to_string).collect();
            bail!("files are missing, nothing was read\n{}", lines.join("\n"));
        }
        let base = self.config.parent().unwrap_or(Path::new("")).to_owned();
        let districts = config.districts.clone();
        let db = Records::open(&config, false).await?;
        let app = App::new(db, config).map_err(anyhow::Error::msg)?;
        let mut all_read = Vec::new();
        let mut problems = 0;
        for district in &districts {
            let files = read_all(district, &base)?;
            problems += files.iter().map(|f| f.problems.wrong()).sum::<u64>();
            all_read.push(files);
        }
        if problems > 0 && !self.accept_problems {
            complain!(
                "Nothing was stored. Mend the files, or add --accept-problems to leave out the rows with problems."
            );
            return Ok(ExitCode::FAILURE);
        }
        for (district, files) in districts.iter().zip(all_read) {
            estimate(&app, district, files, self.seed).await?;
            let figures = figures(&app, district.leaid.as_str()).await?;
            say!("{}", headline(&app.words, district, &figures));
            if let Some(out) = &self.out {
                let names = names(&app, district, &figures).await?;
                let path = out.join(format!("{}.csv", district.leaid));
                write_csv(&path, &figures, &names).with_context(|| path.display().to_string())?;
                say!("  figures: {}", path.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads all files of a district and prints what is wrong in them.
///
/// # Errors
/// When a file cannot be read at all.
pub fn read_all(district: &DistrictInputs, base: &Path) -> Result<Vec<Read>> {
    let bar = ProgressBar::new(district.load.len() as u64)
        .with_style(ProgressStyle::with_template("{msg:40!} {bar:30} {pos}/{len} files, {eta} left")?);
    let mut files = Vec::new();
    // Rosters first: answers and lines are checked against them, wherever they stand in the settings.
    let (rosters, others): (Vec<_>, Vec<_>) = district.load.iter().partition(|i| i.kind == FileKind::Roster);
    for input in rosters.into_iter().chain(others) {
        bar.set_message(input.file.display().to_string());
        let mut file = Read::new(district, input, base)?;
        file.check(&files);
        bar.suspend(|| tell(&file));
        files.push(file);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(files)
}

fn tell(file: &Read) {
    let found = file.problems.found();
    complain!("{}: {}, {}", file.name, counted(file.rows() as u64, "row"), counted(found, "problem"));
    for problem in file.problems.kept().iter().take(SHOWN) {
        complain!("  {problem}");
    }
    if found > SHOWN as u64 {
        complain!("  … and {} more", found - SHOWN as u64);
    }
}

/// Stores the files and works through the estimate, with a bar.
///
/// # Errors
/// When the database fails, or the estimate.
pub async fn estimate(app: &App, district: &DistrictInputs, files: Vec<Read>, seed: u64) -> Result<()> {
    complain!("Storing {} of {}", counted(files.len() as u64, "file"), district.name);
    let stored = loading::store(&app.db, district, files, seed).await?;
    for kept in &stored.kept {
        complain!(
            "{}: the lines of these schools were changed or removed in the portal and stay as they are there; edit them there to \
             take the file's: {}",
            kept.file,
            kept.schools.join(", ")
        );
    }
    let bar = ProgressBar::new(1).with_style(ProgressStyle::with_template(
        "Estimating {bar:30} step {pos} of {len}, {elapsed} so far, about {eta} left",
    )?);
    let look = |job: &Job| {
        bar.set_length(job.total.max(1).unsigned_abs());
        bar.set_position(job.done.unsigned_abs());
    };
    let done = evenfield_portal::work::worker(app.clone()).finish(&stored.job, look).await?;
    bar.finish_and_clear();
    match done.state {
        State::Done => Ok(()),
        _ => {
            let why = done.error.map_or(String::new(), |key| app.words.text(Language::En, &key, &[]));
            let detail = done.error_detail.map_or(String::new(), |detail| format!(" ({detail})"));
            bail!("the estimate failed. {why}{detail}")
        }
    }
}

/// The published and withheld figures of the latest estimate.
async fn figures(app: &App, district: &str) -> Result<Vec<Figure>> {
    let run = queries::latest_run(app.db.read(), district).await?.context("there is no estimate")?;
    let wanted = queries::Wanted::default();
    let mut figures = queries::figures(app.db.read(), &run.id, wanted).await?;
    figures.extend(queries::barrier_figures(app.db.read(), &run.id, wanted).await?);
    Ok(figures)
}

/// Names of places by kind and id.
type Names = HashMap<(GeographyKind, String), String>;

/// The names of the places that figures are of.
async fn names(app: &App, district: &DistrictInputs, figures: &[Figure]) -> Result<Names> {
    let mut names = HashMap::new();
    for kind in GeographyKind::ALL.into_iter().filter(|kind| figures.iter().any(|f| f.kind == *kind)) {
        let found = queries::names(app.db.read(), district.leaid.as_str(), kind).await?;
        names.extend(found.into_iter().map(|(id, name)| ((kind, id), name)));
    }
    names.insert((GeographyKind::District, district.leaid.to_string()), district.name.clone());
    Ok(names)
}

/// The gap of the whole, a line for each measure that has a published figure: whom the share is of, and what it leaves out.
fn headline(words: &Words, district: &DistrictInputs, figures: &[Figure]) -> String {
    let say = |key: &str| words.text(Language::En, key, &[]);
    let whom = |counted: Counted| say(&format!("gap-of-{}", counted_key(counted)));
    let mut lines = vec![district.name.clone()];
    let whole = |f: &&Figure| f.kind == GeographyKind::District && f.id == district.leaid.as_str();
    for figure in figures.iter().filter(whole).filter(|f| f.group == "all" && f.barrier.is_none()) {
        let Ok(number) = &figure.shown else { continue };
        let meaning = figure.meaning;
        lines.push(format!(
            "  {} {}: {} of {} (90% interval {:.1}% to {:.1}%), {} {} counted, {}{}",
            figure.measure.code(),
            say(figure.key()),
            number.text(),
            whom(meaning.share_of),
            number.low90() * 100.0,
            number.high90() * 100.0,
            number.students(),
            whom(meaning.counted),
            number.method().as_str(),
            if meaning.blind == Blind::Partly { "; the census part does not see computers" } else { "" },
        ));
    }
    if lines.len() == 1 {
        lines.push("  no figure of the whole can be published; see the table".to_owned());
    }
    lines.join("\n")
}

/// All figures; a withheld one has its reason and no number.
fn write_csv(path: &Path, figures: &[Figure], names: &Names) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    replace(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(lines::COLUMNS)?;
        for figure in figures {
            let name = names.get(&(figure.kind, figure.id.clone())).map_or("", String::as_str);
            writer.write_record(lines::line(figure, name))?;
        }
        Ok(writer.flush()?)
    })
}
