//! How much loss a link stands, down and up. The worse of the two counts.
//!
//! CBRS limits: 47 CFR 96.41 to 96.45. A station of category A may radiate 30 dBm in 10 MHz (EIRP), one of category B 47 dBm, an end-user device
//! 23 dBm. An outdoor station of category A whose antenna is more than 6 m above average terrain is one of category B.

/// CBRS device categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Low power: 30 dBm in 10 MHz.
    A,
    /// Higher power, outdoors, put up by a certified installer: 47 dBm in 10 MHz.
    B,
}

/// The most that an end-user device may radiate, dBm EIRP in 10 MHz.
pub const DEVICE_LIMIT: f64 = 23.0;

impl Category {
    /// The most that it may radiate, dBm EIRP in 10 MHz.
    pub fn limit(self) -> f64 {
        match self {
            Self::A => 30.0,
            Self::B => 47.0,
        }
    }
}

/// What a station or device does at one end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// What it radiates in the bandwidth in which it sends, dBm EIRP, its antenna's gain included; no more than that in 10 MHz.
    pub eirp: f64,
    /// Its antenna's gain when it receives, dBi.
    pub gain: f64,
    /// Its receiver's noise figure, dB.
    pub noise_figure: f64,
    /// Signal-to-noise ratio that it needs, dB.
    pub needs: f64,
    /// Bandwidth over which noise is taken, MHz: of the whole channel downwards, of a device's share upwards.
    pub bandwidth: f64,
}

/// A station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Its category.
    pub category: Category,
    /// Whether it stands outdoors.
    pub outdoors: bool,
    /// Its antenna's height above average terrain, m; see [`crate::terrain::Terrain::above_average`].
    pub above_average_terrain: f64,
    /// What it does.
    pub end: End,
}

/// Where the student's device is. The two differ by 20 to 30 dB and in cost, so a plan has them as different options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Device {
    /// A unit outside of the home, at the eaves, that looks to the station.
    Outdoor(End),
    /// A unit or hotspot in a room.
    Indoor {
        /// What it does.
        end: End,
        /// What the walls take, dB.
        walls: f64,
    },
}

impl Device {
    /// A unit at the eaves: 15 dBi when it receives, 23 dBm EIRP, noise over 9 of 10 MHz.
    pub const OUTDOOR: Self =
        Self::Outdoor(End { eirp: DEVICE_LIMIT, gain: 15.0, noise_figure: 7.0, needs: 5.0, bandwidth: 9.0 });
    /// A unit in a room: no gain, and 15 dB of walls.
    pub const INDOOR: Self = Self::Indoor {
        end: End { eirp: DEVICE_LIMIT, gain: 0.0, noise_figure: 7.0, needs: 5.0, bandwidth: 9.0 },
        walls: 15.0,
    };

    /// What it does, and what walls take, dB.
    pub fn end(&self) -> (&End, f64) {
        match self {
            Self::Outdoor(end) => (end, 0.0),
            Self::Indoor { end, walls } => (end, *walls),
        }
    }
}

/// Why a link may not be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// More power than the category allows.
    #[error("the station radiates {said} dBm in 10 MHz; category {category:?} may radiate {limit}")]
    Station {
        /// What it radiates.
        said: f64,
        /// Its category.
        category: Category,
        /// What it may.
        limit: f64,
    },
    /// The antenna is too high for category A.
    #[error(
        "the antenna is {0} m above average terrain; outdoors, category A may have 6 m, so this is category B"
    )]
    High(f64),
    /// Category B stands outdoors.
    #[error("a station of category B stands outdoors")]
    Indoors,
    /// More power than a device may have.
    #[error("the device radiates {0} dBm in 10 MHz; an end-user device may radiate 23")]
    Device(f64),
    /// A figure that is no number, or a bandwidth that is not above 0.
    #[error("{0} of the {1} is {2}; a number is wanted, and for a bandwidth one above 0")]
    Figure(&'static str, &'static str, f64),
}

/// Thermal noise, dBm, over `bandwidth` MHz at 290 K with a receiver of `figure` dB: -174 dBm/Hz.
pub fn noise(bandwidth: f64, figure: f64) -> f64 {
    -174.0 + 10.0 * (bandwidth * 1e6).log10() + figure
}

/// Both ways of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// The most loss from station to device, dB.
    pub down: f64,
    /// The most loss from device to station, dB.
    pub up: f64,
    /// Signal-to-noise ratio downwards without any loss, dB.
    down_ratio: f64,
    /// The same upwards.
    up_ratio: f64,
}

