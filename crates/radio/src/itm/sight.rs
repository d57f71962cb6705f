//! Loss within line of sight: two rays, and what diffraction would say. Algorithm section 4.

use super::reference::Terms;
use super::roughness;
use num_complex::Complex64;
use std::f64::consts::{FRAC_PI_2, PI};

/// Attenuation at a distance from both antennas' heights, dB. `slope` and `start` are the line of diffraction attenuation.
pub(super) fn attenuation(terms: &Terms<'_>, distance: f64, slope: f64, start: f64) -> f64 {
    let path = terms.path;
    let deviation = roughness::deviation(roughness::over(distance, path.roughness));
    let [h1, h2] = path.effective;
    let grazing = (h1 + h2) / distance.hypot(h1 + h2);
    // The reflected ray, weakened by rough ground: Algorithm equations 4.46 to 4.48.
    let weakened = (-(terms.wave_number * deviation * grazing).min(10.0)).exp();
    let mut reflected = (grazing - terms.transfer) / (grazing + terms.transfer) * weakened;
    let power = reflected.norm_sqr();
    if power < 0.25 || power < grazing {
        reflected *= (grazing / power).sqrt();
    }
    // How far its phase lags behind: Algorithm equation 4.49.
    let lag = 2.0 * terms.wave_number * h1 * h2 / distance;
    let lag = if lag > FRAC_PI_2 { PI - FRAC_PI_2.powi(2) / lag } else { lag };
    // Algorithm equation 4.50.
    let two_rays = -10.0 * (Complex64::from_polar(1.0, -lag) + reflected).norm_sqr().log10();
    let diffracted = slope * distance + start;
    let weight = 1.0 / (1.0 + terms.frequency * path.roughness / terms.smooth_sight.max(10e3));
    weight * two_rays + (1.0 - weight) * diffracted
}
