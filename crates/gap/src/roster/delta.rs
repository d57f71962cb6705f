//! OneRoster deltas: what changed since the roster that is stored.

use super::draft::Draft;
use super::format::detect;
use super::oneroster::{Gone, Whole, read_changes};
use super::{Enrollment, Format, Roster, Student, parse};
use crate::read::{ReadError, Source};
use evenfield_model::Problems;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// The changes of one delta archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Rows that are new or changed.
    pub changed: Roster,
    /// Rows that are gone.
    pub removed: Removed,
    /// Kinds whose file was sent whole (`schools`, `people`, `sections`, `enrollments`): all earlier rows of
    /// this kind that do not stand in `changed` are gone.
    pub replaced: Vec<String>,
}

/// The ids of rows that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Schools, by `source_id`.
    pub schools: Vec<String>,
    /// Students and staff, by `source_id`.
    pub people: Vec<String>,
    /// Sections, by `source_id`.
    pub sections: Vec<String>,
    /// Enrolments, as section and person.
    pub enrollments: Vec<(String, String)>,
}

/// Reads a OneRoster delta against the roster that it is for, so that its references can be checked.
/// A bulk archive, and Clever's files, give a delta that replaces everything.
///
/// # Errors
/// As [`parse`](super::parse).
pub fn read_delta(source: &Source, as_of: Date, base: &Roster) -> Result<(Delta, Problems), ReadError> {
    const KINDS: [&str; 4] = ["schools", "people", "sections", "enrollments"];
    if detect(source)? == Format::Clever {
        let (changed, problems) = parse(source, as_of)?;
        let replaced = KINDS.map(str::to_owned).into();
        return Ok((Delta { changed, replaced, ..Delta::default() }, problems));
    }
    let mut progress = |_| {};
    let mut draft = Draft::new(source, as_of, &mut progress);
    draft.know(base);
    draft.only_enrolled_staff = false;
    let (mut gone, mut whole) = (Gone::default(), Whole::default());
    read_changes(&mut draft, &mut gone, &mut whole)?;
    let (changed, problems) = draft.finish();
    let Gone { schools, people, sections, enrollments } = gone;
    let removed = Removed { schools, people, sections, enrollments };
    let whole = [whole.schools, whole.people, whole.sections, whole.enrollments];
    let replaced =
        KINDS.iter().zip(whole).filter(|(_, whole)| *whole).map(|(kind, _)| (*kind).to_owned()).collect();
    Ok((Delta { changed, removed, replaced }, problems))
}

/// Brings a roster up to date. What depends on a row that is gone goes with it: the enrolments of a removed
/// student or section, the sections of a removed school. Students of a removed school are problems and stay
/// until a file says where they went.
pub fn apply_delta(roster: &mut Roster, delta: Delta) -> Problems {
    let Delta { changed, removed, replaced } = delta;
    let whole = |kind: &str| replaced.iter().any(|r| r == kind);
    let before: HashMap<String, Student> =
        if whole("people") { HashMap::new() } else { changed_students(roster, &changed) };
    let people: HashSet<String> = removed.people.into_iter().collect();
    let students: HashSet<&str> = changed.students.iter().map(|s| s.source_id.as_str()).collect();
    let staff: HashSet<&str> = changed.staff.iter().map(|s| s.source_id.as_str()).collect();
    // A student who became staff, or the reverse, leaves the other list.
    roster.students.retain(|s| !staff.contains(s.source_id.as_str()));
    roster.staff.retain(|s| !students.contains(s.source_id.as_str()));
    merge(&mut roster.schools, changed.schools, &set(removed.schools), whole("schools"), |s| &s.source_id);
    merge(&mut roster.students, changed.students, &people, whole("people"), |s| &s.source_id);
    merge(&mut roster.staff, changed.staff, &people, whole("people"), |s| &s.source_id);
    merge(&mut roster.sections, changed.sections, &set(removed.sections), whole("sections"), |s| {
        &s.source_id
    });
    keep_homes(roster, before);
    merge_enrollments(roster, changed.enrollments, removed.enrollments, whole("enrollments"));
    drop_orphans(roster)
}

fn set(ids: Vec<String>) -> HashSet<String> {
    ids.into_iter().collect()
}

/// The earlier rows of the students that change.
fn changed_students(roster: &Roster, changed: &Roster) -> HashMap<String, Student> {
    let ids: HashSet<&str> = changed.students.iter().map(|s| s.source_id.as_str()).collect();
    let earlier = roster.students.iter().filter(|s| ids.contains(s.source_id.as_str()));
    earlier.map(|s| (s.source_id.clone(), s.clone())).collect()
}

/// OneRoster seldom carries addresses and flags: what another file gave stays when a delta says nothing.
fn keep_homes(roster: &mut Roster, mut before: HashMap<String, Student>) {
    for student in &mut roster.students {
        if let Some(earlier) = before.remove(&student.source_id) {
            student.address = student.address.take().or(earlier.address);
            student.frl = student.frl.or(earlier.frl);
            student.ell = student.ell.or(earlier.ell);
            student.iep = student.iep.or(earlier.iep);
            student.home_language = student.home_language.take().or(earlier.home_language);
        }
    }
}

/// Puts changed rows in the place of earlier ones with the same id, new ones at the end.
fn merge<T>(
    rows: &mut Vec<T>,
    changed: Vec<T>,
    gone: &HashSet<String>,
    replace: bool,
    id: impl Fn(&T) -> &String,
) {
    let mut changed: Vec<Option<T>> = changed.into_iter().map(Some).collect();
    let at: HashMap<String, usize> =
        changed.iter().enumerate().filter_map(|(n, row)| Some((id(row.as_ref()?).clone(), n))).collect();
    if replace {
        rows.clear();
    }
    rows.retain(|row| !gone.contains(id(row)));
    for row in rows.iter_mut() {
        if let Some(new) = at.get(id(row)).and_then(|n| changed[*n].take()) {
            *row = new;
        }
    }
    rows.extend(changed.into_iter().flatten());
}

fn merge_enrollments(
    roster: &mut Roster,
    changed: Vec<Enrollment>,
    gone: Vec<(String, String)>,
    replace: bool,
) {
    if replace {
        roster.enrollments.clear();
    }
    let mut out: HashSet<(String, String)> = gone.into_iter().collect();
    // A changed row takes the place of the earlier one.
    out.extend(changed.iter().map(|e| (e.section.clone(), e.person.clone())));
    roster.enrollments.retain(|e| !out.contains(&(e.section.clone(), e.person.clone())));
    roster.enrollments.extend(changed);
}

/// Takes out what refers to rows that are gone.
fn drop_orphans(roster: &mut Roster) -> Problems {
    let mut problems = Problems::default();
    let schools: HashSet<&str> = roster.schools.iter().map(|s| s.source_id.as_str()).collect();
    roster.sections.retain(|s| schools.contains(s.school.as_str()));
    for student in roster.students.iter().filter(|s| !schools.contains(s.school.as_str())) {
        let wanted = format!("a school for student {}; the school was removed", student.source_id);
        problems.push("users.csv", 0, "orgSourcedIds", &student.school, wanted);
    }
    let sections: HashSet<&str> = roster.sections.iter().map(|s| s.source_id.as_str()).collect();
    let people =
        roster.students.iter().map(|s| &s.source_id).chain(roster.staff.iter().map(|s| &s.source_id));
    let people: HashSet<&str> = people.map(String::as_str).collect();
    roster
        .enrollments
        .retain(|e| sections.contains(e.section.as_str()) && people.contains(e.person.as_str()));
    problems
}
