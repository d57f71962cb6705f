//! The reference attenuation: the median beyond free space, by the kind of path. Algorithm section 4.

use super::geometry::Geometry;
use super::ground::Ground;
use super::input::within;
use super::{Fault, Warnings, diffraction, scatter, sight};
use num_complex::Complex64;

/// What kind of path it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Within the horizons of a smooth earth.
    Sight,
    /// Beyond them.
    Diffraction,
    /// So far beyond them that scatter is stronger.
    Scatter,
}

/// What all parts of the reference attenuation need.
pub(super) struct Terms<'a> {
    pub path: &'a Geometry,
    /// MHz.
    pub frequency: f64,
    /// 1/m.
    pub wave_number: f64,
    /// Of the ground.
    pub transfer: Complex64,
    /// Its magnitude.
    pub impedance: f64,
    /// N-units.
    pub refractivity: f64,
    /// Of the effective earth, m.
    pub radius: f64,
    /// Both horizons over a smooth earth, m.
    pub smooth_sight: f64,
    /// Both horizons, m.
    pub sight: f64,
    /// By how much both horizons lie below the horizontal, rad.
    pub angle: f64,
}

/// Median attenuation beyond free space, dB, and the kind of path.
pub(super) fn attenuation(
    frequency: f64,
    ground: &Ground,
    path: &Geometry,
    warnings: &mut Warnings,
) -> Result<(f64, Kind), Fault> {
    let smooth = path.smooth_horizons(ground.curvature);
    warn(path, smooth, ground.refractivity, warnings);
    check(ground)?;
    let radius = ground.radius();
    let sight = path.horizons[0] + path.horizons[1];
    let terms = Terms {
        path,
        frequency,
        wave_number: frequency / 47.7,
        transfer: ground.impedance,
        impedance: ground.impedance.norm(),
        refractivity: ground.refractivity,
        radius,
        smooth_sight: smooth[0] + smooth[1],
        sight,
        angle: -(path.angles[0] + path.angles[1]).max(-sight / radius),
    };
    // Beyond the horizons attenuation goes by a straight line through two distances.
    let scale = (radius * radius / frequency).cbrt();
    let d3 = terms.smooth_sight.max(sight + 5.0 * scale);
    let d4 = d3 + 10.0 * scale;
    let (a3, a4) = (diffraction::attenuation(&terms, d3), diffraction::attenuation(&terms, d4));
    let slope = (a4 - a3) / (d4 - d3);
    let line = Line { slope, start: a3 - slope * d3 };
    let (found, kind) = if path.distance < terms.smooth_sight {
        (in_sight(&terms, &line), Kind::Sight)
    } else {
        beyond(&terms, &line, scale)
    };
    Ok((found.max(0.0), kind))
}

/// Attenuation that grows with distance: `start + slope d`.
struct Line {
    slope: f64,
    start: f64,
}

impl Line {
    fn at(&self, distance: f64) -> f64 {
        self.start + self.slope * distance
    }
}

fn warn(path: &Geometry, smooth: [f64; 2], refractivity: f64, warnings: &mut Warnings) {
    for (i, smooth) in smooth.into_iter().enumerate() {
        warnings.set(Warnings::ANGLE[i], path.angles[i].abs() > 0.2);
        warnings.set(Warnings::NEAR_HORIZON[i], path.horizons[i] < 0.1 * smooth);
        warnings.set(Warnings::FAR_HORIZON[i], path.horizons[i] > 3.0 * smooth);
    }
    let steep = (path.effective[0] - path.effective[1]).abs() / 0.2;
    warnings.set(Warnings::THIN_AIR, refractivity < 250.0);
    warnings.set(Warnings::STEEP, path.distance < steep);
    warnings.set(Warnings::SHORT, path.distance < 1e3);
    warnings.set(Warnings::LONG, path.distance > 1000e3);
    warnings.set(Warnings::VERY_LONG, path.distance > 2000e3);
}

fn check(ground: &Ground) -> Result<(), Fault> {
    let (refractivity, radius) = (ground.refractivity, ground.radius());
    within(
        "refractivity at the height of the path (N-units)",
        refractivity,
        (150.0..=400.0).contains(&refractivity),
        "150 to 400",
    )?;
    within(
        "radius of the effective earth (m)",
        radius,
        (4_000_000.0..=13_333_333.0).contains(&radius),
        "4000000 to 13333333",
    )?;
    if ground.impedance.re <= ground.impedance.im.abs() { Err(Fault::Impedance) } else { Ok(()) }
}

/// Within sight: `A = a + k1 d + k2 ln d` through up to three distances. ERL 79-ITS 67 equations 3.16 to 3.21.
fn in_sight(terms: &Terms<'_>, line: &Line) -> f64 {
    let far = terms.smooth_sight;
    let at_far = line.at(far);
    let [h1, h2] = terms.path.effective;
    let loss = |distance: f64| sight::attenuation(terms, distance, line.slope, line.start);
    let near = 0.04 * terms.frequency * h1 * h2;
    let (near, middle) = if line.start >= 0.0 {
        let near = near.min(0.5 * terms.sight);
        (near, near + 0.25 * (terms.sight - near))
    } else {
        (near, (-line.start / line.slope).max(0.25 * terms.sight))
    };
    let at_middle = loss(middle);
    let bent =
        if near < middle { bend(line, (near, loss(near)), (middle, at_middle), (far, at_far)) } else { None };
    let (k1, k2) = bent.unwrap_or_else(|| {
        let k1 = (at_far - at_middle).max(0.0) / (far - middle);
        (if k1 == 0.0 { line.slope } else { k1 }, 0.0)
    });
    let distance = terms.path.distance;
    at_far - k1 * (far - distance) - k2 * (far / distance).ln()
}

/// k1 and k2 of the curve through three points, neither of them negative; nothing where two points are enough.
fn bend(line: &Line, near: (f64, f64), middle: (f64, f64), far: (f64, f64)) -> Option<(f64, f64)> {
    let q = (far.0 / near.0).ln();
    let (long, short) = (far.0 - near.0, middle.0 - near.0);
    let k2 = (long * (middle.1 - near.1) - short * (far.1 - near.1))
        / (long * (middle.0 / near.0).ln() - short * q);
    let k2 = k2.max(0.0);
    if !(line.start > 0.0 || k2 > 0.0) {
        return None;
    }
    let k1 = (far.1 - near.1 - k2 * q) / long;
    if k1 >= 0.0 {
        return Some((k1, k2));
    }
    let k2 = (far.1 - near.1).max(0.0) / q;
    Some((if k2 == 0.0 { line.slope } else { 0.0 }, k2))
}

/// Beyond the horizons: diffraction, or scatter where that is less.
fn beyond(terms: &Terms<'_>, line: &Line, scale: f64) -> (f64, Kind) {
    let distance = terms.path.distance;
    let (d5, d6) = (terms.sight + 200e3, terms.sight + 400e3);
    let (a6, gain) = scatter::attenuation(terms, d6, None);
    let (a5, _) = scatter::attenuation(terms, d5, gain);
    if a5 < 1000.0 {
        let slope = (a6 - a5) / 200e3;
        let cross = (a5 - line.start - slope * d5) / (line.slope - slope);
        let from = terms.smooth_sight.max(terms.sight + 1.088 * scale * terms.frequency.ln()).max(cross);
        if distance > from {
            return (line.at(from) + slope * (distance - from), Kind::Scatter);
        }
    } else if distance > 10e6 {
        return (line.at(distance), Kind::Scatter);
    }
    (line.at(distance), Kind::Diffraction)
}
