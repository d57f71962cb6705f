//! How attenuation varies with time, places and situations. Algorithm section 5, TN101 section 10 and annex III.

use super::geometry::Geometry;
use super::{Climate, Link, Quantiles, Varies, Warnings, roughness};

/// Coefficients of a curve over effective distance: c1, c2, then x1, x2, x3 in km. TN101 equations III.69 and III.70.
type Coefficients = [f64; 5];

/// One climate's figures: Algorithm table 5.1.
struct Figures {
    median: Coefficients,
    below: Coefficients,
    above: Coefficients,
    /// Deviation in the far tail, relative to `above`, and where the tail begins.
    tail: (f64, f64),
    below_by_frequency: [f64; 3],
    above_by_frequency: [f64; 3],
}

const PLAIN: [f64; 3] = [1.0, 0.0, 0.0];

#[rustfmt::skip]
const FIGURES: [Figures; 7] = [
    Figures { median: [-9.67, 12.7, 144.9, 190.3, 133.8], below: [2.13, 159.5, 762.2, 123.6, 94.5],
        above: [2.11, 102.3, 636.9, 134.8, 95.6], tail: (1.224, 1.282),
        below_by_frequency: PLAIN, above_by_frequency: PLAIN },
    Figures { median: [-0.62, 9.19, 228.9, 205.2, 143.6], below: [2.66, 7.67, 100.4, 172.5, 136.4],
        above: [6.87, 15.53, 138.7, 143.7, 98.6], tail: (0.801, 2.161),
        below_by_frequency: PLAIN, above_by_frequency: [0.93, 0.31, 2.00] },
    Figures { median: [1.26, 15.5, 262.6, 185.2, 99.8], below: [6.11, 6.65, 138.2, 242.2, 178.6],
        above: [10.08, 9.60, 165.3, 225.7, 129.7], tail: (1.380, 1.282),
        below_by_frequency: PLAIN, above_by_frequency: PLAIN },
    Figures { median: [-9.21, 9.05, 84.1, 101.1, 98.6], below: [1.98, 13.11, 139.1, 132.7, 193.5],
        above: [3.68, 159.3, 464.4, 93.1, 94.2], tail: (1.000, 20.0),
        below_by_frequency: PLAIN, above_by_frequency: [0.93, 0.19, 1.79] },
    Figures { median: [-0.62, 9.19, 228.9, 205.2, 143.6], below: [2.68, 7.16, 93.7, 186.8, 133.5],
        above: [4.75, 8.12, 93.2, 135.9, 113.4], tail: (1.224, 1.282),
        below_by_frequency: [0.92, 0.25, 1.77], above_by_frequency: [0.93, 0.31, 2.00] },
    Figures { median: [-0.39, 2.86, 141.7, 315.9, 167.4], below: [6.86, 10.38, 187.8, 169.6, 108.9],
        above: [8.58, 13.97, 216.0, 152.0, 122.7], tail: (1.518, 1.282),
        below_by_frequency: PLAIN, above_by_frequency: PLAIN },
    Figures { median: [3.15, 857.9, 2222.0, 164.8, 116.3], below: [8.51, 169.8, 609.8, 119.9, 106.6],
        above: [8.43, 8.19, 136.2, 188.5, 122.9], tail: (1.518, 1.282),
        below_by_frequency: PLAIN, above_by_frequency: PLAIN },
];

impl Climate {
    fn figures(self) -> &'static Figures {
        &FIGURES[self as usize]
    }
}

/// A curve at an effective distance in metres.
fn curve([c1, c2, x1, x2, x3]: Coefficients, distance: f64) -> f64 {
    let km = distance / 1000.0;
    let rise = (km / x1).powi(2);
    (c1 + c2 / (1.0 + ((km - x2) / x3).powi(2))) * rise / (1.0 + rise)
}

/// A factor by frequency.
fn by_frequency([a, b, c]: [f64; 3], wave_number: f64) -> f64 {
    a + b / ((c * (0.133 * wave_number).ln()).powi(2) + 1.0)
}