impl Budget {
    /// `clutter` is what trees and houses around the device take, `reserve` how much must be left for fading, dB, for both ways.
    ///
    /// # Errors
    /// [`Refused`] says which rule or figure forbids it.
    pub fn of(station: &Station, device: &Device, clutter: f64, reserve: f64) -> Result<Self, Refused> {
        let (unit, walls) = device.end();
        check(&station.end, "station")?;
        check(unit, "device")?;
        for (what, figure) in [("clutter", clutter), ("loss of the walls", walls), ("fade margin", reserve)] {
            if !figure.is_finite() {
                return Err(Refused::Figure(what, "link", figure));
            }
        }
        allowed(station, unit)?;
        let ratio = |from: &End, to: &End| {
            from.eirp + to.gain - noise(to.bandwidth, to.noise_figure) - clutter - walls
        };
        let (down_ratio, up_ratio) = (ratio(&station.end, unit), ratio(unit, &station.end));
        let (down, up) = (down_ratio - unit.needs - reserve, up_ratio - station.end.needs - reserve);
        Ok(Self { down, up, down_ratio, up_ratio })
    }

    /// The most loss that both ways stand, dB.
    pub fn most(&self) -> f64 {
        self.down.min(self.up)
    }

    /// By how much the ways down and up hold over a path with so much loss, dB; below 0 they do not.
    pub fn margins(&self, loss: f64) -> [f64; 2] {
        [self.down - loss, self.up - loss]
    }

    /// Signal-to-noise ratios down and up over a path with so much loss, dB.
    pub fn ratios(&self, loss: f64) -> [f64; 2] {
        [self.down_ratio - loss, self.up_ratio - loss]
    }
}

fn check(end: &End, which: &'static str) -> Result<(), Refused> {
    let figures = [
        ("power", end.eirp, end.eirp.is_finite()),
        ("gain", end.gain, end.gain.is_finite()),
        ("noise figure", end.noise_figure, end.noise_figure.is_finite()),
        ("needed signal-to-noise ratio", end.needs, end.needs.is_finite()),
        ("bandwidth", end.bandwidth, end.bandwidth > 0.0 && end.bandwidth.is_finite()),
    ];
    match figures.into_iter().find(|(.., fits)| !fits) {
        Some((what, said, _)) => Err(Refused::Figure(what, which, said)),
        None => Ok(()),
    }
}

fn allowed(station: &Station, device: &End) -> Result<(), Refused> {
    let Station { category, outdoors, above_average_terrain, end } = *station;
    if end.eirp > category.limit() {
        return Err(Refused::Station { said: end.eirp, category, limit: category.limit() });
    }
    match category {
        // Not `> 6`: a height that is no number is not known to be low.
        Category::A
            if outdoors && !matches!(above_average_terrain.partial_cmp(&6.0), Some(o) if o.is_le()) =>
        {
            return Err(Refused::High(above_average_terrain));
        }
        Category::B if !outdoors => return Err(Refused::Indoors),
        _ => {}
    }
    if device.eirp > DEVICE_LIMIT { Err(Refused::Device(device.eirp)) } else { Ok(()) }
}

/// Bits a second in each hertz at a signal-to-noise ratio in dB, downwards. 3GPP TR 36.942 annex A.2: six tenths of Shannon's limit, nothing
/// below -10 dB, 4.4 at most.
pub fn efficiency_down(ratio: f64) -> f64 {
    efficiency(ratio, 0.6, 4.4)
}

/// The same upwards: four tenths, 2.0 at most.
pub fn efficiency_up(ratio: f64) -> f64 {
    efficiency(ratio, 0.4, 2.0)
}

fn efficiency(ratio: f64, share: f64, most: f64) -> f64 {
    if ratio < -10.0 { 0.0 } else { (share * (1.0 + 10f64.powf(ratio / 10.0)).log2()).min(most) }
}

