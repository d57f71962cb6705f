//! The roster and the answers as the dense indices that [`crate::estimate`] takes.

use super::District;
use crate::estimate::{Answer, Places, SchoolPlace, Student};
use crate::home_speed::{MeasuredHome, evidence};
use crate::measure;
use crate::roster::Roster;
use crate::survey::Response;
use evenfield_model::{Geoid, GradeBand, Measure};
use std::collections::{BTreeSet, HashMap};

/// Where a student lives, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    /// The block group.
    pub block_group: Option<Geoid>,
    /// Ids of the attendance zones that the home is in: one for each school that serves it.
    pub zones: Vec<String>,
}

/// The roster, indexed.
pub(super) struct People {
    pub ids: Vec<String>,
    pub students: Vec<Student>,
    pub places: Places,
    pub answers: Vec<Answer>,
}

/// Numbers the things of a list.
fn numbered<'a>(ids: impl Iterator<Item = &'a str>) -> HashMap<&'a str, u32> {
    ids.zip(0u32..).collect()
}

pub(super) fn index(district: District) -> People {
    let roster = district.roster;
    let schools = numbered(roster.schools.iter().map(|s| s.source_id.as_str()));
    let bands = bands(roster);
    let block_groups: BTreeSet<&Geoid> =
        district.homes.iter().filter_map(|h| h.block_group.as_ref()).collect();
    let block_group_index = numbered(block_groups.iter().map(|g| g.as_str()));
    let zones: BTreeSet<&str> =
        district.homes.iter().flat_map(|h| h.zones.iter().map(String::as_str)).collect();
    let zone_index = numbered(zones.iter().copied());

    // A student whose school the roster does not list has no place in any figure; the parser has said so.
    let known = roster
        .students
        .iter()
        .enumerate()
        .filter_map(|(i, s)| Some((i, s, *schools.get(s.school.as_str())?)));
    let mut ids = Vec::new();
    let mut students = Vec::new();
    for (i, student, school) in known {
        let home = district.homes.get(i);
        let band = student.grade.band();
        // Zones of elementary, middle and high schools lie over each other. The zone of the student's
        // own band is taken, so that each student is in one at most and zones add up.
        let zone = home.and_then(|h| h.zones.iter().find(|z| bands.get(z.as_str()) == Some(&band)));
        ids.push(student.source_id.clone());
        students.push(Student {
            school,
            zone: zone.and_then(|z| zone_index.get(z.as_str()).copied()),
            block_group: home
                .and_then(|h| h.block_group.as_ref())
                .and_then(|g| block_group_index.get(g.as_str()).copied()),
            band,
            frl: student.frl,
            ell: student.ell,
            iep: student.iep,
        });
    }
    let student_index = numbered(ids.iter().map(String::as_str));
    let sections = numbered(roster.sections.iter().map(|s| s.source_id.as_str()));
    let members = roster
        .enrollments
        .iter()
        .filter(|e| !e.teaches)
        .filter_map(|e| Some((*sections.get(e.section.as_str())?, *student_index.get(e.person.as_str())?)))
        .collect();
    let mut answers = answers(district.responses, &student_index);
    measured(&mut answers, district.speeds, &student_index);
    let places = Places {
        districts: vec![district.leaid.to_owned()],
        schools: roster
            .schools
            .iter()
            .map(|s| SchoolPlace { id: s.source_id.clone(), district: 0 })
            .collect(),
        zone_districts: vec![0; zones.len()],
        zones: zones.into_iter().map(str::to_owned).collect(),
        block_groups: block_groups.into_iter().cloned().collect(),
        sections: roster.sections.iter().map(|s| s.source_id.clone()).collect(),
        members,
    };
    People { students, places, answers, ids: ids.clone() }
}

/// What each answer says of each measure; an answer for somebody who is not on the roster counts for nothing.
fn answers(responses: &[Response], students: &HashMap<&str, u32>) -> Vec<Answer> {
    responses
        .iter()
        .filter_map(|response| {
            let measures = measure::all(response);
            let barrier = measure::barrier(Measure::M1NoSubscriptionOrComputer, response);
            let student = *students.get(response.student.as_str())?;
            let no_service = measure::no_service(response);
            Some(Answer { student, measures, no_service, only_measured: false, barrier })
        })
        .collect()
}

/// What speed tests say of the measures of speed, where they are sure of it ([`evidence`]), in place of what was answered: a home that said
/// that it has no service and was measured has one. Tests that do not decide change nothing.
fn measured(answers: &mut Vec<Answer>, homes: &[MeasuredHome], students: &HashMap<&str, u32>) {
    let mut places: HashMap<u32, usize> = answers.iter().map(|a| a.student).zip(0..).collect();
    for home in homes {
        let Some(&student) = students.get(home.student.as_str()) else { continue };
        let known = Measure::ALL.map(|measure| {
            evidence::of(measure, &home.tests, home.students).and_then(|evidence| evidence.known)
        });
        if known.iter().all(Option::is_none) {
            continue;
        }
        let place = *places.entry(student).or_insert_with(|| {
            let measures = [None; Measure::ALL.len()];
            answers.push(Answer { student, measures, no_service: None, only_measured: true, barrier: None });
            answers.len() - 1
        });
        let answer = &mut answers[place];
        answer.no_service = Some(false);
        for (said, known) in answer.measures.iter_mut().zip(known) {
            *said = known.or(*said);
        }
    }
}

/// The grade band that most students of a school are in.
fn bands(roster: &Roster) -> HashMap<&str, GradeBand> {
    let mut counts: HashMap<&str, [u32; 4]> = HashMap::new();
    const BANDS: [GradeBand; 4] =
        [GradeBand::Elementary, GradeBand::Middle, GradeBand::High, GradeBand::Ungraded];
    for student in &roster.students {
        let band = BANDS.iter().position(|b| *b == student.grade.band()).unwrap_or_default();
        counts.entry(student.school.as_str()).or_default()[band] += 1;
    }
    counts
        .into_iter()
        .map(|(school, counts)| {
            let most = (0..4).max_by_key(|&b| counts[b]).unwrap_or_default();
            (school, BANDS[most])
        })
        .collect()
}
