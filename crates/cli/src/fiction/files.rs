//! The files that this district would send, in the formats that real districts and agencies use.

use super::land::lon_lat;
use super::oneroster;
use super::people::{Household, SCHOOLS, Service, Student};
use super::{LEAID, NAME, TERM, Town};
use anyhow::Result;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

/// A file: its name and what is in it.
pub type File = (String, Vec<u8>);

/// All files of the district.
///
/// # Errors
/// When a file cannot be written to memory.
pub fn files(town: &Town) -> Result<Vec<File>> {
    let mut rng = ChaCha8Rng::seed_from_u64(town.seed ^ 0x66_696c_6573);
    let mut files = vec![
        oneroster::archive(town)?,
        addresses(town, &mut rng)?,
        survey(town, &mut rng)?,
        address_points(town)?,
        connectivity(town, &mut rng)?,
        bdc_fixed(town, &mut rng)?,
        children_by_tract(town, &mut rng)?,
        households_by_block_group(town, &mut rng)?,
        income_by_block_group(town, &mut rng)?,
    ];
    files.extend(boundaries(town)?);
    Ok(files)
}

/// A CSV file of these rows, the header first.
pub(super) fn csv<const N: usize>(name: &str, rows: impl IntoIterator<Item = [String; N]>) -> Result<File> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok((name.to_owned(), writer.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?))
}

pub(super) fn texts<const N: usize>(cells: [&str; N]) -> [String; N] {
    cells.map(str::to_owned)
}

pub fn student_id(i: usize) -> String {
    format!("S{:06}", i + 1)
}

pub fn school_id(i: usize) -> String {
    format!("{:02}", i + 1)
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "Y" } else { "N" }
}

/// Where students live and which programmes they are in. One in fifty has a post-office box only.
fn addresses(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let mut rows = vec![texts(["student_id", "street", "city", "state", "zip", "frl", "ell", "iep"])];
    for (i, student) in town.people.students.iter().enumerate() {
        let home = &town.people.households[student.household];
        let street = match rng.random_range(0..50) {
            0 => format!("PO Box {}", 100 + student.household),
            _ => format!("{} {}", home.number, home.street),
        };
        let zip = town.land.block_groups[home.block_group].zip;
        rows.push(texts([
            &student_id(i),
            &street,
            "Willow Bend",
            "XX",
            zip,
            yes_no(home.frl),
            yes_no(home.ell),
            yes_no(student.iep),
        ]));
    }
    csv("addresses.csv", rows)
}

/// The home-access survey, in Ed-Fi's words.
fn survey(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let mut rows = vec![texts([
        "student_id",
        "term",
        "answered_at",
        "internet_access_in_residence",
        "barrier_to_internet_access_in_residence",
        "internet_access_type_in_residence",
        "internet_performance_in_residence",
        "primary_learning_device_away_from_school",
        "primary_learning_device_access",
        "primary_learning_device_provider",
        "internet_download_speed",
        "internet_upload_speed",
        "household_students",
    ])];
    for (i, student) in town.people.students.iter().enumerate().filter(|(_, s)| s.answered) {
        let home = &town.people.households[student.household];
        let online = home.online();
        let asked = |code: &'static str| if online { code } else { "" };
        let with_device =
            |code: &'static str| if student.device == evenfield_model::DeviceAway::None { "" } else { code };
        // A third of the families ran a speed test.
        let (down, up) = if online && rng.random_bool(0.33) {
            (format!("{:.1}", home.download_mbps), format!("{:.1}", home.upload_mbps))
        } else {
            (String::new(), String::new())
        };
        let barrier = home.barrier.filter(|_| !online).map_or("", |b| b.code());
        let day = rng.random_range(1..29);
        rows.push(texts([
            &student_id(i),
            TERM,
            &format!("2026-09-{day:02}T12:00:00Z"),
            if online { "true" } else { "false" },
            barrier,
            asked(Student::internet_type(home).code()),
            asked(Student::performance(home).code()),
            student.device.code(),
            with_device(student.sharing.code()),
            with_device(student.provider.code()),
            &down,
            &up,
            &home.students.to_string(),
        ]));
    }
    csv("survey.csv", rows)
}

/// The district's own address points: homes with students and some without.
fn address_points(town: &Town) -> Result<File> {
    let mut rows = vec![texts(["number", "street", "city", "state", "zip", "lon", "lat"])];
    for home in &town.people.households {
        for (number, shift) in [(home.number, 0.0), (home.number + 1000, 0.004)] {
            let (lon, lat) = lon_lat(home.x, home.y);
            let lat = lat + shift * 0.01;
            let zip = town.land.block_groups[home.block_group].zip;
            rows.push(texts([
                &number.to_string(),
                &home.street,
                "Willow Bend",
                "XX",
                zip,
                &lon.to_string(),
                &lat.to_string(),
            ]));
        }
    }
    csv("address_points.csv", rows)
}

