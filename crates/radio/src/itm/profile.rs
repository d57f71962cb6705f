//! Heights of the terrain along a path.

use super::Fault;
use super::input::within;

/// Terrain heights at equal steps, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a> {
    heights: &'a [f64],
    step: f64,
}

impl<'a> Profile<'a> {
    /// `heights` in metres above the sea from the first antenna's place to the second's, `step` metres apart.
    ///
    /// # Errors
    /// Less than three points, a step that is not above 0, a height that is no number.
    pub fn new(heights: &'a [f64], step: f64) -> Result<Self, Fault> {
        if heights.len() < 3 {
            return Err(Fault::Short(heights.len()));
        }
        within("step of the profile (m)", step, step > 0.0 && step.is_finite(), "more than 0")?;
        for &height in heights {
            within("height in the profile (m)", height, height.abs() < 12_000.0, "-12000 to 12000")?;
        }
        Ok(Self { heights, step })
    }

    /// Without checks, for heights made from a checked profile: three points or more.
    pub(super) fn unchecked(heights: &'a [f64], step: f64) -> Self {
        Self { heights, step }
    }

    /// Metres from end to end.
    pub fn distance(self) -> f64 {
        self.last() as f64 * self.step
    }

    /// Metres from point to point.
    pub fn step(self) -> f64 {
        self.step
    }

    /// The heights.
    pub fn heights(self) -> &'a [f64] {
        self.heights
    }

    /// How many steps there are.
    pub(super) fn last(self) -> usize {
        self.heights.len() - 1
    }

    /// Heights of the ground at both ends.
    pub(super) fn ends(self) -> [f64; 2] {
        [self.heights[0], self.heights[self.last()]]
    }

    /// The mean height of the middle eight tenths: the path's height above the sea.
    pub(super) fn mean_height(self) -> f64 {
        let tenth = self.last() / 10;
        let middle = &self.heights[tenth..=self.last() - tenth];
        middle.iter().sum::<f64>() / middle.len() as f64
    }

    /// Angles (rad, above the horizontal) and distances (m) of both radio horizons, for antennas at `heights` above ground.
    ///
    /// TN101 equation 6.15: of all points, that which stands highest against the sky over an earth of the effective curvature. Where
    /// none stands higher than the other antenna, the horizon is the other antenna.
    pub(super) fn horizons(self, heights: [f64; 2], curvature: f64) -> ([f64; 2], [f64; 2]) {
        let (last, distance) = (self.last(), self.distance());
        let [ground_here, ground_there] = self.ends();
        let (here, there) = (ground_here + heights[0], ground_there + heights[1]);
        let bulge = curvature / 2.0;
        let slope = (there - here) / distance;
        let mut angles = [slope - distance * bulge, -slope - distance * bulge];
        let mut at = [distance; 2];
        // Distances are summed as the reference implementation sums them: which points a line is fitted to hangs on their last bit.
        let (mut from_here, mut from_there) = (0.0, distance);
        for &height in &self.heights[1..last] {
            from_here += self.step;
            from_there -= self.step;
            let seen_here = (height - here) / from_here - from_here * bulge;
            let seen_there = (height - there) / from_there - from_there * bulge;
            if seen_here > angles[0] {
                (angles[0], at[0]) = (seen_here, from_here);
            }
            if seen_there > angles[1] {
                (angles[1], at[1]) = (seen_there, from_there);
            }
        }
        (angles, at)
    }

    /// A straight line fitted to the heights between two distances: its heights above both ends of the profile.
    ///
    /// Least squares by sums around the middle, the end points counting half, as the reference implementation has it.
    pub(super) fn line(self, from: f64, to: f64) -> [f64; 2] {
        let last = self.last();
        let steps = |distance: f64| (distance / self.step).max(0.0);
        let mut start = steps(from) as usize;
        let mut end = last - (last as f64 - steps(to)).max(0.0) as usize;
        if end <= start {
            start = start.saturating_sub(1);
            end = (end + 1).min(last);
        }
        let length = end as f64 - start as f64;
        let half = length / 2.0;
        let mut sum = (self.heights[start] + self.heights[end]) / 2.0;
        let mut moment = (self.heights[end] - self.heights[start]) / 2.0 * half;
        for (i, height) in self.heights[start..end].iter().enumerate().skip(1) {
            sum += height;
            moment += height * (i as f64 - half);
        }
        let mean = sum / length;
        let slope = moment * 12.0 / ((length * length + 2.0) * length);
        let middle = end as f64 - half;
        [mean - slope * middle, mean + slope * (last as f64 - middle)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_a_slope_is_that_slope() {
        let heights: Vec<f64> = (0..=100).map(|i| 40.0 + 0.5 * i as f64).collect();
        let [here, there] = Profile::new(&heights, 30.0).unwrap().line(300.0, 2_700.0);
        assert!((here - 40.0).abs() < 0.02 && (there - 90.0).abs() < 0.02, "{here} {there}");
    }

    #[test]
    fn a_hill_is_the_horizon_of_both() {
        let mut heights = vec![0.0; 101];
        heights[40] = 200.0;
        let (angles, at) = Profile::new(&heights, 100.0).unwrap().horizons([10.0, 10.0], 1.0 / 8.5e6);
        assert_eq!(at, [4_000.0, 6_000.0]);
        assert!((angles[0] - (190.0 / 4_000.0 - 4_000.0 / 17e6)).abs() < 1e-12);
        assert!((angles[1] - (190.0 / 6_000.0 - 6_000.0 / 17e6)).abs() < 1e-12);
    }
}
