//! How much less a sector antenna radiates to the sides, above and below than where it looks.
//!
//! 3GPP TR 38.901 table 7.3-1 (one antenna element), TR 36.814 table A.2.1.1-2 (a macro sector) and TR 36.942 section 4.2.1 (a sector, from
//! above alone) have the same formula with other numbers: `A = min(min(12 (h / H)^2, M) + min(12 (v / V)^2, S), M)` with `h` and `v` the angles from
//! where it looks, `H` and `V` the beamwidths at 3 dB, `M` and `S` the most to the back and above or below. Tilt is electrical: the same in
//! all directions. Angles in degrees, attenuations in dB below the antenna's gain. The same holds for sending and receiving.

use crate::itm::{Fault, within};

/// A horizontal and a vertical pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pattern {
    /// Horizontal beamwidth at 3 dB, degrees.
    pub beamwidth: f64,
    /// The most attenuation in any direction, dB.
    pub most: f64,
    /// Vertical beamwidth at 3 dB, degrees, and the most attenuation above and below, dB; without it, all heights are alike.
    pub vertical: Option<[f64; 2]>,
}

impl Pattern {
    /// TR 38.901 table 7.3-1: 65 degrees both ways, 30 dB.
    pub const TR38901: Self = Self { beamwidth: 65.0, most: 30.0, vertical: Some([65.0, 30.0]) };
    /// TR 36.814 table A.2.1.1-2: 70 by 10 degrees, 25 dB and 20 dB above and below.
    pub const TR36814: Self = Self { beamwidth: 70.0, most: 25.0, vertical: Some([10.0, 20.0]) };
    /// TR 36.942 section 4.2.1: 65 degrees, 20 dB, nothing vertical.
    pub const TR36942: Self = Self { beamwidth: 65.0, most: 20.0, vertical: None };

    /// dB below the gain, so far to the side and so far above or below of where the antenna looks; 0 or more.
    pub fn attenuation(&self, aside: f64, above: f64) -> f64 {
        let part = |angle: f64, beamwidth: f64, most: f64| (12.0 * (angle / beamwidth).powi(2)).min(most);
        let vertical = self.vertical.map_or(0.0, |[beamwidth, most]| part(above, beamwidth, most));
        (part(turned(aside), self.beamwidth, self.most) + vertical).min(self.most)
    }
}

/// An angle between -180 and 180 degrees.
fn turned(degrees: f64) -> f64 {
    degrees - 360.0 * (degrees / 360.0).round()
}

/// Where a sector looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sector {
    /// Degrees from north to the east.
    pub azimuth: f64,
    /// Degrees below the horizon; above it when negative.
    pub downtilt: f64,
}

/// The antennas of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum Antenna {
    /// One that is alike to all sides, above and below.
    Omni,
    /// Sectors of one pattern.
    Sectors(Pattern, Vec<Sector>),
}

impl Antenna {
    /// How many sectors there are, each with a channel of its own; an antenna alike to all sides is one.
    pub fn sectors(&self) -> usize {
        match self {
            Self::Omni => 1,
            Self::Sectors(_, sectors) => sectors.len(),
        }
    }

    /// Where a sector looks, degrees from north to the east; nothing for an antenna that is alike to all sides.
    pub fn azimuth(&self, sector: usize) -> Option<f64> {
        match self {
            Self::Omni => None,
            Self::Sectors(_, sectors) => sectors.get(sector).map(|sector| sector.azimuth),
        }
    }

