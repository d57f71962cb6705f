//! Effective heights and horizons of both antennas: Algorithm section 3 for areas, NTIA 82-100 for profiles.

use super::{Area, Profile, Siting, roughness};

/// A path as the reference attenuation sees it. Arrays: the first antenna, the second.
pub(super) struct Geometry {
    /// Heights above ground, m.
    pub heights: [f64; 2],
    /// Effective heights: above the plane that reflects, m.
    pub effective: [f64; 2],
    /// Distances of the horizons, m.
    pub horizons: [f64; 2],
    /// Angles of the horizons, rad.
    pub angles: [f64; 2],
    /// Asymptotic terrain irregularity, m.
    pub roughness: f64,
    /// m.
    pub distance: f64,
    /// Whether it comes from a profile.
    pub known: bool,
    /// Whether nothing stands between the antennas.
    pub clear: bool,
}

impl Geometry {
    /// From a terrain profile.
    pub fn of_profile(heights: [f64; 2], profile: Profile<'_>, curvature: f64) -> Self {
        let distance = profile.distance();
        let (angles, horizons) = profile.horizons(heights, curvature);
        // What is close to an antenna neither reflects nor shows how rough the terrain is.
        let from = (15.0 * heights[0]).min(0.1 * horizons[0]);
        let to = distance - (15.0 * heights[1]).min(0.1 * horizons[1]);
        let roughness = roughness::of(profile, from, to);
        let clear = horizons[0] + horizons[1] > 1.5 * distance;
        let mut it =
            Self { heights, effective: heights, horizons, angles, roughness, distance, known: true, clear };
        if clear {
            it.in_sight(profile.ends(), profile.line(from, to), curvature);
        } else {
            let foreground = profile.line(from, 0.9 * horizons[0])[0];
            let background = profile.line(distance - 0.9 * horizons[1], to)[1];
            it.raise(profile.ends(), [foreground, background]);
        }
        it
    }

    /// Raises effective heights by what the ground at the antennas stands above the fitted lines.
    fn raise(&mut self, ground: [f64; 2], fitted: [f64; 2]) {
        for i in 0..2 {
            self.effective[i] = self.heights[i] + (ground[i] - fitted[i]).max(0.0);
        }
    }

    /// Antennas that see each other: one line for the whole path, and horizons as over statistical terrain.
    fn in_sight(&mut self, ground: [f64; 2], fitted: [f64; 2], curvature: f64) {
        self.raise(ground, fitted);
        self.statistical_horizons(curvature);
        let together = self.horizons[0] + self.horizons[1];
        if together <= self.distance {
            // They do see each other, so their horizons must meet.
            let stretch = (self.distance / together).powi(2);
            self.effective = self.effective.map(|height| height * stretch);
            self.statistical_horizons(curvature);
        }
        self.statistical_angles(curvature);
    }

    /// Over terrain of which only the roughness is known.
    pub fn of_area(heights: [f64; 2], area: &Area, curvature: f64) -> Self {
        let mut effective = heights;
        for (i, &height) in heights.iter().enumerate() {
            // Algorithm equation 3.2.
            let gain = match area.siting[i] {
                Siting::Random => continue,
                Siting::Careful => 4.0,
                Siting::VeryCareful => 9.0,
            };
            let gain = if height < 5.0 { gain * (0.1 * std::f64::consts::PI * height).sin() } else { gain };
            let fall = (2.0 * height / area.roughness.max(1e-3)).min(20.0);
            effective[i] = height + (1.0 + gain) * (-fall).exp();
        }
        let mut it = Self {
            heights,
            effective,
            horizons: [0.0; 2],
            angles: [0.0; 2],
            roughness: area.roughness,
            distance: area.distance,
            known: false,
            clear: false,
        };
        it.statistical_horizons(curvature);
        it.clear = it.distance < it.horizons[0] + it.horizons[1];
        it.statistical_angles(curvature);
        it
    }

    /// Horizons over a smooth earth, m.
    pub fn smooth_horizons(&self, curvature: f64) -> [f64; 2] {
        self.effective.map(|height| (2.0 * height / curvature).sqrt())
    }

    /// Algorithm equation 3.3.
    fn statistical_horizons(&mut self, curvature: f64) {
        let smooth = self.smooth_horizons(curvature);
        for (i, smooth) in smooth.into_iter().enumerate() {
            self.horizons[i] = smooth * (-0.07 * (self.roughness / self.effective[i].max(5.0)).sqrt()).exp();
        }
    }

    /// Algorithm equation 3.4.
    fn statistical_angles(&mut self, curvature: f64) {
        let smooth = self.smooth_horizons(curvature);
        for (i, smooth) in smooth.into_iter().enumerate() {
            let nearer = smooth / self.horizons[i] - 1.0;
            self.angles[i] = (0.65 * self.roughness * nearer - 2.0 * self.effective[i]) / smooth;
        }
    }
}
