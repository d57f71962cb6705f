//! Loss beyond the horizons: a weighted mean of two knife edges and a smooth earth. Algorithm section 4, TN101 sections 7 and 8.

use super::reference::Terms;
use super::roughness;

/// Diffraction attenuation at a distance, dB.
pub(super) fn attenuation(terms: &Terms<'_>, distance: f64) -> f64 {
    let path = terms.path;
    let beyond = Beyond::at(terms, distance);
    let edges = knife_edges(terms, &beyond);
    let smooth = smooth_earth(terms, &beyond);
    // Clutter: ERL 79-ITS 67 equation 3.38c, with the roughness over the smooth earth's horizons.
    let [h1, h2] = path.heights;
    let deviation = roughness::deviation(roughness::over(terms.smooth_sight, path.roughness));
    let clutter = (5.0 * (1.0 + 1e-5 * h1 * h2 * terms.frequency * deviation).log10()).min(15.0);
    let weight = weight(terms, distance);
    weight * smooth + (1.0 - weight) * edges + clutter
}

/// How much the smooth earth counts. ERL 79-ITS 67 equation 3.23; on a known path low antennas have C = 10.
fn weight(terms: &Terms<'_>, distance: f64) -> f64 {
    let path = terms.path;
    let product = path.heights[0] * path.heights[1];
    let raised = path.effective[0] * path.effective[1] - product;
    let low = if path.known { 10.0 } else { 0.0 };
    let heights = (1.0 + raised / (product + low)).sqrt();
    let angle = (terms.sight - terms.angle * terms.radius) / distance;
    let rough = (roughness::over(distance, path.roughness) * terms.wave_number).min(6283.2);
    25.1 / (25.1 + ((heights + angle) * rough).sqrt())
}

/// The part of a path that lies beyond both horizons.
struct Beyond {
    /// rad; Algorithm equation 4.12.
    angle: f64,
    /// m.
    distance: f64,
}

impl Beyond {
    fn at(terms: &Terms<'_>, distance: f64) -> Self {
        Self { angle: distance / terms.radius - terms.angle, distance: distance - terms.sight }
    }
}

/// Two knife edges, one at each horizon. TN101 equations I.1 and I.7.
fn knife_edges(terms: &Terms<'_>, beyond: &Beyond) -> f64 {
    let edge = |horizon: f64| {
        let v2 = 0.079_577_5 * terms.wave_number * beyond.angle.powi(2) * horizon * beyond.distance
            / (beyond.distance + horizon);
        fresnel(v2)
    };
    edge(terms.path.horizons[0]) + edge(terms.path.horizons[1])
}

/// Attenuation of a single knife edge by the square of its parameter v, dB. TN101 equations III.24b and III.24c.
fn fresnel(v2: f64) -> f64 {
    if v2 < 5.76 { 6.02 + 9.11 * v2.sqrt() - 1.27 * v2 } else { 12.953 + 10.0 * v2.log10() }
}

/// Radius of the earth that Vogler's parameters are relative to, m.
const EARTH: f64 = 6370e3;

/// Vogler's three radii: one of the earth between the horizons, one below each antenna.
/// Algorithm equation 4.20; L. E. Vogler, 1964, equations 2, 6a, 7a and 13.
fn smooth_earth(terms: &Terms<'_>, beyond: &Beyond) -> f64 {
    let path = terms.path;
    let root = terms.frequency.cbrt();
    let arc = |radius: f64, length: f64| {
        let c = (4.0 / 3.0 * EARTH / radius).cbrt();
        let k = 0.017_778 * c / root / terms.impedance;
        let x = (1.607 - k) * c * c * root * length / 1000.0;
        (x, k)
    };
    let between = beyond.distance / beyond.angle;
    let below = |i: usize| {
        let horizon = path.horizons[i];
        arc(0.5 * horizon * horizon / path.effective[i], horizon)
    };
    let ((x1, k1), (x2, k2)) = (below(0), below(1));
    let x = arc(between, between * beyond.angle).0 + x1 + x2;
    0.057_51 * x - 10.0 * x.log10() - height_gain(x1, k1) - height_gain(x2, k2) - 20.0
}

/// Height gain over a smooth earth, dB. Algorithm section 6, after TN101 figure 8.2.
fn height_gain(x: f64, k: f64) -> f64 {
    let high = 17.372 * x.max(f64::MIN_POSITIVE).ln() - 117.0;
    if x < 200.0 {
        let w = -k.ln();
        if k < 1e-5 || x * w.powi(3) > 5495.0 {
            if x > 1.0 { high } else { -117.0 }
        } else {
            2.5e-5 * x * x / k - 8.686 * w - 15.0
        }
    } else {
        let far = 0.057_51 * x - 4.343 * x.ln();
        if x < 2000.0 {
            let w = 0.0134 * x * (-0.005 * x).exp();
            (1.0 - w) * far + w * high
        } else {
            far
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grazed_edge_takes_six_decibels() {
        assert!((fresnel(0.0) - 6.02).abs() < 1e-12);
        // Both branches meet; far out it is 20 lg v + 12.95 as for any knife edge (ITU-R P.526).
        assert!((fresnel(5.76 - 1e-9) - fresnel(5.76)).abs() < 0.02);
        assert!((fresnel(100.0) - 32.953).abs() < 1e-9);
    }
}
