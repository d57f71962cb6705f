//! `evenfield roster`.

use crate::out::complain;
use anyhow::{Context, Result};
use evenfield_gap::read::{Limits, Source};
use evenfield_gap::roster::{Format, Options, Reading, read};
use evenfield_model::{Problems, printable};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Files from this size on get a progress bar, bytes.
const LARGE: u64 = 20 << 20;
/// The widest that a cell of the table is printed.
const CELL: usize = 44;

/// What to do with a roster file.
#[derive(clap::Subcommand)]
pub enum Roster {
    /// Print every problem of a roster: OneRoster 1.1 or 1.2 CSV, or Clever CSV, as an archive or a folder
    ///
    /// Ends with 0 when there is no problem, 1 when there are some, 2 when the roster cannot be read.
    Check(Check),
}

/// The arguments of `roster check`.
#[derive(clap::Args)]
pub struct Check {
    /// A .zip archive or a folder of .csv files
    #[arg(value_name = "FILE|FOLDER")]
    roster: PathBuf,
    /// Write the problems to this file as CSV, too
    #[arg(long, value_name = "OUT.csv")]
    csv: Option<PathBuf>,
    /// The kind of roster
    #[arg(long, value_enum, default_value_t = Kind::Auto)]
    format: Kind,
    /// The day for which enrolments are wanted; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<jiff::civil::Date>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Told by the names of the files
    Auto,
    /// OneRoster 1.1 or 1.2
    Oneroster,
    /// Clever
    Clever,
}

impl Roster {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Check(args) => args.run(),
        }
    }
}

