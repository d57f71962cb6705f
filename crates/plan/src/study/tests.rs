use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/radio");

type Texts = BTreeMap<String, String>;

/// The files of the example.
fn example() -> Texts {
    let names = ["radio.toml", "towers.csv", "students.csv", "scenario.toml", "costs.csv"];
    let read = |name: &str| std::fs::read_to_string(format!("{EXAMPLE}/{name}")).expect("the example");
    let mut texts: Texts = names.into_iter().map(|name| (name.to_owned(), read(name))).collect();
    // Larger cells: the tests look at many coverages.
    let study = texts["radio.toml"].replace("cell = 60", "cell = 400");
    texts.insert("radio.toml".to_owned(), study);
    texts
}

/// The example with one text changed.
fn changed(file: &str, from: &str, to: &str) -> Texts {
    let mut texts = example();
    assert!(texts[file].contains(from), "{file}: {from}");
    let text = texts[file].replacen(from, to, 1);
    texts.insert(file.to_owned(), text);
    texts
}

/// Level land, a degree square, but for a ridge from west to east in the north.
fn tile() -> &'static [u8] {
    static TILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    TILE.get_or_init(|| {
        let height = |row: usize| if (575..=590).contains(&row) { 80i16 } else { 6 };
        (0..1201 * 1201).flat_map(|i| height(i / 1201).to_be_bytes()).collect()
    })
}

fn study_with(texts: &Texts, tile: &[u8]) -> Result<Study, Vec<String>> {
    let mut open = |file: &str, _: Option<&str>| -> io::Result<Box<dyn io::Read>> {
        if file.ends_with(".hgt") {
            return Ok(Box::new(Cursor::new(tile.to_vec())));
        }
        let text = texts.get(file).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(text.clone().into_bytes())))
    };
    let mut folders = |name: &str| match name {
        "tiles" => Ok(Some(vec!["README".to_owned(), "N37W076.hgt".to_owned()])),
        "empty" => Ok(Some(Vec::new())),
        _ => Ok(None),
    };
    let read = Study::read("radio.toml", &texts["radio.toml"], &mut open, &mut folders);
    read.map_err(|problems| problems.kept().iter().map(ToString::to_string).collect())
}

fn study(texts: &Texts) -> Result<Study, Vec<String>> {
    study_with(texts, tile())
}

fn run(study: &Study) -> Vec<Outcome> {
    let site = |n| study.run(n, &|| true).expect("good settings").expect("nobody stops it").0;
    (0..study.sites().len()).map(site).collect()
}

fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

/// Students by site and device.
fn students(outcomes: &[Outcome]) -> Vec<[f64; 2]> {
    outcomes.iter().map(|o| [o.devices[0].students, o.devices[1].students]).collect()
}

#[test]
fn sites_serve_whom_terrain_and_budget_let_them() {
    let study = study(&example()).expect("a study");
    assert_eq!(study.sites().collect::<Vec<_>>(), ["silo", "school"]);
    let outcomes = run(&study);
    // Behind the ridge `far` has nothing; in a room only who lives near the silo.
    assert_eq!(students(&outcomes), [[61.0, 15.0], [52.0, 0.0]]);
    assert_eq!(study.students(Kind::Outdoor, &outcomes), [67.0, 61.0]);
    let silo = &outcomes[0].devices[0];
    let by_sector: Vec<f64> = silo.sectors.iter().map(|sector| sector.students).collect();
    assert_eq!(by_sector.iter().sum::<f64>(), 61.0);
    assert!(silo.area > 50.0 && silo.area < 202.0, "{}", silo.area);
    for served in &silo.served {
        let margin = served.heard.margin();
        assert!(
            margin >= 0.0 && (silo.most[0].min(silo.most[1]) - served.heard.loss() - margin).abs() < 1e-9
        );
    }
    let stopped = study.run(0, &|| false).expect("good settings");
    assert!(stopped.is_none());
}

