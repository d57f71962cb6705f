//! Scenarios of real places, from real files. Skipped, and said so, where the shared data folder is not there.

use super::shared::shared;
use super::{run, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Builds, solves and proves; gives the plan.
fn proved(folder: &Path, gap: &str) -> serde_json::Value {
    let at = |file: &str| folder.join(file).display().to_string();
    let output = run(["plan", "build", "--config", &at("scenario.toml"), "--out", &at("out")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (plan, cert) = (at("plan.json"), at("cert.json"));
    let solve =
        ["plan", "solve", &at("out"), "--out", &plan, "--certificate", &cert, "--gap", gap, "--time", "20"];
    let output = run(solve);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = run(["plan", "verify", &at("out"), &cert]);
    assert!(text(&output.stdout).starts_with("proved: objective"), "{output:?}");
    serde_json::from_slice(&std::fs::read(plan).expect("a plan")).expect("JSON")
}

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).expect("a file");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn write(folder: &Path, file: &str, lines: impl IntoIterator<Item = String>) {
    let lines: Vec<String> = lines.into_iter().collect();
    std::fs::write(folder.join(file), lines.join("\n") + "\n").expect("written");
}

/// Each vehicle of a real feed is an option, served by its own stops.
#[test]
fn buses_of_a_real_feed_are_options() {
    let Some(data) = shared() else { return };
    for (feed, route, least) in
        [("cobblinc-bus-30-only.gtfs.zip", "30", 6), ("marta-bus-856-only.gtfs.zip", "", 2)]
    {
        let archive = data.join("osm-terrain-gtfs").join(feed);
        let folder = tempfile::tempdir().expect("a folder");
        let mut zip =
            zip::ZipArchive::new(std::fs::File::open(&archive).expect("a feed")).expect("an archive");
        let mut reader = csv::Reader::from_reader(zip.by_name("stops.txt").expect("stops"));
        let stops: Vec<BTreeMap<String, String>> =
            reader.deserialize().map(|row| row.expect("a stop")).collect();
        let demand = stops
            .iter()
            .step_by(4)
            .map(|s| format!("{},5,{},{}", s["stop_id"], s["stop_lat"], s["stop_lon"]));
        write(
            folder.path(),
            "students.csv",
            std::iter::once("demand,students,latitude,longitude".to_owned()).chain(demand),
        );
        let routes = if route.is_empty() { String::new() } else { format!("gtfs_routes = [\"{route}\"]") };
        let scenario = format!(
            "first_year = 2026\nbudget = 20_000\n[demand]\nfile = \"students.csv\"\n[bus_wifi]\ngtfs = {archive:?}\n{routes}\n\
             riders_per_run = 15\ncovered = 0.75\nused = 0.3\n"
        );
        write(folder.path(), "scenario.toml", [scenario]);
        let plan = proved(folder.path(), "0.01");
        assert!(plan["objective"].as_f64().is_some_and(|n| n > 0.0), "{feed}: {plan}");
        let options = rows(&folder.path().join("out/options.csv"));
        assert!(options.len() >= least, "{feed}: {} vehicles", options.len());
        let vehicles: BTreeSet<&String> = options.iter().map(|option| &option["exclusive_group"]).collect();
        assert_eq!(vehicles.len(), options.len());
    }
}

/// Schools of a region as homework hotspots for the students who are poor, by real counts and places.
#[test]
fn schools_of_a_region_serve_who_lives_near() {
    let Some(data) = shared() else { return };
    let data = data.join("charlottesville-schools");
    let plain = |name: &str| name.to_lowercase().replace(" elementary", " elem");
    let schools = rows(&data.join("school_lat_long.csv"));
    let field = |row: &BTreeMap<String, String>, name: &str| {
        row.iter().find(|(key, _)| key.trim_start_matches('\u{feff}') == name).expect("a column").1.clone()
    };
    let places: BTreeMap<(String, String), (String, String)> = schools
        .iter()
        .map(|s| {
            ((field(s, "division"), plain(&s["school"])), (s["latitude"].clone(), s["longitude"].clone()))
        })
        .collect();
    let mut students = vec!["demand,students,latitude,longitude,place,barrier,division".to_owned()];
    for row in rows(&data.join("fulldisadvantaged_2019_2025.csv")) {
        let place = places.get(&(row["Division Name"].clone(), plain(&row["School Name"])));
        let count = row["Total Count"].parse::<u32>();
        if let (Some((latitude, longitude)), Ok(count), "Y", "2024-2025") =
            (place, count, row["Disadvantaged"].as_str(), row["School Year"].as_str())
        {
            let id = format!("{}/{}", row["Division Name"], row["School Name"]);
            students.push(format!("\"{id}\",{count},{latitude},{longitude},,,{}", row["Division Name"]));
        }
    }
    assert!(students.len() > 40, "{} schools", students.len());
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "students.csv", students);
    let header = "site,name,kind,latitude,longitude,seats,hours,travel,line".to_owned();
    let sites = places.iter().enumerate().map(|(n, ((division, school), at))| {
        format!("{n},\"{school}, {division}\",school,{},{},60,20,drive,yes", at.0, at.1)
    });
    write(folder.path(), "anchors.csv", std::iter::once(header).chain(sites));
    let scenario = "first_year = 2026\nyears = 2\nbudget = [10_000, 5_000]\ngroup = \"division\"\n[floors]\n\"Charlottesville City\" = 0.05\n\
                    [demand]\nfile = \"students.csv\"\n[homework_hotspots]\nfile = \"anchors.csv\"\n";
    write(folder.path(), "scenario.toml", [scenario.to_owned()]);
    let plan = proved(folder.path(), "0.02");
    let groups = plan["groups"].as_array().expect("groups");
    assert!(groups.len() > 5 && plan["buy"].as_array().is_some_and(|buy| !buy.is_empty()), "{plan}");
}
