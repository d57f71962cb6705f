//! Times the point-in-polygon index: `locate_points BOUNDARIES.geojson POINTS.f64 OUT.csv`. POINTS.f64 has longitude and
//! latitude as little-endian doubles; OUT.csv gets the id for each point, empty where there is none.
//! `benches/locate_points.py` runs it side by side with geopandas on the same points.

use evenfield_gap::place::{BoundaryReading, Locator, boundary};
use evenfield_model::GeographyKind;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("BOUNDARIES.geojson POINTS.f64 OUT.csv");
    let (boundaries, points, out) = (next(), next(), next());
    let bytes = std::fs::read(&boundaries).expect("boundaries");
    let start = Instant::now();
    let (found, problems) =
        boundary::read(&bytes, &boundaries, &BoundaryReading::of(GeographyKind::BlockGroup));
    eprintln!("read {} boundaries, {} problems: {:?}", found.len(), problems.found(), start.elapsed());
    let bytes = std::fs::read(&points).expect("points");
    let number = |b: &[u8]| f64::from_le_bytes(b.try_into().expect("eight bytes"));
    let points: Vec<(f64, f64)> =
        bytes.chunks_exact(16).map(|b| (number(&b[..8]), number(&b[8..]))).collect();
    let start = Instant::now();
    let locator = Locator::new(&found);
    let indexed = start.elapsed();
    let located = locator.locate_all(&points);
    let total = start.elapsed();
    println!(
        "{}",
        serde_json::json!({ "points": points.len(), "index_s": indexed.as_secs_f64(), "total_s": total.as_secs_f64() })
    );
    let text: String =
        located.iter().map(|at| format!("{}\n", at.map_or("", |at| found[at].id.as_str()))).collect();
    std::fs::write(out, text).expect("out");
}
