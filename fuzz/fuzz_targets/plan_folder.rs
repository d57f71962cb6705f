//! Any bytes as the four files of an instance: problems, or an instance. A small one is solved for a few steps, and what the solver
//! says is what the verifier finds.

#![no_main]

use evenfield_plan::read::{Files, Limits, read};
use evenfield_plan::{Goal, solve, summary, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut files = text.split("===\n");
    let mut next = || files.next().unwrap_or_default();
    let (instance, demand, options, covers) = (next(), next(), next(), next());
    let files = Files {
        folder: "f".to_owned(),
        instance: Ok(instance.to_owned()),
        demand: Ok(demand.as_bytes()),
        options: Ok(options.as_bytes()),
        covers: Ok(covers.as_bytes()),
    };
    let Ok(reading) = read(files, Limits::default()) else { return };
    let instance = reading.instance;
    if instance.option_count() > 40 || instance.weights.len() > 200 {
        return;
    }
    let mut steps = 0;
    let certificate = solve(&instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| {
        steps += 1;
        steps < 30
    });
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert!(summary(&instance, &certificate).objective >= 0.0);
});
