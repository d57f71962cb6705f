//! The CSV files of `assess areas`, each read to (rows, problems).

use super::benchmark::Group;
use super::input::{Area, Covariates};
use csv::ByteRecord;
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
    let Some(mut table) = Table::open(bytes, file, &mut problems) else { return (out, problems) };
    let area = table.need("area", &mut problems);
    let estimate = table.need("estimate", &mut problems);
    let variance = table.find("variance");
    let moe = table.find("moe90");
    let size = table.find("size");
    let spread = match (variance, moe) {
        (Some(at), None) => Some((at, false)),
        (None, Some(at)) => Some((at, true)),
        (None, None) => {
            problems.push(file, 1, "", &table.heading(), "a column variance or a column moe90");
            None
        }
        (Some(_), Some(_)) => {
            problems.push(file, 1, "", &table.heading(), "either variance or moe90, not both");
            None
        }
    };
    let (Some(area), Some(estimate), Some((spread, is_moe))) = (area, estimate, spread) else {
        return (out, problems);
    };
    let mut ids = Ids::default();
    while let Some(row) = table.next(&mut problems) {
        let id = row.text(area, &mut problems);
        let blank = row.raw(estimate).is_empty() && row.raw(spread).is_empty();
        let Some(id) = id.filter(|id| ids.new_one(id, &row, area, &mut problems)) else { continue };
        if blank {
            if let Some(size) =
                size.filter(|&at| !row.raw(at).is_empty()).and_then(|at| row.count(at, &mut problems))
            {
                out.sizes.insert(id, size);
            }
            continue;
        }
        let value = row.number(estimate, &mut problems);
        let variance = row.variance(spread, is_moe, &mut problems);
        let size = match size {
            Some(at) => row.count(at, &mut problems).map(Some),
            None => Some(None),
        };
        if let (Some(value), Some(variance), Some(size)) = (value, variance, size) {
            out.areas.push(Area { id, estimate: value, variance, size });
            out.lines.push(row.line);
        }
    }
    let lost = ids.lost_zeros(&table, area, &mut problems);
    out.keep(|id| !lost.contains(id));
    out.sizes.retain(|id, _| !lost.contains(id));
    (out, problems)
}

/// Reads `area` and any number of numeric columns. A row with a problem is left out whole.
pub fn read_covariates(bytes: &[u8], file: &str) -> (CovariateRows, Problems) {
    let mut problems = Problems::default();
    let mut out = CovariateRows::default();
    let Some(mut table) = Table::open(bytes, file, &mut problems) else { return (out, problems) };
    let Some(area) = table.need("area", &mut problems) else { return (out, problems) };
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&at| at != area).collect();
    if columns.is_empty() {
        problems.push(file, 1, "", &table.heading(), "at least one covariate beside area");
        return (out, problems);
    }
    out.names = columns.iter().map(|&at| table.columns[at].clone()).collect();
    let mut ids = Ids::default();
    let mut values = Vec::with_capacity(columns.len());
    while let Some(row) = table.next(&mut problems) {
        let id = row.text(area, &mut problems);
        values.clear();
        values.extend(columns.iter().filter_map(|&at| row.number(at, &mut problems)));
        let fresh = id.filter(|id| ids.new_one(id, &row, area, &mut problems));
        if let (Some(id), true) = (fresh, values.len() == columns.len()) {
            out.areas.push(id);
            out.values.extend_from_slice(&values);
            out.lines.push(row.line);
        }
    }
    out.leave_out(&ids.lost_zeros(&table, area, &mut problems));
    (out, problems)
}

/// Reads `group` with `total` (a sum of weight times estimate) or `mean` (a weighted mean).
pub fn read_totals(bytes: &[u8], file: &str) -> (TotalRows, Problems) {
    let mut problems = Problems::default();
    let mut out = TotalRows::default();
    let Some(mut table) = Table::open(bytes, file, &mut problems) else { return (out, problems) };
    let group = table.need("group", &mut problems);
    let value = match (table.find("total"), table.find("mean")) {
        (Some(at), None) => Some(at),
        (None, Some(at)) => {
            out.kind = Totals::Mean;
            Some(at)
        }
        _ => {
            problems.push(file, 1, "", &table.heading(), "either a column total or a column mean");
            None
        }
    };
    let (Some(group), Some(value)) = (group, value) else { return (out, problems) };
    let mut ids = Ids::default();
    while let Some(row) = table.next(&mut problems) {
        let id = row.text(group, &mut problems);
        let number = row.number(value, &mut problems);
        let fresh = id.filter(|id| ids.new_one(id, &row, group, &mut problems));
        if let (Some(id), Some(number)) = (fresh, number) {
            out.rows.push((id, number, row.line));
        }
    }
    (out, problems)
}

