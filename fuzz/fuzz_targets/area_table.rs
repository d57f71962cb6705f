//! Any bytes as a long or wide table of areas.

#![no_main]

use evenfield_gap::open::area_table::{LongMap, Measures, WideMap, parse_long, parse_wide};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (table, _) = parse_long(bytes, "f", &LongMap { kind: None, state: Some("01") });
    assert!(
        table.rows.iter().all(|row| (row.measure as usize) < table.measures.len() && row.value.is_finite())
    );
    let map = WideMap { id: "geoid", kind: None, year: &[], measures: Measures::Pairs, restore_zeros: true };
    let _ = parse_wide(bytes, "f", &map);
});
