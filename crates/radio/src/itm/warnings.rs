//! What to take with care in an answer.

/// A set of warnings. The bits are those that are published with NTIA's reference implementation, so that answers compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warnings(u16);

impl Warnings {
    /// An antenna's height is near its limits: below 1 m or above 1,000 m.
    pub const HEIGHT: [Self; 2] = [Self(0x0001), Self(0x0002)];
    /// The frequency is below 40 MHz or above 10 GHz.
    pub const FREQUENCY: Self = Self(0x0004);
    /// The path is longer than 1,000 km.
    pub const LONG: Self = Self(0x0008);
    /// The path is longer than 2,000 km.
    pub const VERY_LONG: Self = Self(0x0010);
    /// The path is steeper than small angles allow.
    pub const STEEP: Self = Self(0x0020);
    /// The path is shorter than 1 km.
    pub const SHORT: Self = Self(0x0040);
    /// A horizon is more than 200 mrad up or down.
    pub const ANGLE: [Self; 2] = [Self(0x0080), Self(0x0100)];
    /// A horizon is nearer than a tenth of the smooth earth's.
    pub const NEAR_HORIZON: [Self; 2] = [Self(0x0200), Self(0x0400)];
    /// A horizon is farther than three times the smooth earth's.
    pub const FAR_HORIZON: [Self; 2] = [Self(0x0800), Self(0x1000)];
    /// A quantile is far out in the tail of its distribution.
    pub const EXTREME: Self = Self(0x2000);
    /// The air at the path's height is thin: below 250 N-units.
    pub const THIN_AIR: Self = Self(0x4000);

    const SAID: [(Self, &'static str); 15] = [
        (Self::HEIGHT[0], "the first antenna is lower than 1 m or higher than 1000 m"),
        (Self::HEIGHT[1], "the second antenna is lower than 1 m or higher than 1000 m"),
        (Self::FREQUENCY, "the frequency is below 40 MHz or above 10 GHz"),
        (Self::LONG, "the path is longer than 1000 km"),
        (Self::VERY_LONG, "the path is longer than 2000 km"),
        (Self::STEEP, "the path is too short for the difference in heights"),
        (Self::SHORT, "the path is shorter than 1 km"),
        (Self::ANGLE[0], "the horizon of the first antenna is steeper than 200 mrad"),
        (Self::ANGLE[1], "the horizon of the second antenna is steeper than 200 mrad"),
        (Self::NEAR_HORIZON[0], "the horizon of the first antenna is very near"),
        (Self::NEAR_HORIZON[1], "the horizon of the second antenna is very near"),
        (Self::FAR_HORIZON[0], "the horizon of the first antenna is very far"),
        (Self::FAR_HORIZON[1], "the horizon of the second antenna is very far"),
        (Self::EXTREME, "a share is far out in the tail of its distribution"),
        (Self::THIN_AIR, "the refractivity at the height of the path is below 250 N-units"),
    ];

    /// The published bits.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Whether all of these are in the set.
    pub fn has(self, which: Self) -> bool {
        self.0 & which.0 == which.0
    }

    /// Whether nothing is to be taken with care.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// A sentence for each.
    pub fn sentences(self) -> impl Iterator<Item = &'static str> {
        Self::SAID.into_iter().filter(move |(which, _)| self.has(*which)).map(|(_, said)| said)
    }

    pub(super) fn set(&mut self, which: Self, holds: bool) {
        if holds {
            self.0 |= which.0;
        }
    }
}
