//! Any bytes as the Parquet table of an instance's demand: problems, or a reading that ends.

#![no_main]

use bytes::Bytes;
use evenfield_plan::read::{Files, Input, Limits, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = |text: &'static str| Ok(Input::<&[u8], Bytes>::Csv(text.as_bytes()));
    let files = Files {
        folder: "f".to_owned(),
        instance: Ok("budget = 1\n".to_owned()),
        demand: Ok(Input::Parquet(Bytes::copy_from_slice(bytes))),
        options: text("option,strategy,cost\no,s,1\n"),
        covers: text("option,demand,quality\no,1,1\n"),
    };
    let limits = Limits { demands: 100_000, ..Limits::default() };
    let _ = read(files, limits);
});
