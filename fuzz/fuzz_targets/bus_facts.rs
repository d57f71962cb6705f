//! An upload of facts as any stranger sends it: read, written, read again, taken.

#![no_main]

use evenfield_bus::facts::{Batch, Line, take};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Line::read(bytes);
    // No fuzzer finds a CRC-32, so each line after the first gets its own.
    let mut lines = bytes.split(|octet| *octet == b'\n');
    let mut octets = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        octets.push(b'\n');
        octets.extend(format!("{:08x} ", crc32fast::hash(line)).bytes());
        octets.extend(line);
    }
    let Ok(batch) = Batch::read(&octets) else { return };
    let again = batch.write().expect("what was read can be written");
    assert_eq!(Batch::read(&again).as_ref(), Ok(&batch));
    for mark in [0, batch.head.from - 1, batch.head.from, batch.head.through] {
        if let Ok(fresh) = take(mark, &batch) {
            assert!(fresh.lines.iter().all(|line| line.seq > mark && line.seq <= fresh.mark));
        }
    }
});
