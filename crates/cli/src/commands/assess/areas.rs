//! `evenfield assess areas`: small-area estimates of any area data.

use crate::out::{complain, counted, replace};
use anyhow::Context;
use clap::ValueEnum;
use evenfield_gap::area::{
    self, AreaEstimate, Benchmark, CovariateRows, EstimateRows, Fit, Group, Mse, Settings, Summary,
    TotalRows, Transform, WeightRows,
};
use evenfield_model::Problems;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Problems printed; the rest are counted.
const PRINTED: usize = 200;
/// Bytes of a file taken at most.
const LARGEST_FILE: u64 = 2 << 30;
/// What the program ends with when an input has problems.
const BAD_INPUT: u8 = 2;

/// Which likelihood finds the model variance.
#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// Restricted maximum likelihood
    Reml,
    /// Maximum likelihood
    Ml,
}

/// The scale on which the model is linear.
#[derive(Clone, Copy, ValueEnum)]
enum Scale {
    /// As it is
    None,
    /// Log odds of a share
    Logit,
    /// Arcsine of the square root of a share
    Arcsine,
}

/// How far areas lie from what their covariates say.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Spread {
    /// All alike: one model variance
    Constant,
    /// Small areas further than large ones, or less far: the model variance goes with a power of the size
    Size,
}

/// How the mean squared error is estimated.
#[derive(Clone, Copy, ValueEnum)]
enum Error {
    /// Formula of Prasad and Rao, to second order
    PrasadRao,
    /// Parametric bootstrap
    Bootstrap,
}

/// How estimates are moved onto published totals.
#[derive(Clone, Copy, ValueEnum)]
enum Move {
    /// Each times the same factor
    Ratio,
    /// Each by its part of the difference, the uncertain ones most
    Difference,
    /// Each share by the same step of log odds
    Logit,
}

/// Arguments of the command.
#[derive(clap::Args)]
#[command(
    about = "Small-area estimates for any area data",
    long_about = "Small-area estimates for any area data, by the model of Fay and Herriot: what was observed in an \
                  area is weighed against what the covariates of all areas say of it. An area that is only in the \
                  covariates gets a synthetic prediction.\n\n\
                  OUT has area,direct,estimate,se,low90,high90,shrinkage,method. `shrinkage` is the weight on the \
                  direct estimate: 1 is the direct estimate alone, 0 the regression alone. `method` is area, \
                  synthetic or direct.\n\n\
                  Each input may be separated by commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252, \
                  and packed (.gz, .xz, .zip)."
)]
pub struct Areas {
    /// CSV: area, estimate, and variance or moe90 (90% margin of error); optional size (persons or homes), for
    /// --smooth and --spread. A row with both estimate and variance blank counts as not observed
    #[arg(long, value_name = "E.csv")]
    estimates: PathBuf,
    /// CSV: area, and one numeric column for each covariate
    #[arg(long, value_name = "X.csv")]
    covariates: PathBuf,
    /// Where the estimates go; replaced only when all is well
    #[arg(long, value_name = "OUT.csv")]
    out: PathBuf,
    /// Likelihood for the model variance
    #[arg(long, value_enum, default_value_t = Method::Reml)]
    method: Method,
    /// Scale of the model; logit and arcsine take shares from 0 to 1 and keep intervals within them
    #[arg(long, value_enum, default_value_t = Scale::None)]
    transform: Scale,
    /// How the mean squared error is estimated
    #[arg(long, value_enum, default_value_t = Error::PrasadRao)]
    mse: Error,
    /// Replicates of the bootstrap
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    replicates: u32,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Smooth the sampling variances first, by size if E has it; needed where a variance is 0
    #[arg(long)]
    smooth: bool,
    /// How far areas lie from what their covariates say; by size, E needs the size of every area
    #[arg(long, value_enum, default_value_t = Spread::Constant)]
    spread: Spread,
    /// Fit no intercept
    #[arg(long)]
    no_intercept: bool,
    /// Report coefficients for covariates in standard deviations
    #[arg(long)]
    standardise: bool,
    /// CSV of published totals: group, and total (sum of weight times estimate) or mean (weighted mean).
    /// An area belongs to the longest group that its id begins with, or to its group in --weights
    #[arg(long, value_name = "T.csv")]
    benchmark: Option<PathBuf>,
    /// CSV for --benchmark: area, weight (for example students), optional group; else all weigh 1
    #[arg(long, value_name = "W.csv", requires = "benchmark")]
    weights: Option<PathBuf>,
    /// How estimates are moved onto the totals
    #[arg(long, value_enum, default_value_t = Move::Ratio)]
    benchmark_by: Move,
    /// Go on without the rows that have problems, instead of stopping
    #[arg(long)]
    skip_problems: bool,
    /// Write the model's summary to this file as JSON, instead of as text to the terminal
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

/// The four files, read.
struct Inputs {
    estimates: EstimateRows,
    covariates: CovariateRows,
    totals: Option<TotalRows>,
    weights: Option<WeightRows>,
}

impl Areas {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (inputs, problems) = self.read()?;
        if !problems.is_empty() {
            print_problems(&problems);
            let loses_rows = problems.wrong() > 0;
            if loses_rows && !self.skip_problems {
                complain!(
                    "Nothing was written. Mend the files, or leave these rows out with --skip-problems."
                );
                return Ok(ExitCode::from(BAD_INPUT));
            }
            if loses_rows {
                complain!("Going on without the rows that have problems.");
            }
        }
        let bar = progress_bar();
        let covariates = inputs.covariates.into_covariates()?.with_sizes(inputs.estimates.sizes);
        let mut outcome =
            area::estimate_areas(&inputs.estimates.areas, &covariates, &self.settings(), &|done| {
                bar.set_position((done * 1000.0) as u64);
            })?;
        bar.finish_and_clear();
        if let Some(totals) = &inputs.totals {
            let Some(groups) = self.groups(totals, inputs.weights.as_ref(), &outcome.estimates)? else {
                return Ok(ExitCode::from(BAD_INPUT));
            };
            area::benchmark(&mut outcome.estimates, &groups, self.benchmark_by.into())?;
            if self.settings().transform != area::Transform::None {
                area::keep_shares(&mut outcome.estimates, &groups)?;
            }
        }
        match &self.summary {
            Some(path) => replace(path, |file| Ok(serde_json::to_writer_pretty(file, &outcome.summary)?))?,
            None => print_summary(&outcome.summary),
        }
        replace(&self.out, |file| write_estimates(file, &outcome.estimates))?;
        Ok(ExitCode::SUCCESS)
    }

