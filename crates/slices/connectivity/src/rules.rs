//! Pure rules of the connectivity page: each school's line against the goals, and the order of the table.

use super::queries::{LineRow, RosterSchool};
use evenfield_gap::connectivity::{Assessment, Line, assess};
use evenfield_gap::read::fold;
use evenfield_model::Problems;
use std::collections::{HashMap, HashSet};

/// A school with its line, assessed by the speed that counts: what was measured, else what the contract
/// promises.
#[derive(Clone, Debug, PartialEq)]
pub struct SchoolLine {
    /// The line as stored.
    pub row: LineRow,
    /// Whether the assessment is of the measured speed.
    pub is_measured: bool,
    /// Against both goals; `None` without a speed or without students.
    pub assessment: Option<Assessment>,
}

/// Assesses a line.
pub fn school_line(row: LineRow) -> SchoolLine {
    let speed = row.measured_mbps.or(row.contracted_mbps);
    let enrollment = u32::try_from(row.enrollment).unwrap_or(0);
    SchoolLine {
        is_measured: row.measured_mbps.is_some(),
        assessment: speed.and_then(|mbps| assess(mbps, enrollment)),
        row,
    }
}

/// A line of a file as it is stored. It goes by its id until the roster has a name for it.
pub fn stored(line: Line) -> LineRow {
    LineRow {
        name: line.school.clone(),
        school_id: line.school,
        enrollment: i64::from(line.enrollment),
        contracted_mbps: line.contracted_mbps,
        measured_mbps: line.measured_mbps,
    }
}

/// Which school of the roster this is: by its id, its NCESSCH, or a name that no other has.
pub fn find<'s>(schools: &'s [RosterSchool], said: &str) -> Option<&'s RosterSchool> {
    let by_id = schools.iter().find(|s| s.id == said || s.ncessch.as_deref() == Some(said));
    let mut named = schools.iter().filter(|s| fold(&s.name) == fold(said));
    by_id.or_else(|| named.next().filter(|_| named.next().is_none()))
}

/// Gives each line the id that its school has on the roster. A school that the roster does not have, or that comes twice
/// under two names, is a problem. Without a roster all stay as they are.
pub fn of_schools(
    lines: Vec<Line>,
    schools: &[RosterSchool],
    file: &str,
    problems: &mut Problems,
) -> Vec<Line> {
    if schools.is_empty() {
        return lines;
    }
    let mut seen = HashSet::new();
    let known = |mut line: Line| {
        let found = find(schools, &line.school).map(|s| s.id.clone());
        let wanted = match &found {
            None => "the id, the NCESSCH or the name of a school on the roster",
            Some(id) if !seen.insert(id.clone()) => "each school once",
            Some(_) => "",
        };
        if !wanted.is_empty() {
            problems.push(file, line.line, "school", &line.school, wanted);
            return None;
        }
        line.school = found?;
        Some(line)
    };
    lines.into_iter().filter_map(known).collect()
}

/// The schools of the roster of which there is no line, as lines without a speed: a school of which nothing is known must
/// not drop out of the count.
pub fn without_line(schools: Vec<RosterSchool>, lines: &[LineRow]) -> Vec<LineRow> {
    let known: HashSet<String> =
        lines.iter().filter_map(|l| find(&schools, &l.school_id)).map(|s| s.id.clone()).collect();
    let missing = schools.into_iter().filter(|s| !known.contains(&s.id));
    let row = |s: RosterSchool| LineRow {
        school_id: s.id,
        name: s.name,
        enrollment: s.students,
        contracted_mbps: None,
        measured_mbps: None,
    };
    missing.map(row).collect()
}

/// Of the lines of a file those to store, and the ids of schools whose line in the portal stays in place of what the file says:
/// `theirs` are lines that people changed or added there, `removed` the schools whose line they took away. The roster's name of a
/// school counts before the line's, so that another name alone is no difference.
pub fn merge<'f>(
    file: &'f [LineRow],
    theirs: &[LineRow],
    removed: &[String],
) -> (Vec<&'f LineRow>, Vec<String>) {
    let says = |line: &LineRow| (line.enrollment, line.contracted_mbps, line.measured_mbps);
    let by_id: HashMap<&str, &LineRow> = theirs.iter().map(|line| (line.school_id.as_str(), line)).collect();
    let removed: HashSet<&str> = removed.iter().map(String::as_str).collect();
    let (mut own, mut kept) = (Vec::new(), Vec::new());
    for line in file {
        match by_id.get(line.school_id.as_str()) {
            Some(there) if says(there) == says(line) => {}
            Some(_) => kept.push(line.school_id.clone()),
            None if removed.contains(line.school_id.as_str()) => kept.push(line.school_id.clone()),
            None => own.push(line),
        }
    }
    (own, kept)
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The school's name.
    School,
    /// Students.
    Students,
    /// Mbps for each 1,000 students.
    Speed,
    /// What is missing to the first goal and then to the second.
    Missing,
}

impl SortBy {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::School, Self::Students, Self::Speed, Self::Missing];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Students => "students",
            Self::Speed => "speed",
            Self::Missing => "missing",
        }
    }

    /// The order with this word; the school's name without one.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|s| s.as_str() == word).unwrap_or(Self::School)
    }
}

