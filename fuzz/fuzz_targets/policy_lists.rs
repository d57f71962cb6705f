//! Any bytes as a list of names; what was read and exported as a zone reads back without a problem.

#![no_main]

use evenfield_policy::NameBuf;
use evenfield_policy::lists::{Format, Options, export_rpz, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else { return };
    let format = Format::ALL[usize::from(*first) % Format::ALL.len()];
    let mut rows = Vec::new();
    let reading = read(format, "f", text, Options::default(), &mut |row| rows.push(row));
    assert_eq!(reading.rows as usize, rows.len());
    rows.truncate(50);
    let origin = NameBuf::from_text("rpz.example").expect("a name");
    let exported = export_rpz(&rows, &origin, 1);
    let back = read(Format::Rpz, "f", exported.zone.as_bytes(), Options::default(), &mut |_| ());
    // A name of 254 octets leaves no room for its wildcard, which a resolver could not be asked either.
    assert!(back.problems.kept().iter().all(|p| p.said.len() > 80), "{:?}", back.problems.kept());
});
