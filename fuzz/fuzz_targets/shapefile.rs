//! Any bytes as the parts of a shapefile, cut at the first `====`.

#![no_main]

use evenfield_gap::place::BoundaryReading;
use evenfield_gap::place::shapefile::{Layer, read};
use evenfield_model::GeographyKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(4).position(|window| window == b"====").unwrap_or(bytes.len());
    let dbf = bytes.get(cut + 4..).unwrap_or_default().to_vec();
    let prj = Some(b"GEOGCS[\"WGS_1984\"]".to_vec());
    let layer = Layer { name: "f.shp".to_owned(), shp: bytes[..cut].to_vec(), dbf, prj, cpg: None };
    let (found, problems) = read(&layer, &BoundaryReading::of(GeographyKind::AttendanceZone));
    assert!(found.len() <= bytes.len());
    assert!(!found.is_empty() || !problems.is_empty() || layer.shp.len() == 100);
});
