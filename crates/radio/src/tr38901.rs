//! Path loss without terrain: 3GPP TR 38.901, table 7.4.1-1, rural (RMa) and urban (UMa) macro cells.
//!
//! For screening, and for paths of less than 1 km, where the irregular terrain model is outside of its nominal range. Lengths in metres,
//! frequencies in GHz as in the table, losses in dB. Shadowing is normal with the deviation that comes with each loss.

use std::f64::consts::PI;

/// Metres a second, as the report rounds it.
const LIGHT: f64 = 3e8;

/// Rural or urban.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// RMa: 0.5 to 30 GHz, 10 m to 10 km in sight and to 5 km out of sight, station 10 to 150 m, device 1 to 10 m.
    Rural,
    /// UMa: 0.5 to 100 GHz, 10 m to 5 km, device 1.5 to 22.5 m. The table is for a station at 25 m; others (10 to 150 m) are taken as they are.
    Urban,
}

/// A path above level ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// Horizontal distance, m.
    pub distance: f64,
    /// Height of the station's antenna, m.
    pub station: f64,
    /// Height of the device's antenna, m.
    pub device: f64,
    /// GHz.
    pub frequency: f64,
    /// Mean height of buildings, m, 5 to 50; rural alone. The table's default is 5.
    pub buildings: f64,
    /// Mean width of streets, m, 5 to 50; rural alone. The table's default is 20.
    pub streets: f64,
}

/// A median loss and how it scatters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// dB.
    pub loss: f64,
    /// Standard deviation of shadowing, dB.
    pub deviation: f64,
}

/// A parameter that the table has no answer for.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{what} is {said}; {from} to {to} is wanted")]
pub struct Outside {
    /// Which parameter.
    pub what: &'static str,
    /// What it is.
    pub said: f64,
    /// The least that it may be.
    pub from: f64,
    /// The most that it may be.
    pub to: f64,
}

impl Scene {
    fn check(self, path: &Path, in_sight: bool) -> Result<(), Outside> {
        let (farthest, low, high, most) = match (self, in_sight) {
            (Self::Rural, true) => (10_000.0, 1.0, 10.0, 30.0),
            (Self::Rural, false) => (5_000.0, 1.0, 10.0, 30.0),
            (Self::Urban, _) => (5_000.0, 1.5, 22.5, 100.0),
        };
        let mut limits = vec![
            ("distance (m)", path.distance, 10.0, farthest),
            ("height of the station (m)", path.station, 10.0, 150.0),
            ("height of the device (m)", path.device, low, high),
            ("frequency (GHz)", path.frequency, 0.5, most),
        ];
        if self == Self::Rural {
            limits.push(("height of buildings (m)", path.buildings, 5.0, 50.0));
            limits.push(("width of streets (m)", path.streets, 5.0, 50.0));
        }
        match limits.into_iter().find(|&(_, said, from, to)| !(from..=to).contains(&said)) {
            Some((what, said, from, to)) => Err(Outside { what, said, from, to }),
            None => Ok(()),
        }
    }

    /// Loss where station and device see each other.
    ///
    /// # Errors
    /// [`Outside`] names the first parameter that the table does not cover.
    pub fn in_sight(self, path: &Path) -> Result<Loss, Outside> {
        self.check(path, true)?;
        Ok(self.seen(path))
    }

    /// Loss where they do not.
    ///
    /// # Errors
    /// [`Outside`] names the first parameter that the table does not cover.
    pub fn out_of_sight(self, path: &Path) -> Result<Loss, Outside> {
        self.check(path, false)?;
        let (loss, deviation) = match self {
            Self::Rural => (rural_hidden(path), 8.0),
            Self::Urban => {
                let slope = 39.08 * direct(path).log10() + 20.0 * path.frequency.log10();
                (13.54 + slope - 0.6 * (path.device - 1.5), 6.0)
            }
        };
        Ok(Loss { loss: loss.max(self.seen(path).loss), deviation })
    }

    /// How probable it is that they see each other. TR 38.901 table 7.4.2-1.
    pub fn sight(self, distance: f64, device: f64) -> f64 {
        match self {
            Self::Rural => (-(distance - 10.0).max(0.0) / 1000.0).exp(),
            Self::Urban if distance <= 18.0 => 1.0,
            Self::Urban => {
                let near = 18.0 / distance;
                let high = if device <= 13.0 { 0.0 } else { ((device.min(23.0) - 13.0) / 10.0).powf(1.5) };
                let lift = 1.25 * high * (distance / 100.0).powi(3) * (-distance / 150.0).exp();
                (near + (-distance / 63.0).exp() * (1.0 - near)) * (1.0 + lift)
            }
        }
    }

