//! The irregular terrain model of Longley and Rice: the loss that is not exceeded for shares of time, places and situations.
//!
//! Source: G. A. Hufford, *The ITS Irregular Terrain Model, version 1.2.2: the algorithm* ("Algorithm" below); Hufford, Longley
//! and Kissick, NTIA report 82-100; A. G. Longley and P. L. Rice, ESSA technical report ERL 79-ITS 67; NBS technical note
//! 101 ("TN101"). One file a part of the algorithm; lengths in metres, frequencies in MHz, losses in dB.
//!
//! ```text
//! point to point: profile -> ground, horizons -> geometry \
//!                                                          reference attenuation -> variability -> loss
//! area:           distance, roughness, siting -> geometry /
//! ```
//!
//! Nominal range: 20 MHz to 20 GHz, antennas 0.5 to 3,000 m above ground, 1 to 2,000 km. The model is not quite reciprocal, and it
//! jumps where it passes from one kind of path to another.

mod diffraction;
mod geometry;
mod ground;
mod input;
mod profile;
mod reference;
mod roughness;
mod scatter;
mod sight;
#[cfg(test)]
mod tests;
pub(crate) mod variability;
mod warnings;

pub use input::{Area, Climate, Fault, Link, Polarization, Quantiles, Siting, Varies, Vary};
pub(crate) use input::{check, within};
pub use profile::Profile;
pub use reference::Kind;
pub use warnings::Warnings;

use geometry::Geometry;
use ground::Ground;

/// A loss and how it came about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Basic transmission loss, dB: what is not exceeded for the quantiles that were asked for.
    pub loss: f64,
    /// The part of it that free space takes, dB.
    pub free_space: f64,
    /// The median attenuation beyond free space before variability, dB.
    pub reference: f64,
    /// What kind of path it is.
    pub kind: Kind,
    /// Whether the antennas see each other over the profile; by area, whether the distance is within both horizons.
    pub clear: bool,
    /// Terrain irregularity: the interdecile range of heights, m.
    pub roughness: f64,
    /// Effective heights of both antennas, m.
    pub effective_heights: [f64; 2],
    /// Distances of both horizons, m.
    pub horizons: [f64; 2],
    /// What to take with care.
    pub warnings: Warnings,
}

/// The loss along a terrain profile from the first antenna to the second.
///
/// # Errors
/// [`Fault`] names the first parameter that is outside of its range.
pub fn point_to_point(link: &Link, profile: Profile<'_>, at: &Quantiles) -> Result<Loss, Fault> {
    let mut warnings = input::check(link, at)?;
    let ground = Ground::at(link, profile.mean_height());
    let geometry = Geometry::of_profile(link.heights, profile, ground.curvature);
    finish(link, at, &ground, &geometry, &mut warnings)
}

/// The loss over terrain of which only the roughness is known.
///
/// # Errors
/// [`Fault`] names the first parameter that is outside of its range.
pub fn area(link: &Link, area: &Area, at: &Quantiles) -> Result<Loss, Fault> {
    let mut warnings = input::check(link, at)?;
    input::check_area(area)?;
    let ground = Ground::at(link, 0.0);
    let geometry = Geometry::of_area(link.heights, area, ground.curvature);
    finish(link, at, &ground, &geometry, &mut warnings)
}

fn finish(
    link: &Link,
    at: &Quantiles,
    ground: &Ground,
    geometry: &Geometry,
    warnings: &mut Warnings,
) -> Result<Loss, Fault> {
    let (reference, kind) = reference::attenuation(link.frequency, ground, geometry, warnings)?;
    let free_space = crate::free_space::loss(geometry.distance, link.frequency);
    let beyond = variability::attenuation(link, at, geometry, reference, warnings);
    Ok(Loss {
        loss: free_space + beyond,
        free_space,
        reference,
        kind,
        clear: geometry.clear,
        roughness: geometry.roughness,
        effective_heights: geometry.effective,
        horizons: geometry.horizons,
        warnings: *warnings,
    })
}
