//! Any bytes as survey answers in plain CSV; what is read must survive writing and reading.

#![no_main]

use evenfield_gap::read::{Limits, Source};
use evenfield_gap::survey::{Defaults, parse, write_csv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let defaults = Defaults { term: "2026-fall".to_owned(), answered_ms: 1_800_000_000_000 };
    let Ok(source) = Source::open("a.csv", bytes.to_vec(), Limits::default()) else { return };
    let Ok((responses, _)) = parse(&source, &defaults) else { return };
    if responses.is_empty() {
        return;
    }
    let source = Source::open("b.csv", write_csv(&responses), Limits::default()).expect("our own file");
    let (again, problems) = parse(&source, &defaults).expect("our own CSV");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again, responses);
});