/// Reads `area,weight` and optionally `group`.
pub fn read_weights(bytes: &[u8], file: &str) -> (WeightRows, Problems) {
    let mut problems = Problems::default();
    let mut out = WeightRows::default();
    let Some(mut table) = Table::open(bytes, file, &mut problems) else { return (out, problems) };
    let area = table.need("area", &mut problems);
    let weight = table.need("weight", &mut problems);
    let group = table.find("group");
    out.grouped = group.is_some();
    let (Some(area), Some(weight)) = (area, weight) else { return (out, problems) };
    let mut ids = Ids::default();
    while let Some(row) = table.next(&mut problems) {
        let id = row.text(area, &mut problems);
        let weight = row.count(weight, &mut problems);
        let group = match group {
            Some(at) => row.text(at, &mut problems),
            None => Some(String::new()),
        };
        let fresh = id.filter(|id| ids.new_one(id, &row, area, &mut problems));
        if let (Some(id), Some(weight), Some(group)) = (fresh, weight, group) {
            out.by_area.insert(id, (weight, group));
        }
    }
    let lost = ids.lost_zeros(&table, area, &mut problems);
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

/// A CSV file with its header.
struct Table<'a> {
    file: &'a str,
    columns: Vec<String>,
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: ByteRecord,
    stopped: bool,
}

/// One row of it.
struct Row<'t> {
    file: &'t str,
    columns: &'t [String],
    record: &'t ByteRecord,
    line: u64,
}

impl<'a> Table<'a> {
    /// Reads the header; `None` with a problem when there is none to work with.
    fn open(bytes: &'a [u8], file: &'a str, problems: &mut Problems) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
            problems.push(file, 0, "", "", "a CSV file in UTF-8 (this one is UTF-16 or not text at all)");
            return None;
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut record = ByteRecord::new();
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            problems.push(file, 0, "", "", "a header and rows; the file is empty");
            return None;
        }
        let mut columns = Vec::with_capacity(record.len());
        for field in &record {
            let name = String::from_utf8_lossy(field).trim().to_owned();
            if name.is_empty() {
                problems.push(file, 1, "", &name, "a name for each column of the header");
            } else if columns.contains(&name) {
                problems.push(file, 1, &name, &name, "each column once");
            }
            columns.push(name);
            if columns.len() > MOST_COLUMNS {
                problems.push(file, 1, "", "", format!("at most {MOST_COLUMNS} columns"));
                return None;
            }
        }
        if !problems.is_empty() {
            return None;
        }
        Some(Self { file, columns, bytes, reader, record, stopped: false })
    }

    /// The line of the record just read. The reader's own position is that of the end of the line before,
    /// which is short by one after CRLF and by the number of blank lines.
    fn line(&self) -> u64 {
        let Some(position) = self.record.position() else { return 0 };
        let before = self.bytes.get(position.byte() as usize..).unwrap_or_default();
        let ends = before.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        position.line() + ends.filter(|&&b| b == b'\n').count() as u64
    }

    fn heading(&self) -> String {
        self.columns.join(",")
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.eq_ignore_ascii_case(name))
    }

    fn need(&self, name: &str, problems: &mut Problems) -> Option<usize> {
        let at = self.find(name);
        if at.is_none() {
            problems.push(self.file, 1, name, &self.heading(), format!("a column {name}"));
        }
        at
    }

    /// The next row that is as wide as the header; others become problems.
    fn next(&mut self, problems: &mut Problems) -> Option<Row<'_>> {
        loop {
            if self.stopped {
                return None;
            }
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.stopped = true;
                    let line = error.position().map_or(0, csv::Position::line);
                    problems.push(self.file, line, "", &error.to_string(), "a line of CSV");
                    return None;
                }
            }
            let line = self.line();
            if self.record.len() == 1 && self.record[0].trim_ascii().is_empty() {
                continue;
            }
            if self.record.len() == self.columns.len() {
                let (file, columns, record) = (self.file, &self.columns, &self.record);
                return Some(Row { file, columns, record, line });
            }
            let said = format!("{} fields", self.record.len());
            problems.push(
                self.file,
                line,
                "",
                &said,
                format!("{} fields, as in the header", self.columns.len()),
            );
        }
    }
}

