//! From terrain to a proved plan, as an analyst does it: a study of sites, its tables in a scenario, the plan and its report.

use super::shared::shared;
use super::{run, text};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

/// The worked example of docs/radio.md.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/radio");

/// A copy of the example on invented terrain: level land with a ridge from west to east in the north.
fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(EXAMPLE).expect("the example") {
        let entry = entry.expect("a file");
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
    }
    let height = |row: usize, column: usize| match row {
        575..=590 => 80i16,
        _ => 5 + (column % 7) as i16,
    };
    let posts: Vec<u8> = (0..1201 * 1201).flat_map(|i| height(i / 1201, i % 1201).to_be_bytes()).collect();
    std::fs::create_dir(folder.path().join("tiles")).expect("a folder");
    std::fs::write(folder.path().join("tiles/N37W076.hgt"), posts).expect("written");
    folder
}

/// Runs the program; `@` stands for the folder.
fn program(folder: &Path, arguments: &[&str]) -> Output {
    run(arguments.iter().map(|argument| match argument.strip_prefix('@') {
        Some(file) => folder.join(file).display().to_string(),
        None => (*argument).to_owned(),
    }))
}

fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

const COVERAGE: [&str; 6] = ["radio", "coverage", "--config", "@radio.toml", "--out", "@coverage"];
const BUILD: [&str; 6] = ["plan", "build", "--config", "@scenario.toml", "--out", "@out"];
const SOLVE: [&str; 7] = ["plan", "solve", "@out", "--out", "@plan.json", "--certificate", "@cert.json"];

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {}", row[column]))
}

#[test]
fn sites_on_terrain_become_a_proved_plan() {
    let folder = example();
    let coverage = |name: &str| folder.path().join("coverage").join(name);
    std::fs::create_dir(coverage("")).expect("a folder");
    let others = ["coverage_gone_outdoor.tif", "coverage_gone_indoor.tif", "mine.tif"];
    others.iter().for_each(|name| std::fs::write(coverage(name), b"II*\0").expect("written"));
    let said = good(folder.path(), &COVERAGE);
    // No map of an earlier run stands beside the new ones; what is not ours stays.
    assert_eq!(others.map(|name| coverage(name).exists()), [false, false, true]);
    assert!(said.contains("outdoor: ") && said.contains("of 67.0 students can be served"), "{said}");
    good(folder.path(), &BUILD);
    good(folder.path(), &SOLVE);
    let said = good(folder.path(), &["plan", "report", "@out", "@cert.json"]);
    assert!(said.starts_with("Proved: objective") && said.contains("Grain silo"), "{said}");
    // Whom the plan serves at the silo, the study says to be served there.
    let served = rows(&folder.path().join("coverage/served.csv"));
    let plan = std::fs::read(folder.path().join("plan.json")).expect("a plan");
    let plan: serde_json::Value = serde_json::from_slice(&plan).expect("JSON");
    assert!(plan["objective"].as_f64().is_some_and(|objective| objective > 30.0), "{plan}");
    for row in &served {
        let margin = number(row, "margin_down").min(number(row, "margin_up"));
        assert!(margin >= -0.05 && row["demand"] != "far", "{row:?}");
    }
    for site in ["silo", "school"] {
        for device in ["outdoor", "indoor"] {
            let map = std::fs::read(folder.path().join(format!("coverage/coverage_{site}_{device}.tif")));
            assert!(map.expect("a map").starts_with(b"II*\0"), "a little-endian TIFF");
        }
    }
}

#[test]
fn a_coverage_is_the_same_on_any_number_of_cores() {
    let folder = example();
    let mut tables = Vec::new();
    for threads in ["1", "3"] {
        let arguments = COVERAGE.map(|a| {
            a.strip_prefix('@').map_or(a.to_owned(), |f| folder.path().join(f).display().to_string())
        });
        let output =
            super::evenfield(arguments).env("RAYON_NUM_THREADS", threads).output().expect("the program");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let files = ["served.csv", "sectors.csv", "sites.csv", "summary.csv", "coverage_silo_outdoor.tif"];
        tables.push(
            files.map(|file| std::fs::read(folder.path().join("coverage").join(file)).expect("a file")),
        );
    }
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn nothing_is_worked_out_for_a_wrong_study() {
    let folder = example();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).expect("written");
    let towers = std::fs::read_to_string(folder.path().join("towers.csv")).expect("towers");
    write("towers.csv", &towers.replace("A,30", "A,36").replace("B,44", "B,x"));
    let output = program(folder.path(), &COVERAGE);
    let said = text(&output.stderr);
    assert!(!output.status.success() && !folder.path().join("coverage").exists(), "{said}");
    assert!(
        said.contains("towers.csv:2: eirp: said `x`") && said.contains("category A may radiate 30"),
        "{said}"
    );
    assert!(said.contains("2 problems; nothing was written"), "{said}");
    // What the study is made from is not written over.
    write("towers.csv", &towers);
    std::fs::rename(folder.path().join("towers.csv"), folder.path().join("sites.csv")).expect("renamed");
    let study = std::fs::read_to_string(folder.path().join("radio.toml")).expect("the study");
    write("radio.toml", &study.replace("towers.csv", "sites.csv"));
    let output = program(folder.path(), &["radio", "coverage", "--config", "@radio.toml", "--out", "@"]);
    assert!(
        !output.status.success() && text(&output.stderr).contains("is made from this file"),
        "{output:?}"
    );
    assert!(std::fs::read_to_string(folder.path().join("sites.csv")).expect("there").contains("azimuths"));
}

/// A site on the hills west of Portland, over real heights.
#[test]
fn a_site_on_real_terrain_becomes_a_proved_plan() {
    let Some(data) = shared() else { return };
    let folder = example();
    let write = |file: &str, text: String| std::fs::write(folder.path().join(file), text).expect("written");
    let study = std::fs::read_to_string(folder.path().join("radio.toml")).expect("the study");
    let tile = data.join("osm-terrain-gtfs/portland-ned.tif");
    let study = study.replace("terrain = [\"tiles\"]", &format!("terrain = {tile:?}"));
    write("radio.toml", study.replace("radius = 8_000", "radius = 3_000"));
    let header =
        "site,name,latitude,longitude,height,category,eirp,gain,frequency,bandwidth,azimuths,downtilt\n";
    write("towers.csv", format!("{header}hill,West hill,45.520,-122.670,20,B,47,17,3600,20,0 120 240,2\n"));
    let grid = (0..400).map(|i| (45.495 + 0.0025 * f64::from(i / 20), -122.70 + 0.003 * f64::from(i % 20)));
    let students =
        grid.enumerate().map(|(n, (latitude, longitude))| format!("{n},2,{latitude},{longitude}\n"));
    write("students.csv", format!("demand,students,latitude,longitude\n{}", students.collect::<String>()));
    let costs = std::fs::read_to_string(folder.path().join("costs.csv")).expect("costs");
    write("costs.csv", costs.replace("/silo", "/hill"));
    good(folder.path(), &COVERAGE);
    let summary = rows(&folder.path().join("coverage/summary.csv"));
    let (outdoor, indoor) = (number(&summary[0], "students"), number(&summary[1], "students"));
    let near = number(&summary[0], "students_near");
    assert!(0.0 < indoor && indoor < outdoor && outdoor < near, "{indoor} {outdoor} {near}");
    good(folder.path(), &BUILD);
    good(folder.path(), &SOLVE);
    assert!(good(folder.path(), &["plan", "report", "@out", "@cert.json"]).contains("West hill"));
}
