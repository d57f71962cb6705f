//! Ground and air: Algorithm section 4, TN101 section 4.

use super::{Link, Polarization};
use num_complex::Complex64;

/// Curvature of the earth without air, 1/m.
const EARTH: f64 = 157e-9;

/// What the ground and the air above it do to waves.
pub(super) struct Ground {
    /// Transfer impedance of the ground, relative to that of free space.
    pub impedance: Complex64,
    /// Curvature of the earth for a ray that is bent by the air, 1/m. Its inverse is the effective earth's radius.
    pub curvature: f64,
    /// Refractivity at the path's height, N-units.
    pub refractivity: f64,
}

impl Ground {
    /// `height` is the mean height of the path above the sea, m.
    pub fn at(link: &Link, height: f64) -> Self {
        // TN101 equation 4.3.
        let refractivity = link.refractivity * (-height / 9460.0).exp();
        // TN101 equation 4.4, for curvatures.
        let curvature = EARTH * (1.0 - 0.04665 * (refractivity / 179.3).exp());
        // The complex relative permittivity; 18000 = 1 / (2 pi e0) for S/m and MHz.
        let permittivity = Complex64::new(link.permittivity, 18_000.0 * link.conductivity / link.frequency);
        let horizontal = (permittivity - 1.0).sqrt();
        let impedance = match link.polarization {
            Polarization::Horizontal => horizontal,
            Polarization::Vertical => horizontal / permittivity,
        };
        Self { impedance, curvature, refractivity }
    }

    /// The effective earth's radius, m.
    pub fn radius(&self) -> f64 {
        1.0 / self.curvature
    }
}