    fn seen(self, path: &Path) -> Loss {
        match self {
            Self::Rural => {
                let bend = 2.0 * PI * path.station * path.device * path.frequency * 1e9 / LIGHT;
                if path.distance <= bend {
                    Loss { loss: rural_near(path, direct(path)), deviation: 4.0 }
                } else {
                    let far = 40.0 * (direct(path) / bend).log10();
                    Loss { loss: rural_near(path, bend) + far, deviation: 6.0 }
                }
            }
            Self::Urban => {
                let bend = 4.0 * (path.station - 1.0) * (path.device - 1.0) * path.frequency * 1e9 / LIGHT;
                let start = 28.0 + 20.0 * path.frequency.log10();
                let d = direct(path).log10();
                let loss = if path.distance <= bend {
                    start + 22.0 * d
                } else {
                    let heights = path.station - path.device;
                    start + 40.0 * d - 9.0 * (bend * bend + heights * heights).log10()
                };
                Loss { loss, deviation: 4.0 }
            }
        }
    }
}

/// The distance through the air, m.
fn direct(path: &Path) -> f64 {
    path.distance.hypot(path.station - path.device)
}

/// PL1 of RMa at a direct distance.
fn rural_near(path: &Path, direct: f64) -> f64 {
    let h = path.buildings.powf(1.72);
    20.0 * (40.0 * PI * direct * path.frequency / 3.0).log10() + (0.03 * h).min(10.0) * direct.log10()
        - (0.044 * h).min(14.77)
        + 0.002 * path.buildings.log10() * direct
}

/// PL' of RMa out of sight.
fn rural_hidden(path: &Path) -> f64 {
    let Path { station, device, frequency, buildings, streets, .. } = *path;
    161.04 - 7.1 * streets.log10() + 7.5 * buildings.log10()
        - (24.37 - 3.7 * (buildings / station).powi(2)) * station.log10()
        + (43.42 - 3.1 * station.log10()) * (direct(path).log10() - 3.0)
        + 20.0 * frequency.log10()
        - (3.2 * (11.75 * device).log10().powi(2) - 4.97)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(distance: f64, frequency: f64) -> Path {
        Path { distance, station: 35.0, device: 1.5, frequency, buildings: 5.0, streets: 20.0 }
    }

    /// Worked by another program from the same table.
    #[test]
    fn known_answers() {
        let cases = [
            (0.7, 100.0, 70.22, 78.69),
            (0.7, 5_000.0, 121.32, 143.44),
            (3.6, 500.0, 98.86, 119.07),
            (3.6, 1_000.0, 105.70, 130.67),
            (3.6, 2_000.0, 113.26, 142.29),
            (3.6, 5_000.0, 126.13, 157.66),
        ];
        for (frequency, distance, seen, hidden) in cases {
            let path = path(distance, frequency);
            let found = (Scene::Rural.in_sight(&path).unwrap(), Scene::Rural.out_of_sight(&path).unwrap());
            assert!((found.0.loss - seen).abs() < 0.1, "{} for {seen}", found.0.loss);
            assert!((found.1.loss - hidden).abs() < 0.1, "{} for {hidden}", found.1.loss);
        }
        for (distance, hidden) in [(1_000.0, 141.91), (2_000.0, 153.67)] {
            let path = Path { station: 25.0, ..path(distance, 3.6) };
            let found = Scene::Urban.out_of_sight(&path).unwrap().loss;
            assert!((found - hidden).abs() < 0.05, "{found} for {hidden}");
        }
        // By hand, before and behind the break point at 576 m.
        for (distance, seen) in [(500.0, 98.514), (1_000.0, 109.437), (5_000.0, 137.391)] {
            let path = Path { station: 25.0, ..path(distance, 3.6) };
            let found = Scene::Urban.in_sight(&path).unwrap().loss;
            assert!((found - seen).abs() < 0.001, "{found} for {seen}");
        }
    }

    #[test]
    fn what_the_table_does_not_cover_is_named() {
        let said = |path: Path, scene: Scene| scene.out_of_sight(&path).unwrap_err().to_string();
        let good = path(1_000.0, 3.6);
        assert_eq!(
            said(Path { distance: 5_001.0, ..good }, Scene::Rural),
            "distance (m) is 5001; 10 to 5000 is wanted"
        );
        assert_eq!(
            said(Path { station: 9.0, ..good }, Scene::Rural),
            "height of the station (m) is 9; 10 to 150 is wanted"
        );
        assert_eq!(
            said(Path { device: 1.0, ..good }, Scene::Urban),
            "height of the device (m) is 1; 1.5 to 22.5 is wanted"
        );
        assert_eq!(
            said(Path { frequency: f64::NAN, ..good }, Scene::Urban),
            "frequency (GHz) is NaN; 0.5 to 100 is wanted"
        );
        assert!(Scene::Rural.in_sight(&Path { distance: 9_000.0, ..good }).is_ok());
    }

    #[test]
    fn sight_grows_rarer_with_distance() {
        assert_eq!(Scene::Rural.sight(5.0, 1.5), 1.0);
        assert!((Scene::Rural.sight(1_010.0, 1.5) - (-1.0f64).exp()).abs() < 1e-12);
        assert_eq!(Scene::Urban.sight(18.0, 1.5), 1.0);
        assert!((Scene::Urban.sight(180.0, 1.5) - (0.1 + 0.9 * (-180.0f64 / 63.0).exp())).abs() < 1e-12);
    }
}
