//! Any bytes as the files of a scenario: problems, or an instance that the reader takes, solves, and tells within its budgets.

#![no_main]

use evenfield_plan::read::{Files, Limits, read};
use evenfield_plan::scenario::{build, report};
use evenfield_plan::{Goal, solve};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Cursor, Read};

fuzz_target!(|bytes: &[u8]| {
    // The scenario, then each file in the order in which it is asked for; a file that is asked for again is the same.
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut texts = text.split("===\n").map(str::to_owned);
    let scenario = texts.next().unwrap_or_default();
    let mut known: Vec<(String, Option<String>, String)> = Vec::new();
    let built = build("scenario.toml", &scenario, &mut |file: &str, member: Option<&str>| {
        let found = known.iter().find(|k| k.0 == file && k.1.as_deref() == member).map(|k| k.2.clone());
        let text = match found {
            Some(text) => text,
            None => {
                let text = texts.next().ok_or(io::ErrorKind::NotFound)?;
                known.push((file.to_owned(), member.map(str::to_owned), text.clone()));
                text
            }
        };
        let stream: Box<dyn Read> = Box::new(Cursor::new(text.into_bytes()));
        Ok(stream)
    });
    let Ok(built) = built else { return };
    let written = |write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("written");
        bytes
    };
    let demand = written(&|to| built.write_demand(to));
    let options = written(&|to| built.write_options(to));
    let covers = written(&|to| built.write_covers(to));
    let instance = String::from_utf8(written(&|to| built.write_instance(to))).expect("text");
    let _ = written(&|to| built.facts().write_csv(to));
    let files = Files {
        folder: "f".to_owned(),
        instance: Ok(instance),
        demand: Ok(demand.as_slice()),
        options: Ok(options.as_slice()),
        covers: Ok(covers.as_slice()),
    };
    let instance = match read(files, Limits::default()) {
        Ok(reading) => reading.instance,
        Err(problems) => panic!("{:?}", problems.kept()),
    };
    if instance.option_count() > 40 || instance.weights.len() > 200 {
        return;
    }
    let mut steps = 0;
    let certificate = solve(&instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| {
        steps += 1;
        steps < 10
    });
    let report = report(&instance, &certificate, &built.facts()).expect("its own facts");
    for year in &report.years {
        let reach = year.reach.planned;
        assert!(year.district.0 <= year.budget.0 && reach.connected <= reach.served + 1e-9);
    }
});
