//! A raster around a site, and how it is written as a GeoTIFF that any map shows.

use super::{Ray, Settings, check, ray_with};
use crate::itm::{Fault, within};
use crate::terrain::{EARTH, Place, Terrain, distance};
use rayon::prelude::*;
use std::io::Cursor;
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype};
use tiff::tags::Tag;

/// The most cells of a raster, along one side.
const CELLS: f64 = 20_001.0;

/// Which places around a site are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// How far from the site, m.
    pub radius: f64,
    /// Side of a cell, m.
    pub cell: f64,
}

impl Grid {
    /// Cells a side: an odd number.
    ///
    /// # Errors
    /// [`Fault`] says what is wrong with the cell or the radius.
    pub fn side(&self) -> Result<usize, Fault> {
        let Self { radius, cell } = *self;
        within("radius (m)", radius, radius > 0.0 && radius.is_finite(), "more than 0")?;
        let half = (radius / cell).floor();
        let fits = cell > 0.0 && 2.0 * half + 1.0 <= CELLS;
        within(
            "side of a cell (m)",
            cell,
            fits,
            "more than 0, and such that a side has 20001 cells at most",
        )?;
        Ok(2 * half as usize + 1)
    }
}

/// A number for each cell around a site. Cells are equal in degrees, so that any map shows them: squares in the site's latitude, a
/// little narrower nearer to the pole (at 45 degrees 0.16% on 10 km).
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// The middle of the middle cell.
    pub site: Place,
    /// Side of a cell, m.
    pub cell: f64,
    /// Cells a side, an odd number.
    pub side: usize,
    /// Row by row from the north-west; NaN beyond the radius and where no terrain is known.
    pub values: Vec<f32>,
}

impl Raster {
    /// Degrees from row to row and from column to column.
    fn step(&self) -> [f64; 2] {
        let step = (self.cell / EARTH).to_degrees();
        [step, step / self.site.latitude.to_radians().cos()]
    }

    /// The middle of a cell.
    pub fn place(&self, row: usize, column: usize) -> Place {
        let (half, [down, across]) = ((self.side / 2) as f64, self.step());
        Place {
            latitude: self.site.latitude + (half - row as f64) * down,
            longitude: self.site.longitude + (column as f64 - half) * across,
        }
    }

    /// Area of the cells whose number fits, km2.
    pub fn area(&self, fits: impl Fn(f32) -> bool) -> f64 {
        let widest = self.site.latitude.to_radians().cos();
        let rows = self.values.chunks(self.side).enumerate().map(|(row, values)| {
            let narrower = self.place(row, 0).latitude.to_radians().cos() / widest;
            values.iter().filter(|value| fits(**value)).count() as f64 * narrower
        });
        rows.sum::<f64>() * (self.cell / 1000.0).powi(2)
    }

    /// The raster as a GeoTIFF in geographic coordinates (WGS 84, EPSG 4326): one band of 32-bit floating-point numbers, NaN for nothing.
    ///
    /// # Errors
    /// What the encoder says: a raster of more than 4 GiB.
    pub fn geotiff(&self) -> Result<Vec<u8>, tiff::TiffError> {
        let mut bytes = Cursor::new(Vec::new());
        let mut file =
            TiffEncoder::new(&mut bytes)?.with_compression(Compression::Deflate(DeflateLevel::Balanced));
        let side = self.side as u32;
        let mut image = file.new_image::<colortype::Gray32Float>(side, side)?;
        let [down, across] = self.step();
        let middle = self.side as f64 / 2.0;
        let (north, west) = (self.site.latitude + middle * down, self.site.longitude - middle * across);
        let tags = image.encoder();
        tags.write_tag(Tag::ModelPixelScaleTag, &[across, down, 0.0][..])?;
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, west, north, 0.0][..])?;
        // Geographic coordinates, cells are areas, WGS 84, degrees.
        let keys: [u16; 20] = [1, 1, 0, 4, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326, 2054, 0, 1, 9102];
        tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..])?;
        tags.write_tag(Tag::GdalNodata, "nan")?;
        image.write_data(&self.values)?;
        Ok(bytes.into_inner())
    }
}

/// What `value` makes of the ray to each cell within a radius of a site, on all cores; nothing when `going` said no on the way.
///
/// # Errors
/// [`Fault`] names the parameter that is outside of its range.
pub fn raster(
    terrain: &Terrain,
    site: Place,
    settings: &Settings,
    grid: Grid,
    value: &(dyn Fn(Ray) -> f64 + Sync),
    going: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Raster>, Fault> {
    check(site, settings, grid.radius)?;
    let side = grid.side()?;
    let mut it = Raster { site, cell: grid.cell, side, values: Vec::new() };
    let row = |heights: &mut Vec<f64>, row: usize| {
        if !going() {
            return Ok(None);
        }
        let cells = (0..side).map(|column| {
            let place = it.place(row, column);
            if distance(site, place) > grid.radius {
                return Ok(f32::NAN);
            }
            let ray = ray_with(terrain, site, place, settings, heights)?;
            Ok(ray.map_or(f32::NAN, |ray| value(ray) as f32))
        });
        cells.collect::<Result<Vec<f32>, Fault>>().map(Some)
    };
    let rows: Result<Vec<Option<Vec<f32>>>, Fault> =
        (0..side).into_par_iter().map_init(Vec::new, row).collect();
    let rows: Option<Vec<Vec<f32>>> = rows?.into_iter().collect();
    Ok(rows.map(|rows| {
        it.values = rows.concat();
        it
    }))
}