/// Sorts schools; those without an assessment come last. What matters most comes first: the largest
/// schools, the slowest lines, the most missing.
pub fn sort(lines: &mut [SchoolLine], by: SortBy) {
    let missing = |line: &SchoolLine| {
        line.assessment.map_or((f64::NEG_INFINITY, f64::NEG_INFINITY), |a| {
            (a.standings[0].shortfall_mbps, a.standings[1].shortfall_mbps)
        })
    };
    let speed = |line: &SchoolLine| line.assessment.map_or(f64::INFINITY, |a| a.mbps_per_1000);
    lines.sort_by(|a, b| {
        let order = match by {
            SortBy::School => std::cmp::Ordering::Equal,
            SortBy::Students => b.row.enrollment.cmp(&a.row.enrollment),
            SortBy::Speed => speed(a).total_cmp(&speed(b)),
            SortBy::Missing => {
                let (x, y) = (missing(a), missing(b));
                y.0.total_cmp(&x.0).then(y.1.total_cmp(&x.1))
            }
        };
        order.then_with(|| a.row.name.cmp(&b.row.name)).then_with(|| a.row.school_id.cmp(&b.row.school_id))
    });
}

/// The length of a bar, 0 to 100, on a scale of powers of ten: from 10 Mbps for each 1,000 students to
/// 10,000. The goals lie at a third and two thirds.
pub fn bar(mbps_per_1000: f64) -> f64 {
    ((mbps_per_1000.max(10.0).log10() - 1.0) / 3.0 * 100.0).clamp(0.0, 100.0)
}

/// Mbps as people read it: no more digits than mean something.
pub fn mbps(value: f64) -> String {
    if value >= 100.0 {
        crate::exchange::count(value.round() as i64)
    } else {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").unwrap_or(&text).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, enrollment: i64, contracted: Option<f64>, measured: Option<f64>) -> SchoolLine {
        school_line(LineRow {
            school_id: name.into(),
            name: name.into(),
            enrollment,
            contracted_mbps: contracted,
            measured_mbps: measured,
        })
    }

    #[test]
    fn the_measured_speed_counts_before_the_promised() {
        let school = line("a", 500, Some(1000.0), Some(40.0));
        let assessment = school.assessment.expect("assessed");
        assert!(school.is_measured);
        assert_eq!(assessment.mbps_per_1000, 80.0);
        assert_eq!((assessment.standings[0].meets, assessment.standings[0].shortfall_mbps), (false, 10.0));
        assert_eq!((assessment.standings[1].meets, assessment.standings[1].shortfall_mbps), (false, 460.0));
        assert_eq!(line("b", 500, None, None).assessment, None);
        assert_eq!(line("c", 0, Some(5.0), None).assessment, None);
    }

    fn roster() -> Vec<RosterSchool> {
        let school = |id: &str, ncessch: Option<&str>, name: &str| RosterSchool {
            id: id.into(),
            ncessch: ncessch.map(str::to_owned),
            name: name.into(),
            students: 10,
        };
        vec![school("1", Some("510006000001"), "Nandua High"), school("2", None, "Chincoteague")]
    }

    #[test]
    fn lines_are_of_schools_on_the_roster() {
        let line = |school: &str, line: u64| Line {
            school: school.into(),
            line,
            enrollment: 10,
            contracted_mbps: Some(1.0),
            measured_mbps: None,
        };
        let lines = vec![line("nandua high", 2), line("2", 3), line("510006000001", 4), line("x", 5)];
        let mut problems = Problems::default();
        let known = of_schools(lines.clone(), &roster(), "l.csv", &mut problems);
        assert_eq!(known.iter().map(|l| l.school.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let said: Vec<_> = problems.kept().iter().map(|p| (p.line, p.said.as_str())).collect();
        assert_eq!(said, [(4, "510006000001"), (5, "x")]);
        assert_eq!(of_schools(lines.clone(), &[], "l.csv", &mut problems), lines);
    }

    #[test]
    fn a_school_without_a_line_is_still_a_school() {
        let row = |id: &str| line(id, 5, Some(1.0), None).row;
        let names =
            |lines: &[LineRow]| without_line(roster(), lines).into_iter().map(|l| l.name).collect::<Vec<_>>();
        assert_eq!(names(&[]), ["Nandua High", "Chincoteague"]);
        assert_eq!(names(&[row("510006000001"), row("9")]), ["Chincoteague"]);
    }

    #[test]
    fn orders_put_first_what_matters_most() {
        let mut lines = vec![
            line("a", 500, Some(500.0), None),
            line("b", 900, None, None),
            line("c", 100, Some(5.0), None),
        ];
        let mut names = |by| {
            sort(&mut lines, by);
            lines.iter().map(|l| l.row.name.clone()).collect::<String>()
        };
        assert_eq!(names(SortBy::School), "abc");
        assert_eq!(names(SortBy::Students), "bac");
        assert_eq!(names(SortBy::Speed), "cab");
        assert_eq!(names(SortBy::Missing), "cab");
    }

    #[test]
    fn bars_and_numbers() {
        assert_eq!(bar(10.0), 0.0);
        assert!((bar(100.0) - 100.0 / 3.0).abs() < 1e-9);
        assert!((bar(1000.0) - 200.0 / 3.0).abs() < 1e-9);
        assert_eq!(bar(1e9), 100.0);
        assert_eq!((mbps(12.0), mbps(12.34), mbps(1234.5)), ("12".into(), "12.3".into(), "1,235".into()));
    }
}
