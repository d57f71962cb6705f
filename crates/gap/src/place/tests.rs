//! Boundaries as files bring them, sound and not.

use super::boundary::{BoundaryReading, SelfCrossing, read};
use super::shapefile::{self, Layer};
use evenfield_model::GeographyKind;
use proptest::prelude::*;
use std::io::Write;

const SQUARE: &str = "[[-77,38],[-76,38],[-76,39],[-77,39],[-77,38]]";

fn geojson(id: &str, ring: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"GEOID":{id}}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}"#
    )
}

fn wanted(text: &str, kind: GeographyKind) -> String {
    let (found, problems) = read(text.as_bytes(), "a.geojson", &BoundaryReading::of(kind));
    assert_eq!((found.len(), problems.found()), (0, 1), "{problems:?}");
    let problem = &problems.kept()[0];
    format!("{}: {} | {}", problem.column, problem.said, problem.wanted)
}

#[test]
fn a_feature_is_read() {
    let text = geojson("\"51001\"", SQUARE);
    let (found, problems) = read(text.as_bytes(), "a.geojson", &BoundaryReading::of(GeographyKind::County));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((found[0].id.as_str(), found[0].geometry.0.len()), ("51001", 1));
}

#[test]
fn each_fault_has_its_message() {
    use GeographyKind::County;
    for (ring, words) in [
        ("[[-77,38],[-76,39],[-76,38],[-77,39],[-77,38]]", "does not cross itself"),
        ("[[-77,38],[-76,38],[-76,39],[-77,39]]", "ends where it begins"),
        ("[[-77,38],[-76,38],[-77,38]]", "at least four positions"),
        ("[[38,-77],[38,-76],[39,-76],[38,-77]]", "look swapped"),
        ("[[1200000,400000],[1200001,400000],[1200001,400001],[1200000,400000]]", "a projection"),
        ("[[-77,38],[null,38],[-76,39],[-77,38]]", "[longitude, latitude]"),
    ] {
        let said = wanted(&geojson("\"51001\"", ring), County);
        assert!(said.starts_with("feature 1: ") && said.contains(words), "{said}");
    }
    assert!(wanted(&geojson("1001", SQUARE), County).contains("dropped its leading zero"));
    assert!(wanted(&geojson("null", SQUARE), County).contains("an id in one of the properties"));
    let point = r#"{"type":"FeatureCollection","features":[{"properties":{"GEOID":"51001"},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#;
    assert!(wanted(point, County).contains("a Polygon or MultiPolygon"));
    let none =
        r#"{"type":"FeatureCollection","features":[{"properties":{"GEOID":"51001"},"geometry":null}]}"#;
    assert!(wanted(none, County).contains("no geometry"));
    let crs = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}"#;
    assert!(wanted(crs, County).contains("export the file again in WGS 84"));
    assert!(wanted("{}", County).contains("FeatureCollection"));
    assert!(wanted("", County).contains("the file is empty"));
    let deep = geojson("\"51001\"", &"[".repeat(100_000));
    assert!(wanted(&deep, County).contains("recursion limit"));
}

#[test]
fn crossing_edges_may_be_kept_but_are_named() {
    let text = geojson("\"51001\"", "[[-77,38],[-76,39],[-76,38],[-77,39],[-77,38]]");
    let reading =
        BoundaryReading { self_crossing: SelfCrossing::Keep, ..BoundaryReading::of(GeographyKind::County) };
    let (found, problems) = read(text.as_bytes(), "a.geojson", &reading);
    assert_eq!((found.len(), problems.found()), (1, 1));
}

#[test]
fn two_features_of_one_id_are_named() {
    let feature = r#"{"properties":{"GEOID":"51001"},"geometry":{"type":"Polygon","coordinates":[[[-77,38],[-76,38],[-76,39],[-77,38]]]}}"#;
    let text = format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#);
    let (found, problems) = read(text.as_bytes(), "a.geojson", &BoundaryReading::of(GeographyKind::County));
    assert_eq!((found.len(), problems.kept()[0].column.as_str()), (1, "feature 2"));
}

fn topology(arcs: &str, polygon: &str) -> String {
    format!(
        r#"{{"type":"Topology","transform":{{"scale":[0.5,0.5],"translate":[-77,38]}},"objects":{{"o":{{"type":"GeometryCollection","geometries":[{{"type":"Polygon","id":"51001","arcs":{polygon}}}]}}}},"arcs":{arcs}}}"#
    )
}

#[test]
fn quantised_arcs_are_stitched_forwards_and_backwards() {
    // Two arcs from (0,0) to (2,2): along the bottom, and along the top.
    let arcs = "[[[0,0],[2,0],[0,2]],[[0,0],[0,2],[2,0]]]";
    let text = topology(arcs, "[[0,-2]]");
    let (found, problems) = read(text.as_bytes(), "a.topojson", &BoundaryReading::of(GeographyKind::County));
    assert!(problems.is_empty(), "{problems:?}");
    let ring: Vec<(f64, f64)> = found[0].geometry.0[0].exterior().0.iter().map(|p| (p.x, p.y)).collect();
    assert_eq!(ring, [(-77.0, 38.0), (-76.0, 38.0), (-76.0, 39.0), (-77.0, 39.0), (-77.0, 38.0)]);
}

