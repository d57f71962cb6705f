//! Any bytes as the schools' lines; what is read can be held against the goals.

#![no_main]

use evenfield_gap::connectivity::{assess_all, parse};
use evenfield_gap::read::decode;
use evenfield_model::Problems;
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode("f", bytes, &mut Problems::default()) else { return };
    let (lines, _) = parse("f", &text);
    assert_eq!(lines.iter().map(|line| &line.school).collect::<HashSet<_>>().len(), lines.len());
    for school in assess_all(lines) {
        let speeds = [school.line.contracted_mbps, school.line.measured_mbps];
        assert!(speeds.iter().flatten().all(|mbps| mbps.is_finite() && *mbps >= 0.0));
        assert!(school.contracted.is_none() || school.line.enrollment > 0);
    }
});
