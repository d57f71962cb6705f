//! Any bytes as measured speeds: tiles and NDT7 results.

#![no_main]

use evenfield_gap::open::{ndt7, tiles};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = ndt7::parse(bytes, "f");
    for tile in tiles::parse(bytes, "f").0 {
        assert!(tiles::bounds(&tile.quadkey).is_some());
    }
});
