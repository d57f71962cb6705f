//! Technology codes of the Broadband Data Collection and of Form 477.
//! Source: FCC, "BDC Data Specifications for Fixed Availability", table of technology codes; FCC Form 477 instructions.

/// How a fixed service reaches the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Medium {
    /// Copper, coaxial cable or fiber.
    Wired,
    /// Fixed wireless.
    FixedWireless,
    /// Satellite.
    Satellite,
    /// Power line and what has no code of its own.
    Other,
}

/// A technology code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Technology(u8);

impl Technology {
    /// Reads a code. `None` when neither collection has it.
    pub fn parse(text: &str) -> Option<Self> {
        let code: u8 = text.parse().ok()?;
        medium(code).map(|_| Self(code))
    }

    /// The code.
    pub fn code(self) -> u8 {
        self.0
    }

    /// How it reaches the home.
    pub fn medium(self) -> Medium {
        medium(self.0).unwrap_or(Medium::Other)
    }
}

fn medium(code: u8) -> Option<Medium> {
    match code {
        // 10 copper, 40 coaxial, 50 fiber; Form 477 had kinds of DSL (10-12, 20), other copper (30) and
        // kinds of cable modem (40-43).
        10..=12 | 20 | 30 | 40..=43 | 50 => Some(Medium::Wired),
        // 60 satellite on Form 477, geostationary in the BDC; 61 not geostationary.
        60 | 61 => Some(Medium::Satellite),
        // 70 unlicensed, 71 licensed, 72 licensed by rule; Form 477 had 70 alone.
        70..=72 => Some(Medium::FixedWireless),
        0 | 90 => Some(Medium::Other),
        _ => None,
    }
}