/// Each school's line.
fn connectivity(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let mut rows = vec![texts(["school_id", "school", "enrollment", "contracted_mbps", "measured_mbps"])];
    for (i, (name, _)) in SCHOOLS.iter().enumerate() {
        let enrollment = town.people.students.iter().filter(|s| s.school == i).count();
        let contracted = [50, 100, 300, 500, 1000, 2000][rng.random_range(0..6)];
        let measured = (f64::from(contracted) * rng.random_range(0.55..0.98)).round();
        rows.push(texts([
            &school_id(i),
            name,
            &enrollment.to_string(),
            &contracted.to_string(),
            &measured.to_string(),
        ]));
    }
    csv("connectivity.csv", rows)
}

/// FCC Broadband Data Collection, fixed availability: one wired, one wireless and one satellite provider.
fn bdc_fixed(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let mut rows = vec![texts([
        "frn",
        "provider_id",
        "brand_name",
        "location_id",
        "technology",
        "max_advertised_download_speed",
        "max_advertised_upload_speed",
        "low_latency",
        "business_residential_code",
        "state_usps",
        "block_geoid",
        "h3_res8_id",
    ])];
    for (i, home) in town.people.households.iter().enumerate() {
        let place = &town.land.block_groups[home.block_group];
        let location = (1_990_000_001 + i).to_string();
        let block = format!("{}{:03}", place.geoid, 1 + i % 20);
        let mut offer = |provider: &str, technology: &str, down: &str, up: &str| {
            rows.push(texts([
                &format!("00999{provider}"),
                provider,
                "Fictional provider",
                &location,
                technology,
                down,
                up,
                "1",
                "R",
                "XX",
                &block,
                "",
            ]));
        };
        if home.wired_offered {
            let fibre = rng.random_bool(0.25 + 0.6 * place.urban);
            if fibre { offer("99101", "50", "1000", "500") } else { offer("99102", "10", "25", "3") }
        }
        if rng.random_bool(0.6) {
            offer("99103", "71", "50", "10");
        }
        offer("99104", "61", "150", "20");
    }
    csv("bdc_99_fixed_broadband.csv", rows)
}

/// One published ACS count: the estimate and its 90% margin of error.
struct Count {
    estimate: i64,
    moe: i64,
}

