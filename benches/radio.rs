//! Propagation beside a peer.
//!
//! ```text
//! cargo bench -p evenfield-radio --bench radio -- itm PEER [CASES]
//! cargo bench -p evenfield-radio --bench radio -- coverage TERRAIN [RADIUS CELL]
//! ```
//!
//! - `itm`: random cases of the irregular terrain model, half of them over random terrain, answered here and by PEER, the program
//!   of `benches/itm_peer.cpp`. Prints the largest difference and how many answers differ in their warnings or in whether there is one.
//! - `coverage`: losses around a site in the middle of a GeoTIFF or SRTM tile, 10,000 m far in cells of 30 m unless said. A tile that is smaller
//!   than the circle is mirrored at its edges until it is not, so that every cell has a profile over real heights.

use evenfield_radio::coverage::{Grid, Settings, raster};
use evenfield_radio::itm::{
    self, Area, Climate, Link, Polarization, Profile, Quantiles, Siting, Varies, Vary,
};
use evenfield_radio::terrain::{Place, Terrain, Tile, geotiff, hgt};
use evenfield_radio::tr38901::Scene;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const SEED: u64 = 20_261_130;

enum Where {
    Known(Vec<f64>, f64),
    Statistical(Area),
}

struct Case {
    link: Link,
    at: Quantiles,
    place: Where,
}

const MODES: [Varies; 4] = [Varies::SingleMessage, Varies::Accidental, Varies::Mobile, Varies::Broadcast];
const SITINGS: [Siting; 3] = [Siting::Random, Siting::Careful, Siting::VeryCareful];

/// A random walk with hills of many sizes.
fn terrain(random: &mut ChaCha8Rng) -> Where {
    let steps = random.random_range(2..600);
    let step = random.random_range(10.0f64..150.0);
    let (rough, mut slope, mut height) =
        (random.random_range(0.0f64..15.0), 0.0, random.random_range(0.0..800.0));
    let mut heights = Vec::with_capacity(steps + 1);
    for _ in 0..=steps {
        slope = 0.9 * slope + random.random_range(-rough..=rough);
        height += slope;
        heights.push((height * 1000.0_f64).round() / 1000.0);
    }
    Where::Known(heights, step)
}

/// Numbers are short enough that both sides read the same ones.
fn case(random: &mut ChaCha8Rng) -> Case {
    let short = |x: f64| (x * 1e6).round() / 1e6;
    let between = |random: &mut ChaCha8Rng, from: f64, to: f64| {
        short((from.ln() + random.random::<f64>() * (to / from).ln()).exp())
    };
    let link = Link {
        heights: [between(random, 0.6, 300.0), between(random, 0.6, 60.0)],
        frequency: between(random, 25.0, 18_000.0),
        polarization: if random.random() { Polarization::Vertical } else { Polarization::Horizontal },
        climate: Climate::ALL[random.random_range(0..7)],
        refractivity: short(random.random_range(260.0..390.0)),
        permittivity: short(random.random_range(3.0..81.0)),
        conductivity: between(random, 0.001, 5.0),
        vary: Vary {
            mode: MODES[random.random_range(0..4)],
            places_fixed: random.random(),
            situations_fixed: random.random(),
        },
    };
    let mut share = || short(random.random_range(0.05..99.95));
    let at = Quantiles { time: share(), location: share(), situation: share() };
    let place = if random.random() {
        terrain(random)
    } else {
        Where::Statistical(Area {
            siting: [SITINGS[random.random_range(0..3)], SITINGS[random.random_range(0..3)]],
            distance: (between(random, 0.1, 900.0) * 1e6).round() / 1e3,
            roughness: short(random.random_range(0.0..400.0)),
        })
    };
    Case { link, at, place }
}

fn write(case: &Case, text: &mut String) {
    let Case { link, at, place } = case;
    let vertical = u8::from(link.polarization == Polarization::Vertical);
    let vary = MODES.iter().position(|mode| *mode == link.vary.mode).unwrap_or_default()
        + 10 * usize::from(link.vary.places_fixed)
        + 20 * usize::from(link.vary.situations_fixed);
    let mode = usize::from(matches!(place, Where::Statistical(_)));
    let _ = write!(
        text,
        "{mode} {} {} {} {} {} {vertical} {} {} {vary} {} {} {}",
        link.heights[0],
        link.heights[1],
        link.climate as usize + 1,
        link.refractivity,
        link.frequency,
        link.permittivity,
        link.conductivity,
        at.time,
        at.location,
        at.situation
    );
    let _ = match place {
        Where::Known(heights, step) => {
            let _ = write!(text, " {} {step}", heights.len() - 1);
            heights.iter().try_for_each(|height| write!(text, " {height}"))
        }
        Where::Statistical(area) => {
            let [a, b] = area.siting.map(|siting| siting as usize);
            write!(text, " {a} {b} {} {}", area.distance / 1000.0, area.roughness)
        }
    };
    text.push('\n');
}

fn answer(case: &Case) -> Result<itm::Loss, itm::Fault> {
    match &case.place {
        Where::Known(heights, step) => {
            itm::point_to_point(&case.link, Profile::new(heights, *step)?, &case.at)
        }
        Where::Statistical(area) => itm::area(&case.link, area, &case.at),
    }
}

fn ask(peer: &str, text: String) -> String {
    let mut child =
        Command::new(peer).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer starts");
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the peer answers");
    writer.join().expect("no panic").expect("the peer reads all cases");
    String::from_utf8(output.stdout).expect("numbers")
}