#[test]
fn the_outermost_type_tells_a_topology() {
    let reading = BoundaryReading::of(GeographyKind::County);
    let text = geojson("\"51001\"", "[[-77,38],[-76,38],[-76,39],[-77,38]]").replacen(
        "\"properties\":{",
        "\"properties\":{\"note\":\"Topology\",",
        1,
    );
    let (first, rest) = text.split_at(1);
    let (found, problems) =
        read(format!("{first}\"name\":\"Topology\",{rest}").as_bytes(), "a.json", &reading);
    assert_eq!((found.len(), problems.found()), (1, 0), "{problems:?}");
    let text = topology("[[[0,0],[2,0],[0,2],[-2,-2]]]", "[[0]]").replacen(
        "{",
        "{\"note\":\"FeatureCollection\",\"features\":1,",
        1,
    );
    let (found, problems) = read(text.as_bytes(), "a.json", &reading);
    assert_eq!((found.len(), problems.found()), (1, 0), "{problems:?}");
}

#[test]
fn arc_indexes_out_of_range_are_named() {
    let arcs = "[[[0,0],[2,0],[0,2],[-2,0],[0,-2]]]";
    for index in ["1", "-2", "9223372036854775807", "-9223372036854775808", "1e30", "\"x\""] {
        let said = wanted(&topology(arcs, &format!("[[{index}]]")), GeographyKind::County);
        assert!(said.contains("arc"), "{said}");
    }
    // A small file cannot become a big one by naming one arc again and again.
    let many = vec!["0"; 100_000].join(",");
    assert!(
        wanted(&topology(arcs, &format!("[[{many}]]")), GeographyKind::County)
            .contains("used by a few polygons")
    );
}

const GEOGRAPHIC: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

/// A layer of one square with a GEOID.
fn layer() -> Layer {
    layer_of(&[RING])
}

const RING: [[f64; 2]; 5] = [[-77.0, 38.0], [-77.0, 39.0], [-76.0, 39.0], [-76.0, 38.0], [-77.0, 38.0]];

/// A layer of one feature with these rings and a GEOID.
fn layer_of(rings: &[[[f64; 2]; 5]]) -> Layer {
    let mut shp = vec![0u8; 100];
    shp[..4].copy_from_slice(&[0, 0, 0x27, 0x0A]);
    let mut content = 5u32.to_le_bytes().to_vec();
    content.extend([0; 32]);
    content.extend((rings.len() as u32).to_le_bytes());
    content.extend((5 * rings.len() as u32).to_le_bytes());
    content.extend((0..rings.len() as u32).flat_map(|ring| (5 * ring).to_le_bytes()));
    content.extend(rings.iter().flatten().flatten().flat_map(|number| number.to_le_bytes()));
    shp.extend(1u32.to_be_bytes());
    shp.extend((content.len() as u32 / 2).to_be_bytes());
    shp.extend(content);
    let mut dbf = vec![0u8; 65];
    dbf[4..8].copy_from_slice(&1u32.to_le_bytes());
    dbf[8..10].copy_from_slice(&65u16.to_le_bytes());
    dbf[10..12].copy_from_slice(&6u16.to_le_bytes());
    dbf[32..37].copy_from_slice(b"GEOID");
    dbf[48] = 5;
    dbf[64] = 0x0D;
    dbf.extend(b" 51001");
    Layer { name: "a.shp".into(), shp, dbf, prj: Some(GEOGRAPHIC.into()), cpg: None }
}

fn shapefile_wanted(layer: &Layer) -> String {
    let (found, problems) = shapefile::read(layer, &BoundaryReading::of(GeographyKind::County));
    assert!(found.is_empty());
    let problem = &problems.kept()[0];
    format!("{}: {}", problem.column, problem.wanted)
}

#[test]
fn a_shapefile_is_read() {
    let (found, problems) = shapefile::read(&layer(), &BoundaryReading::of(GeographyKind::County));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((found[0].id.as_str(), found[0].geometry.0[0].exterior().0.len()), ("51001", 5));
}

#[test]
fn a_feature_of_endless_holes_is_refused_at_once() {
    let mut hole = RING;
    hole.reverse();
    let rings = [vec![RING; 50_000], vec![hole; 50_000]].concat();
    assert!(shapefile_wanted(&layer_of(&rings)).contains("a simpler polygon"));
    // A few are placed.
    let (found, problems) =
        shapefile::read(&layer_of(&[RING, hole]), &BoundaryReading::of(GeographyKind::County));
    assert_eq!((found[0].geometry.0[0].interiors().len(), problems.found()), (1, 0), "{problems:?}");
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(bytes).expect("written");
    gz.finish().expect("packed")
}

