//! Any bytes as a roster archive, whole and as changes.

#![no_main]

use evenfield_gap::read::{Limits, Source};
use evenfield_gap::roster::{Roster, add_homes, apply_delta, parse, read_delta};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { file_bytes: 1 << 20, total_bytes: 4 << 20, ratio: 250, files: 20 };
    let Ok(source) = Source::open("roster.zip", bytes.to_vec(), limits) else { return };
    let day = jiff::civil::date(2026, 10, 1);
    let mut roster = Roster::default();
    if let Ok((delta, _)) = read_delta(&source, day, &roster) {
        apply_delta(&mut roster, delta);
    }
    if let Ok((mut whole, _)) = parse(&source, day) {
        let _ = add_homes(&mut whole, &source);
    }
});
