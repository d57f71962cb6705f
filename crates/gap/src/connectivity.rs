//! Each school's own line against the FCC's goals: 100 Mbps for each 1,000 students in the short term and
//! 1 Gbps for each 1,000 in the long term (FCC 14-99, Modernizing the E-rate Program, 2014, paragraph 34).

use evenfield_model::Problems;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[cfg(test)]
mod tests;

/// One school's line, as the district's file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The school, by the id or the name that the file uses.
    pub school: String,
    /// Students.
    pub enrollment: u32,
    /// What the contract promises, Mbps.
    pub contracted_mbps: Option<f64>,
    /// What was measured, Mbps.
    pub measured_mbps: Option<f64>,
}

/// A goal of the FCC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// 100 Mbps for each 1,000 students.
    ShortTerm,
    /// 1,000 Mbps for each 1,000 students.
    LongTerm,
}

impl Goal {
    /// Both goals.
    pub const ALL: [Self; 2] = [Self::ShortTerm, Self::LongTerm];

    /// Mbps for each 1,000 students.
    pub fn mbps_per_1000(self) -> f64 {
        match self {
            Self::ShortTerm => 100.0,
            Self::LongTerm => 1_000.0,
        }
    }
}

/// A line against one goal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The goal.
    pub goal: Goal,
    /// What the goal asks of a school of this size, Mbps.
    pub wanted_mbps: f64,
    /// Whether it is met.
    pub meets: bool,
    /// How many Mbps are missing; 0 when it is met.
    pub shortfall_mbps: f64,
}

/// What one bandwidth means for a school of this size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Mbps for each 1,000 students.
    pub mbps_per_1000: f64,
    /// Against the short-term and the long-term goal.
    pub standings: [Standing; 2],
}

/// A school's line by contract and by measurement; `None` where the file gives no such number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchoolConnectivity {
    /// The line.
    pub line: Line,
    /// By contract.
    pub contracted: Option<Assessment>,
    /// By measurement.
    pub measured: Option<Assessment>,
}

/// Mbps for each 1,000 students, and where that stands. `None` for a school without students.
pub fn assess(mbps: f64, enrollment: u32) -> Option<Assessment> {
    if enrollment == 0 {
        return None;
    }
    let thousands = f64::from(enrollment) / 1_000.0;
    let standings = Goal::ALL.map(|goal| {
        let wanted_mbps = goal.mbps_per_1000() * thousands;
        Standing {
            goal,
            wanted_mbps,
            meets: mbps >= wanted_mbps,
            shortfall_mbps: (wanted_mbps - mbps).max(0.0),
        }
    });
    Some(Assessment { mbps_per_1000: mbps / thousands, standings })
}

/// All schools of a file.
pub fn assess_all(lines: Vec<Line>) -> Vec<SchoolConnectivity> {
    lines
        .into_iter()
        .map(|line| SchoolConnectivity {
            contracted: line.contracted_mbps.and_then(|mbps| assess(mbps, line.enrollment)),
            measured: line.measured_mbps.and_then(|mbps| assess(mbps, line.enrollment)),
            line,
        })
        .collect()
}

/// Names that headers have in the wild, letters and digits only.
const HEADERS: [(&str, &[&str]); 4] = [
    ("school", &["school", "schoolid", "schoolname", "schoolsourcedid", "ncessch", "site", "name"]),
    ("enrollment", &["enrollment", "enrolment", "students", "membership", "studentcount", "member"]),
    (
        "contracted_mbps",
        &["contractedmbps", "contracted", "contractmbps", "contractedbandwidth", "contractedbandwidthmbps"],
    ),
    (
        "measured_mbps",
        &["measuredmbps", "measured", "measuredbandwidth", "measuredbandwidthmbps", "speedtestmbps"],
    ),
];

/// Reads a CSV file of lines. Headers may differ in letter case, spaces and underscores and have some other common
/// names; one of the two bandwidths may be missing. A school that comes twice, a count or a speed that is not
/// a number of 0 or more, and a row without a school are problems, and such rows are left out.
pub fn parse(file: &str, text: &str) -> (Vec<Line>, Problems) {
    let mut problems = Problems::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            problems.push(file, 1, "", &error.to_string(), "a CSV file with a header row");
            return (Vec::new(), problems);
        }
    };
    let columns = HEADERS.map(|(_, names)| headers.iter().position(|h| names.contains(&fold(h).as_str())));
    if let Some((name, _)) = HEADERS.iter().zip(columns).take(2).find(|(_, c)| c.is_none()).map(|(h, _)| h) {
        let said = headers.iter().collect::<Vec<_>>().join(",");
        problems.push(file, 1, name, &said, format!("a column \"{name}\""));
        return (Vec::new(), problems);
    }
    if columns[2].is_none() && columns[3].is_none() {
        let said = headers.iter().collect::<Vec<_>>().join(",");
        problems.push(file, 1, "contracted_mbps", &said, "a column \"contracted_mbps\" or \"measured_mbps\"");
        return (Vec::new(), problems);
    }
    let mut lines = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.push(file, line, "", &error.to_string(), "a row of CSV in UTF-8");
                continue;
            }
        };
        let at = record.position().map_or(0, csv::Position::line);
        let mut row = Row { file, at, record: &record, columns, problems: &mut problems };
        if let Some(line) = row.read(&mut seen) {
            lines.push(line);
        }
    }
    (lines, problems)
}

fn fold(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One row while it is read.
struct Row<'a> {
    file: &'a str,
    at: u64,
    record: &'a csv::StringRecord,
    columns: [Option<usize>; 4],
    problems: &'a mut Problems,
}

impl Row<'_> {
    fn cell(&self, column: usize) -> &str {
        self.columns[column].and_then(|c| self.record.get(c)).unwrap_or_default()
    }

    fn refuse(&mut self, column: usize, wanted: &str) {
        let said = self.cell(column).to_owned();
        self.problems.push(self.file, self.at, HEADERS[column].0, &said, wanted);
    }

    fn read(&mut self, seen: &mut HashMap<String, u64>) -> Option<Line> {
        let school = self.cell(0).to_owned();
        if school.is_empty() {
            self.refuse(0, "the school's id or name");
            return None;
        }
        if let Some(first) = seen.get(&school) {
            let wanted = format!("each school once; line {first} has it already");
            self.refuse(0, &wanted);
            return None;
        }
        // A thousands separator is common in exports of spreadsheets.
        let Ok(enrollment) = self.cell(1).replace(',', "").parse::<u32>() else {
            self.refuse(1, "the number of students, a whole number of 0 or more");
            return None;
        };
        let contracted_mbps = self.speed(2)?;
        let measured_mbps = self.speed(3)?;
        if contracted_mbps.is_none() && measured_mbps.is_none() {
            self.refuse(2, "a bandwidth in Mbps, contracted or measured");
            return None;
        }
        seen.insert(school.clone(), self.at);
        Some(Line { school, enrollment, contracted_mbps, measured_mbps })
    }

    /// `None`: a problem. `Some(None)`: an empty cell.
    fn speed(&mut self, column: usize) -> Option<Option<f64>> {
        let text = self.cell(column).replace(',', "");
        if text.is_empty() {
            return Some(None);
        }
        match text.parse::<f64>() {
            Ok(mbps) if mbps.is_finite() && mbps >= 0.0 => Some(Some(mbps)),
            _ => {
                self.refuse(column, "Mbps, a number of 0 or more");
                None
            }
        }
    }
}
