//! Any bytes as a GeoTIFF tile of terrain.

#![no_main]

use evenfield_radio::terrain::{Place, Terrain, geotiff};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match geotiff::read("f.tif", bytes) {
        Ok(tile) => {
            let [north, west, south, east] = tile.bounds();
            let middle = Place { latitude: (north + south) / 2.0, longitude: (west + east) / 2.0 };
            let far = Place { latitude: middle.latitude + 0.01, longitude: middle.longitude + 0.01 };
            assert!(tile.voids() <= tile.size().0 * tile.size().1);
            if let Some((heights, step)) = Terrain::new(vec![tile]).profile(middle, far, 100.0) {
                assert!(step > 0.0 && heights.iter().all(|height| height.abs() <= 12_000.0));
            }
        }
        Err(refused) => assert!(!refused.said.is_empty()),
    }
});
