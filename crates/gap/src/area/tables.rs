//! The tables of `assess areas`, each read to (rows, problems), packed or not, in any encoding that [`crate::read`] knows.

use super::benchmark::Group;
use super::input::{Area, Covariates};
use crate::read::{Row, Seen, Table, each_row, parse_number};
use evenfield_model::Problems;
use std::collections::{HashMap, HashSet};

/// Largest number taken: beyond it squares would overflow, and no figure of an area is that large.
const LARGEST: f64 = 1e100;
/// A margin of error of 90% is this many standard errors, as the Census Bureau defines it.
const MOE_Z: f64 = 1.645;
/// Columns taken at most.
const MOST_COLUMNS: usize = 1000;

/// Direct estimates with the line of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EstimateRows {
    /// The areas that have an estimate.
    pub areas: Vec<Area>,
    /// Their lines in the file.
    pub lines: Vec<u64>,
    /// The sizes of areas that were not observed, where they are told.
    pub sizes: HashMap<String, f64>,
}

impl EstimateRows {
    /// Keeps the areas that `wanted` takes.
    fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        let lines = std::mem::take(&mut self.lines).into_iter();
        let kept =
            std::mem::take(&mut self.areas).into_iter().zip(lines).filter(|(area, _)| wanted(&area.id));
        (self.areas, self.lines) = kept.unzip();
    }
}

/// Covariates with the line of each area.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CovariateRows {
    /// The covariates' names.
    pub names: Vec<String>,
    /// The areas' ids.
    pub areas: Vec<String>,
    /// Row by row.
    pub values: Vec<f64>,
    /// The areas' lines in the file.
    pub lines: Vec<u64>,
}

impl CovariateRows {
    /// As the estimator takes them.
    ///
    /// # Errors
    /// None in what [`read_covariates`] has read: it keeps whole rows of finite numbers.
    pub fn into_covariates(self) -> Result<Covariates, super::AreaError> {
        Covariates::new(self.names, self.areas, self.values)
    }

    /// Leaves these areas out.
    fn leave_out(&mut self, lost: &HashSet<String>) {
        let width = self.names.len();
        let kept: Vec<bool> = self.areas.iter().map(|id| !lost.contains(id)).collect();
        let mut at = 0..;
        self.values.retain(|_| at.next().is_none_or(|at: usize| kept[at / width]));
        let mut at = kept.iter();
        self.lines.retain(|_| at.next() == Some(&true));
        self.areas.retain(|id| !lost.contains(id));
    }
}

/// What the totals are: sums or means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Totals {
    /// The sum of weight times estimate.
    #[default]
    Sum,
    /// The weighted mean of the estimates.
    Mean,
}

/// Published totals of groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TotalRows {
    /// What they are.
    pub kind: Totals,
    /// Group, total and line.
    pub rows: Vec<(String, f64, u64)>,
}

/// Weights of areas, and the group of each where the file says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightRows {
    /// Whether there is a `group` column.
    pub grouped: bool,
    /// By area: weight and group (empty without the column).
    pub by_area: HashMap<String, (f64, String)>,
}

/// Reads `area,estimate` with `variance` or `moe90`, and optionally `size`. A row whose estimate and variance are
/// both blank has not been observed and is left to the covariates; its size is kept.
pub fn read_estimates(bytes: &[u8], file: &str) -> (EstimateRows, Problems) {
    let mut problems = Problems::default();
    let mut out = EstimateRows::default();
    let mut ids = Ids::default();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let area = table.require(&["area"], problems);
            let estimate = table.require(&["estimate"], problems);
            let spread = either(table, ["variance", "moe90"], problems);
            let size = table.column(&["size"], problems);
            Some((area?, estimate?, spread?, size))
        },
        |row, &(area, estimate, (spread, is_moe), size), problems| {
            let Some(id) = ids.new_one(row, area, problems) else { return };
            let size_filled = size.filter(|_| row.filled(size).is_some());
            if row.filled(Some(estimate)).is_none() && row.filled(Some(spread)).is_none() {
                if let Some(size) = size_filled.and_then(|at| count(row, at, problems)) {
                    out.sizes.insert(id, size);
                }
                return;
            }
            let value = number(row, estimate, problems);
            let variance = variance(row, spread, is_moe, problems);
            let size = size.map_or(Some(None), |at| count(row, at, problems).map(Some));
            if let (Some(value), Some(variance), Some(size)) = (value, variance, size) {
                out.areas.push(Area { id, estimate: value, variance, size });
                out.lines.push(row.line);
            }
        },
    );
    let lost = ids.lost_zeros(file, &mut problems);
    out.keep(|id| !lost.contains(id));
    out.sizes.retain(|id, _| !lost.contains(id));
    (out, problems)
}