impl Check {
    fn run(&self) -> Result<ExitCode> {
        let reading = match self.read() {
            Ok(reading) => reading,
            Err(error) => {
                complain!("evenfield: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let table = table(&reading.problems);
        crate::out::write(std::io::stdout().lock(), format_args!("{table}"));
        if let Some(path) = &self.csv {
            let bytes = problems_csv(&reading.problems)?;
            std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        crate::out::write(std::io::stderr().lock(), format_args!("{}", summary(&reading)));
        Ok(if reading.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn read(&self) -> Result<Reading> {
        let source = open(&self.roster)?;
        let bar = if source.size() < LARGE { ProgressBar::hidden() } else { ProgressBar::new(source.size()) };
        let style = "{wide_bar} {bytes} of {total_bytes}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        let format = match self.format {
            Kind::Auto => None,
            Kind::Oneroster => Some(Format::OneRoster),
            Kind::Clever => Some(Format::Clever),
        };
        let as_of = self
            .as_of
            .unwrap_or_else(|| jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date());
        let mut progress = |done| bar.set_position(done);
        let reading = read(&source, Options { as_of, format, progress: &mut progress });
        bar.finish_and_clear();
        Ok(reading?)
    }
}

/// Opens an archive, or a folder's files.
pub(super) fn open(path: &Path) -> Result<Source> {
    let limits = Limits::default();
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let cannot = || format!("cannot read {}", path.display());
    if !path.is_dir() {
        let size = std::fs::metadata(path).with_context(cannot)?.len();
        anyhow::ensure!(size <= limits.file_bytes, "{name}: more than {} bytes", limits.file_bytes);
        return Ok(Source::open(&name, std::fs::read(path).with_context(cannot)?, limits)?);
    }
    let (mut files, mut total) = (Vec::new(), 0);
    for entry in std::fs::read_dir(path).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let wanted =
            [".csv", ".csv.gz", ".csv.xz"].iter().any(|end| file.to_ascii_lowercase().ends_with(end));
        if wanted && entry.path().is_file() {
            total += entry.metadata().with_context(cannot)?.len();
            anyhow::ensure!(total <= limits.total_bytes, "{name}: more than {} bytes", limits.total_bytes);
            files.push((file, std::fs::read(entry.path()).with_context(cannot)?));
        }
    }
    files.sort();
    Ok(Source::folder(&name, files, limits)?)
}

/// The problems as a table: those kept whole, then the rest counted by file and column.
fn table(problems: &Problems) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let header = ["file", "line", "column", "said", "wanted"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(header)
        .chain(problems.kept().iter().map(|p| {
            let line = if p.line == 0 { String::new() } else { p.line.to_string() };
            [p.file.clone(), line, p.column.clone(), p.said.clone(), p.wanted.clone()]
                .map(|cell| printable(&cell))
        }))
        .collect();
    let mut text = aligned(&rows);
    let rest = problems.found() - problems.kept().len() as u64;
    if rest > 0 {
        text.push_str(&format!("\n{rest} more. All {} by file and column:\n", problems.found()));
        let header = ["file", "column", "problems"].map(str::to_owned);
        let kinds =
            problems.kinds().iter().map(|k| [printable(&k.file), printable(&k.column), k.found.to_string()]);
        text.push_str(&aligned(&std::iter::once(header).chain(kinds).collect::<Vec<_>>()));
    }
    text
}

/// Rows with their columns under each other; all but the last are cut to [`CELL`] characters.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(CELL));
        }
    }
    let mut text = String::new();
    for row in rows {
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            if at + 1 == N {
                text.push_str(cell);
            } else {
                text.push_str(&format!("{:width$}  ", cut(cell)));
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= CELL {
        return cell.to_owned();
    }
    cell.chars().take(CELL - 1).chain(['…']).collect()
}

fn problems_csv(problems: &Problems) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["file", "line", "column", "said", "wanted"])?;
    for p in problems.kept() {
        writer.write_record([&p.file, &p.line.to_string(), &p.column, &p.said, &p.wanted])?;
    }
    Ok(writer.into_inner()?)
}

/// What was read, and what of the students is known.
fn summary(reading: &Reading) -> String {
    let roster = &reading.roster;
    let count = |known: &dyn Fn(&evenfield_gap::roster::Student) -> bool| {
        roster.students.iter().filter(|s| known(s)).count()
    };
    let format = match reading.format {
        Format::OneRoster if reading.is_delta => "OneRoster (changes only)",
        Format::OneRoster => "OneRoster",
        Format::Clever => "Clever",
    };
    let rows = [
        ("schools", roster.schools.len()),
        ("students", roster.students.len()),
        ("  with an address", count(&|s| s.address.is_some())),
        ("  with lunch status", count(&|s| s.frl.is_some())),
        ("  with English learner status", count(&|s| s.ell.is_some())),
        ("  with IEP status", count(&|s| s.iep.is_some())),
        ("sections", roster.sections.len()),
        ("enrolments", roster.enrollments.len()),
        ("  left out, not current", reading.not_current as usize),
        ("staff in sections", roster.staff.len()),
        ("problems", reading.problems.found() as usize),
    ];
    let lines: String = rows.iter().map(|(what, n)| format!("{what:<32}{n:>12}\n")).collect();
    format!("{format}\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(roster: PathBuf, csv: Option<PathBuf>) -> Check {
        Check { roster, csv, format: Kind::Auto, as_of: Some(jiff::civil::date(2026, 10, 1)) }
    }

    fn folder(users: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\n"),
            (
                "orgs.csv",
                "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n1,,,Elm,school,,\n",
            ),
            ("users.csv", users),
        ] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    const USERS: &str = "sourcedId,status,dateLastModified,orgSourcedIds,role,givenName,familyName,grades\n";

    #[test]
    fn problems_are_printed_as_a_table_and_written_as_csv() {
        let folder = folder(&format!(
            "{USERS}S1,,,1,student,Ana,Cruz,07\nS1,,,1,student,Ana,\"Cr\nuz\",15\n,,,1,student,a,b,5\n"
        ));
        let out = folder.path().join("out").with_extension("txt");
        let check = check(folder.path().to_owned(), Some(out.clone()));
        let reading = check.read().expect("a reading");
        insta::assert_snapshot!(table(&reading.problems), @r"
        file       line  column     said  wanted
        users.csv  3     sourcedId  S1    each id once; it stands on line 2 already, and that row is kept
        users.csv  5     sourcedId        the person's sourcedId
        ");
        insta::assert_snapshot!(summary(&reading), @r"
        OneRoster
        schools                                    1
        students                                   1
          with an address                          0
          with lunch status                        0
          with English learner status              0
          with IEP status                          0
        sections                                   0
        enrolments                                 0
          left out, not current                    0
        staff in sections                          0
        problems                                   2
        ");
        assert_eq!(format!("{:?}", check.run().expect("a code")), format!("{:?}", ExitCode::from(1)));
        let csv = std::fs::read_to_string(out).expect("the csv");
        assert_eq!(csv.lines().count(), 3, "{csv}");
    }

    #[test]
    fn the_code_tells_clean_from_unreadable() {
        let folder = folder(&format!("{USERS}S1,,,1,student,Ana,Cruz,07\n"));
        let clean = check(folder.path().to_owned(), None);
        assert!(clean.read().expect("a reading").problems.is_empty());
        assert_eq!(table(&Problems::default()), "");
        assert_eq!(format!("{:?}", clean.run().expect("a code")), format!("{:?}", ExitCode::SUCCESS));
        let missing = check(folder.path().join("nothing.zip"), None);
        assert_eq!(format!("{:?}", missing.run().expect("a code")), format!("{:?}", ExitCode::from(2)));
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut problems = Problems::default();
        for line in 0..10_005 {
            problems.push("users.csv", line, "grades", "\u{1b}[2J", "a grade");
        }
        let text = table(&problems);
        assert!(text.ends_with(
            "5 more. All 10005 by file and column:\nfile       column  problems\nusers.csv  grades  10005\n"
        ));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_fictional_district_sends_sound_files() {
        use crate::fiction::{Town, files};
        use evenfield_gap::{roster, survey};
        let day = jiff::civil::date(2026, 10, 1);
        let town = Town::new(7, 600);
        let all = files(&town).expect("files");
        let source = |name: &str| {
            let (_, bytes) = all.iter().find(|(file, _)| file == name).expect(name);
            Source::open(name, bytes.clone(), Limits::default()).expect(name)
        };
        let (mut roster, problems) = roster::parse(&source("roster.zip"), day).expect("a roster");
        assert!(problems.is_empty(), "{}", table(&problems));
        assert_eq!(roster.students.len(), town.students());
        let problems = roster::add_homes(&mut roster, &source("addresses.csv")).expect("addresses");
        assert!(problems.is_empty(), "{}", table(&problems));
        assert!(roster.students.iter().all(|s| s.address.is_some() && s.frl.is_some() && s.iep.is_some()));
        let defaults = survey::Defaults { term: "2026-fall".to_owned(), answered_ms: 1_800_000_000_000 };
        let (responses, problems) = survey::parse(&source("survey.csv"), &defaults).expect("answers");
        assert!(problems.is_empty(), "{}", table(&problems));
        assert!(responses.iter().all(|r| r.answered_ms > 0 && r.internet_access.is_some()));
    }
}
