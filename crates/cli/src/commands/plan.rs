//! `evenfield plan`.

mod build;
mod fair;
mod report;

use crate::out::{complain, replace, say};
use anyhow::{Context, Result, ensure};
use evenfield_plan::certificate::{Certificate, Question};
use evenfield_plan::read::{Files, Input, Limits, read};
use evenfield_plan::{Goal, Instance, Progress, floors_beyond, solve, summary, verify};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Octets of a certificate at most.
const CERTIFICATE: u64 = 4 << 30;
/// How often the gap is said.
const EVERY: Duration = Duration::from_secs(5);

/// The best mix of options under a budget, and the proof.
#[derive(clap::Subcommand)]
pub enum Plan {
    /// Make the folder of an instance from a scenario and its files
    ///
    /// The scenario (docs/formats/scenario.md) names the students without access, the sites, offers, carriers, buses and towers that
    /// could serve them, and the prices. All problems of all files are listed at once, and nothing is written while there is one.
    Build(build::Build),
    /// Find the best plan for a folder and prove how good it is
    ///
    /// The folder holds demand.csv, options.csv, covers.csv and instance.toml (docs/formats/plan.md). Ends with 0 when there is a
    /// plan, 1 when the folder has problems or no plan was found that meets the floors: then the answer is the largest part
    /// of the floors that can be met.
    Solve(Solve),
    /// Say what a proved plan gives: students connected at home and served, by year, strategy and group, and what is bought when
    ///
    /// The folder is one that `evenfield plan build` wrote. With the lower and upper end of the gap's interval.
    Report(report::Answers),
    /// Say what more money would give: the best plan at several budgets
    Curve(report::Curve),
    /// Say how much all groups can have at once: the largest share of what each needs, and the proof that there is none larger
    ///
    /// Max-min fairness. Prints the floors with which `evenfield plan solve` then makes the best of the plans that give every group as much.
    Fair(fair::Fair),
    /// Check a certificate by code that shares nothing with the solver but the reader
    ///
    /// Ends with 0 when the certificate proves what it says, 1 when it does not.
    Verify {
        /// The folder with the instance
        dir: PathBuf,
        /// The certificate
        certificate: PathBuf,
    },
}

/// What `evenfield plan solve` is asked.
#[derive(clap::Args)]
pub struct Solve {
    /// The folder with the instance
    dir: PathBuf,
    /// Where to write the plan: what is bought when, what it costs, whom it serves
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to write the proof
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The gap with which to be content: how much better a plan may be at most, as a share
    #[arg(long, default_value_t = 0.001, value_parser = share)]
    gap: f64,
    /// Seconds to search at most, reading not counted; with Ctrl-C it ends sooner and still writes what it has
    #[arg(long, default_value_t = 60.0, value_parser = seconds)]
    time: f64,
    /// Go on from this certificate of the same folder
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Where random choices start
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|n| (0.0..1.0).contains(n))
        .ok_or_else(|| "wanted a share from 0 to below 1".to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|n| (0.0..=1e6).contains(n));
    seconds.ok_or_else(|| "wanted seconds, from 0 to 1,000,000".to_owned())
}

impl Plan {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Build(args) => args.run(),
            Self::Report(args) => args.run(),
            Self::Curve(args) => args.run(),
            Self::Fair(args) => args.run(),
            Self::Solve(args) => args.run(),
            Self::Verify { dir, certificate } => check(&dir, &certificate),
        }
    }
}

/// The instance of a folder, or what is wrong with it printed.
fn instance(dir: &Path) -> Option<Instance> {
    // Where both are there, it is not for us to say which one is meant.
    let open = |name: &str| {
        let [csv, parquet] = ["csv", "parquet"].map(|format| dir.join(name).with_extension(format));
        match (csv.exists(), parquet.exists()) {
            (true, true) => Err(std::io::Error::other(format!("there is {name}.parquet beside it"))),
            (false, true) => File::open(parquet).map(Input::Parquet),
            _ => File::open(csv).map(Input::Csv),
        }
    };
    let files = Files {
        folder: dir.display().to_string(),
        instance: std::fs::read_to_string(dir.join("instance.toml")),
        demand: open("demand"),
        options: open("options"),
        covers: open("covers"),
    };
    match read(files, Limits::default()) {
        Ok(reading) => {
            if reading.rounded > 0 {
                complain!(
                    "{} numbers have more decimals than count (6, or 2 for money): they were rounded",
                    reading.rounded
                );
            }
            Some(reading.instance)
        }
        Err(problems) => {
            super::print_problems(&problems);
            None
        }
    }
}

fn read_certificate(path: &Path) -> Result<Certificate> {
    let context = || format!("cannot read {}", path.display());
    let length = std::fs::metadata(path).with_context(context)?.len();
    ensure!(length <= CERTIFICATE, "{}: wanted a certificate of at most 4 GiB", path.display());
    let bytes = std::fs::read(path).with_context(context)?;
    serde_json::from_slice(&bytes).with_context(|| format!("{}: wanted a certificate", path.display()))
}

