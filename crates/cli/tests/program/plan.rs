//! From a folder to a plan and its proof, as an analyst does it.

use super::{run, text};
use std::path::Path;
use std::process::Output;

fn folder(budget: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, lines) in [
        ("instance.toml", budget),
        ("demand.csv", "demand,weight,group\nelm,20,north\noak,30,north\nash,10,south\n"),
        (
            "options.csv",
            "option,strategy,cost,running,capacity\nlibrary,anchor,1000,200,25\nbus 7,bus,1500,,\ntower,lte,9000,100,\n",
        ),
        (
            "covers.csv",
            "option,demand,quality\nlibrary,elm,0.5\nlibrary,oak,0.5\nbus 7,oak,0.25\nbus 7,ash,0.25\ntower,elm,1\ntower,oak,1\n",
        ),
    ] {
        std::fs::write(folder.path().join(file), lines).expect("written");
    }
    folder
}

fn plan(folder: &Path, arguments: &[&str]) -> Output {
    let arguments = arguments.iter().map(|argument| match argument.strip_prefix('@') {
        Some(file) => folder.join(file).display().to_string(),
        None => (*argument).to_owned(),
    });
    run(std::iter::once("plan".to_owned()).chain(arguments))
}

const SOLVE: [&str; 6] = ["solve", "@", "--out", "@plan.json", "--certificate", "@cert.json"];

#[test]
fn a_plan_is_made_and_proved() {
    let folder = folder("years = 2\nbudget = [3000, 300]\n");
    let output = plan(folder.path(), &SOLVE);
    assert!(output.status.success(), "{}", text(&output.stderr));
    // The library's 25 seats and the bus for the rest of oak and ash, in both years.
    assert!(text(&output.stdout).starts_with("objective 42.5"), "{}", text(&output.stdout));
    let made: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("plan.json")).expect("a plan"))
            .expect("JSON");
    assert_eq!(made["buy"].as_array().map(Vec::len), Some(2));
    assert_eq!(made["years"][0]["cost"], "2700.00");
    assert_eq!(made["years"][1]["cost"], "200.00");
    let output = plan(folder.path(), &["verify", "@", "@cert.json"]);
    assert!(text(&output.stdout).starts_with("proved: objective 42.5"), "{output:?}");
    let from = [&SOLVE[..], &["--from", "@cert.json"]].concat();
    assert!(plan(folder.path(), &from).status.success());

    let cert = std::fs::read_to_string(folder.path().join("cert.json")).expect("a certificate");
    std::fs::write(folder.path().join("cert.json"), cert.replace("\"objective\":\"42", "\"objective\":\"52"))
        .expect("written");
    let output = plan(folder.path(), &["verify", "@", "@cert.json"]);
    assert!(
        !output.status.success() && text(&output.stderr).contains("not proved: the plan is worth"),
        "{output:?}"
    );
}

#[test]
fn floors_out_of_reach_are_answered_with_what_can_be_reached() {
    let folder = folder("budget = 1500\n[floors]\nsouth = 0.5\n");
    let output = plan(folder.path(), &SOLVE);
    assert!(!output.status.success());
    assert!(
        text(&output.stdout).starts_with("of the floors 50.0000% can be met at once, at most 50.0"),
        "{output:?}"
    );
    assert!(plan(folder.path(), &["verify", "@", "@cert.json"]).status.success());
}