/// What a sector gives to all whom it serves when each gets the same rate, Mbps: `users` are (weight, bits a second in each hertz), `bandwidth` is
/// in MHz, `share` is the part of time that goes this way. Those with an efficiency of 0 are not served; without any others it is 0.
pub fn sector_capacity(users: impl IntoIterator<Item = (f64, f64)>, bandwidth: f64, share: f64) -> f64 {
    let served = users.into_iter().filter(|&(weight, efficiency)| weight > 0.0 && efficiency > 0.0);
    let (weights, hertz) = served.fold((0.0, 0.0), |(w, h), (weight, e)| (w + weight, h + weight / e));
    if weights > 0.0 { bandwidth * share * weights / hertz } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATION: Station = Station {
        category: Category::B,
        outdoors: true,
        above_average_terrain: 30.0,
        end: End { eirp: 47.0, gain: 15.0, noise_figure: 4.0, needs: -1.0, bandwidth: 0.72 },
    };

    #[test]
    fn the_worse_way_depends_on_the_device() {
        let budget = Budget::of(&STATION, &Device::OUTDOOR, 0.0, 0.0).unwrap();
        // -174 + 10 lg 9e6 + 7 = -97.46; 47 + 15 + 97.46 - 5. Up: 23 + 15 + 111.43 + 1.
        assert!((noise(9.0, 7.0) + 97.457_6).abs() < 1e-3);
        assert!((budget.down - 154.457_6).abs() < 1e-3 && (budget.up - 150.426_7).abs() < 1e-3);
        assert_eq!(budget.most(), budget.up);
        let [down, up] = budget.ratios(budget.up);
        assert!((up + 1.0).abs() < 1e-9 && down > 5.0);
        let kept = Budget::of(&STATION, &Device::OUTDOOR, 0.0, 10.0).unwrap();
        assert!((budget.most() - kept.most() - 10.0).abs() < 1e-9);
        assert_eq!(budget.ratios(100.0), kept.ratios(100.0), "what is kept for fading is there without it");
        let indoors = Budget::of(&STATION, &Device::INDOOR, 6.0, 0.0).unwrap();
        // 15 dB of gain are lost downwards alone; walls and clutter both ways.
        assert!(
            (budget.down - indoors.down - 36.0).abs() < 1e-9 && (budget.up - indoors.up - 21.0).abs() < 1e-9
        );
        assert_eq!(indoors.most(), indoors.down, "so that the way down is the worse one there");
    }

    #[test]
    fn the_rules_of_the_band_hold() {
        let refused = |station: Station, device: Device| {
            Budget::of(&station, &device, 0.0, 0.0).unwrap_err().to_string()
        };
        let strong = Station { end: End { eirp: 47.5, ..STATION.end }, ..STATION };
        assert_eq!(
            refused(strong, Device::OUTDOOR),
            "the station radiates 47.5 dBm in 10 MHz; category B may radiate 47"
        );
        let low = Station { category: Category::A, end: End { eirp: 30.0, ..STATION.end }, ..STATION };
        assert!(refused(low, Device::OUTDOOR).starts_with("the antenna is 30 m above average terrain"));
        assert!(
            refused(Station { above_average_terrain: f64::NAN, ..low }, Device::OUTDOOR).contains("NaN m")
        );
        for station in [Station { above_average_terrain: 6.0, ..low }, Station { outdoors: false, ..low }] {
            assert!(Budget::of(&station, &Device::OUTDOOR, 0.0, 0.0).is_ok());
        }
        assert_eq!(
            Budget::of(&Station { outdoors: false, ..STATION }, &Device::OUTDOOR, 0.0, 0.0),
            Err(Refused::Indoors)
        );
        let loud = Device::Outdoor(End { eirp: 24.0, ..STATION.end });
        assert_eq!(Budget::of(&STATION, &loud, 0.0, 0.0), Err(Refused::Device(24.0)));
        let none = Device::Outdoor(End { eirp: 23.0, bandwidth: 0.0, ..STATION.end });
        assert!(refused(STATION, none).starts_with("bandwidth of the device is 0;"));
    }

    #[test]
    fn capacity_is_that_of_equal_rates() {
        // Half of the homes at 4 bit/s/Hz and half at 1: each needs 1/4 and 1 Hz a bit, so 2 / (5/4) = 1.6 bit/s/Hz.
        let users = [(1.0, 4.0), (1.0, 1.0), (9.0, 0.0)];
        assert!((sector_capacity(users, 20.0, 0.75) - 24.0).abs() < 1e-9);
        assert_eq!(sector_capacity([(1.0, 0.0)], 20.0, 0.75), 0.0);
        assert_eq!(efficiency_down(-10.1), 0.0);
        assert_eq!((efficiency_down(40.0), efficiency_up(40.0)), (4.4, 2.0));
        assert!((efficiency_down(0.0) - 0.6).abs() < 1e-12);
    }
}