#[test]
fn packed_geojson_and_topojson_are_read_as_plain() {
    let reading = BoundaryReading::of(GeographyKind::AttendanceZone);
    let text = geojson("\"Z1\"", SQUARE);
    let (plain, problems) = read(text.as_bytes(), "z.geojson", &reading);
    assert_eq!((plain.len(), problems.found()), (1, 0), "{problems:?}");
    let topology = topology("[[[0,0],[2,0],[0,2]],[[0,0],[0,2],[2,0]]]", "[[0,-2]]");
    let of_topology = read(topology.as_bytes(), "t.json", &reading).0;
    let mut xz = Vec::new();
    lzma_rs::xz_compress(&mut text.as_bytes(), &mut xz).expect("packed");
    let packed = gzipped(text.as_bytes());
    let zips = [
        (zipped(&[("readme.txt", b"hello"), ("a/z.GeoJSON", text.as_bytes())]), &plain),
        (zipped(&[("z.geojson.gz", &packed)]), &plain),
        (zipped(&[("t.topojson", topology.as_bytes())]), &of_topology),
        (gzipped(topology.as_bytes()), &of_topology),
        (xz, &plain),
        (packed, &plain),
    ];
    for (bytes, wanted) in zips {
        let (found, problems) = read(&bytes, "z.geojson.gz", &reading);
        assert_eq!((&found, problems.found()), (wanted, 0), "{problems:?}");
    }
    assert!(!of_topology.is_empty());
}

#[test]
fn archives_without_boundaries_and_bombs_are_refused() {
    let wanted = |bytes: &[u8]| {
        let reading = BoundaryReading::of(GeographyKind::AttendanceZone);
        let (found, problems) = read(bytes, "z.zip", &reading);
        assert!(found.is_empty());
        problems.kept()[0].wanted.clone()
    };
    assert!(wanted(&zipped(&[("readme.txt", b"hello")])).contains("or with a .geojson"));
    assert!(wanted(&gzipped(&[0, 0, 0x27, 0x0A, 0])).contains("a zip archive that holds the .shp"));
    let spaces = vec![b' '; 40 << 20];
    assert!(wanted(&gzipped(&spaces)).contains("refused as an archive bomb"));
    let whole = gzipped(geojson("\"Z1\"", SQUARE).as_bytes());
    assert!(wanted(&whole[..whole.len() / 2]).contains("ends too early"));
}

#[test]
fn damaged_and_projected_shapefiles_are_refused() {
    let whole = layer();
    let projected =
        Layer { prj: Some(b"PROJCS[\"NAD_1983_StatePlane_Virginia\"]".to_vec()), ..whole.clone() };
    assert!(
        shapefile_wanted(&projected).starts_with(".prj: longitude and latitude; this file has a projection")
    );
    let old = Layer { prj: Some(GEOGRAPHIC.replace("1983", "1927").into()), ..whole.clone() };
    assert!(shapefile_wanted(&old).contains("NAD 83 or WGS 84"));
    assert!(shapefile_wanted(&Layer { prj: None, ..whole.clone() }).contains("the .prj file beside"));
    assert!(shapefile_wanted(&Layer { dbf: Vec::new(), ..whole.clone() }).starts_with(".dbf"));
    for cut in 101..whole.shp.len() {
        let cut = Layer { shp: whole.shp[..cut].to_vec(), ..whole.clone() };
        assert!(shapefile_wanted(&cut).contains("ends in the middle"), "{}", shapefile_wanted(&cut));
    }
    // Counts that promise more than is there.
    for place in [144, 148] {
        let mut lying = whole.clone();
        lying.shp[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(shapefile_wanted(&lying).contains("a whole polygon"));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, "x", &BoundaryReading::of(GeographyKind::County));
        let _ = shapefile::read(
            &Layer { shp: bytes.clone(), dbf: bytes, prj: Some(GEOGRAPHIC.into()), ..Layer::default() },
            &BoundaryReading::of(GeographyKind::County),
        );
    }

    #[test]
    fn any_damage_to_a_shapefile_is_survived(at in 0usize..300, byte: u8, dbf in 0usize..71, other: u8) {
        let mut layer = layer();
        let at = at % layer.shp.len();
        layer.shp[at] = byte;
        layer.dbf[dbf] = other;
        let _ = shapefile::read(&layer, &BoundaryReading::of(GeographyKind::County));
    }

    #[test]
    fn any_damage_to_a_topology_is_survived(at in 0usize..260, byte: u8) {
        let mut text = topology("[[[0,0],[2,0],[0,2]],[[0,0],[0,2],[2,0]]]", "[[0,-2]]").into_bytes();
        let at = at % text.len();
        text[at] = byte;
        let _ = read(&text, "x", &BoundaryReading::of(GeographyKind::County));
    }
}
