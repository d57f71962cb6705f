//! Any bytes as an ACS table; shares stay shares.

#![no_main]

use evenfield_gap::open::acs::{shares, table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (table, _) = table::parse(bytes, "f");
    for share in shares(&table) {
        assert!((0.0..=1.0).contains(&share.value) && share.moe.is_none_or(|moe| moe >= 0.0));
    }
});