/// Reads `area` and any number of numeric columns. A row with a problem is left out whole.
pub fn read_covariates(bytes: &[u8], file: &str) -> (CovariateRows, Problems) {
    let mut problems = Problems::default();
    let mut out = CovariateRows::default();
    let mut ids = Ids::default();
    let mut names: Option<Vec<String>> = None;
    let mut values = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let found = covariate_columns(table, problems)?;
            let (own, columns): (Vec<String>, Vec<usize>) = found.1.into_iter().unzip();
            if names.get_or_insert_with(|| own.clone()) != &own {
                problems.push(
                    table.file(),
                    1,
                    "",
                    &own.join(","),
                    "the columns of the first table in the archive",
                );
                return None;
            }
            Some((found.0, columns))
        },
        |row, (area, columns), problems| {
            values.clear();
            values.extend(columns.iter().filter_map(|&at| number(row, at, problems)));
            let id = ids.new_one(row, *area, problems);
            if let Some(id) = id.filter(|_| values.len() == columns.len()) {
                out.areas.push(id);
                out.values.extend_from_slice(&values);
                out.lines.push(row.line);
            }
        },
    );
    out.names = names.unwrap_or_default();
    out.leave_out(&ids.lost_zeros(file, &mut problems));
    (out, problems)
}

/// The column of the areas, and name and column of each covariate. Of two columns of one name the first counts, as the
/// table's own problem says.
fn covariate_columns(
    table: &mut Table<'_>,
    problems: &mut Problems,
) -> Option<(usize, Vec<(String, usize)>)> {
    let area = table.require(&["area"], problems)?;
    let headers = table.headers();
    if headers.iter().any(String::is_empty) {
        problems.push(table.file(), 1, "", &headers.join(","), "a name for each column of the header");
        return None;
    }
    if headers.len() > MOST_COLUMNS {
        problems.push(table.file(), 1, "", "", format!("at most {MOST_COLUMNS} columns"));
        return None;
    }
    let mut seen = HashSet::from([headers[area].as_str()]);
    let columns: Vec<(String, usize)> = (0..headers.len())
        .filter(|&at| seen.insert(&headers[at]))
        .map(|at| (headers[at].clone(), at))
        .collect();
    if columns.is_empty() {
        let said = headers.join(",");
        problems.push(table.file(), 1, "", &said, "at least one covariate beside area");
        return None;
    }
    Some((area, columns))
}

/// Reads `group` with `total` (a sum of weight times estimate) or `mean` (a weighted mean).
pub fn read_totals(bytes: &[u8], file: &str) -> (TotalRows, Problems) {
    let mut problems = Problems::default();
    let mut out = TotalRows::default();
    let mut ids = Ids::default();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let group = table.require(&["group"], problems);
            let (value, is_mean) = either(table, ["total", "mean"], problems)?;
            out.kind = if is_mean { Totals::Mean } else { Totals::Sum };
            Some((group?, value))
        },
        |row, &(group, value), problems| {
            let number = number(row, value, problems);
            if let (Some(id), Some(number)) = (ids.new_one(row, group, problems), number) {
                out.rows.push((id, number, row.line));
            }
        },
    );
    (out, problems)
}