/// The standard normal deviate that is exceeded with probability `q`. Abramowitz and Stegun 26.2.23: within 4.5e-4.
pub(crate) fn deviate(q: f64) -> f64 {
    let t = (-2.0 * q.min(1.0 - q).ln()).sqrt();
    let fraction = ((0.010_328 * t + 0.802_853) * t + 2.515_516)
        / (((0.001_308 * t + 0.189_269) * t + 1.432_788) * t + 1.0);
    let found = t - fraction;
    if q > 0.5 { -found } else { found }
}

/// Effective distance, m: that of antennas on a common horizon over an earth of 9,000 km. Algorithm equation 5.3.
fn effective_distance(path: &Geometry, wave_number: f64) -> f64 {
    let [h1, h2] = path.effective.map(|height| (2.0 * 9000e3 * height).sqrt());
    let smooth = h1 + h2 + (575.7e12 / wave_number).cbrt();
    if path.distance < smooth { 130e3 * path.distance / smooth } else { 130e3 + path.distance - smooth }
}

/// Attenuation beyond free space that is not exceeded for the quantiles, dB.
pub(super) fn attenuation(
    link: &Link,
    at: &Quantiles,
    path: &Geometry,
    reference: f64,
    warnings: &mut Warnings,
) -> f64 {
    let figures = link.climate.figures();
    let wave_number = link.frequency / 47.7;
    let distance = effective_distance(path, wave_number);
    let [mut z_time, mut z_place, z_situation] =
        [at.time, at.location, at.situation].map(|p| deviate(p / 100.0));
    match link.vary.mode {
        Varies::SingleMessage => (z_time, z_place) = (z_situation, z_situation),
        Varies::Accidental => z_place = z_situation,
        Varies::Mobile => z_place = z_time,
        Varies::Broadcast => {}
    }
    let extreme = [z_time, z_place, z_situation].into_iter().any(|z| z.abs() > 3.10);
    warnings.set(Warnings::EXTREME, extreme);
    // Algorithm equations 5.9 and 5.10.
    let spread = wave_number * roughness::over(path.distance, path.roughness);
    let place = if link.vary.places_fixed { 0.0 } else { 10.0 * spread / (spread + 13.0) };
    let situation = if link.vary.situations_fixed { 0.0 } else { 5.0 + 3.0 * (-distance / 100e3).exp() };
    let time = time_deviation(figures, distance, wave_number, z_time);
    let (y_time, y_place) = (time * z_time, place * z_place);
    let variance = situation.powi(2)
        + y_time.powi(2) / (7.8 + z_situation.powi(2))
        + y_place.powi(2) / (24.0 + z_situation.powi(2));
    // Algorithm equation 5.11, by mode.
    let (reliable, sure) = match link.vary.mode {
        Varies::SingleMessage => (0.0, time.powi(2) + place.powi(2) + variance),
        Varies::Accidental => (y_time, place.powi(2) + variance),
        Varies::Mobile => (time.hypot(place) * z_time, variance),
        Varies::Broadcast => (y_time + y_place, variance),
    };
    let median = curve(figures.median, distance);
    let found = reference - median - reliable - sure.sqrt() * z_situation;
    // Algorithm equation 52: what is far below free space is brought nearer to it.
    if found < 0.0 { found * (29.0 - found) / (29.0 - 10.0 * found) } else { found }
}

/// Deviation in time, dB, on the side and in the tail where `z` lies.
fn time_deviation(figures: &Figures, distance: f64, wave_number: f64, z: f64) -> f64 {
    if z < 0.0 {
        return curve(figures.below, distance) * by_frequency(figures.below_by_frequency, wave_number);
    }
    let above = curve(figures.above, distance) * by_frequency(figures.above_by_frequency, wave_number);
    let (far, from) = figures.tail;
    if z <= from { above } else { far * above + (above - far * above) * from / z }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_are_those_of_the_normal_distribution() {
        for (q, expected) in
            [(0.5, 0.0), (0.1, 1.281_552), (0.9, -1.281_552), (0.01, 2.326_348), (0.95, -1.644_854)]
        {
            assert!((deviate(q) - expected).abs() < 4.6e-4, "{q}");
        }
    }
}
