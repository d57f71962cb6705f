//! Any bytes as the name and the heights of an SRTM tile: the first line is the name, the rest is repeated to a whole tile if its first byte is odd.

#![no_main]

use evenfield_radio::terrain::hgt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let name = String::from_utf8_lossy(&bytes[..end]);
    let rest = bytes.get(end + 1..).unwrap_or_default();
    let whole: Vec<u8> = match rest.first() {
        Some(first) if first % 2 == 1 => rest.iter().copied().cycle().take(1201 * 1201 * 2).collect(),
        _ => rest.to_vec(),
    };
    match hgt::read(&name, &whole) {
        Ok(tile) => assert_eq!(tile.size(), (1201, 1201)),
        Err(refused) => assert!(!refused.said.is_empty()),
    }
});