impl Row<'_> {
    fn raw(&self, at: usize) -> &[u8] {
        self.record[at].trim_ascii()
    }

    fn problem(&self, at: usize, wanted: &str, problems: &mut Problems) {
        let said = String::from_utf8_lossy(self.raw(at));
        problems.push(self.file, self.line, &self.columns[at], &said, wanted);
    }

    fn text(&self, at: usize, problems: &mut Problems) -> Option<String> {
        match std::str::from_utf8(self.raw(at)) {
            Ok("") => {
                self.problem(at, "not blank", problems);
                None
            }
            Ok(text) => Some(text.to_owned()),
            Err(_) => {
                self.problem(at, "text in UTF-8", problems);
                None
            }
        }
    }

    fn number(&self, at: usize, problems: &mut Problems) -> Option<f64> {
        let raw = self.raw(at);
        let value = std::str::from_utf8(raw).ok().and_then(|text| text.parse::<f64>().ok());
        let wanted = match value {
            Some(value) if value.abs() <= LARGEST => return Some(value),
            Some(value) if value.is_finite() => "a number of at most 1e100",
            _ if raw.is_empty() => "a number, not blank",
            _ if raw.contains(&b',') => "a number without thousands separators",
            _ if raw.ends_with(b"%") => "a number without a percent sign",
            _ => "a number",
        };
        self.problem(at, wanted, problems);
        None
    }

    fn count(&self, at: usize, problems: &mut Problems) -> Option<f64> {
        let value = self.number(at, problems)?;
        if value >= 0.0 {
            return Some(value);
        }
        self.problem(at, "0 or more", problems);
        None
    }

    fn variance(&self, at: usize, is_moe: bool, problems: &mut Problems) -> Option<f64> {
        let value = self.number(at, problems)?;
        if value >= 0.0 {
            return Some(if is_moe { (value / MOE_Z).powi(2) } else { value });
        }
        let wanted = if value <= -111_111_111.0 {
            "0 or more; this is a Census code for a margin that is not there"
        } else {
            "0 or more"
        };
        self.problem(at, wanted, problems);
        None
    }
}

/// The ids seen in a column: each once, and whether they look like codes that lost a zero.
#[derive(Default)]
struct Ids {
    first: HashMap<String, u64>,
}

impl Ids {
    fn new_one(&mut self, id: &str, row: &Row<'_>, at: usize, problems: &mut Problems) -> bool {
        if let Some(line) = self.first.get(id) {
            row.problem(at, &format!("each once; line {line} has it already"), problems);
            return false;
        }
        self.first.insert(id.to_owned(), row.line);
        true
    }

    /// When all ids are digits of one code length or one digit less, the shorter ones have lost a zero.
    /// Counties have 5 digits, districts 7, tracts 11, block groups 12, blocks 15. Gives the ids that it notes.
    fn lost_zeros(&self, table: &Table<'_>, at: usize, problems: &mut Problems) -> HashSet<String> {
        let longest = self.first.keys().map(String::len).max().unwrap_or(0);
        let shortest = self.first.keys().map(String::len).min().unwrap_or(0);
        let digits = self.first.keys().all(|id| id.bytes().all(|b| b.is_ascii_digit()));
        if !digits || longest != shortest + 1 || ![5, 7, 11, 12, 15].contains(&longest) {
            return HashSet::new();
        }
        let mut short: Vec<(u64, &String)> =
            self.first.iter().filter(|(id, _)| id.len() == shortest).map(|(id, line)| (*line, id)).collect();
        short.sort_unstable();
        for (line, id) in short {
            let wanted = format!("{longest} digits: a spreadsheet has probably dropped the leading zero");
            problems.push(table.file, line, &table.columns[at], id, wanted);
        }
        self.first.keys().filter(|id| id.len() == shortest).cloned().collect()
    }
}
