//! Any bytes as a file: archives, encodings, tables and typed cells.

#![no_main]

use evenfield_gap::read::{Limits, Source, Table, TableRules, decode};
use evenfield_model::Problems;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Small limits keep the fuzzer fast; they are checked like large ones.
    let limits = Limits { file_bytes: 1 << 20, total_bytes: 4 << 20, ratio: 250, files: 20 };
    let Ok(source) = Source::open("f", bytes.to_vec(), limits) else { return };
    let members: Vec<String> = source.names().map(str::to_owned).collect();
    for member in members {
        let Ok(bytes) = source.read(&member) else { continue };
        assert!(bytes.len() as u64 <= limits.file_bytes.max(source.size()));
        let mut problems = Problems::default();
        let Ok(text) = decode(&member, &bytes, &mut problems) else { continue };
        let Ok(mut table) = Table::open(&member, &text, TableRules::default(), &mut problems) else {
            continue;
        };
        let mut last = 0;
        while let Some(row) = table.next_row(&mut problems) {
            // Equal where a lone carriage return ends a row in a file of other line ends.
            assert!(row.line >= last);
            last = row.line;
            for column in [Some(0), Some(1), None] {
                row.number(column, &mut problems);
                row.count(column, &mut problems);
                row.date(column, &mut problems);
                row.flag(column, &mut problems);
                row.geoid(column, 12, &mut problems);
                row.id(column, "an id", &mut problems);
            }
        }
    }
});
