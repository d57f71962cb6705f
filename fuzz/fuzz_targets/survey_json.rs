//! Any bytes as survey answers in Ed-Fi JSON; what is read must survive writing and reading.

#![no_main]

use evenfield_gap::read::{Limits, Source};
use evenfield_gap::survey::{Defaults, latest, parse, write_ed_fi};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let defaults = Defaults { term: "2026-fall".to_owned(), answered_ms: 1_800_000_000_000 };
    let Ok(source) = Source::open("a.json", bytes.to_vec(), Limits::default()) else { return };
    let Ok((responses, _)) = parse(&source, &defaults) else { return };
    if responses.is_empty() {
        return;
    }
    let written = write_ed_fi(&responses, 5_100_001);
    let source = Source::open("b.json", written, Limits::default()).expect("our own file");
    let (again, problems) = parse(&source, &defaults).expect("our own JSON");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again.len(), responses.len());
    let answers = latest(responses);
    assert_eq!(answers.latest.len() + answers.earlier.len(), again.len());
});