#[test]
fn a_margin_for_fading_and_weaker_stations_serve_fewer() {
    let all = students(&run(&study(&example()).expect("a study")));
    for (file, from, to) in [
        ("radio.toml", "clutter = 6 ", "clutter = 26 "),
        ("radio.toml", "clutter = 6 ", "fade_margin = 20\nclutter = 6 "),
        ("towers.csv", "B,44,", "B,24,"),
        ("radio.toml", "places = 90", "places = 99.9"),
    ] {
        let fewer = students(&run(&study(&changed(file, from, to)).expect("a study")));
        let count = |students: &[[f64; 2]]| students.as_flattened().iter().sum::<f64>();
        assert!(count(&fewer) < count(&all), "{from} -> {to}: {fewer:?}");
    }
}

#[test]
fn tables_are_what_a_scenario_reads() {
    let study = study(&example()).expect("a study");
    let outcomes = run(&study);
    let mut texts = example();
    for (name, text) in [
        ("sites", written(|to| write_sites(&study, &outcomes, to))),
        ("sectors", written(|to| write_sectors(&study, &outcomes, to))),
        ("served", written(|to| write_served(&study, &outcomes, to))),
        ("summary", written(|to| write_summary(&study, &outcomes, to))),
    ] {
        let columns = text.lines().next().expect("a header").split(',').count();
        assert!(text.lines().all(|line| line.split(',').count() == columns), "{name}: {text}");
        texts.insert(format!("coverage/{name}.csv"), text);
    }
    let mut open = |file: &str, _: Option<&str>| -> io::Result<Box<dyn io::Read>> {
        let text = texts.get(file).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(text.clone().into_bytes())))
    };
    let built = crate::scenario::build("scenario.toml", &texts["scenario.toml"], &mut open);
    let built = built.unwrap_or_else(|problems| panic!("{:?}", problems.kept()));
    // Outdoors at both sites and in a room at one.
    assert_eq!(built.size().1, 3);
    let options = written(|to| built.write_options(to));
    // `fir` does not want it; every sector has enough for 2.5 Mbps down and 0.3 up, or serves as many as it has enough for.
    let takers = outcomes[0].devices[0].sectors.iter().map(|sector| {
        let [down, up] = sector.mbps.map(|mbps| (mbps * 100.0).round() / 100.0);
        let wanted = sector.students - if sector.azimuth == Some(180.0) { 3.0 } else { 0.0 };
        wanted.min(down / 2.5).min(up / 0.3)
    });
    let silo = options.lines().find(|line| line.starts_with("lte_outdoor/silo")).expect("an option");
    let capacity: f64 = silo.split(',').nth(4).and_then(|cell| cell.parse().ok()).expect("a capacity");
    let takers: f64 = takers.sum();
    assert!((capacity - takers).abs() < 1e-5 && takers < 58.0, "{capacity} {takers}");
}

