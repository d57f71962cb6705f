use super::*;
use crate::place::{Locator, web};
use evenfield_model::GeographyKind;

fn boundary(id: &str, ring: Vec<(f64, f64)>) -> Boundary {
    let polygon = Polygon::new(LineString::from(ring), Vec::new());
    Boundary {
        kind: GeographyKind::Tract,
        id: id.into(),
        name: id.into(),
        geometry: MultiPolygon(vec![polygon]),
    }
}

/// Two neighbours with a jagged border between them, walked in opposite directions.
fn neighbours() -> Vec<Boundary> {
    let jagged: Vec<(f64, f64)> = (0..=200)
        .map(|i| (-77.0 + 0.0005 * f64::from((i * 7919) % 13), 38.0 + f64::from(i) * 0.001))
        .collect();
    let mut west = vec![(-77.2, 38.2), (-77.2, 38.0)];
    west.extend(&jagged);
    west.push((-77.2, 38.2));
    let mut east = vec![(-76.8, 38.0), (-76.8, 38.2)];
    east.extend(jagged.iter().rev());
    east.push((-76.8, 38.0));
    vec![boundary("west", west), boundary("east", east)]
}

#[test]
fn a_shared_border_stays_shared() {
    let simple = simplify(&neighbours(), 100.0);
    let vertices = |b: &Boundary| b.geometry.0[0].exterior().0.clone();
    let before = neighbours().iter().map(|b| vertices(b).len()).sum::<usize>();
    let after = simple.iter().map(|b| vertices(b).len()).sum::<usize>();
    assert!(after < before / 2, "{after} of {before}");
    // Every vertex of the border between the corners is a vertex of both.
    let inner = |b: &Boundary| {
        let mut keys: Vec<Key> =
            vertices(b).into_iter().filter(|p| p.x > -77.1 && p.x < -76.9).map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    assert_eq!(inner(&simple[0]), inner(&simple[1]));
    let locator = Locator::new(&simple);
    assert_eq!(locator.locate(-77.1, 38.1), Some(0));
    assert_eq!(locator.locate(-76.9, 38.1), Some(1));
}

#[test]
fn a_tiny_place_does_not_vanish() {
    let tiny = boundary("t", vec![(-77.0, 38.0), (-76.99999, 38.0), (-76.99999, 38.00001), (-77.0, 38.0)]);
    let simple = simplify(std::slice::from_ref(&tiny), 1000.0);
    assert_eq!(simple[0].geometry.0.len(), 1);
}

#[test]
fn of_a_place_that_would_vanish_the_largest_ring_stays() {
    let square = geo::Rect::new((-77.0, 38.0), (-76.9999, 38.0001)).to_polygon();
    let round: Vec<(f64, f64)> = (0..=20)
        .map(|i| f64::from(i % 20) * std::f64::consts::TAU / 20.0)
        .map(|angle| (-76.0 + 1e-6 * angle.cos(), 38.0 + 1e-6 * angle.sin()))
        .collect();
    let islet = Polygon::new(LineString::from(round), Vec::new());
    let places =
        [Boundary { geometry: MultiPolygon(vec![islet, square.clone()]), ..boundary("t", Vec::new()) }];
    assert_eq!(simplify(&places, 1000.0)[0].geometry.0, [square]);
}

#[test]
fn a_map_is_no_bigger_than_asked() {
    let places = neighbours();
    let nothing = |_: &Boundary| serde_json::Map::new();
    let whole = web::to_geojson(&places, usize::MAX, nothing).unwrap();
    assert_eq!(whole.tolerance, 0.0);
    let small = web::to_geojson(&places, 1000, nothing).unwrap();
    assert!(small.json.len() <= 1000 && small.tolerance > 0.0);
    let value: serde_json::Value = serde_json::from_str(&small.json).unwrap();
    assert_eq!(value["features"][1]["properties"]["id"], "east");
    assert_eq!(web::to_geojson(&places, 10, nothing), None);
}
