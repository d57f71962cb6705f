//! Loss between isotropic antennas with nothing in between.
//!
//! Recommendation ITU-R P.525: `L = 20 lg(4 pi d / lambda)`, which is `32.45 + 20 lg f + 20 lg d` with f in MHz and d in km.

/// Free-space basic transmission loss, dB, over `distance` metres at `frequency` MHz. Both are above 0.
pub fn loss(distance: f64, frequency: f64) -> f64 {
    32.45 + 20.0 * frequency.log10() + 20.0 * (distance / 1000.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_wavelength_says() {
        for (distance, frequency) in [(100.0, 700.0), (3_635.2, 3_500.0), (80_000.0, 150.0)] {
            let wavelength = 299.792_458 / frequency;
            let exact = 20.0 * (4.0 * std::f64::consts::PI * distance / wavelength).log10();
            assert!((loss(distance, frequency) - exact).abs() < 0.01);
        }
        // A case published with NTIA's reference implementation of the irregular terrain model.
        assert!((loss(3_635.2, 3_500.0) - 114.5).abs() < 0.05);
    }
}
