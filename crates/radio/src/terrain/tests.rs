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
        "a.tif: projected coordinates; geographic coordinates in degrees is wanted"
    );
    let feet = [1, 1, 0, 2, 1024, 0, 1, 2, 4099, 0, 1, 9002];
    assert_eq!(said(&geotiff(&feet, "")), "a.tif: heights in the unit 9002; metres (9001) is wanted");
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
