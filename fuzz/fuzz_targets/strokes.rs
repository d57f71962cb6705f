//! Any text as the strokes of a signature: what is read is written with two commands and whole numbers alone, and read again as the same.

#![no_main]

// The file alone: the portal with its SQL and its web server would be built with it otherwise.
#[path = "../../crates/slices/lending/src/rules/strokes.rs"]
mod strokes;

use libfuzzer_sys::fuzz_target;
use strokes::{BYTES, HEIGHT, Strokes, WIDTH};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(read) = Strokes::parse(text) else { return };
    let path = read.path();
    assert!(path.len() <= BYTES && path.bytes().all(|b| b.is_ascii_digit() || b"ML ".contains(&b)), "{path}");
    let numbers: Vec<u32> =
        path.split(['M', 'L', ' ']).filter(|n| !n.is_empty()).map(|n| n.parse().expect("a number")).collect();
    assert!(numbers.chunks(2).all(|point| point[0] <= WIDTH && point[1] <= HEIGHT), "{path}");
    assert_eq!(Strokes::parse(&path), Ok(read), "{path}");
});
