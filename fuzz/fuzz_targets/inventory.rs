//! Any bytes as a carrier's list, as its interface's answer, as amounts that lines used and as a file of devices, text or a workbook; numbers that only one device has stand there once.

#![no_main]

use evenfield_gap::inventory::usage::{Shape, Unit, parse_usage};
use evenfield_gap::inventory::{headings, parse, seen::parse_seen, service::parse_services};
use evenfield_gap::read::{ColumnMap, NOT_READ};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let (lines, wrong) = parse_seen("f", bytes, &[]);
    assert!(!lines.is_empty() || !wrong.is_empty());
    if let Ok(services) = parse_services(bytes) {
        assert!(services.iter().all(|seen| seen.iccid.starts_with("89")));
    }
    let day = jiff::civil::date(2026, 11, 20);
    let shape = Shape { unit: Unit::Mega, base: 1_000, day, today: day };
    let (used, amiss) = parse_usage("f", bytes, shape, &[]);
    assert!(!used.is_empty() || !amiss.is_empty());
    assert!(used.iter().all(|used| used.octets >= 0 && used.from <= used.to));
    // As its own words say, and with the first column said to be the barcode and the others not to be read.
    let found = headings("f", bytes);
    let columns = found.iter().enumerate().map(|(at, _)| if at == 0 { "barcode" } else { NOT_READ });
    let map = ColumnMap::new(found.iter().map(|(heading, _)| heading.as_str()), columns);
    let (few, amiss) = parse("f", bytes, &[map]);
    assert!(few.is_empty() && !amiss.is_empty(), "nothing says of what type a device is");
    let (items, problems) = parse("f", bytes, &[]);
    assert!(!items.is_empty() || !problems.is_empty());
    assert_eq!(items.iter().map(|item| &item.barcode).collect::<HashSet<_>>().len(), items.len());
    let cards: Vec<_> = items.iter().filter_map(|item| item.iccid.as_ref()?.as_ref()).collect();
    assert!(cards.iter().all(|card| card.starts_with("89") && (19..=20).contains(&card.len())));
    assert_eq!(cards.iter().collect::<HashSet<_>>().len(), cards.len());
});