    /// The sector that is heard best in a direction, and its attenuation there, dB. `azimuth` is in degrees from north to the east, `down` in degrees
    /// below the horizon. Of equals the first.
    pub fn toward(&self, azimuth: f64, down: f64) -> (usize, f64) {
        let Self::Sectors(pattern, sectors) = self else { return (0, 0.0) };
        let attenuations =
            sectors.iter().map(|s| pattern.attenuation(azimuth - s.azimuth, down - s.downtilt)).enumerate();
        attenuations.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, pattern.most))
    }

    /// Refuses what is no antenna.
    ///
    /// # Errors
    /// [`Fault`] names the first number that is outside of its range.
    pub fn check(&self) -> Result<(), Fault> {
        let Self::Sectors(pattern, sectors) = self else { return Ok(()) };
        let width =
            |what, said: f64| within(what, said, said > 0.0 && said <= 360.0, "more than 0 and at most 360");
        let most = |what, said: f64| within(what, said, (0.0..=100.0).contains(&said), "0 to 100");
        width("horizontal beamwidth (degrees)", pattern.beamwidth)?;
        most("attenuation to the back (dB)", pattern.most)?;
        if let Some([beamwidth, side]) = pattern.vertical {
            width("vertical beamwidth (degrees)", beamwidth)?;
            most("attenuation above and below (dB)", side)?;
        }
        let count = sectors.len() as f64;
        within("number of sectors", count, (1.0..=36.0).contains(&count), "1 to 36")?;
        for Sector { azimuth, downtilt } in sectors {
            within("azimuth (degrees)", *azimuth, (0.0..=360.0).contains(azimuth), "0 to 360")?;
            within("downtilt (degrees)", *downtilt, downtilt.abs() <= 90.0, "-90 to 90")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Worked by hand from the tables: half a beamwidth takes 3 dB, a whole one 12 dB.
    #[test]
    fn known_answers() {
        for (pattern, aside, above, answer) in [
            (Pattern::TR38901, 0.0, 0.0, 0.0),
            (Pattern::TR38901, 32.5, 0.0, 3.0),
            (Pattern::TR38901, 0.0, -32.5, 3.0),
            (Pattern::TR38901, 65.0, 32.5, 15.0),
            (Pattern::TR38901, 60.0, 10.0, 10.509),
            (Pattern::TR38901, 102.0, 0.0, 29.549),
            (Pattern::TR38901, 103.0, 0.0, 30.0),
            (Pattern::TR38901, 180.0, 90.0, 30.0),
            (Pattern::TR36814, 35.0, 5.0, 6.0),
            (Pattern::TR36814, 0.0, 10.0, 12.0),
            (Pattern::TR36814, 0.0, 40.0, 20.0),
            (Pattern::TR36814, 180.0, 40.0, 25.0),
            (Pattern::TR36942, 60.0, 70.0, 10.225),
            (Pattern::TR36942, 120.0, 0.0, 20.0),
        ] {
            let found = pattern.attenuation(aside, above);
            assert!((found - answer).abs() < 0.001, "{aside} {above}: {found} for {answer}");
            assert!((pattern.attenuation(aside - 360.0, -above) - found).abs() < 1e-9);
        }
    }

    #[test]
    fn the_sector_that_looks_there_is_heard_best() {
        let sectors = [30.0, 150.0, 270.0].map(|azimuth| Sector { azimuth, downtilt: 4.0 }).to_vec();
        let antenna = Antenna::Sectors(Pattern::TR36814, sectors);
        assert_eq!((antenna.sectors(), antenna.check()), (3, Ok(())));
        assert_eq!(antenna.toward(30.0, 4.0), (0, 0.0));
        assert_eq!(antenna.toward(149.0, 4.0).0, 1);
        // Half way between two: 60 degrees aside of both.
        let (sector, attenuation) = antenna.toward(330.0, 4.0);
        assert!(sector == 0 && (attenuation - 12.0 * (60.0f64 / 70.0).powi(2)).abs() < 1e-9);
        // 5 degrees above the beam's middle.
        assert!((antenna.toward(270.0, -1.0).1 - 3.0).abs() < 1e-9);
        assert_eq!(Antenna::Omni.toward(77.0, 80.0), (0, 0.0));
    }

    #[test]
    fn what_is_no_antenna_is_named() {
        let said = |pattern: Pattern, azimuth: f64| {
            let sectors = vec![Sector { azimuth, downtilt: 0.0 }];
            Antenna::Sectors(pattern, sectors).check().unwrap_err().to_string()
        };
        assert_eq!(said(Pattern::TR38901, 361.0), "azimuth (degrees) is 361; 0 to 360 is wanted");
        let flat = Pattern { beamwidth: 0.0, ..Pattern::TR38901 };
        assert!(said(flat, 0.0).starts_with("horizontal beamwidth (degrees) is 0;"));
        assert!(Antenna::Sectors(Pattern::TR38901, Vec::new()).check().is_err());
    }

    proptest! {
        /// Never more than where it looks, never less than the pattern's most, the same on both sides.
        #[test]
        fn a_pattern_is_within_its_limits(aside in -720.0..720.0f64, above in -90.0..90.0f64, width in 1.0..360.0f64) {
            let pattern = Pattern { beamwidth: width, most: 28.0, vertical: Some([width, 18.0]) };
            let found = pattern.attenuation(aside, above);
            prop_assert!((0.0..=28.0).contains(&found));
            prop_assert!((pattern.attenuation(-aside, -above) - found).abs() < 1e-6);
        }
    }
}
