//! Any bytes as a file of boundaries: GeoJSON, TopoJSON, a zip of shapefiles; what is read can be indexed, made simpler and
//! written.

#![no_main]

use evenfield_gap::place::{BoundaryReading, Locator, SelfCrossing, boundary, web};
use evenfield_model::GeographyKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let reading = BoundaryReading {
        self_crossing: SelfCrossing::Keep,
        ..BoundaryReading::of(GeographyKind::AttendanceZone)
    };
    let (found, _) = boundary::read(bytes, "f", &reading);
    let locator = Locator::new(&found);
    for place in &found {
        let corner = place.geometry.0[0].exterior().0[0];
        assert!(locator.locate(corner.x, corner.y).is_some(), "a corner lies in its own place");
    }
    let _ = web::to_geojson(&found, 10_000, |_| Default::default());
});
