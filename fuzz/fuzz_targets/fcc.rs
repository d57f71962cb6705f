//! Any bytes as FCC availability: fixed, mobile, Form 477.

#![no_main]

use evenfield_gap::open::fcc::{FixedAvailability, form477, mobile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut fixed = FixedAvailability::default();
    let _ = fixed.add(bytes, "f");
    for area in fixed.by_area(None) {
        assert!(area.geoid.len() == 15 && area.terrestrial[1] <= area.terrestrial[0]);
        assert!(area.terrestrial[0] <= area.locations);
    }
    let _ = mobile::count(&mobile::parse(bytes, "f").0);
    let _ = form477::parse(bytes, "f");
});
