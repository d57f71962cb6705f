//! Universal Transverse Mercator: where a place is on the grid of its zone, and back.
//!
//! C. F. F. Karney, *Transverse Mercator with an accuracy of a few nanometers*, J. Geodesy 85 (2011): the series of Krüger to the fourth order
//! in the third flattening, equations 7 to 11 and 14 to 21 there, which is better than a millimetre within a zone. The ellipsoid is GRS 80; that of WGS 84 differs by
//! 0.1 mm. Easting and northing in metres, latitude and longitude in degrees.

use super::Place;

/// Half of the equator's axis, m, and the flattening (GRS 80).
const AXIS: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;
/// The scale along the middle of a zone.
const SCALE: f64 = 0.9996;

/// A zone, north or south of the equator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// 1 to 60.
    number: u16,
    south: bool,
}

impl Zone {
    /// The zone of an EPSG code: WGS 84, NAD 83 and its realization of 2011.
    pub fn of_epsg(code: u16) -> Option<Self> {
        let (number, south) = match code {
            32601..=32660 => (code - 32600, false),
            32701..=32760 => (code - 32700, true),
            26901..=26923 => (code - 26900, false),
            6328 | 6329 => (code - 6328 + 59, false),
            6330..=6348 => (code - 6329, false),
            _ => return None,
        };
        Some(Self { number, south })
    }

    fn middle(self) -> f64 {
        f64::from(self.number) * 6.0 - 183.0
    }

    fn north(self) -> f64 {
        if self.south { 10_000_000.0 } else { 0.0 }
    }

    /// Easting and northing of a place.
    pub fn grid(self, place: Place) -> [f64; 2] {
        let (series, eccentricity) = (Series::new(), eccentricity());
        let (east, t) = ((place.longitude - self.middle()).to_radians(), place.latitude.to_radians().tan());
        let conformal = conformal(t, eccentricity);
        let (x, y) = (conformal.atan2(east.cos()), (east.sin() / conformal.hypot(east.cos())).asinh());
        let [mut xi, mut eta] = [x, y];
        for (j, a) in (1..).zip(series.forth) {
            let j = 2.0 * f64::from(j);
            xi += a * (j * x).sin() * (j * y).cosh();
            eta += a * (j * x).cos() * (j * y).sinh();
        }
        [500_000.0 + SCALE * series.radius * eta, self.north() + SCALE * series.radius * xi]
    }

    /// The place of an easting and northing.
    pub fn place(self, [easting, northing]: [f64; 2]) -> Place {
        let (series, eccentricity) = (Series::new(), eccentricity());
        let xi = (northing - self.north()) / (SCALE * series.radius);
        let eta = (easting - 500_000.0) / (SCALE * series.radius);
        let [mut x, mut y] = [xi, eta];
        for (j, b) in (1..).zip(series.back) {
            let j = 2.0 * f64::from(j);
            x -= b * (j * xi).sin() * (j * eta).cosh();
            y -= b * (j * xi).cos() * (j * eta).sinh();
        }
        let wanted = x.sin() / y.sinh().hypot(x.cos());
        // Newton's method; three steps are enough for all latitudes.
        let mut t = wanted;
        for _ in 0..4 {
            let now = conformal(t, eccentricity);
            let rest = 1.0 - eccentricity * eccentricity;
            t += (wanted - now) / now.hypot(1.0) * (1.0 + rest * t * t) / (rest * t.hypot(1.0));
        }
        let longitude = self.middle() + y.sinh().atan2(x.cos()).to_degrees();
        Place { latitude: t.atan().to_degrees(), longitude }
    }
}

fn eccentricity() -> f64 {
    (FLATTENING * (2.0 - FLATTENING)).sqrt()
}

/// The tangent of the conformal latitude of a latitude with tangent `t`.
fn conformal(t: f64, eccentricity: f64) -> f64 {
    let sigma = (eccentricity * (eccentricity * t / t.hypot(1.0)).atanh()).sinh();
    t * sigma.hypot(1.0) - sigma * t.hypot(1.0)
}

/// The rectifying radius, m, and both series.
struct Series {
    radius: f64,
    forth: [f64; 4],
    back: [f64; 4],
}

impl Series {
    fn new() -> Self {
        let n = FLATTENING / (2.0 - FLATTENING);
        let [n2, n3, n4] = [n * n, n * n * n, n * n * n * n];
        Self {
            radius: AXIS / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0),
            forth: [
                n / 2.0 - 2.0 / 3.0 * n2 + 5.0 / 16.0 * n3 + 41.0 / 180.0 * n4,
                13.0 / 48.0 * n2 - 3.0 / 5.0 * n3 + 557.0 / 1440.0 * n4,
                61.0 / 240.0 * n3 - 103.0 / 140.0 * n4,
                49_561.0 / 161_280.0 * n4,
            ],
            back: [
                n / 2.0 - 2.0 / 3.0 * n2 + 37.0 / 96.0 * n3 - n4 / 360.0,
                n2 / 48.0 + n3 / 15.0 - 437.0 / 1440.0 * n4,
                17.0 / 480.0 * n3 - 37.0 / 840.0 * n4,
                4_397.0 / 161_280.0 * n4,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By PROJ 9.5.1.
    #[test]
    fn known_answers() {
        for (epsg, latitude, longitude, easting, northing) in [
            (26910, 45.52, -122.67, 525_772.712_4, 5_040_771.406_0),
            (6339, 45.52, -122.67, 525_772.712_4, 5_040_771.406_0),
            (32617, 38.0, -79.5, 631_699.669_5, 4_206_876.523_3),
            (32617, 37.1, -84.2, 215_609.279_0, 4_110_759.133_6),
            (32755, -37.5, 147.3, 526_517.053_9, 5_849_616.396_9),
            (26918, 37.45, -75.82, 427_471.186_6, 4_145_109.836_4),
            (32633, 70.0, 12.1, 389_339.535_1, 7_768_505.452_3),
        ] {
            let zone = Zone::of_epsg(epsg).unwrap();
            let [x, y] = zone.grid(Place { latitude, longitude });
            assert!((x - easting).abs() < 0.001 && (y - northing).abs() < 0.001, "{epsg}: {x} {y}");
            let back = zone.place([easting, northing]);
            assert!((back.latitude - latitude).abs() < 1e-8 && (back.longitude - longitude).abs() < 1e-8);
        }
        for other in [4326, 3857, 32600, 32661, 26924, 6327, 6349] {
            assert_eq!(Zone::of_epsg(other), None);
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(number in 1u16..=60, latitude in -80.0..84.0f64, east in -4.0..4.0f64) {
            let zone = Zone { number, south: latitude < 0.0 };
            let place = Place { latitude, longitude: zone.middle() + east };
            let back = zone.place(zone.grid(place));
            prop_assert!((back.latitude - latitude).abs() < 1e-8, "{} {}", back.latitude, latitude);
            prop_assert!((back.longitude - place.longitude).abs() < 1e-7);
        }
    }
}
