//! `evenfield plan report` and `evenfield plan curve`: what a proved plan gives, and what more money would give.

use super::{check_own, instance, read_certificate, seconds, share};
use crate::commands::print_problems;
use crate::out::{complain, say};
use anyhow::{Context, Result, ensure};
use evenfield_plan::certificate::{Certificate, Question};
use evenfield_plan::scenario::{Facts, Report, report};
use evenfield_plan::{Goal, Instance, Limit, solve, verify};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

/// What `evenfield plan report` is asked.
#[derive(clap::Args)]
pub struct Answers {
    /// The folder that `evenfield plan build` wrote
    dir: PathBuf,
    /// The certificate that `evenfield plan solve` wrote: the plan and whom it serves, proved before it is told
    certificate: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What `evenfield plan curve` is asked.
#[derive(clap::Args)]
pub struct Curve {
    /// The folder that `evenfield plan build` wrote
    dir: PathBuf,
    /// Dollars by which each budget is larger than the one before, in equal parts for each year
    #[arg(long, default_value_t = 10_000)]
    step: u32,
    /// How many larger budgets are looked at
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    steps: u32,
    /// The gap with which to be content for each budget
    #[arg(long, default_value_t = 0.001, value_parser = share)]
    gap: f64,
    /// Seconds for each budget at most
    #[arg(long, default_value_t = 20.0, value_parser = seconds)]
    time: f64,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Octets of the facts at most.
const FACTS: u64 = 4 << 30;

fn facts(dir: &Path) -> Result<Facts> {
    let path = dir.join("facts.json");
    let context = || format!("cannot read {}", path.display());
    let length = std::fs::metadata(&path).with_context(context)?.len();
    ensure!(length <= FACTS, "{}: wanted facts of at most 4 GiB", path.display());
    let bytes = std::fs::read(&path).with_context(context)?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: wanted facts as `evenfield plan build` writes them", path.display()))
}

/// The report, or what is wrong with the facts printed.
fn made(instance: &Instance, certificate: &Certificate, facts: &Facts) -> Option<Report> {
    report(instance, certificate, facts).map_err(|problems| print_problems(&problems)).ok()
}

impl Answers {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Some(instance) = instance(&self.dir) else { return Ok(ExitCode::FAILURE) };
        let certificate = read_certificate(&self.certificate)?;
        let facts = facts(&self.dir)?;
        if let Err(refusal) = verify(&instance, &certificate) {
            complain!("{}: not proved: {refusal}", self.certificate.display());
            return Ok(ExitCode::FAILURE);
        }
        let Some(report) = made(&instance, &certificate, &facts) else { return Ok(ExitCode::FAILURE) };
        let mut bytes = Vec::new();
        match self.format {
            Format::Text => {
                writeln!(bytes, "Proved: {}\n", super::shown(&certificate.progress()))?;
                report.write_text(&mut bytes)?;
            }
            Format::Csv => report.write_csv(&mut bytes)?,
            Format::Json => serde_json::to_writer_pretty(&mut bytes, &report)?,
        }
        say!("{}", String::from_utf8(bytes)?.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}

/// A point of the curve. Students in the last year.
#[derive(serde::Serialize)]
struct Point {
    budget: f64,
    objective: f64,
    bound: f64,
    connected: f64,
    served: f64,
    /// What the last step bought.
    more_connected: f64,
    more_served: f64,
}

/// The instance with larger budgets: so many cents more, in equal parts for each year.
fn raised(instance: &Instance, cents: u64) -> Option<Instance> {
    let mut raised = instance.clone();
    let Limit::Budget(budget) = &mut raised.limit else { return None };
    let years = budget.len() as u64;
    for (year, amount) in budget.iter_mut().enumerate() {
        *amount += cents / years + u64::from((year as u64) < cents % years);
    }
    Some(raised)
}

impl Curve {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Some(instance) = instance(&self.dir) else { return Ok(ExitCode::FAILURE) };
        let facts = facts(&self.dir)?;
        let mut points: Vec<Point> = Vec::new();
        let mut best: Option<Certificate> = None;
        for step in 0..=self.steps {
            let cents = u64::from(step) * u64::from(self.step) * 100;
            let Some(raised) = raised(&instance, cents) else {
                complain!("{}: wanted a `budget`, not a `count`", self.dir.join("instance.toml").display());
                return Ok(ExitCode::FAILURE);
            };
            let (start, limit) = (Instant::now(), Duration::from_secs_f64(self.time));
            let goal = Goal { gap: self.gap, seed: 1 };
            let found = solve(&raised, goal, None, &mut |_| start.elapsed() < limit);
            check_own(&raised, &found)?;
            if found.question == Question::Floors {
                complain!("{}: no plan was found that meets all floors", dollars(&raised));
                continue;
            }
            // A plan of a smaller budget is within a larger one as well.
            let bound = found.progress().bound;
            let kept = match best.take() {
                Some(best) if best.objective > found.objective => best,
                _ => found,
            };
            let Some(report) = made(&raised, &kept, &facts) else { return Ok(ExitCode::FAILURE) };
            let last = report.years.last().map(|year| year.reach.planned).unwrap_or_default();
            let before = points.last().map_or((last.connected, last.served), |p| (p.connected, p.served));
            points.push(Point {
                budget: cents_of(&raised) as f64 / 100.0,
                objective: kept.progress().objective,
                bound,
                connected: last.connected,
                served: last.served,
                more_connected: last.connected - before.0,
                more_served: last.served - before.1,
            });
            best = Some(kept);
        }
        self.write(&points)?;
        Ok(if points.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn write(&self, points: &[Point]) -> Result<()> {
        match self.format {
            Format::Json => say!("{}", serde_json::to_string_pretty(points)?),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                points.iter().try_for_each(|point| writer.serialize(point))?;
                say!("{}", String::from_utf8(writer.into_inner()?)?.trim_end());
            }
            Format::Text => {
                for p in points {
                    say!(
                        "{:.2} dollars: connected at home {:.1} ({:+.1}), served {:.1} ({:+.1}); objective {:.3}, bound {:.3}",
                        p.budget,
                        p.connected,
                        p.more_connected,
                        p.served,
                        p.more_served,
                        p.objective,
                        p.bound
                    );
                }
            }
        }
        Ok(())
    }
}

/// The budgets of all years together, in money of the first.
fn cents_of(instance: &Instance) -> u64 {
    instance.limit.amounts().iter().sum()
}

fn dollars(instance: &Instance) -> String {
    format!("{:.2} dollars", cents_of(instance) as f64 / 100.0)
}
