//! Rosters and devices, as policy needs them.

use anyhow::{Context, Result};
use evenfield_gap::inventory::enrolled::{By, Enrolled, Whose, parse_enrolled};
use evenfield_gap::roster::{Roster, parse};
use evenfield_model::Problems;
use evenfield_policy::DeviceKey;
use evenfield_policy::compile::{Device, Owner, People, Section, Student};
use evenfield_policy::config::{Config, District};
use jiff::Timestamp;
use std::collections::HashMap;
use std::path::Path;

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
        people.schools.clone_from(&schools);
        take(&mut people, roster);
    }
    if let Some(file) = &district.devices {
        let bytes = std::fs::read(folder.join(file)).with_context(|| format!("cannot read {file}"))?;
        people.devices = devices(file, &bytes, &people, &schools, problems);
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

/// A table with `token`, and `student` or `school`.
fn devices(
    file: &str,
    bytes: &[u8],
    people: &People,
    schools: &[String],
    problems: &mut Problems,
) -> Vec<Device> {
    let places: HashMap<&str, usize> =
        people.students.iter().enumerate().map(|(at, s)| (s.id.as_str(), at)).collect();
    let is_known = |whose: &Whose| match whose {
        Whose::Student(id) => places.contains_key(id.as_str()),
        Whose::School(id) => schools.contains(id),
    };
    let (rows, found) = parse_enrolled(file, bytes, By::Token, &is_known);
    problems.append(found);
    let device = |row: Enrolled| {
        let owner = match row.whose {
            Whose::Student(id) => Owner::Student(*places.get(id.as_str())?),
            Whose::School(id) => Owner::School(id),
        };
        Some(Device { key: DeviceKey::of_token(&row.known_by), owner })
    };
    rows.into_iter().filter_map(device).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::Grade;

    #[test]
    fn devices_are_read_by_their_tokens() {
        let student =
            Student { id: "S1".to_owned(), school: "1".to_owned(), grade: Grade::Year(7), sections: vec![] };
        let people = People { students: vec![student], ..People::default() };
        let text = "token,student,school\n0123456789abcdef,S1,\nabcdef0123456789,S2,\nabcdef012345678A,,1\n";
        let mut problems = Problems::default();
        let read = devices("devices.csv", text.as_bytes(), &people, &["1".to_owned()], &mut problems);
        assert_eq!(read.len(), 2);
        assert!(matches!((&read[0].owner, &read[1].owner), (Owner::Student(0), Owner::School(_))));
        assert_eq!(read[0].key, DeviceKey::of_token("0123456789abcdef"));
        assert_eq!(problems.kept().iter().map(|p| p.line).collect::<Vec<_>>(), [3]);
    }
}