fn check(dir: &Path, path: &Path) -> Result<ExitCode> {
    let Some(instance) = instance(dir) else { return Ok(ExitCode::FAILURE) };
    let certificate = read_certificate(path)?;
    if let Err(refusal) = verify(&instance, &certificate) {
        complain!("{}: not proved: {refusal}", path.display());
        return Ok(ExitCode::FAILURE);
    }
    say!("proved: {}", shown(&certificate.progress()));
    Ok(ExitCode::SUCCESS)
}

/// Objective, bound and gap.
fn shown(progress: &Progress) -> String {
    let gap = progress.gap() * 100.0;
    match progress.question {
        Question::Objective => {
            format!("objective {:.3}, bound {:.3}, gap {gap:.4}%", progress.objective, progress.bound)
        }
        Question::Floors => format!(
            "of the floors {:.4}% can be met at once, at most {:.4}%",
            progress.objective * 100.0,
            progress.bound * 100.0
        ),
    }
}

/// Whether somebody has pressed Ctrl-C.
pub(super) fn interrupted() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime
            && runtime.block_on(tokio::signal::ctrl_c()).is_ok()
        {
            STOP.store(true, Ordering::Relaxed);
        }
    });
    &STOP
}

/// Searches for so many seconds at most, and says now and then how far it is.
/// Names the groups whose floors nothing reaches.
fn say_beyond(instance: &Instance) {
    let beyond = floors_beyond(instance);
    if !beyond.is_empty() {
        let names = instance.names_of(&beyond).join(", ");
        complain!("no option that could be bought reaches these groups, whose floors are left out: {names}");
    }
}

fn search(instance: &Instance, goal: Goal, from: Option<&Certificate>, seconds: f64) -> Certificate {
    solve(instance, goal, from, &mut progress(seconds))
}

/// Says how far a search is, until its time is over or somebody stops it.
fn progress(seconds: f64) -> impl FnMut(&Progress) -> bool {
    let (start, limit) = (Instant::now(), Duration::from_secs_f64(seconds));
    let stop = interrupted();
    let mut said = Duration::ZERO;
    move |progress| {
        let now = start.elapsed();
        if now >= said + EVERY {
            said = now;
            complain!("{:.0} s: {}", now.as_secs_f64(), shown(progress));
        }
        now < limit && !stop.load(Ordering::Relaxed)
    }
}

const OWN_FAULT: &str = "the certificate does not prove the plan; this is a fault of the program";

/// Checks what was found here.
fn check_own(instance: &Instance, certificate: &Certificate) -> Result<()> {
    verify(instance, certificate).context(OWN_FAULT)
}

/// Whether both are the same file.
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    // What is not there yet is told from others by its folder and name.
    let place = |path: &Path| {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = || Some(parent.canonicalize().ok()?.join(path.file_name()?));
        path.canonicalize().ok().or_else(whole)
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}

impl Solve {
    fn run(self) -> Result<ExitCode> {
        let inputs = ["instance.toml", "demand.csv", "options.csv", "covers.csv"];
        for to in [&self.out, &self.certificate] {
            ensure!(
                !inputs.iter().any(|file| same_file(&self.dir.join(file), to)),
                "{}: this file is of the instance; wanted another one to write to",
                to.display()
            );
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            ensure!(
                folder.is_none_or(Path::is_dir),
                "{}: there is no such folder to write to; wanted one that is there",
                to.display()
            );
        }
        ensure!(
            !same_file(&self.out, &self.certificate),
            "{}: wanted one file for the plan and another for the certificate",
            self.out.display()
        );
        let start = Instant::now();
        let Some(instance) = instance(&self.dir) else { return Ok(ExitCode::FAILURE) };
        let from = self.from.as_deref().map(read_certificate).transpose()?;
        if let Some(from) = &from {
            verify(&instance, from)
                .with_context(|| "the certificate to go on from does not fit the folder")?;
        }
        say_beyond(&instance);
        let read = start.elapsed();
        let start = Instant::now();
        let goal = Goal { gap: self.gap, seed: self.seed };
        let certificate = search(&instance, goal, from.as_ref(), self.time);
        let solved = start.elapsed();
        check_own(&instance, &certificate)?;
        let plan = summary(&instance, &certificate);
        replace(&self.out, |to| Ok(serde_json::to_writer(to, &plan)?))?;
        replace(&self.certificate, |to| Ok(serde_json::to_writer(to, &certificate)?))?;
        let memory = peak().map_or_else(String::new, |mib| format!(", memory {mib} MiB"));
        say!("{}", shown(&certificate.progress()));
        say!("read {:.2} s, solved {:.2} s{memory}", read.as_secs_f64(), solved.as_secs_f64());
        if certificate.question == Question::Floors {
            complain!(
                "no plan was found that meets all floors whole; the plan is the one that meets the largest part of each"
            );
            return Ok(ExitCode::FAILURE);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The most memory that this process has had, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib / 1024)
}