fn compare(peer: &str, count: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let cases: Vec<Case> = (0..count).map(|_| case(&mut random)).collect();
    let mut text = String::new();
    cases.iter().for_each(|case| write(case, &mut text));
    let theirs = ask(peer, text);
    let start = Instant::now();
    let ours: Vec<_> = cases.iter().map(answer).collect();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(theirs.lines().count(), count, "one answer a case");
    let (mut largest, mut above, mut refused, mut warned, mut kinds) = (0.0f64, 0, 0, 0, [0; 3]);
    for (i, (line, ours)) in theirs.lines().zip(&ours).enumerate() {
        let fields: Vec<f64> = line.split(' ').map(|field| field.parse().unwrap_or(f64::NAN)).collect();
        let Ok(ours) = ours else {
            refused += usize::from(fields[0] < 2.0);
            continue;
        };
        refused += usize::from(fields[0] >= 2.0);
        warned += usize::from(fields[1] as u16 != ours.warnings.bits());
        kinds[ours.kind as usize] += 1;
        let difference = (ours.loss - fields[2]).abs();
        // What is no number counts as a difference.
        if difference > 0.1 || difference.is_nan() {
            above += 1;
            println!("case {i}: {} here, {} there", ours.loss, fields[2]);
        }
        largest = largest.max(difference);
    }
    println!("{count} cases: {} sight, {} diffraction, {} scatter", kinds[0], kinds[1], kinds[2]);
    println!(
        "largest difference {largest:.3e} dB; above 0.1 dB: {above}; other warnings: {warned}; answered by one alone: {refused}"
    );
    println!("{:.2} us a case here", seconds * 1e6 / count as f64);
}

/// The tile, mirrored at its edges so often that it reaches `metres` from its middle to every side.
fn mirrored(tile: &Tile, metres: f64) -> Tile {
    let (rows, columns) = tile.size();
    let [north, west, south, east] = tile.bounds();
    let step = [(north - south) / (rows - 1) as f64, (east - west) / (columns - 1) as f64];
    let middle = Place { latitude: (north + south) / 2.0, longitude: (west + east) / 2.0 };
    let corner = middle.moved(-metres * 1.05, metres * 1.05);
    let beyond = |outer: f64, inner: f64, step: f64| ((outer - inner) / step).ceil().max(0.0) as usize;
    let (above, left) = (beyond(corner.latitude, north, step[0]), beyond(west, corner.longitude, step[1]));
    let fold = |i: usize, before: usize, count: usize| {
        let at = (i as i64 - before as i64).rem_euclid(2 * (count as i64 - 1));
        at.min(2 * (count as i64 - 1) - at) as f64
    };
    let (all_rows, all_columns) = (rows + 2 * above, columns + 2 * left);
    let heights = (0..all_rows * all_columns).map(|i| {
        let (row, column) = (fold(i / all_columns, above, rows), fold(i % all_columns, left, columns));
        let place = Place { latitude: north - row * step[0], longitude: west + column * step[1] };
        tile.height(place).map_or(f32::NAN, |height| height as f32)
    });
    let (north, west) = (north + above as f64 * step[0], west - left as f64 * step[1]);
    Tile::new(north, west, step, all_columns, heights.collect()).expect("a tile")
}

fn cover(file: &str, radius: f64, cell: f64) {
    let bytes = std::fs::read(file).expect("a terrain file");
    let tile = if file.ends_with(".hgt") { hgt::read(file, &bytes) } else { geotiff::read(file, &bytes) };
    let tile = tile.unwrap_or_else(|refused| panic!("{refused}"));
    let [north, west, south, east] = tile.bounds();
    let site = Place { latitude: (north + south) / 2.0, longitude: (west + east) / 2.0 };
    let large = mirrored(&tile, radius);
    println!("{:?} posts, mirrored to {:?}, {} void", tile.size(), large.size(), large.voids());
    let vary = Vary { mode: Varies::Broadcast, places_fixed: false, situations_fixed: false };
    let link = Link {
        heights: [30.0, 5.0],
        frequency: 3600.0,
        polarization: Polarization::Vertical,
        climate: Climate::ContinentalTemperate,
        refractivity: 301.0,
        permittivity: 15.0,
        conductivity: 0.005,
        vary,
    };
    let at = Quantiles { time: 50.0, location: 90.0, situation: 50.0 };
    let settings = Settings { link, at, scene: Scene::Rural, step: cell };
    let terrain = Terrain::new(vec![large]);
    let start = Instant::now();
    let found = raster(&terrain, site, &settings, Grid { radius, cell }, &|ray| ray.loss, &|| true);
    let found = found.unwrap_or_else(|fault| panic!("{fault}")).expect("nobody stops it");
    let seconds = start.elapsed().as_secs_f64();
    let known: Vec<f64> =
        found.values.iter().filter(|loss| !loss.is_nan()).map(|loss| f64::from(*loss)).collect();
    let served = known.iter().filter(|loss| **loss <= 140.0).count();
    println!(
        "{} cells of {cell} m within {radius} m, {} of them with at most 140 dB; {seconds:.2} s, {:.2} us a cell, {} threads",
        known.len(),
        served,
        seconds * 1e6 / known.len() as f64,
        rayon::current_num_threads()
    );
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["itm", peer] => compare(peer, 20_000),
        ["itm", peer, count] => compare(peer, count.parse().expect("a number of cases")),
        ["coverage", file] => cover(file, 10_000.0, 30.0),
        ["coverage", file, radius, cell] => {
            cover(file, radius.parse().expect("metres"), cell.parse().expect("metres"));
        }
        _ => println!("itm PEER [CASES] | coverage TERRAIN [RADIUS CELL]"),
    }
}
