//! Any bytes as a segment of facts and as an entry of the manifest.

#![no_main]

use evenfield_usage::keep::Entry;
use evenfield_usage::segment::{describe, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The library's panics are caught by the reader; libFuzzer's hook would end the process at them.
    std::panic::set_hook(Box::new(|_| ()));
    let _ = Entry::parse(&String::from_utf8_lossy(bytes));
    let _ = describe(bytes.to_vec().into());
    let Ok(mut batches) = open(bytes.to_vec().into()) else { return };
    let mut rows = 0;
    while let Ok(Some(columns)) = batches.next_rows() {
        rows += columns.len();
        for row in 0..columns.len() {
            let _ = columns.fact(row);
        }
        if rows > 1 << 20 {
            return;
        }
    }
});
