//! What the model is asked, and the range of each parameter.

use super::Warnings;

/// How the wave's electric field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarization {
    /// Along the ground.
    Horizontal,
    /// Upright.
    Vertical,
}

/// Radio climates of Algorithm, table 5.1, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Climate {
    /// Congo.
    Equatorial,
    /// Sudan.
    ContinentalSubtropical,
    /// West coast of Africa.
    MaritimeSubtropical,
    /// Sahara.
    Desert,
    /// Most of the United States.
    ContinentalTemperate,
    /// United Kingdom and west coasts of continents.
    MaritimeTemperateOverLand,
    /// The same, over sea.
    MaritimeTemperateOverSea,
}

impl Climate {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Equatorial,
        Self::ContinentalSubtropical,
        Self::MaritimeSubtropical,
        Self::Desert,
        Self::ContinentalTemperate,
        Self::MaritimeTemperateOverLand,
        Self::MaritimeTemperateOverSea,
    ];
}

/// Which kinds of variability are told apart (mode of variability, Algorithm section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Varies {
    /// Time, places and situations together: one message is tried once.
    SingleMessage,
    /// Time apart; places and situations together.
    Accidental,
    /// Time and places together; situations apart.
    Mobile,
    /// All three apart: what a service to many homes has.
    Broadcast,
}

/// The mode of variability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vary {
    /// Which kinds are told apart.
    pub mode: Varies,
    /// Whether places do not vary: both antennas stand where the profile says.
    pub places_fixed: bool,
    /// Whether situations do not vary.
    pub situations_fixed: bool,
}

/// Antennas, wave, ground and air.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Heights of both antennas above ground, m: 0.5 to 3,000.
    pub heights: [f64; 2],
    /// MHz: 20 to 20,000.
    pub frequency: f64,
    /// How the wave stands.
    pub polarization: Polarization,
    /// The radio climate.
    pub climate: Climate,
    /// Refractivity of the air at sea level, N-units: 250 to 400.
    pub refractivity: f64,
    /// Relative permittivity of the ground: 1 or more. Average ground has 15.
    pub permittivity: f64,
    /// Conductivity of the ground, S/m: above 0. Average ground has 0.005.
    pub conductivity: f64,
    /// The mode of variability.
    pub vary: Vary,
}

/// The shares, in percent, for which the loss is not exceeded: each above 0 and below 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// Of time.
    pub time: f64,
    /// Of places.
    pub location: f64,
    /// Of situations: how sure one is.
    pub situation: f64,
}

/// How an antenna's place was chosen, in area mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Siting {
    /// Anywhere.
    Random,
    /// With care.
    Careful,
    /// With great care: at the best place around.
    VeryCareful,
}

/// A path of which only this is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// How both places were chosen.
    pub siting: [Siting; 2],
    /// m, above 0.
    pub distance: f64,
    /// Terrain irregularity, m: 0 for a plain, 90 for average terrain, 200 for mountains.
    pub roughness: f64,
}

/// A parameter that the model has no answer for.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A parameter is outside of its range.
    #[error("{what} is {said}; {wanted} is wanted")]
    Range {
        /// Which parameter.
        what: &'static str,
        /// What it is.
        said: f64,
        /// What it may be.
        wanted: &'static str,
    },
    /// A profile needs points between its ends.
    #[error("the terrain profile has {0} points; 3 or more are wanted")]
    Short(usize),
    /// The ground's permittivity and conductivity do not fit each other.
    #[error(
        "the ground's impedance has a larger imaginary than real part; less conductivity or more permittivity is wanted"
    )]
    Impedance,
}

/// Refuses a value outside of its range; NaN is outside of every range.
pub(crate) fn within(what: &'static str, said: f64, fits: bool, wanted: &'static str) -> Result<(), Fault> {
    if fits { Ok(()) } else { Err(Fault::Range { what, said, wanted }) }
}

/// Checks all parameters that both modes share and says which are near their limits.
pub(crate) fn check(link: &Link, at: &Quantiles) -> Result<Warnings, Fault> {
    let mut warnings = Warnings::default();
    let names = ["height of the first antenna (m)", "height of the second antenna (m)"];
    for (i, height) in link.heights.into_iter().enumerate() {
        within(names[i], height, (0.5..=3000.0).contains(&height), "0.5 to 3000")?;
        warnings.set(Warnings::HEIGHT[i], !(1.0..=1000.0).contains(&height));
    }
    let Link { frequency, refractivity, permittivity, conductivity, .. } = *link;
    within("refractivity (N-units)", refractivity, (250.0..=400.0).contains(&refractivity), "250 to 400")?;
    within("frequency (MHz)", frequency, (20.0..=20_000.0).contains(&frequency), "20 to 20000")?;
    warnings.set(Warnings::FREQUENCY, !(40.0..=10_000.0).contains(&frequency));
    within(
        "relative permittivity of the ground",
        permittivity,
        (1.0..f64::INFINITY).contains(&permittivity),
        "1 or more",
    )?;
    within(
        "conductivity of the ground (S/m)",
        conductivity,
        conductivity > 0.0 && conductivity.is_finite(),
        "more than 0",
    )?;
    for (what, share) in [
        ("share of situations (%)", at.situation),
        ("share of time (%)", at.time),
        ("share of places (%)", at.location),
    ] {
        within(what, share, share > 0.0 && share < 100.0, "more than 0 and less than 100")?;
    }
    Ok(warnings)
}

/// Checks what area mode alone is asked.
pub(super) fn check_area(area: &Area) -> Result<(), Fault> {
    let Area { distance, roughness, .. } = *area;
    within("distance (m)", distance, distance > 0.0 && distance.is_finite(), "more than 0")?;
    within("terrain irregularity (m)", roughness, (0.0..f64::INFINITY).contains(&roughness), "0 or more")
}