/// Reads `area,weight` and optionally `group`.
pub fn read_weights(bytes: &[u8], file: &str) -> (WeightRows, Problems) {
    let mut problems = Problems::default();
    let mut out = WeightRows::default();
    let mut ids = Ids::default();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let area = table.require(&["area"], problems);
            let weight = table.require(&["weight"], problems);
            let group = table.column(&["group"], problems);
            out.grouped |= group.is_some();
            Some((area?, weight?, group))
        },
        |row, &(area, weight, group), problems| {
            let weight = count(row, weight, problems);
            let group = match group {
                Some(_) => row.required(group, "a group", problems),
                None => Some(""),
            };
            let id = ids.new_one(row, area, problems);
            if let (Some(id), Some(weight), Some(group)) = (id, weight, group) {
                out.by_area.insert(id, (weight, group.to_owned()));
            }
        },
    );
    let lost = ids.lost_zeros(file, &mut problems);
    out.by_area.retain(|id, _| !lost.contains(id));
    (out, problems)
}

/// Checks the estimates against the covariates: each area with an estimate needs a row of covariates; one
/// that would have it with a zero in front has lost that zero. Those without are noted and left out.
pub fn link(estimates: &mut EstimateRows, file: &str, covariates: &CovariateRows) -> Problems {
    let mut problems = Problems::default();
    let known: HashSet<&str> = covariates.areas.iter().map(String::as_str).collect();
    for (area, &line) in estimates.areas.iter().zip(&estimates.lines) {
        let id = area.id.as_str();
        if known.contains(id) {
            continue;
        }
        let padded = format!("0{id}");
        let stripped = id.strip_prefix('0');
        if known.contains(padded.as_str()) {
            let wanted =
                format!("{padded}, as in the covariates: a spreadsheet has dropped the leading zero");
            problems.push(file, line, "area", id, wanted);
        } else if let Some(stripped) = stripped.filter(|s| known.contains(s)) {
            let wanted =
                format!("the same id in the covariates, which have {stripped} without its leading zero");
            problems.push(file, line, "area", id, wanted);
        } else {
            problems.push(file, line, "area", id, "an area that the covariates have too");
        }
    }
    estimates.keep(|id| known.contains(id));
    problems
}

/// The groups of a benchmark: by the weights' `group` column, or else each area belongs to the longest
/// group whose name its id begins with. Without weights every area weighs 1. `areas` are the ids of
/// the estimates in their order; `files` are the names of the totals' and the weights' files.
pub fn groups(
    totals: &TotalRows,
    weights: Option<&WeightRows>,
    areas: &[&str],
    files: (&str, &str),
) -> (Vec<Group>, Problems) {
    let mut problems = Problems::default();
    let index: HashMap<&str, usize> =
        totals.rows.iter().enumerate().map(|(at, (name, _, _))| (name.as_str(), at)).collect();
    let mut out: Vec<Group> = totals
        .rows
        .iter()
        .map(|(name, total, _)| Group { name: name.clone(), total: *total, members: Vec::new() })
        .collect();
    for (at, id) in areas.iter().enumerate() {
        let own = weights.and_then(|w| w.by_area.get(*id));
        let group = match (weights, own) {
            (Some(w), Some((_, group))) if w.grouped => index.get(group.as_str()).copied(),
            (Some(w), None) if w.grouped => None,
            _ => longest_prefix(&index, id),
        };
        let Some(group) = group else { continue };
        let weight = match (weights, own) {
            (None, _) => 1.0,
            (Some(_), Some((weight, _))) => *weight,
            (Some(_), None) => {
                problems.push(files.1, 0, "area", id, "a weight for each area of a group with a total");
                continue;
            }
        };
        out[group].members.push((at, weight));
    }
    for (group, (name, _, line)) in out.iter_mut().zip(&totals.rows) {
        if group.members.is_empty() {
            problems.push(files.0, *line, "group", name, "a group that at least one area belongs to");
        }
        if totals.kind == Totals::Mean {
            group.total *= group.members.iter().map(|m| m.1).sum::<f64>();
        }
    }
    (out, problems)
}

