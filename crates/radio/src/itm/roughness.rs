//! Terrain irregularity: how far heights spread.

use super::Profile;

/// The spread over a path of `distance` metres of terrain whose asymptotic irregularity is `roughness`. ERL 79-ITS 67 equation 3.
pub(super) fn over(distance: f64, roughness: f64) -> f64 {
    roughness * (1.0 - 0.8 * (-distance / 50e3).exp())
}

/// The standard deviation that goes with a spread, m. ERL 79-ITS 67 equation 3.6a.
pub(super) fn deviation(spread: f64) -> f64 {
    0.78 * spread * (-0.5 * spread.sqrt().sqrt()).exp()
}

/// The most points that a profile is thinned out to.
const POINTS: usize = 245;

/// The asymptotic irregularity of a profile between two distances: the interdecile range of heights about the line fitted to
/// them, made longer by [`over`]. 0 where there are less than two steps.
pub(super) fn of(profile: Profile<'_>, from: f64, to: f64) -> f64 {
    let (start, end) = (from / profile.step(), to / profile.step());
    if end - start < 2.0 {
        return 0.0;
    }
    let decile = ((0.1 * (end - start + 8.0)) as usize).clamp(4, 25);
    let count = 10 * decile - 5;
    let mut heights = [0.0; POINTS];
    let heights = &mut heights[..count];
    let stride = (end - start) / (count - 1) as f64;
    thin_out(profile, start, stride, heights);
    let thinned = Profile::unchecked(heights, 1.0);
    let [here, there] = thinned.line(0.0, (count - 1) as f64);
    let slope = (there - here) / (count - 1) as f64;
    for (i, height) in heights.iter_mut().enumerate() {
        *height -= here + slope * i as f64;
    }
    let spread = highest(heights, decile - 1) - highest(heights, count - decile);
    spread / (1.0 - 0.8 * (-(to - from) / 50e3).exp())
}

/// Heights at `count` places, linear between points. A place on a point takes the line that ends in it.
fn thin_out(profile: Profile<'_>, start: f64, stride: f64, heights: &mut [f64]) {
    let (points, last) = (profile.heights(), profile.last());
    let mut before = start as usize;
    let mut past = start - before as f64 - 1.0;
    for height in heights {
        while past > 0.0 && before + 1 < last {
            past -= 1.0;
            before += 1;
        }
        let (a, b) = (points[before], points[before + 1]);
        *height = b + (b - a) * past;
        past += stride;
    }
}

/// The value that `rank` others are above.
fn highest(values: &mut [f64], rank: usize) -> f64 {
    *values.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_smooth_and_waves_are_not() {
        let slope: Vec<f64> = (0..=200).map(|i| i as f64).collect();
        let slope = Profile::new(&slope, 100.0).unwrap();
        assert!(of(slope, 0.0, 20_000.0) < 1e-9);
        // A sine of amplitude 1 is between its deciles for eight tenths of the way: 2 sin(0.4 pi) apart.
        let waves: Vec<f64> =
            (0..=1000).map(|i| 50.0 * (i as f64 * 0.1 * std::f64::consts::TAU).sin()).collect();
        let waves = Profile::new(&waves, 50.0).unwrap();
        let expected = 100.0 * (0.4 * std::f64::consts::PI).sin();
        let found = over(50e3, of(waves, 0.0, 50e3));
        assert!((found - expected).abs() < 5.0, "{found} {expected}");
    }

    #[test]
    fn deviation_of_average_terrain() {
        // ERL 79-ITS 67: 90 m over the whole path are about 15 m of deviation.
        assert!((deviation(90.0) - 15.03).abs() < 0.1, "{}", deviation(90.0));
    }
}