#[test]
fn the_fairest_floors_are_said_and_can_be_planned_with() {
    // The bus alone reaches the south; with it, $1,500 are left for the north's library, which needs 1,200.
    let folder = folder("budget = 3000\n");
    let output = plan(folder.path(), &["fair", "@", "--gap", "0"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    let (head, floors) = said.split_once("\n\n").expect("floors");
    // 25 of 100 for the south is all that there is.
    assert_eq!(
        head,
        "each group within reach can have 25.0000%\nno plan gives every one of them more than 25.0000%"
    );
    let toml = format!("budget = 3000\n{floors}");
    std::fs::write(folder.path().join("instance.toml"), toml).expect("written");
    let output = plan(folder.path(), &SOLVE);
    assert!(output.status.success(), "{output:?}");
    std::fs::write(folder.path().join("demand.csv"), "demand,weight\nelm,20\noak,30\nash,10\n")
        .expect("written");
    std::fs::write(folder.path().join("instance.toml"), "budget = 3000\n").expect("written");
    let output = plan(folder.path(), &["fair", "@"]);
    assert!(!output.status.success() && text(&output.stderr).contains("wanted demand.csv to name groups"));
}

#[test]
fn a_wrong_folder_is_not_solved() {
    let folder = folder("budget = 0\n");
    std::fs::write(folder.path().join("covers.csv"), "option,demand,quality\ntower,elm,1.5\npub,elm,1\n")
        .expect("written");
    let output = plan(folder.path(), &SOLVE);
    assert!(!output.status.success() && !folder.path().join("plan.json").exists());
    let said = text(&output.stderr);
    assert!(
        said.contains("covers.csv:2: quality: said `1.5`")
            && said.contains("covers.csv:3: option: said `pub`"),
        "{said}"
    );
    assert!(said.contains("instance.toml:1: budget: said `budget = 0`"), "{said}");
}

#[test]
fn what_a_plan_is_made_from_is_not_written_over() {
    let own = folder("budget = 3000\n");
    for (out, certificate) in
        [("@./demand.csv", "@cert.json"), ("@plan.json", "@options.csv"), ("@same", "@same")]
    {
        let output = plan(own.path(), &["solve", "@", "--out", out, "--certificate", certificate]);
        assert!(!output.status.success() && text(&output.stderr).contains("wanted "), "{output:?}");
    }
    let demand = std::fs::read_to_string(own.path().join("demand.csv")).expect("still there");
    assert!(demand.starts_with("demand,weight"));
    let scenario = example("scenario.toml", "\"students.csv\"", "\"demand.csv\"");
    std::fs::rename(scenario.path().join("students.csv"), scenario.path().join("demand.csv"))
        .expect("renamed");
    let output = plan(scenario.path(), &["build", "--config", "@scenario.toml", "--out", "@"]);
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("the scenario is made from this file"), "{said}");
    let demand = std::fs::read_to_string(scenario.path().join("demand.csv")).expect("still there");
    assert!(demand.starts_with("demand,students"));
}

/// The worked example of docs/formats/scenario.md.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/plan");

/// A copy of the example with one text in it changed.
fn example(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(EXAMPLE).expect("the example") {
        let entry = entry.expect("a file");
        let text = std::fs::read_to_string(entry.path()).expect("text");
        let text = if entry.file_name() == file { text.replacen(from, to, 1) } else { text };
        std::fs::write(folder.path().join(entry.file_name()), text).expect("written");
    }
    folder
}

const BUILD: [&str; 5] = ["build", "--config", "@scenario.toml", "--out", "@out"];
const SOLVE_BUILT: [&str; 6] = ["solve", "@out", "--out", "@plan.json", "--certificate", "@cert.json"];

#[test]
fn a_scenario_is_built_solved_and_proved() {
    let folder = example("", "", "");
    let output = plan(folder.path(), &BUILD);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = plan(folder.path(), &SOLVE_BUILT);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = plan(folder.path(), &["verify", "@out", "@cert.json"]);
    assert!(text(&output.stdout).starts_with("proved: objective"), "{output:?}");
}

#[test]
fn a_proved_plan_is_reported_and_more_money_gives_no_less() {
    let folder = example("", "", "");
    for command in [&BUILD[..], &SOLVE_BUILT] {
        let output = plan(folder.path(), command);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let output = plan(folder.path(), &["report", "@out", "@cert.json"]);
    let said = text(&output.stdout);
    assert!(said.starts_with("Proved: objective") && said.contains("connected at home"), "{output:?}");
    let output = plan(folder.path(), &["report", "@out", "@cert.json", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let made: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("plan.json")).expect("a plan"))
            .expect("JSON");
    let (years, buy) = (report["years"].as_array().expect("years"), made["buy"].as_array().expect("buy"));
    assert_eq!((years.len(), report["bought"].as_array().map(Vec::len)), (2, Some(buy.len())));
    let weighted: f64 = years.iter().filter_map(|year| year["reach"]["planned"]["weighted"].as_f64()).sum();
    assert!(
        made["objective"].as_f64().is_some_and(|objective| (objective - weighted).abs() < 1e-6),
        "{report}"
    );
    let output = plan(folder.path(), &["report", "@out", "@cert.json", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    assert!(reader.records().all(|row| row.is_ok()), "{output:?}");

    let curve = ["curve", "@out", "--step", "5000", "--steps", "3", "--format", "json"];
    let output = plan(folder.path(), &curve);
    let points: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let objectives: Vec<f64> = points.iter().filter_map(|point| point["objective"].as_f64()).collect();
    assert!(objectives.len() == 4 && objectives.is_sorted(), "{objectives:?}");
    assert!(points.iter().all(|p| p["bound"].as_f64() >= p["objective"].as_f64()), "{points:?}");

    let cert = std::fs::read_to_string(folder.path().join("cert.json")).expect("a certificate");
    std::fs::write(folder.path().join("cert.json"), cert.replace("\"objective\":\"", "\"objective\":\"9"))
        .expect("written");
    let output = plan(folder.path(), &["report", "@out", "@cert.json"]);
    assert!(!output.status.success() && text(&output.stderr).contains("not proved"), "{output:?}");
}

#[test]
fn nothing_is_written_of_a_wrong_scenario() {
    let folder = example("offers.csv", "14.95", "free");
    let output = plan(folder.path(), &BUILD);
    assert!(!output.status.success() && !folder.path().join("out").exists());
    let said = text(&output.stderr);
    assert!(
        said.contains("offers.csv:2: price: said `free`") && said.contains("1 problem; nothing was written"),
        "{said}"
    );
}
