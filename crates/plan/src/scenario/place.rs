//! Places, the distance between two, and which are near one.

/// A place on the ground, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Point {
    /// North of the equator, -90 to 90.
    pub latitude: f64,
    /// East of Greenwich, -180 to 180.
    pub longitude: f64,
}

/// The mean radius of the earth in metres (IUGG: (2a + b) / 3 of GRS 80).
const RADIUS: f64 = 6_371_008.8;

impl Point {
    /// The place, unless a coordinate is none.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let good = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        good.then_some(Self { latitude, longitude })
    }

    /// The great-circle distance in metres, by the haversine formula (R. W. Sinnott, Sky and Telescope 68, 1984).
    pub fn meters(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let up = ((to - from) / 2.0).sin();
        let across = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let h = up * up + from.cos() * to.cos() * across * across;
        2.0 * RADIUS * h.sqrt().min(1.0).asin()
    }

    /// The place at a part of the way to another, 0 to 1; straight, which is enough between two stops.
    pub fn toward(self, other: Self, part: f64) -> Self {
        Self {
            latitude: self.latitude + (other.latitude - self.latitude) * part,
            longitude: self.longitude + (other.longitude - self.longitude) * part,
        }
    }
}

/// Places in the order of their latitude, so that those near one are found without looking at all.
pub struct Near {
    sorted: Vec<(Point, u32)>,
}

impl Near {
    /// Of places with their numbers.
    pub fn new(places: impl Iterator<Item = (Point, u32)>) -> Self {
        let mut sorted: Vec<_> = places.collect();
        sorted.sort_by(|a, b| a.0.latitude.total_cmp(&b.0.latitude).then(a.1.cmp(&b.1)));
        Self { sorted }
    }

    /// The numbers of those within a distance in metres, ascending, with their distances.
    pub fn within(&self, center: Point, meters: f64) -> Vec<(u32, f64)> {
        // A little more than the distance, so that rounding leaves nobody out.
        let degrees = (meters / RADIUS).to_degrees() + 1e-9;
        let start = self.sorted.partition_point(|(p, _)| p.latitude < center.latitude - degrees);
        let rows = self.sorted[start..].iter().take_while(|(p, _)| p.latitude <= center.latitude + degrees);
        let mut near: Vec<(u32, f64)> =
            rows.map(|(p, n)| (*n, p.meters(center))).filter(|(_, m)| *m <= meters).collect();
        near.sort_unstable_by_key(|(n, _)| *n);
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_degree_of_a_great_circle_is_its_part_of_the_circumference() {
        let point = |latitude, longitude| Point::new(latitude, longitude).unwrap();
        let degree = std::f64::consts::PI * RADIUS / 180.0;
        for (a, b, degrees) in [
            (point(0.0, 0.0), point(0.0, 1.0), 1.0),
            (point(10.0, 20.0), point(11.0, 20.0), 1.0),
            (point(90.0, 0.0), point(-90.0, 77.0), 180.0),
            (point(0.0, 179.5), point(0.0, -179.5), 1.0),
            (point(60.0, 0.0), point(60.0, 180.0), 60.0),
        ] {
            assert!((a.meters(b) - degrees * degree).abs() < 1e-3, "{a:?} {b:?} {}", a.meters(b));
        }
        assert_eq!((Point::new(91.0, 0.0), Point::new(0.0, f64::NAN)), (None, None));
    }

    proptest! {
        #[test]
        fn near_finds_what_a_look_at_all_finds(
            places in proptest::collection::vec((-80.0..80.0f64, -179.0..179.0f64), 1..60),
            meters in 1e3..5e6f64,
        ) {
            let places: Vec<Point> = places.into_iter().map(|(a, b)| Point::new(a, b).unwrap()).collect();
            let near = Near::new(places.iter().copied().zip(0..));
            let all: Vec<u32> = (0..places.len() as u32)
                .filter(|n| places[*n as usize].meters(places[0]) <= meters).collect();
            let found: Vec<u32> = near.within(places[0], meters).into_iter().map(|(n, _)| n).collect();
            prop_assert_eq!(found, all);
        }
    }
}
