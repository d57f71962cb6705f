//! Any text as the file of a register of a project: rows with numbers of their own whose values are kept as themselves, or problems.

#![no_main]

// The files alone: the portal with its SQL and its web server would be built with them otherwise.
#[path = "../../crates/slices/projects/src/rules/register.rs"]
mod register;
#[path = "../../crates/slices/projects/src/rules/sheet.rs"]
mod sheet;

use libfuzzer_sys::fuzz_target;
use register::{Known, Register, value};
use std::collections::BTreeSet;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let register = Register::ALL[usize::from(*first) % Register::ALL.len()];
    let mut known: Known = Register::ALL.map(|register| (register, BTreeSet::from([1, 2]))).into();
    match sheet::read(text, register, &[], &known) {
        Ok(rows) => {
            let numbers: BTreeSet<i64> = rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers.len(), rows.len());
            known.entry(register).or_default().extend(numbers);
            for row in rows {
                for field in register.fields() {
                    let kept = row.values.get(field.name).cloned();
                    let said = kept.clone().unwrap_or_default();
                    assert!(!field.must || kept.is_some(), "{}", field.name);
                    if kept.is_some() {
                        assert_eq!(value(field, &said, &known), Ok(kept), "{}", field.name);
                    }
                }
            }
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
});
