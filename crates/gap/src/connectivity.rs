//! Each school's own line against the FCC's goals: 100 Mbps for each 1,000 students in the short term and
//! 1 Gbps for each 1,000 in the long term (FCC 14-99, Modernizing the E-rate Program, 2014, paragraph 34).

use crate::read::{Row, Table, TableRules, parse_count};
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
    /// Where it stands in the file.
    pub line: u64,
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
    let students = f64::from(enrollment);
    let standings = Goal::ALL.map(|goal| {
        let wanted_mbps = goal.mbps_per_1000() * students / 1_000.0;
        Standing {
            goal,
            wanted_mbps,
            meets: mbps >= wanted_mbps,
            shortfall_mbps: (wanted_mbps - mbps).max(0.0),
        }
    });
    Some(Assessment { mbps_per_1000: mbps * 1_000.0 / students, standings })
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

/// Names that headers have in the wild; letter case, spaces and signs do not matter.
const HEADERS: [&[&str]; 4] = [
    &["school_id", "school_sourcedId", "NCESSCH", "school", "school_name", "site", "name"],
    &["enrollment", "enrolment", "students", "membership", "student_count", "member"],
    &["contracted_mbps", "contracted", "contract_mbps", "contracted_bandwidth", "contracted_bandwidth_mbps"],
    &["measured_mbps", "measured", "measured_bandwidth", "measured_bandwidth_mbps", "speedtest_mbps"],
];

/// Reads a delimited file of lines. Headers may differ in letter case, spaces and signs and have some other common
/// names; one of the two bandwidths may be missing. A school that comes twice, a count or a speed that is not
/// a number of 0 or more, and a row without a school are problems, and such rows are left out.
pub fn parse(file: &str, text: &str) -> (Vec<Line>, Problems) {
    let mut problems = Problems::default();
    let mut lines = Vec::new();
    let mut table = match Table::open(file, text, TableRules::default(), &mut problems) {
        Ok(table) => table,
        Err(error) => {
            error.note(&mut problems);
            return (lines, problems);
        }
    };
    let columns = Columns {
        school: table.require(HEADERS[0], &mut problems),
        enrollment: table.require(HEADERS[1], &mut problems),
        contracted: table.column(HEADERS[2], &mut problems),
        measured: table.column(HEADERS[3], &mut problems),
    };
    if columns.school.is_none() || columns.enrollment.is_none() {
        return (lines, problems);
    }
    if columns.contracted.is_none() && columns.measured.is_none() {
        let said = table.headers().join(",");
        let wanted = "a column \"contracted_mbps\" or \"measured_mbps\"";
        problems.push(file, 1, HEADERS[2][0], &said, wanted);
        return (lines, problems);
    }
    let mut seen = HashMap::new();
    while let Some(row) = table.next_row(&mut problems) {
        lines.extend(line(&row, &columns, &mut seen, &mut problems));
    }
    (lines, problems)
}

/// Where the columns stand.
struct Columns {
    school: Option<usize>,
    enrollment: Option<usize>,
    contracted: Option<usize>,
    measured: Option<usize>,
}

/// One row; `None` when it has a problem.
fn line(
    row: &Row<'_>,
    at: &Columns,
    seen: &mut HashMap<String, u64>,
    problems: &mut Problems,
) -> Option<Line> {
    let school = row.id(at.school, "the school's id or name", problems)?.to_owned();
    if let Some(first) = seen.get(&school) {
        row.problem(at.school, format!("each school once; line {first} has it already"), problems);
        return None;
    }
    let students = "the number of students, a whole number of 0 or more";
    row.required(at.enrollment, students, problems)?;
    let enrollment = row.parsed(at.enrollment, |t| parse_count(t)?.try_into().ok(), students, problems)?;
    let contracted_mbps = speed(row, at.contracted, problems)?;
    let measured_mbps = speed(row, at.measured, problems)?;
    if contracted_mbps.is_none() && measured_mbps.is_none() {
        row.problem(at.contracted.or(at.measured), "a bandwidth in Mbps, contracted or measured", problems);
        return None;
    }
    seen.insert(school.clone(), row.line);
    Some(Line { school, line: row.line, enrollment, contracted_mbps, measured_mbps })
}

/// `None`: a problem. `Some(None)`: an empty cell.
fn speed(row: &Row<'_>, column: Option<usize>, problems: &mut Problems) -> Option<Option<f64>> {
    let mbps = row.amount(column, problems);
    (mbps.is_some() || row.filled(column).is_none()).then_some(mbps)
}
