//! Loss by scatter in the troposphere, far beyond the horizons. Algorithm sections 4 and 6, TN101 section 9.

use super::reference::Terms;
use std::f64::consts::SQRT_2;

/// Attenuation where scatter is not defined: more than any other.
pub(super) const UNDEFINED: f64 = 1001.0;

/// Attenuation at a distance, and its frequency gain H0 (dB), which the next nearer distance may have to take.
pub(super) fn attenuation(terms: &Terms<'_>, distance: f64, farther: Option<f64>) -> (f64, Option<f64>) {
    let gain = match farther {
        Some(gain) if gain > 15.0 => gain,
        _ => match frequency_gain(terms, distance, farther) {
            Some(gain) => gain,
            None => return (UNDEFINED, farther),
        },
    };
    let angle = distance / terms.radius - terms.angle;
    let product = angle * distance;
    // Algorithm equation 4.63.
    let attenuation = basic(product) + 10.0 * (terms.frequency * angle.powi(4)).log10()
        - 0.1 * (terms.refractivity - 301.0) * (-product / 40e3).exp()
        + gain;
    (attenuation, Some(gain))
}

/// Attenuation by angle times distance, dB. Algorithm section 6, function F.
fn basic(product: f64) -> f64 {
    let (a, b, c) = if product <= 10e3 {
        (133.4, 0.332e-3, -10.0)
    } else if product <= 70e3 {
        (104.6, 0.212e-3, -2.5)
    } else {
        (71.8, 0.157e-3, 5.0)
    };
    a + b * product + c * product.log10()
}

/// The frequency gain H0, dB, or nothing where both antennas are too low for it. TN101 equations 9.4 and 9.5.
fn frequency_gain(terms: &Terms<'_>, distance: f64, farther: Option<f64>) -> Option<f64> {
    let path = terms.path;
    let [h1, h2] = path.effective;
    let difference = path.horizons[0] - path.horizons[1];
    let ratio = if difference < 0.0 { h1 / h2 } else { h2 / h1 };
    let difference = difference.abs();
    let angle = path.angles[0] + path.angles[1] + distance / terms.radius;
    let r1 = 2.0 * terms.wave_number * angle * h1;
    let r2 = 2.0 * terms.wave_number * angle * h2;
    if r1 < 0.2 && r2 < 0.2 {
        return None;
    }
    let symmetry = (distance - difference) / (distance + difference);
    let q = (ratio / symmetry).clamp(0.1, 10.0);
    let symmetry = symmetry.max(0.1);
    // Height of the cross-over and the efficiency of scatter there: Algorithm equations 4.66 and 4.67.
    let cross_over = (distance - difference) * (distance + difference) * angle * 0.25 / distance;
    let n = terms.refractivity;
    let efficiency = cross_over / 1.7556e3
        * (1.0 + (0.031 - n * 2.32e-3 + n * n * 5.67e-6) * (-(cross_over / 8.0e3).min(1.7).powi(6)).exp());
    let both = (curve(r1, efficiency) + curve(r2, efficiency)) / 2.0;
    let correction = both.min(6.0 * (0.6 - efficiency.max(1.0).log10()) * symmetry.log10() * q.log10());
    let mut gain = (both + correction).max(0.0);
    if efficiency < 1.0 {
        let near = ((1.0 + SQRT_2 / r1) * (1.0 + SQRT_2 / r2)).powi(2) * (r1 + r2) / (r1 + r2 + 2.0 * SQRT_2);
        gain = efficiency * gain + (1.0 - efficiency) * 10.0 * near.log10();
    }
    // "If, at d5, calculations show that H0 will exceed 15 dB", it keeps the value that it has at d6.
    Some(match farther {
        Some(farther) if gain > 15.0 => farther,
        _ => gain,
    })
}

/// Curves of H0 by r for whole efficiencies from 1 to 5, and straight lines between them. Algorithm equation 6.13.
fn curve(r: f64, efficiency: f64) -> f64 {
    const A: [f64; 5] = [25.0, 80.0, 177.0, 395.0, 705.0];
    const B: [f64; 5] = [24.0, 45.0, 68.0, 80.0, 105.0];
    let at = |i: usize| 10.0 * (1.0 + A[i] / r.powi(4) + B[i] / (r * r)).log10();
    let efficiency = efficiency.clamp(1.0, 5.0);
    let (whole, part) = (efficiency as usize, efficiency.fract());
    if part == 0.0 { at(whole - 1) } else { (1.0 - part) * at(whole - 1) + part * at(whole) }
}