    fn settings(&self) -> Settings {
        Settings {
            fit: match self.method {
                Method::Reml => Fit::Reml,
                Method::Ml => Fit::Ml,
            },
            transform: match self.transform {
                Scale::None => Transform::None,
                Scale::Logit => Transform::Logit,
                Scale::Arcsine => Transform::Arcsine,
            },
            mse: match self.mse {
                Error::PrasadRao => Mse::PrasadRao,
                Error::Bootstrap => Mse::Bootstrap { replicates: self.replicates, seed: self.seed },
            },
            smooth: self.smooth,
            intercept: !self.no_intercept,
            standardise: self.standardise,
            by_size: self.spread == Spread::Size,
            common: false,
        }
    }

    /// Reads all files and checks them against each other; rows with a problem are not in what it returns.
    fn read(&self) -> anyhow::Result<(Inputs, Problems)> {
        let file = self.estimates.display().to_string();
        // The two large files at once, each on a core of its own.
        let (estimates, covariates) = std::thread::scope(|scope| {
            let covariates = scope.spawn(|| {
                let file = self.covariates.display().to_string();
                anyhow::Ok(area::read_covariates(&bytes(&self.covariates)?, &file))
            });
            let estimates = bytes(&self.estimates).map(|bytes| area::read_estimates(&bytes, &file));
            (estimates, covariates.join())
        });
        let (mut estimates, mut problems) = estimates?;
        let (covariates, more) = covariates.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        problems.append(more);
        if !covariates.areas.is_empty() {
            problems.append(area::link(&mut estimates, &file, &covariates));
        }
        self.check_values(&mut estimates, &covariates, (&file, &mut problems));
        let totals = self.benchmark.as_deref().map(|path| {
            let (totals, more) = area::read_totals(&bytes(path)?, &path.display().to_string());
            problems.append(more);
            anyhow::Ok(totals)
        });
        let totals = totals.transpose()?;
        let weights = self.weights.as_deref().map(|path| {
            let (weights, more) = area::read_weights(&bytes(path)?, &path.display().to_string());
            problems.append(more);
            anyhow::Ok(weights)
        });
        let weights = weights.transpose()?;
        Ok((Inputs { estimates, covariates, totals, weights }, problems))
    }

