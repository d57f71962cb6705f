//! Any octets as a segment of an edge's event log; one of whole frames has no torn end.

#![no_main]

use evenfield_events::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(segment) = parse(bytes) else { return };
    let torn = usize::try_from(segment.torn).expect("of these octets");
    assert!(torn <= bytes.len());
    let whole = parse(&bytes[..bytes.len() - torn]).expect("a segment");
    assert_eq!((whole.torn, whole.events), (0, segment.events));
});
