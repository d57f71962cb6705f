//! Rosters and devices, as policy needs them.

use anyhow::{Context, Result};
use evenfield_gap::read::{Table, TableRules, decode};
use evenfield_gap::roster::{Roster, parse};
use evenfield_model::Problems;
use evenfield_policy::DeviceKey;
use evenfield_policy::compile::{Device, Owner, People, Section, Student};
use evenfield_policy::config::{Config, District};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::Path;

/// The shortest token, characters: shorter ones can be tried out.
const SHORTEST: usize = 16;

/// The people and devices of all districts of the settings.
///
/// # Errors
/// When a file cannot be read at all.
pub fn people(folder: &Path, config: &Config, now: Timestamp) -> Result<(Vec<People>, Problems)> {
    let (mut all, mut problems) = (Vec::new(), Problems::default());
    for district in &config.districts {
        all.push(district_of(folder, district, now, &mut problems)?);
    }
    Ok((all, problems))
}

fn district_of(
    folder: &Path,
    district: &District,
    now: Timestamp,
    problems: &mut Problems,
) -> Result<People> {
    let mut people = People { district: district.id.clone(), ..People::default() };
    let mut schools = Vec::new();
    if let Some(file) = &district.roster {
        let day = jiff::tz::TimeZone::UTC.to_datetime(now).date();
        let (roster, found) = parse(&super::super::roster::open(&folder.join(file))?, day)?;
        problems.append(found);
        schools = roster.schools.iter().map(|s| s.source_id.clone()).collect();
        take(&mut people, roster);
    }
    if let Some(file) = &district.devices {
        let bytes = std::fs::read(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
        people.devices = devices(file, &bytes, &people, &schools, problems)?;
    }
    Ok(people)
}

/// Students and sections of a roster; names and addresses stay behind.
fn take(people: &mut People, roster: Roster) {
    let sections = roster.sections.iter().enumerate().map(|(at, s)| (s.source_id.clone(), at));
    let sections: HashMap<String, usize> = sections.collect();
    let mut of_student: HashMap<String, Vec<usize>> = HashMap::new();
    for enrollment in roster.enrollments.into_iter().filter(|e| !e.teaches) {
        if let Some(section) = sections.get(&enrollment.section) {
            of_student.entry(enrollment.person).or_default().push(*section);
        }
    }
    people.sections =
        roster.sections.into_iter().map(|s| Section { id: s.source_id, period: s.period }).collect();
    people.students = roster
        .students
        .into_iter()
        .map(|s| Student {
            sections: of_student.remove(&s.source_id).unwrap_or_default(),
            id: s.source_id,
            school: s.school,
            grade: s.grade,
        })
        .collect();
}

/// A table with `token`, and `student` or `school`. No problem repeats a token.
fn devices(
    file: &str,
    bytes: &[u8],
    people: &People,
    schools: &[String],
    problems: &mut Problems,
) -> Result<Vec<Device>> {
    let text = decode(file, bytes, problems)?;
    let mut table = Table::open(file, &text, TableRules::default(), problems)?;
    let token = table.require(&["token"], problems);
    let student = table.column(&["student", "student_id", "sourcedId"], problems);
    let school = table.column(&["school", "school_id"], problems);
    table.report_unknown(|_| false, problems);
    let places: HashMap<&str, usize> =
        people.students.iter().enumerate().map(|(at, s)| (s.id.as_str(), at)).collect();
    let mut seen: HashMap<DeviceKey, u64> = HashMap::new();
    let mut devices = Vec::new();
    while let Some(row) = table.next_row(problems) {
        let token = row.text(token);
        if token.chars().count() < SHORTEST || token.contains(char::is_whitespace) {
            problems.push(file, row.line, "token", "", "a token of at least 16 characters without spaces");
            continue;
        }
        let key = DeviceKey::of_token(token);
        if let Some(first) = seen.insert(key, row.line) {
            problems.push(
                file,
                row.line,
                "token",
                "",
                format!("each token once; line {first} has this one, too"),
            );
            seen.insert(key, first);
            continue;
        }
        let owner = match (row.filled(student), row.filled(school)) {
            (Some(id), _) => places.get(id).map(|at| Owner::Student(*at)),
            (None, Some(id)) => schools.iter().any(|s| s == id).then(|| Owner::School(id.to_owned())),
            (None, None) => None,
        };
        match owner {
            Some(owner) => devices.push(Device { key, owner }),
            None => {
                let column = if row.filled(student).is_some() { student } else { school };
                row.problem(column, "the id of a student or a school in the roster", problems);
            }
        }
    }
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::Grade;

    #[test]
    fn devices_are_read_and_no_token_is_repeated() {
        let student =
            Student { id: "S1".to_owned(), school: "1".to_owned(), grade: Grade::Year(7), sections: vec![] };
        let people = People { students: vec![student], ..People::default() };
        let text = "token,student,school\n0123456789abcdef,S1,\nshort,S1,\n0123456789ABCDEF,S1,\n\
                    abcdef0123456789,S2,\nabcdef012345678A,,1\nabcdef012345678B,,\n";
        let mut problems = Problems::default();
        let schools = ["1".to_owned()];
        let read =
            devices("devices.csv", text.as_bytes(), &people, &schools, &mut problems).expect("a table");
        assert_eq!(read.len(), 2);
        assert!(matches!((&read[0].owner, &read[1].owner), (Owner::Student(0), Owner::School(_))));
        let lines: Vec<u64> = problems.kept().iter().map(|p| p.line).collect();
        assert_eq!(lines, [3, 4, 5, 7]);
        assert!(problems.kept().iter().all(|p| !p.said.contains("abcdef") && !p.wanted.contains("abcdef")));
    }
}
