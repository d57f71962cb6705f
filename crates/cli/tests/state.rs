//! A state and two of its districts from real files, through the program: Virginia's 133 divisions by block group, and the two of
//! its Eastern Shore with what is known of them alone. Skipped, and said so, where the shared data folder is not there.

#[path = "../../../tests/shared.rs"]
mod shared;

use shared::shared;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

const STATE: &str = "5100000";
const ACCOMACK: &str = "5100060";
const NORTHAMPTON: &str = "5102710";

/// The counties and independent cities, and the division of each: the two files name them alike.
struct Divisions {
    /// LEAID by county.
    leaid: BTreeMap<String, String>,
    /// GeoJSON geometry by county.
    ground: HashMap<String, serde_json::Value>,
}

fn divisions(data: &Path) -> Divisions {
    let mut named = HashMap::new();
    let file = data.join("national/district_household_conditions.csv");
    let mut reader = csv::Reader::from_path(file).expect("districts");
    for row in reader.deserialize::<HashMap<String, String>>() {
        let row = row.expect("a row");
        if row["state"] == "Virginia" {
            let name = row["dist"].to_lowercase().replace(" public schools", "");
            named.insert(name, row["leaid"].clone());
        }
    }
    let file = data.join("virginia-geo/va_geo_census_cb_2020_counties.geojson");
    let counties: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file).expect("counties")).expect("GeoJSON");
    let (mut leaid, mut ground) = (BTreeMap::new(), HashMap::new());
    for feature in counties["features"].as_array().expect("features") {
        let text = |key: &str| feature["properties"][key].as_str().expect("a text").to_owned();
        let name = text("region_name").replace(", Virginia", "").to_lowercase();
        leaid.insert(text("geoid"), named[&name].clone());
        ground.insert(text("geoid"), feature["geometry"].clone());
    }
    Divisions { leaid, ground }
}

/// What a state would have from NCES: which county is whose.
fn write_relationship(divisions: &Divisions, file: &Path) {
    let mut writer = csv::Writer::from_path(file).expect("a file");
    writer.write_record(["LEAID", "STCOUNTY", "LANDAREA"]).expect("written");
    for (county, leaid) in &divisions.leaid {
        writer.write_record([leaid, county, "1"]).expect("written");
    }
    writer.flush().expect("written");
}

/// What a district would have from NCES: the boundaries of districts. They end at the coast; the block groups of the other file, of
/// another decade, reach into the sea.
fn write_boundaries(divisions: &Divisions, file: &Path) {
    let feature = |(county, leaid): (&String, &String)| {
        let properties = serde_json::json!({ "LEAID": leaid, "NAME": leaid });
        serde_json::json!({ "type": "Feature", "properties": properties, "geometry": divisions.ground[county] })
    };
    let features: Vec<_> = divisions.leaid.iter().map(feature).collect();
    let text = serde_json::json!({ "type": "FeatureCollection", "features": features }).to_string();
    std::fs::write(file, text).expect("a file");
}

/// The settings of the docs, with the places of the files filled in; without what was published for counties where the figures
/// are to be held against it.
fn write_settings(folder: &Path, data: &Path, counties: bool) -> PathBuf {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/state.toml"));
    let text = std::fs::read_to_string(docs).expect("the example");
    let mut text = text.replace("/path/to/data", &data.display().to_string());
    if !counties {
        let table = "va_internet_type.csv.xz\"\n";
        text = text.replace(&format!("{table}year"), &format!("{table}geography = \"block_group\"\nyear"));
    }
    let file = folder.join("state.toml");
    std::fs::write(&file, text).expect("a file");
    file
}

/// A figure of the CSV that the program writes: share, interval, children.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    value: f64,
    low: f64,
    high: f64,
    children: u64,
}

/// Figures by measure, kind and id; `None` for a withheld one.
type Figures = BTreeMap<(String, String, String), Option<Shown>>;

fn read(file: &Path) -> Figures {
    let mut reader = csv::Reader::from_path(file).expect("figures");
    let rows = reader.deserialize::<HashMap<String, String>>().map(|row| row.expect("a row"));
    rows.map(|row| {
        assert_eq!(row["group"], "all", "areas say nothing of groups");
        let number = |key: &str| row[key].parse::<f64>().expect("a number");
        if row["suppressed"].is_empty() {
            assert_eq!(row["share_of"], "households", "as the table counts");
        }
        let shown = row["suppressed"].is_empty().then(|| Shown {
            value: number("value"),
            low: number("low90"),
            high: number("high90"),
            children: row["count"].parse().expect("a count"),
        });
        let key = ["measure", "geography_kind", "geography_id"].map(|key| row[key].clone());
        (key.into(), shown)
    })
    .collect()
}

/// Runs the program and gives the bytes of each district's figures.
fn assess(settings: &Path, out: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    let database = settings.with_file_name("records.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", database.display()));
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_evenfield"))
        .args(["assess", "district", "--config"])
        .arg(settings)
        .arg("--out")
        .arg(out)
        .current_dir(settings.parent().expect("a folder"))
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    println!("{}", String::from_utf8_lossy(&ran.stdout));
    let figures = |leaid| (leaid, std::fs::read(out.join(format!("{leaid}.csv"))).expect("figures"));
    [STATE, ACCOMACK, NORTHAMPTON].map(figures).into()
}