/// Counts of a total split by true shares, as a survey of about one home in eleven over five years sees them.
fn sampled(total: f64, shares: &[f64], rng: &mut ChaCha8Rng) -> Vec<Count> {
    let effective = (0.09 * total / 1.6).max(4.0);
    let noisy: Vec<f64> = shares
        .iter()
        .map(|s| {
            let bell: f64 = (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
            (s + bell * (s * (1.0 - s) / effective).sqrt()).max(0.0)
        })
        .collect();
    let sum: f64 = noisy.iter().sum();
    noisy
        .into_iter()
        .map(|s| {
            let s = s / sum;
            let se = total * (s * (1.0 - s) / effective).sqrt();
            Count { estimate: (total * s).round() as i64, moe: ((1.645 * se).round() as i64).max(12) }
        })
        .collect()
}

/// Homes of a place, and how many each kind of connection has there.
fn shares(homes: &[&Household], kind: impl Fn(&Household) -> usize, kinds: usize) -> Vec<f64> {
    // A half in each kind keeps a share off zero where there are few homes.
    let mut counts = vec![0.5; kinds];
    for home in homes {
        counts[kind(home)] += f64::from(home.students);
    }
    let all: f64 = counts.iter().sum();
    counts.into_iter().map(|c| c / all).collect()
}

/// The Census API's shape: an array of arrays of texts, the header first.
fn api_json(name: &str, header: Vec<String>, rows: Vec<Vec<String>>) -> Result<File> {
    let all: Vec<_> = std::iter::once(header).chain(rows).collect();
    Ok((name.to_owned(), serde_json::to_vec(&json!(all))?))
}

fn header(table: &str, lines: &[usize], places: &[&str]) -> Vec<String> {
    let columns = lines.iter().flat_map(|l| [format!("{table}_{l:03}E"), format!("{table}_{l:03}M")]);
    ["GEO_ID", "NAME"]
        .map(str::to_owned)
        .into_iter()
        .chain(columns)
        .chain(places.iter().map(|p| (*p).to_owned()))
        .collect()
}

/// ACS B28005 by tract: children by computer and subscription.
fn children_by_tract(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let header = header("B28005", &[2, 3, 4, 5, 6, 7], &["state", "county", "tract"]);
    let mut rows = Vec::new();
    for (tract, _) in &town.land.tracts {
        let homes: Vec<_> = homes_in(town, tract);
        let children = homes.iter().map(|h| f64::from(h.students)).sum::<f64>() / 0.73;
        let kind = |h: &Household| match (h.has_device(), h.online()) {
            (false, _) => 3,
            (true, false) => 2,
            (true, true) => 1,
        };
        let split = sampled(children, &shares(&homes, kind, 4), rng);
        let with_computer = split[..3].iter().map(|c| c.estimate).sum::<i64>();
        let total = with_computer + split[3].estimate;
        let mut row = vec![format!("1400000US{tract}"), format!("Tract {tract}, fictional")];
        row.extend([total.to_string(), "60".into(), with_computer.to_string(), "70".into()]);
        row.extend(split.iter().flat_map(|c| [c.estimate.to_string(), c.moe.to_string()]));
        row.extend([tract[..2].to_owned(), tract[2..5].to_owned(), tract[5..].to_owned()]);
        rows.push(row);
    }
    api_json("acs5_2024_B28005_tract.json", header, rows)
}

/// ACS B28002 by block group: households by subscription.
fn households_by_block_group(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let lines = [1, 2, 3, 4, 6, 7, 9, 12, 13];
    let header = header("B28002", &lines, &["state", "county", "tract", "block group"]);
    let mut rows = Vec::new();
    for place in &town.land.block_groups {
        let homes = homes_in(town, &place.geoid);
        let households = homes.len() as f64 * 2.6;
        let kind = |h: &Household| match h.service {
            Service::Wired => 0,
            Service::CellularOnly => 1,
            Service::Satellite => 2,
            // Broadband of no kind that has a line of its own.
            Service::FixedWireless => 3,
            Service::None => 4,
        };
        let split = sampled(households, &shares(&homes, kind, 5), rng);
        let sum = |kinds: &[usize]| Count {
            estimate: kinds.iter().map(|&k| split[k].estimate).sum(),
            moe: kinds.iter().map(|&k| (split[k].moe as f64).powi(2)).sum::<f64>().sqrt().round() as i64,
        };
        let none = Count { estimate: 0, moe: 12 };
        let counts = [
            sum(&[0, 1, 2, 3, 4]),
            sum(&[0, 1, 2, 3]),
            none,
            sum(&[0, 1, 2, 3]),
            sum(&[1]),
            sum(&[0]),
            sum(&[2]),
            Count { estimate: 0, moe: 12 },
            sum(&[4]),
        ];
        let geoid = &place.geoid;
        let mut row = vec![format!("1500000US{geoid}"), format!("Block group {geoid}, fictional")];
        row.extend(counts.iter().flat_map(|c| [c.estimate.to_string(), c.moe.to_string()]));
        row.extend([&geoid[..2], &geoid[2..5], &geoid[5..11], &geoid[11..]].map(str::to_owned));
        rows.push(row);
    }
    api_json("acs5_2024_B28002_block_group.json", header, rows)
}

/// ACS B19013 by block group: median household income, dollars.
fn income_by_block_group(town: &Town, rng: &mut ChaCha8Rng) -> Result<File> {
    let header = header("B19013", &[1], &["state", "county", "tract", "block group"]);
    let rows = town
        .land
        .block_groups
        .iter()
        .map(|place| {
            let geoid = &place.geoid;
            let income = 61_000.0 * (0.28 * place.prosperity + rng.random_range(-0.08..0.08)).exp();
            [
                format!("1500000US{geoid}"),
                format!("Block group {geoid}, fictional"),
                format!("{income:.0}"),
                format!("{:.0}", income * 0.18),
                geoid[..2].to_owned(),
                geoid[2..5].to_owned(),
                geoid[5..11].to_owned(),
                geoid[11..].to_owned(),
            ]
            .to_vec()
        })
        .collect();
    api_json("acs5_2024_B19013_block_group.json", header, rows)
}

fn homes_in<'a>(town: &'a Town, geoid: &str) -> Vec<&'a Household> {
    town.people
        .households
        .iter()
        .filter(|h| town.land.block_groups[h.block_group].geoid.starts_with(geoid))
        .collect()
}

/// The borders of block groups, tracts, attendance zones and the district, as GeoJSON.
fn boundaries(town: &Town) -> Result<Vec<File>> {
    let land = &town.land;
    let block_groups =
        land.block_groups.iter().map(|b| (b.geoid.clone(), format!("Block group {}", b.geoid), b.piece));
    let tracts = land.tracts.iter().map(|t| (t.0.clone(), format!("Tract {}", t.0), t.1));
    let zones = land.zones.iter().enumerate().map(|(i, z)| (school_id(i), SCHOOLS[i].0.to_owned(), *z));
    let whole = [(LEAID.to_owned(), NAME.to_owned(), land.whole())];
    Ok(vec![
        geojson(town, "block_groups.geojson", block_groups)?,
        geojson(town, "tracts.geojson", tracts)?,
        geojson(town, "attendance_zones.geojson", zones)?,
        geojson(town, "district.geojson", whole.into_iter())?,
    ])
}

fn geojson(
    town: &Town,
    file: &str,
    pieces: impl Iterator<Item = (String, String, super::land::Piece)>,
) -> Result<File> {
    let features: Vec<_> = pieces
        .map(|(id, name, piece)| {
            json!({
                "type": "Feature",
                "properties": { "geoid": id, "name": name },
                "geometry": { "type": "Polygon", "coordinates": [town.land.outline(&piece)] },
            })
        })
        .collect();
    let bytes = serde_json::to_vec(&json!({ "type": "FeatureCollection", "features": features }))?;
    Ok((file.to_owned(), bytes))
}
