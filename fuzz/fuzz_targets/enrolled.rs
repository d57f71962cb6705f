//! Any bytes as a file of devices that a filter is to know, by serials or by tokens; each stands in what was read once.

#![no_main]

use evenfield_gap::inventory::enrolled::{By, Whose, parse_enrolled};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    for by in [By::Serial, By::Token] {
        let is_known = |whose: &Whose| matches!(whose, Whose::Student(id) | Whose::School(id) if id.len() < 20);
        let (rows, problems) = parse_enrolled("f", bytes, by, &is_known);
        assert!(by == By::Token || !rows.is_empty() || !problems.is_empty());
        assert!(rows.iter().all(|row| is_known(&row.whose) && !row.known_by.contains(char::is_whitespace)));
        let once: HashSet<_> = rows.iter().map(|row| &row.known_by).collect();
        assert_eq!(once.len(), rows.len());
    }
});
