//! Any bytes as address points, and as addresses looked up in them.

#![no_main]

use evenfield_gap::place::address::{AddressPoints, full};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (points, _) = AddressPoints::from_csv(bytes, "f");
    for line in String::from_utf8_lossy(bytes).lines().take(100) {
        let _ = points.geocode(&full::split(line, ""));
    }
});
