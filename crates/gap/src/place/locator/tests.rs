use super::*;
use evenfield_model::GeographyKind;
use geo::{Intersects, LineString, Point, Polygon};
use rand::{RngExt, SeedableRng};

fn boundary(id: &str, rings: &[&[(f64, f64)]]) -> Boundary {
    let mut lines = rings.iter().map(|ring| LineString::from(ring.to_vec()));
    let polygon = Polygon::new(lines.next().unwrap(), lines.collect());
    Boundary {
        kind: GeographyKind::Tract,
        id: id.into(),
        name: id.into(),
        geometry: MultiPolygon(vec![polygon]),
    }
}

fn square(west: f64, south: f64, size: f64) -> Vec<(f64, f64)> {
    let (east, north) = (west + size, south + size);
    vec![(west, south), (east, south), (east, north), (west, north), (west, south)]
}

#[test]
fn holes_borders_and_corners() {
    let ring = boundary("ring", &[&square(0.0, 0.0, 4.0), &square(1.0, 1.0, 2.0)]);
    let core = boundary("core", &[&square(1.0, 1.0, 2.0)]);
    let next = boundary("next", &[&square(4.0, 0.0, 4.0)]);
    let locator = Locator::new(&[ring.clone(), core.clone(), next.clone()]);
    assert_eq!(locator.locate(0.5, 0.5), Some(0));
    assert_eq!(locator.locate(2.0, 2.0), Some(1));
    assert_eq!(locator.locate(5.0, 1.0), Some(2));
    // Shared borders and corners belong to the first of the list.
    for point in [(1.0, 2.0), (3.0, 3.0), (4.0, 2.0), (4.0, 0.0), (4.0, 4.0)] {
        assert_eq!(locator.locate(point.0, point.1), Some(0), "{point:?}");
    }
    let turned = Locator::new(&[next, core, ring]);
    assert_eq!(turned.locate(4.0, 2.0), Some(0));
    assert_eq!(turned.locate(1.0, 2.0), Some(1));
    // The outermost corners are inside, anything beyond is not.
    assert_eq!(locator.locate(8.0, 4.0), Some(2));
    assert_eq!(locator.locate(8.000001, 4.0), None);
    assert_eq!(locator.locate(f64::NAN, 1.0), None);
    assert_eq!(locator.locate(f64::INFINITY, 1.0), None);
}

#[test]
fn nothing_and_degenerate_shapes_are_indexed() {
    assert_eq!(Locator::new(&[]).locate(0.0, 0.0), None);
    let line = boundary("line", &[&[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0), (0.0, 0.0)]]);
    assert_eq!(Locator::new(std::slice::from_ref(&line)).locate(0.5, 0.0), Some(0));
    assert_eq!(Locator::new(&[line]).locate(0.5, 0.1), None);
    let dot = boundary("dot", &[&[(1.0, 1.0); 4]]);
    assert_eq!(Locator::new(&[dot]).locate(1.0, 1.0), Some(0));
}

/// Random stars over each other: the index says what the plain algorithm of `geo` says for every point.
#[test]
fn the_index_agrees_with_asking_each_polygon() {
    let mut random = rand_chacha::ChaCha12Rng::seed_from_u64(7);
    let mut stars = Vec::new();
    for index in 0..60 {
        let (x, y): (f64, f64) = (random.random_range(-80.0..-75.0), random.random_range(36.0..40.0));
        let corners = random.random_range(3..400);
        let mut ring: Vec<(f64, f64)> = (0..corners)
            .map(|corner| {
                let angle = std::f64::consts::TAU * f64::from(corner) / f64::from(corners);
                let radius: f64 = random.random_range(0.05..0.7);
                (x + radius * angle.cos(), y + radius * angle.sin())
            })
            .collect();
        ring.push(ring[0]);
        stars.push(boundary(&index.to_string(), &[&ring]));
    }
    let locator = Locator::new(&stars);
    let points: Vec<(f64, f64)> =
        (0..20_000).map(|_| (random.random_range(-81.0..-74.0), random.random_range(35.0..41.0))).collect();
    for (&(x, y), found) in points.iter().zip(locator.locate_all(&points)) {
        let wanted = stars.iter().position(|star| star.geometry.intersects(&Point::new(x, y)));
        assert_eq!(found, wanted, "{x}, {y}");
    }
    // Vertices lie on borders, the hardest points there are.
    for star in &stars {
        for vertex in &star.geometry.0[0].exterior().0 {
            let wanted = stars.iter().position(|other| other.geometry.intersects(&Point::from(*vertex)));
            assert_eq!(locator.locate(vertex.x, vertex.y), wanted);
        }
    }
}