/// Shares by measure and county.
type SharesOfCounties = HashMap<(&'static str, String), f64>;

/// By county the shares that were published: of households without broadband of any type, and without cable, fiber or DSL; and
/// how many households there are.
fn direct(data: &Path) -> (SharesOfCounties, HashMap<String, u64>) {
    let packed = std::fs::read(data.join("virginia-acs/va_internet_type.csv.xz")).expect("the table");
    let (table, _) =
        evenfield_gap::open::area_table::parse_long(&packed, "va_internet_type.csv.xz", &Default::default());
    let of = |measure: &str| -> HashMap<String, f64> {
        let rows = table.of(measure).filter(|row| row.year == Some(2019) && row.id.len() == 5);
        rows.map(|row| (row.id.to_string(), row.value)).collect()
    };
    let all = of("num_hh");
    let mut found = HashMap::new();
    for (code, column) in [("m1", "num_hh_with_broadband"), ("m3", "num_hh_with_cable_fiber_dsl")] {
        for (county, with) in of(column) {
            found.insert((code, county.clone()), 1.0 - with / all[&county]);
        }
    }
    (found, all.into_iter().map(|(county, n)| (county, n as u64)).collect())
}

#[test]
fn a_state_and_its_districts_by_block_group() {
    let Some(data) = shared() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let divisions = divisions(&data);
    assert_eq!(divisions.leaid.len(), 133);
    write_relationship(&divisions, &folder.path().join("divisions.csv"));
    write_boundaries(&divisions, &folder.path().join("districts.geojson"));
    let settings = write_settings(folder.path(), &data, true);
    let first = assess(&settings, &folder.path().join("first"));
    let again = assess(&settings, &folder.path().join("again"));
    assert!(first == again, "the same files and seed give the same figures");
    let settings = write_settings(folder.path(), &data, false);
    assess(&settings, &folder.path().join("apart"));

    let (direct, households) = direct(&data);
    // Told what was published for counties, areas add up to it. A published share has a sampling error of its own, so that
    // without being told fewer than nine in ten lie inside.
    for (run, least_inside, largest_error) in [("first", 125, 0.003), ("apart", 85, 0.02)] {
        let figures = read(&folder.path().join(format!("{run}/{STATE}.csv")));
        let shown = |measure: &str, kind: &str, id: &str| {
            let key = (measure.into(), kind.into(), id.into());
            figures
                .get(&key)
                .unwrap_or_else(|| panic!("{measure} {kind} {id}"))
                .unwrap_or_else(|| panic!("{measure} {kind} {id} is withheld"))
        };
        for measure in ["m1", "m3"] {
            let state = shown(measure, "district", STATE);
            assert!(state.low < state.value && state.value < state.high, "{state:?}");
            assert!(state.high - state.low < 0.03, "{state:?}");
            let (mut inside, mut off, mut children) = (0, 0.0, 0);
            for (county, leaid) in &divisions.leaid {
                let found = shown(measure, "district", leaid);
                assert!(0.0 <= found.low && found.low <= found.value && found.value <= found.high);
                assert!(found.high <= 1.0 && found.high - found.low < 0.25, "{leaid} {found:?}");
                let published = direct[&(measure, county.clone())];
                inside += usize::from((found.low..=found.high).contains(&published));
                off += (found.value - published).abs() / 133.0;
                children += found.children;
            }
            println!(
                "{run} {measure}: {inside} of 133 published shares inside, mean distance {off:.4}, {state:?}"
            );
            assert!(inside >= least_inside, "{run} {measure}: {inside} of 133 published shares lie inside");
            assert!(off < largest_error, "{run} {measure}: {off} off on average");
            assert_eq!(children, state.children, "the divisions are the whole state");
        }
        let block_groups = figures.keys().filter(|(m, kind, _)| m == "m1" && kind == "block_group").count();
        assert!(block_groups > 5_200, "{block_groups}");
    }

    for (leaid, county, count) in [(ACCOMACK, "51001", 29), (NORTHAMPTON, "51131", 12)] {
        let own = read(&folder.path().join(format!("first/{leaid}.csv")));
        let areas: BTreeSet<&str> = own
            .keys()
            .filter(|(m, k, _)| m == "m1" && k == "block_group")
            .map(|(.., id)| id.as_str())
            .collect();
        // Four of Accomack's 33 and one of Northampton's 13 are of water or marsh alone, where nobody lives.
        assert_eq!(areas.len(), count, "{areas:?}");
        assert!(areas.iter().all(|id| id.starts_with(county)), "{areas:?}");
        let whole = own[&("m1".into(), "district".into(), leaid.into())].expect("the district's figure");
        let published = direct[&("m1", county.to_owned())];
        assert!((whole.value - published).abs() < 0.05, "{leaid}: {} for {published}", whole.value);
        assert_eq!(whole.children, households[county], "{leaid} has all of its county's households");
    }
}