#[test]
fn a_site_that_stands_on_nothing_or_breaks_a_rule_is_named() {
    for (file, from, to, said) in [
        (
            "towers.csv",
            "37.4500",
            "39.4500",
            "towers.csv:2: latitude: said `39.45, -75.82`: wanted a place on known terrain",
        ),
        ("towers.csv", "B,44", "C,44", "towers.csv:2: category: said `C`"),
        (
            "towers.csv",
            "A,30",
            "A,31",
            "towers.csv:3: eirp: said `school`: wanted what the band's rules allow: the station radiates 31",
        ),
        ("towers.csv", "B,44", "B,48", "towers.csv:2: eirp: said `48`"),
        (
            "towers.csv",
            ",,,5,",
            ",,,7,",
            "towers.csv:3: category: said `school`: wanted what the band's rules allow: the antenna is 7 m",
        ),
        (
            "towers.csv",
            ",,,5,",
            ",,,,",
            "towers.csv:3: category: said `A`: wanted terrain to 16 km around, or `above_average`",
        ),
        ("towers.csv", ",,,5,", ",,4,5,", "towers.csv:3: downtilt: said `4`: wanted nothing, or `azimuths`"),
        ("towers.csv", "60 180 300", "60 x", "towers.csv:2: azimuths: said `60 x`"),
        ("towers.csv", "school,High", "SILO,High", "towers.csv:3: site: said `SILO`"),
        ("towers.csv", "school,High", "a/b,High", "towers.csv:3: site: said `a/b`"),
        ("towers.csv", "3600", "2600", "towers.csv:2: frequency: said `2600`"),
        ("towers.csv", "3600", "NaN", "towers.csv:2: frequency: said `NaN`"),
        ("students.csv", "oak,8", "elm,8", "students.csv:3: demand: said `elm`"),
        ("students.csv", "37.4010", "x", "students.csv:2: latitude: said `x`"),
        ("radio.toml", "radius = 8_000", "", "radio.toml:1: radius: "),
        (
            "radio.toml",
            "\"rural\"",
            "\"rurall\"",
            "radio.toml:7: scene: said `scene = \"rurall\"`: wanted one of: `rural`, `urban`",
        ),
        (
            "radio.toml",
            "walls = 15",
            "wals = 15",
            "radio.toml:22: indoor.wals: said `wals = 15`: wanted a setting that there is",
        ),
        ("radio.toml", "clutter = 6 ", "", "radio.toml:17: outdoor.clutter: "),
        ("radio.toml", "cell = 400", "cell = -4", "radio.toml:6: cell: said `cell = -4"),
        (
            "radio.toml",
            "[\"tiles\"]",
            "[\"empty\"]",
            "empty: wanted a folder with files that end in .tif or .hgt",
        ),
        (
            "radio.toml",
            "[\"tiles\"]",
            "[\"towers.csv\"]",
            "towers.csv: said `towers.csv`: wanted terrain as a GeoTIFF",
        ),
        ("radio.toml", "[\"tiles\"]", "[\"none.tif\"]", "none.tif: wanted a file that can be read"),
        ("radio.toml", "[\"tiles\"]", "[\"tiles\"", "radio.toml:3: wanted TOML: "),
    ] {
        let problems = study(&changed(file, from, to)).err().unwrap_or_default();
        assert!(
            problems.iter().any(|p| p.contains(said)),
            "{file}: {from} -> {to}: {problems:?}, not {said}"
        );
    }
}

#[test]
fn problems_of_all_files_come_at_once() {
    let mut texts = changed("towers.csv", "B,44", "B,x");
    texts.insert("students.csv".to_owned(), texts["students.csv"].replace("elm,12", "elm,x"));
    texts.insert("radio.toml".to_owned(), texts["radio.toml"].replace("time = 50", "time = 100"));
    let problems = study_with(&texts, &tile()[1..]).expect_err("problems");
    for said in
        ["towers.csv:2: eirp", "students.csv:2: students", "radio.toml:10: quantiles.time", "N37W076.hgt"]
    {
        assert!(problems.iter().any(|p| p.contains(said)), "{said}: {problems:?}");
    }
}

#[test]
fn a_tile_that_cannot_be_read_is_no_fault_of_the_sites() {
    let problems = study_with(&example(), &tile()[1..]).expect_err("a problem");
    assert!(problems.len() == 1 && problems[0].contains("N37W076.hgt"), "{problems:?}");
}

#[test]
fn rows_without_a_place_are_said_and_not_served() {
    let study = study(&changed("students.csv", "37.4010,-75.8710", ",")).expect("a study");
    assert_eq!(study.notes.len(), 1, "{:?}", study.notes);
    assert_eq!(study.notes[0], "students.csv: 1 row has no place and can be served by no site");
    assert_eq!(students(&run(&study))[1], [40.0, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Any change to the files ends in a study or in problems that say what is wanted.
    #[test]
    fn any_change_ends_in_a_study_or_in_problems(
        file in prop::sample::select(vec!["radio.toml", "towers.csv", "students.csv"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[0-9a-zA-Z,.\"\n\\[\\] =-]{0,3}"), 1..5),
    ) {
        let mut texts = example();
        let mut text: Vec<char> = texts[file].chars().collect();
        for (at, with) in changes {
            let at = at.index(text.len());
            text.splice(at..at + 1, with.chars());
            if text.is_empty() { text.push('x'); }
        }
        texts.insert(file.to_owned(), text.into_iter().collect());
        match study(&texts) {
            Ok(study) => prop_assert!(study.sites().len() > 0 && study.devices().len() > 0),
            Err(problems) => prop_assert!(problems.iter().all(|p| p.contains("wanted "))),
        }
    }
}
