//! Heights of the terrain: tiles of SRTM and GeoTIFF, heights between their posts, profiles along great circles.

pub mod geotiff;
pub mod hgt;
mod path;
#[cfg(test)]
mod tests;

pub(crate) use path::Way;
pub use path::{Place, distance};

/// Why a terrain file was not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {said}; {wanted} is wanted")]
pub struct Refused {
    /// The file's name.
    pub file: String,
    /// What is wrong.
    pub said: String,
    /// What was expected.
    pub wanted: &'static str,
}

/// No place on earth is so far above or below the sea, m.
const HIGHEST: f32 = 12_000.0;

/// Posts of equal spacing in degrees, row by row from the north-west.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    north: f64,
    west: f64,
    /// Degrees from row to row and from column to column.
    step: [f64; 2],
    /// Posts a degree.
    posts: [f64; 2],
    rows: usize,
    columns: usize,
    /// Metres above the sea; NaN where nothing is known.
    heights: Vec<f32>,
}

impl Tile {
    /// Heights that no place on earth has, 12,000 m and more above or below the sea, are voids too.
    ///
    /// `north` and `west` are the place of the first post, `step` the degrees from row to row and from column to column, `heights` metres with NaN
    /// for voids, row by row.
    ///
    /// # Errors
    /// What does not fit, in words, and what is wanted.
    pub fn new(
        north: f64,
        west: f64,
        step: [f64; 2],
        columns: usize,
        mut heights: Vec<f32>,
    ) -> Result<Self, (String, &'static str)> {
        let rows = heights.len().checked_div(columns).unwrap_or_default();
        if rows < 2 || columns < 2 || rows * columns != heights.len() || heights.len() > i32::MAX as usize {
            return Err((
                format!("{} heights in {columns} columns", heights.len()),
                "two full rows and columns or more",
            ));
        }
        if !step.iter().all(|s| *s > 0.0 && s.is_finite()) {
            return Err((format!("posts {} and {} degrees apart", step[0], step[1]), "more than 0"));
        }
        let south = north - step[0] * (rows - 1) as f64;
        let east = west + step[1] * (columns - 1) as f64;
        // Half a post of slack: posts of a global grid may stand on the poles and on the date line.
        let inside = north <= 90.0 + step[0]
            && south >= -90.0 - step[0]
            && west >= -180.0 - step[1]
            && east <= 360.0 + step[1];
        if !inside {
            return Err((
                format!("a tile from {west}, {south} to {east}, {north}"),
                "longitudes and latitudes in degrees",
            ));
        }
        for height in &mut heights {
            if height.is_nan() || height.abs() >= HIGHEST {
                *height = f32::NAN;
            }
        }
        Ok(Self { north, west, step, posts: step.map(|step| 1.0 / step), rows, columns, heights })
    }

    /// North, west, south and east of the posts, degrees.
    pub fn bounds(&self) -> [f64; 4] {
        let south = self.north - self.step[0] * (self.rows - 1) as f64;
        let east = self.west + self.step[1] * (self.columns - 1) as f64;
        [self.north, self.west, south, east]
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// How many posts are void.
    pub fn voids(&self) -> usize {
        self.heights.iter().filter(|height| height.is_nan()).count()
    }

    /// The height at a place between four posts, bilinear, m. Nothing outside of the tile or where one of
    /// the four is void.
    pub fn height(&self, place: Place) -> Option<f64> {
        let row = (self.north - place.latitude) * self.posts[0];
        let column = (place.longitude - self.west) * self.posts[1];
        let (last_row, last_column) = ((self.rows - 1) as f64, (self.columns - 1) as f64);
        let around = |at: f64, last: f64| (-0.5..=last + 0.5).contains(&at);
        if !around(row, last_row) || !around(column, last_column) {
            return None;
        }
        // Half a post beyond the edge is the edge's height: tiles of cells meet there.
        let (row, column) = (row.clamp(0.0, last_row), column.clamp(0.0, last_column));
        // 32 bits: a conversion to 64 unsigned ones takes several instructions, and this is the innermost loop of a raster.
        let r = (row as i32 as usize).min(self.rows - 2);
        let c = (column as i32 as usize).min(self.columns - 2);
        let (down, right) = (row - r as i32 as f64, column - c as i32 as f64);
        let at = r * self.columns + c;
        let (upper, lower) =
            (self.heights.get(at..at + 2)?, self.heights.get(at + self.columns..at + self.columns + 2)?);
        let between = |pair: &[f32]| {
            let left = f64::from(pair[0]);
            left + (f64::from(pair[1]) - left) * right
        };
        let (above, below) = (between(upper), between(lower));
        let found = above + (below - above) * down;
        if found.is_nan() { None } else { Some(found) }
    }
}

/// Tiles; where they overlap, the first counts.
#[derive(Clone, Debug, Default)]
pub struct Terrain {
    tiles: Vec<Tile>,
}

impl Terrain {
    /// Of these tiles.
    pub fn new(tiles: Vec<Tile>) -> Self {
        Self { tiles }
    }

    /// The height at a place, m, or nothing where no tile has one.
    pub fn height(&self, place: Place) -> Option<f64> {
        self.tiles.iter().find_map(|tile| tile.height(place))
    }

    /// How far an antenna `height` metres above ground at a site stands above average terrain, m: above the mean height from 3 to 16 km
    /// away along eight directions from true north on (47 CFR 73.313(d)), at steps of 100 m. Nothing where a height is not known.
    pub fn above_average(&self, site: Place, height: f64) -> Option<f64> {
        const STEPS: usize = 131;
        let antenna = self.height(site)? + height;
        let mut sum = 0.0;
        for direction in 0..8 {
            let (east, north) = (f64::from(direction) * std::f64::consts::FRAC_PI_4).sin_cos();
            for step in 0..STEPS {
                let far = 3_000.0 + 100.0 * step as f64;
                sum += self.height(site.moved(far * east, far * north))?;
            }
        }
        Some(antenna - sum / (8 * STEPS) as f64)
    }

    /// Heights along the great circle between two places, ends included, at steps of `step` metres or a little less, and the step taken. Nothing
    /// where a height is not known, or the places are the same.
    pub fn profile(&self, from: Place, to: Place, step: f64) -> Option<(Vec<f64>, f64)> {
        let mut heights = Vec::new();
        let taken = self.fill(&Way::new(from, to), step, &mut heights)?;
        Some((heights, taken))
    }

    /// The same into a vector that is used again.
    pub(crate) fn fill(&self, way: &Way, step: f64, heights: &mut Vec<f64>) -> Option<f64> {
        heights.clear();
        if !(way.length > 0.0 && step > 0.0) {
            return None;
        }
        let steps = (way.length / step).ceil().max(2.0);
        for i in 0..=steps as usize {
            heights.push(self.height(way.at(i as f64 / steps))?);
        }
        Some(way.length / steps)
    }
}
