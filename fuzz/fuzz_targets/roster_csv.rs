//! Any text as the files of a roster: the input is cut at `===` lines into OneRoster's files, or Clever's when its
//! first byte is a `C`.

#![no_main]

use evenfield_gap::read::{Limits, Source};
use evenfield_gap::roster::{add_homes, apply_delta, parse, read_delta};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

const ONEROSTER: [&str; 6] =
    ["manifest.csv", "orgs.csv", "users.csv", "classes.csv", "enrollments.csv", "roles.csv"];
const CLEVER: [&str; 5] = ["schools.csv", "students.csv", "teachers.csv", "sections.csv", "enrollments.csv"];

fuzz_target!(|bytes: &[u8]| {
    let (names, text): (&[&str], _) = match bytes.split_first() {
        Some((b'C', rest)) => (&CLEVER, rest),
        Some((_, rest)) => (&ONEROSTER, rest),
        None => return,
    };
    let text = String::from_utf8_lossy(text);
    let parts = text.split("===\n").map(|part| part.as_bytes().to_vec());
    let files = names.iter().map(|n| (*n).to_owned()).zip(parts).collect();
    let Ok(source) = Source::folder("roster", files, Limits::default()) else { return };
    let day = jiff::civil::date(2026, 10, 1);
    let Ok((mut roster, _)) = parse(&source, day) else { return };
    // Whatever the input, the roster that comes out holds together.
    let schools: HashSet<&str> = roster.schools.iter().map(|s| s.source_id.as_str()).collect();
    let students: HashSet<&str> = roster.students.iter().map(|s| s.source_id.as_str()).collect();
    let sections: HashSet<&str> = roster.sections.iter().map(|s| s.source_id.as_str()).collect();
    assert_eq!(schools.len(), roster.schools.len());
    assert_eq!(students.len(), roster.students.len());
    assert_eq!(sections.len(), roster.sections.len());
    assert!(roster.students.iter().all(|s| schools.contains(s.school.as_str())));
    assert!(roster.sections.iter().all(|s| schools.contains(s.school.as_str())));
    assert!(roster.enrollments.iter().all(|e| sections.contains(e.section.as_str())));
    assert!(roster.enrollments.iter().all(|e| e.teaches || students.contains(e.person.as_str())));
    if let Ok((delta, _)) = read_delta(&source, day, &roster) {
        apply_delta(&mut roster, delta);
    }
    let _ = add_homes(&mut roster, &source);
});
