//! Any bytes as NCES files: directories, membership, geocodes, relationship workbooks.

#![no_main]

use evenfield_gap::open::nces::{directory, geocode, membership, relationship};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = directory::parse_agencies(bytes, "f");
    let _ = directory::parse_schools(bytes, "f");
    let _ = membership::parse(bytes, "f");
    let _ = geocode::parse(bytes, "f");
    let _ = relationship::parse(bytes, "f");
    let _ = relationship::parse(bytes, "f.xlsx");
});