fn longest_prefix(index: &HashMap<&str, usize>, id: &str) -> Option<usize> {
    let mut ends: Vec<usize> = id.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    ends.reverse();
    ends.into_iter().find_map(|end| index.get(&id[..end]).copied())
}

/// The one of two columns that there is, and whether it is the second; none and both are problems.
fn either(
    table: &mut Table<'_>,
    [first, second]: [&str; 2],
    problems: &mut Problems,
) -> Option<(usize, bool)> {
    match (table.column(&[first], problems), table.column(&[second], problems)) {
        (Some(at), None) => return Some((at, false)),
        (None, Some(at)) => return Some((at, true)),
        (None, None) => {
            let wanted = format!("a column {first} or a column {second}");
            problems.push(table.file(), 1, "", &table.headers().join(","), wanted);
        }
        (Some(_), Some(_)) => {
            let wanted = format!("either {first} or {second}, not both");
            problems.push(table.file(), 1, "", &table.headers().join(","), wanted);
        }
    }
    None
}

/// A number that `wanted` takes too; a blank cell is a problem.
fn number_that(
    row: &Row<'_>,
    at: usize,
    wanted: &str,
    takes: impl Fn(f64) -> bool,
    problems: &mut Problems,
) -> Option<f64> {
    row.required(Some(at), wanted, problems)?;
    row.parsed(Some(at), |text| parse_number(text).filter(|n| takes(*n)), wanted, problems)
}

fn number(row: &Row<'_>, at: usize, problems: &mut Problems) -> Option<f64> {
    number_that(
        row,
        at,
        "a number of at most 1e100, without a percent sign",
        |n| n.abs() <= LARGEST,
        problems,
    )
}

fn count(row: &Row<'_>, at: usize, problems: &mut Problems) -> Option<f64> {
    number_that(row, at, "a number, 0 or more", |n| (0.0..=LARGEST).contains(&n), problems)
}

fn variance(row: &Row<'_>, at: usize, is_moe: bool, problems: &mut Problems) -> Option<f64> {
    let value = number(row, at, problems)?;
    if value >= 0.0 {
        return Some(if is_moe { (value / MOE_Z).powi(2) } else { value });
    }
    let wanted = if value <= -111_111_111.0 {
        "0 or more; this is a Census code for a margin that is not there"
    } else {
        "0 or more"
    };
    row.problem(Some(at), wanted, problems);
    None
}

/// The ids seen in a column: each once, and whether they look like codes that lost a zero.
#[derive(Default)]
struct Ids(Seen<String>);

impl Ids {
    /// The id of a row, where it has one that no row before it has.
    fn new_one(&mut self, row: &Row<'_>, at: usize, problems: &mut Problems) -> Option<String> {
        let id = row.id(Some(at), "an id", problems)?.to_owned();
        if let Some(line) = self.0.before(id.clone(), row.line) {
            row.problem(Some(at), format!("each once; line {line} has it already"), problems);
            return None;
        }
        Some(id)
    }

    /// When all ids are digits of one code length or one digit less, the shorter ones have lost a zero.
    /// Counties have 5 digits, districts 7, tracts 11, block groups 12, blocks 15. Gives the ids that it notes.
    fn lost_zeros(&self, file: &str, problems: &mut Problems) -> HashSet<String> {
        let lengths = || self.0.all().map(|(id, _)| id.len());
        let (longest, shortest) = (lengths().max().unwrap_or(0), lengths().min().unwrap_or(0));
        let digits = self.0.all().all(|(id, _)| id.bytes().all(|b| b.is_ascii_digit()));
        if !digits || longest != shortest + 1 || ![5, 7, 11, 12, 15].contains(&longest) {
            return HashSet::new();
        }
        let mut short: Vec<(u64, &String)> =
            self.0.all().filter(|(id, _)| id.len() == shortest).map(|(id, line)| (line, id)).collect();
        short.sort_unstable();
        for (line, id) in &short {
            let wanted = format!("{longest} digits: a spreadsheet has probably dropped the leading zero");
            problems.push(file, *line, "area", id, wanted);
        }
        short.into_iter().map(|(_, id)| id.clone()).collect()
    }
}
