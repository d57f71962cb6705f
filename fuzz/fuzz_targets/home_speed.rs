//! Any text as the results of the speed test server: each line is read, is of another client, or is a problem.

#![no_main]

use evenfield_gap::home_speed::results::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (found, without, problems) = parse(text, "f");
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().filter(|line| !line.trim().is_empty());
    assert_eq!(found.len() as u64 + without + problems.found(), lines.count() as u64);
    for result in found {
        assert!(result.mbps.is_finite() && result.mbps >= 0.0 && !result.ticket.is_empty());
    }
});