    /// What depends on the chosen options: shares within 0 and 1, variances above 0 unless smoothed.
    fn check_values(
        &self,
        estimates: &mut EstimateRows,
        covariates: &CovariateRows,
        (file, problems): (&str, &mut Problems),
    ) {
        let share = self.settings().transform.needs_share();
        // Only smoothing can mend a variance of 0, and only where there are covariates.
        let known: HashSet<&str> =
            covariates.areas.iter().filter(|_| self.smooth).map(String::as_str).collect();
        let sizes = std::mem::take(&mut estimates.sizes);
        let mut kept = EstimateRows { sizes, ..EstimateRows::default() };
        for (area, line) in estimates.areas.drain(..).zip(estimates.lines.drain(..)) {
            let zero = area.variance == 0.0 && !known.contains(area.id.as_str());
            if share && !(0.0..=1.0).contains(&area.estimate) {
                let hint = if area.estimate > 1.0 && area.estimate <= 100.0 {
                    "a share from 0 to 1 (divide a percentage by 100, and its margin too)"
                } else {
                    "a share from 0 to 1"
                };
                problems.push(file, line, "estimate", &area.estimate.to_string(), hint);
            } else if zero {
                let wanted = "above 0: no sample makes an estimate certain. With --smooth the variance is taken from \
                              the sizes and shares of all areas; with estimate and variance (or moe90) left blank the \
                              area is predicted from its covariates";
                problems.push(file, line, "variance or moe90", "0", wanted);
            } else {
                kept.areas.push(area);
                kept.lines.push(line);
            }
        }
        *estimates = kept;
    }

    /// The groups of the benchmark; `None` when their files have problems, which are then printed.
    fn groups(
        &self,
        totals: &TotalRows,
        weights: Option<&WeightRows>,
        estimates: &[AreaEstimate],
    ) -> anyhow::Result<Option<Vec<Group>>> {
        let ids: Vec<&str> = estimates.iter().map(|e| e.area.as_str()).collect();
        let name =
            |path: &Option<PathBuf>| path.as_deref().map(|p| p.display().to_string()).unwrap_or_default();
        let (totals_file, weights_file) = (name(&self.benchmark), name(&self.weights));
        let (mut groups, problems) = area::groups(totals, weights, &ids, (&totals_file, &weights_file));
        if problems.is_empty() {
            return Ok(Some(groups));
        }
        print_problems(&problems);
        if self.skip_problems {
            groups.retain(|g| !g.members.is_empty());
            return Ok(Some(groups));
        }
        complain!("Nothing was written.");
        Ok(None)
    }
}

impl From<Move> for Benchmark {
    fn from(how: Move) -> Self {
        match how {
            Move::Ratio => Self::Ratio,
            Move::Difference => Self::Difference,
            Move::Logit => Self::Logit,
        }
    }
}

fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    anyhow::ensure!(length <= LARGEST_FILE, "{} is larger than 2 GiB", path.display());
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(4));
    if let Ok(style) = ProgressStyle::with_template("estimating {wide_bar} {percent}% {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn print_problems(problems: &Problems) {
    for p in problems.kept().iter().take(PRINTED) {
        complain!("{p}");
    }
    let shown = problems.kept().len().min(PRINTED) as u64;
    let rest = problems.found() - shown;
    if rest > 0 {
        complain!("... and {rest} more");
    }
    complain!("{} found.", counted(problems.found(), "problem"));
}

fn print_summary(s: &Summary) {
    let mut text = format!(
        "{} areas observed, {} predicted from covariates alone, {} from the direct estimate alone\n\
         model variance {:.8} (how far areas lie from what covariates say){} after {} steps{}, mean weight on the \
         direct estimate {:.3}\n\
         log-likelihood {:.4}, AIC {:.4}, BIC {:.4}\n",
        s.observed,
        s.synthetic,
        s.direct,
        s.model_variance,
        s.by_size.map_or(String::new(), |(median, k)| format!(" (size / {median})^-{k:.4}")),
        s.iterations,
        if s.adjusted { " (adjusted likelihood: the plain one was largest at 0)" } else { "" },
        s.mean_shrinkage,
        s.log_likelihood,
        s.aic,
        s.bic
    );
    let width = s.coefficients.iter().map(|c| c.name.chars().count()).max().unwrap_or(0).max(11);
    text.push_str(&format!("{:width$}  {:>14}  {:>14}\n", "coefficient", "value", "se"));
    for c in &s.coefficients {
        text.push_str(&format!("{:width$}  {:>14.8}  {:>14.8}\n", c.name, c.value, c.se));
    }
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    if stderr.is_terminal() {
        let _ = stderr.flush();
    }
}

fn write_estimates(file: &mut dyn Write, estimates: &[AreaEstimate]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(["area", "direct", "estimate", "se", "low90", "high90", "shrinkage", "method"])?;
    for e in estimates {
        csv.write_record([
            e.area.as_str(),
            &e.direct.map(|v| v.to_string()).unwrap_or_default(),
            &e.estimate.to_string(),
            &e.se.to_string(),
            &e.low90.to_string(),
            &e.high90.to_string(),
            &e.shrinkage.to_string(),
            e.method.as_str(),
        ])?;
    }
    csv.flush()?;
    Ok(())
}
