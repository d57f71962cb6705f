use super::*;
use proptest::prelude::*;
use std::io::Cursor;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

fn place(latitude: f64, longitude: f64) -> Place {
    Place { latitude, longitude }
}

/// A tile of three rows and four columns whose north-west corner is at 46, -123, a tenth of a degree a cell.
fn geotiff(keys: &[u16], void: &str) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut file = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = file.new_image::<colortype::Gray32Float>(4, 3).unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[0.1, 0.1, 0.0][..]).unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, -123.0, 46.0, 0.0][..]).unwrap();
    tags.write_tag(Tag::GeoKeyDirectoryTag, keys).unwrap();
    tags.write_tag(Tag::GdalNodata, void).unwrap();
    image.write_data(&[10.0f32, 20.0, 30.0, 40.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, -999.0]).unwrap();
    bytes.into_inner()
}

const KEYS: [u16; 12] = [1, 1, 0, 2, 1024, 0, 1, 2, 1025, 0, 1, 1];

#[test]
fn a_geotiff_has_its_heights_in_their_places() {
    let tile = geotiff::read("a.tif", &geotiff(&KEYS, "-999")).unwrap();
    assert_eq!((tile.size(), tile.voids()), ((3, 4), 1));
    // Posts stand in the middle of cells.
    let height = |latitude, longitude| tile.height(place(latitude, longitude));
    assert!((height(45.95, -122.95).unwrap() - 10.0).abs() < 1e-4);
    assert!((height(45.95, -122.90).unwrap() - 15.0).abs() < 1e-4, "half way between two posts");
    assert!((height(45.80, -122.85).unwrap() - 40.0).abs() < 1e-4, "half way between two rows");
    assert!((height(45.99, -122.95).unwrap() - 10.0).abs() < 1e-4, "within the cell at the edge");
    assert_eq!(height(45.80, -122.70), None, "beside a void");
    assert_eq!(height(46.01, -122.95), None, "outside");
    assert_eq!(height(f64::NAN, -122.95), None);
    // Where cells are points, the tie point is that of the first post.
    let mut keys = KEYS;
    keys[11] = 2;
    let tile = geotiff::read("a.tif", &geotiff(&keys, "-999")).unwrap();
    assert!((tile.height(place(46.0, -123.0)).unwrap() - 10.0).abs() < 1e-4);
}

#[test]
fn odd_geotiffs_are_refused_in_words() {
    let said = |bytes: &[u8]| geotiff::read("a.tif", bytes).unwrap_err().to_string();
    let good = geotiff(&KEYS, "-999");
    assert!(
        said(&good[..good.len() / 2]).ends_with("a whole GeoTIFF file is wanted"),
        "{}",
        said(&good[..good.len() / 2])
    );
    assert!(said(b"PK\x03\x04").starts_with("a.tif: "));
    let mut keys = KEYS;
    keys[7] = 1;
    assert_eq!(
        said(&geotiff(&keys, "")),
        "a.tif: projected coordinates of EPSG 0; geographic coordinates in degrees, or those of a UTM zone (WGS 84 or NAD 83); \
         `gdalwarp -t_srs EPSG:4269 -r bilinear FILE terrain.tif` makes a tile with the first is wanted"
    );
    let feet = [1, 1, 0, 3, 1024, 0, 1, 1, 3072, 0, 1, 32617, 3076, 0, 1, 9003];
    assert_eq!(said(&geotiff(&feet, "")), "a.tif: lengths in the unit 9003; metres (9001) is wanted");
}

/// A square of heights on the grid of UTM zone 18, whose north-west corner is there; `cell` in metres.
fn projected(corner: [f64; 2], cell: f64, side: usize, height: impl Fn([f64; 2]) -> f64) -> Vec<u8> {
    let at = |i: usize| {
        let [column, row] = [i % side, i / side].map(|n| (n as f64 + 0.5) * cell);
        height([corner[0] + column, corner[1] - row]) as f32
    };
    let heights: Vec<f32> = (0..side * side).map(at).collect();
    let mut bytes = Cursor::new(Vec::new());
    let mut file = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = file.new_image::<colortype::Gray32Float>(side as u32, side as u32).unwrap();
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[cell, cell, 0.0][..]).unwrap();
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, corner[0], corner[1], 0.0][..]).unwrap();
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 26918];
    tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..]).unwrap();
    image.write_data(&heights).unwrap();
    bytes.into_inner()
}

