//! Great circles on a sphere.

/// The mean radius of the earth, m (IUGG).
pub(crate) const EARTH: f64 = 6_371_008.8;

/// Degrees north and east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// -90 to 90.
    pub latitude: f64,
    /// -180 to 180.
    pub longitude: f64,
}

impl Place {
    /// The place so many metres to the east and to the north: first along the meridian, then along the parallel.
    pub fn moved(self, east: f64, north: f64) -> Self {
        let latitude = self.latitude + (north / EARTH).to_degrees();
        let longitude = self.longitude + (east / (EARTH * latitude.to_radians().cos())).to_degrees();
        Self { latitude, longitude }
    }

    /// In which direction a great circle to another place begins, degrees from north to the east, -180 to 180.
    pub fn azimuth(self, to: Self) -> f64 {
        let (here, there) = (self.latitude.to_radians(), to.latitude.to_radians());
        let (east, along) = (to.longitude - self.longitude).to_radians().sin_cos();
        (east * there.cos()).atan2(here.cos() * there.sin() - here.sin() * there.cos() * along).to_degrees()
    }

    fn vector(self) -> [f64; 3] {
        let ((sin, cos), (y, x)) =
            (self.latitude.to_radians().sin_cos(), self.longitude.to_radians().sin_cos());
        [cos * x, cos * y, sin]
    }
}

/// Metres between two places. The haversine formula.
pub fn distance(from: Place, to: Place) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let (a, b) = (from.latitude.to_radians().cos(), to.latitude.to_radians().cos());
    let h = half(from.latitude, to.latitude) + a * b * half(from.longitude, to.longitude);
    2.0 * EARTH * h.min(1.0).sqrt().asin()
}

/// The longest way along which three points of the circle and a parabola through them are as good as the circle: within 0.1 m below 70
/// degrees of latitude.
const BENT: f64 = 20_000.0;

/// A great circle between two places.
pub(crate) struct Way {
    from: Place,
    to: Place,
    middle: Place,
    /// m.
    pub length: f64,
}

impl Way {
    pub fn new(from: Place, to: Place) -> Self {
        Self { from, to, middle: on_circle(from, to, 0.5), length: distance(from, to) }
    }

    /// The place at a share of the way.
    pub fn at(&self, share: f64) -> Place {
        if self.length > BENT {
            return on_circle(self.from, self.to, share);
        }
        let rest = 1.0 - share;
        let bend = |a: f64, m: f64, b: f64| a * rest + b * share + (m - (a + b) / 2.0) * 4.0 * share * rest;
        Place {
            latitude: bend(self.from.latitude, self.middle.latitude, self.to.latitude),
            longitude: bend(self.from.longitude, self.middle.longitude, self.to.longitude),
        }
    }
}

fn on_circle(from: Place, to: Place, share: f64) -> Place {
    let (a, b) = (from.vector(), to.vector());
    let angle = distance(from, to) / EARTH;
    if angle == 0.0 {
        return from;
    }
    let (here, there) = (((1.0 - share) * angle).sin(), (share * angle).sin());
    let [x, y, z] = [0, 1, 2].map(|i| a[i] * here + b[i] * there);
    let longitude = y.atan2(x).to_degrees();
    // Over the date line a longitude goes on as that of the first place does.
    let turns = ((from.longitude - longitude) / 360.0).round();
    Place { latitude: z.atan2(x.hypot(y)).to_degrees(), longitude: longitude + 360.0 * turns }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Place {
        Place { latitude, longitude }
    }

    #[test]
    fn distances_and_places_of_great_circles() {
        // A quarter of the way around.
        let quarter = distance(place(0.0, 0.0), place(90.0, 0.0));
        assert!((quarter - EARTH * std::f64::consts::FRAC_PI_2).abs() < 1e-6);
        // Nashville to Los Angeles, a classic example: 2886.45 km on a sphere of 6371.009 km.
        assert!((distance(place(36.12, -86.67), place(33.94, -118.40)) - 2_886_448.0).abs() < 50.0);
        assert_eq!(place(0.0, 5.0).azimuth(place(0.0, 7.0)), 90.0);
        assert_eq!(place(10.0, 5.0).azimuth(place(-3.0, 5.0)), 180.0);
        // A first step along the circle goes where the azimuth says.
        let (from, to) = (place(36.12, -86.67), place(33.94, -118.40));
        let step = Way::new(from, to).at(1e-6);
        let (north, east) = (step.latitude - from.latitude, step.longitude - from.longitude);
        let azimuth = (east * from.latitude.to_radians().cos()).atan2(north).to_degrees();
        assert!((from.azimuth(to) - azimuth).abs() < 1e-3, "{} {azimuth}", from.azimuth(to));
        let middle = Way::new(place(40.0, -100.0), place(40.0, -80.0)).at(0.5);
        assert!((middle.longitude + 90.0).abs() < 1e-9 && middle.latitude > 40.4);
    }

    #[test]
    fn a_short_way_is_the_circle() {
        for latitude in [0.0, 37.5, -65.0] {
            let from = place(latitude, 12.0);
            for (east, north) in [(19_000.0, 0.0), (-12_000.0, 9_000.0), (100.0, -15_000.0)] {
                let to = from.moved(east, north);
                let way = Way::new(from, to);
                for share in [0.0, 0.21, 0.5, 0.77, 1.0] {
                    assert!(distance(way.at(share), on_circle(from, to, share)) < 0.1);
                }
            }
        }
    }
}
