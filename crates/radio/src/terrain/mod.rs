//! Heights of the terrain: tiles of SRTM and GeoTIFF, heights between their posts, profiles along great circles.

pub mod geotiff;
pub mod hgt;
mod path;
mod sheet;
#[cfg(test)]
mod tests;
mod utm;

pub(crate) use path::{EARTH, Way};
pub use path::{Place, distance};
use sheet::Sheet;

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

/// Posts of equal spacing in degrees, row by row from the north-west.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    north: f64,
    west: f64,
    /// Degrees from row to row and from column to column.
    step: [f64; 2],
    /// Posts a degree.
    posts: [f64; 2],
    sheet: Sheet,
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
        heights: Vec<f32>,
    ) -> Result<Self, (String, &'static str)> {
        let sheet = Sheet::new(columns, heights)?;
        let (rows, columns) = sheet.size();
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
        Ok(Self { north, west, step, posts: step.map(|step| 1.0 / step), sheet })
    }

    /// North, west, south and east of the posts, degrees.
    pub fn bounds(&self) -> [f64; 4] {
        let (rows, columns) = self.sheet.size();
        let south = self.north - self.step[0] * (rows - 1) as f64;
        let east = self.west + self.step[1] * (columns - 1) as f64;
        [self.north, self.west, south, east]
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        self.sheet.size()
    }

    /// How many posts are void.
    pub fn voids(&self) -> usize {
        self.sheet.voids()
    }

    /// The height at a place between four posts, bilinear, m. Nothing outside of the tile or where one of
    /// the four is void.
    pub fn height(&self, place: Place) -> Option<f64> {
        let row = (self.north - place.latitude) * self.posts[0];
        let column = (place.longitude - self.west) * self.posts[1];
        self.sheet.height(row, column)
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