#[test]
fn a_projected_geotiff_has_its_heights_in_their_places() {
    let zone = utm::Zone::of_epsg(26918).unwrap();
    let middle = zone.grid(place(37.45, -75.82));
    // A plane that rises 1 m in 100 m to the north and 1 m in 50 m to the east.
    let plane = |[x, y]: [f64; 2]| 100.0 + (y - middle[1]) / 100.0 + (x - middle[0]) / 50.0;
    let corner = [middle[0] - 3_000.0, middle[1] + 3_000.0];
    let tile = geotiff::read("a.tif", &projected(corner, 30.0, 201, plane)).unwrap();
    for (east, north) in [(0.0, 0.0), (2_500.0, 2_500.0), (-2_700.0, 1_000.0), (1_234.0, -2_345.0)] {
        let there = place(37.45, -75.82).moved(east, north);
        let (found, right) = (tile.height(there).unwrap(), plane(zone.grid(there)));
        assert!((found - right).abs() < 0.05, "{east} {north}: {found} for {right}");
    }
    assert_eq!(tile.height(place(37.45, -75.82).moved(3_500.0, 0.0)), None);
    // Two that meet on the grid have no gap between them.
    let corners = [corner, [corner[0] + 201.0 * 30.0, corner[1]]];
    let tiles = corners.map(|corner| geotiff::read("a.tif", &projected(corner, 30.0, 201, plane)).unwrap());
    let both = Terrain::new(tiles.to_vec());
    let seam = zone.place([corners[1][0], middle[1]]);
    let (heights, _) = both.profile(seam.moved(-2_000.0, 10.0), seam.moved(2_000.0, -10.0), 7.0).unwrap();
    assert!(heights.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 1.0), "no step at the seam");
    let wide = geotiff::read("a.tif", &projected(corner, 90_000.0, 21, |_| 5.0)).unwrap_err().to_string();
    assert!(wide.ends_with("degrees; a tile within its UTM zone is wanted"), "{wide}");
}

fn srtm(height: impl Fn(usize, usize) -> i16) -> Vec<u8> {
    (0..1201 * 1201).flat_map(|i| height(i / 1201, i % 1201).to_be_bytes()).collect()
}

#[test]
fn an_srtm_tile_has_its_heights_in_their_places() {
    let bytes =
        srtm(|row, column| if (row, column) == (600, 600) { i16::MIN } else { (row + 2 * column) as i16 });
    let tile = hgt::read("folder/N37W077.hgt", &bytes).unwrap();
    assert_eq!((tile.bounds(), tile.voids()), ([38.0, -77.0, 37.0, -76.0], 1));
    assert_eq!(tile.height(place(38.0, -77.0)), Some(0.0));
    assert!((tile.height(place(37.0, -76.0)).unwrap() - 3600.0).abs() < 1e-6);
    assert!((tile.height(place(37.75, -76.75)).unwrap() - 900.0).abs() < 1e-6);
    assert_eq!(tile.height(place(37.5, -76.5)), None, "a void");
    assert_eq!(
        hgt::read("N37W077.hgt", &srtm(|_, _| 12_000)).unwrap().voids(),
        1201 * 1201,
        "no place is so high"
    );
    let terrain = Terrain::new(vec![tile]);
    let (heights, step) = terrain.profile(place(37.9, -76.9), place(37.9, -76.8), 100.0).unwrap();
    assert!(
        step <= 100.0
            && (step * (heights.len() - 1) as f64 - distance(place(37.9, -76.9), place(37.9, -76.8))).abs()
                < 1e-6
    );
    assert!((heights[0] - 360.0).abs() < 1e-6 && heights.is_sorted());
    assert_eq!(terrain.profile(place(37.6, -76.6), place(37.4, -76.4), 30.0), None, "over the void");
    assert_eq!(terrain.profile(place(37.6, -76.6), place(37.6, -76.6), 30.0), None, "nowhere to go");
}

#[test]
fn an_antenna_stands_above_average_terrain() {
    // A plane that rises to the east, a hill at the site alone: the mean of all directions is the plane's height at the site.
    let rises = |_, column| 100 + column as i16 + if column == 600 { 50 } else { 0 };
    let terrain = Terrain::new(vec![hgt::read("N37W077.hgt", &srtm(rises)).unwrap()]);
    let site = place(37.5, -76.5);
    let found = terrain.above_average(site, 30.0).unwrap();
    // The hill is a ridge along the meridian, which two of eight directions follow: a quarter of 50 m.
    assert!((found - (30.0 + 50.0 - 12.5)).abs() < 0.5, "{found}");
    assert_eq!(terrain.above_average(place(37.1, -76.5), 30.0), None, "16 km to the south nothing is known");
}

#[test]
fn odd_srtm_tiles_are_refused_in_words() {
    let bytes = srtm(|_, _| 0);
    let said = |name: &str, bytes: &[u8]| hgt::read(name, bytes).unwrap_err().to_string();
    let cut = said("N37W077.hgt", &bytes[1..]);
    assert_eq!(
        cut,
        "N37W077.hgt: 2884801 bytes; 2884802 bytes (1201 posts a side) or 25934402 (3601) is wanted"
    );
    for name in
        ["", "N37", "X37W077.hgt", "N37X077.hgt", "N3-W077.hgt", "N95W077.hgt", "N37W199.hgt", "Ñ37W077.hgt"]
    {
        assert!(said(name, &bytes).contains("the name says no place"), "{name}");
    }
    assert!(hgt::read("s01e006.hgt", &bytes).is_ok());
}

proptest! {
    /// Any change to a file ends in a tile or in words.
    #[test]
    fn any_bytes_end_in_a_tile_or_in_words(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        name in "[NSns]?[0-9]{0,2}[EWew]?[0-9]{0,3}.{0,4}",
    ) {
        let mut bytes = geotiff(&KEYS, "-999");
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        match geotiff::read("a.tif", &bytes) {
            Ok(tile) => prop_assert!(tile.size().0 >= 2 && tile.size().1 >= 2),
            Err(refused) => prop_assert!(!refused.said.is_empty()),
        }
        let _ = hgt::read(&name, &bytes);
    }
}
