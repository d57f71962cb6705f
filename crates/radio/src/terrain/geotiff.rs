//! GeoTIFF tiles (OGC 19-008): one band of heights in metres, north up, in geographic coordinates or in those of a UTM zone.

use super::utm::Zone;
use super::{EARTH, Place, Refused, Sheet, Tile};
use rayon::prelude::*;
use std::io::Cursor;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

/// The most posts of a tile: 3601 squared and a bit, which is 64 MiB of heights.
const POSTS: u64 = 16 << 20;

/// Reads a tile.
///
/// # Errors
/// A file that is cut or no TIFF, more than one band, coordinates of another projection than UTM, angles that are not degrees, a tile that is turned, heights that
/// are not in metres, more than 16 million posts.
pub fn read(name: &str, bytes: &[u8]) -> Result<Tile, Refused> {
    parse(bytes).map_err(|(said, wanted)| Refused { file: name.to_owned(), said, wanted })
}

type Said<T> = Result<T, (String, &'static str)>;

fn tiff(error: tiff::TiffError) -> (String, &'static str) {
    (error.to_string(), "a whole GeoTIFF file")
}

fn parse(bytes: &[u8]) -> Said<Tile> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 8 * POSTS as usize;
    limits.intermediate_buffer_size = 8 * POSTS as usize;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(tiff)?.with_limits(limits);
    let (columns, rows) = decoder.dimensions().map_err(tiff)?;
    if u64::from(columns) * u64::from(rows) > POSTS {
        return Err((format!("{columns} x {rows} posts"), "16777216 posts at most"));
    }
    let (shift, zone) = keys(&mut decoder)?;
    let (scale, tie) = place(&mut decoder)?;
    let heights = heights(&mut decoder)?;
    if heights.len() as u64 != u64::from(columns) * u64::from(rows) {
        return Err((format!("{} heights for {columns} x {rows} posts", heights.len()), "one band"));
    }
    // The tie point says where post (i, j) is, or the corner of the cell around it.
    let [i, j, east, north] = tie;
    let first = [east + (shift - i) * scale[0], north - (shift - j) * scale[1]];
    match zone {
        None => Tile::new(first[1], first[0], [scale[1], scale[0]], columns as usize, heights),
        Some(zone) => unprojected(zone, first, scale, &Sheet::new(columns as usize, heights)?),
    }
}

/// So many posts beyond its edge a projected tile has the edge's height: tiles that meet on their grid meet in degrees too.
const BEYOND: f64 = 2.0;

/// A sheet on the grid of a zone as a tile of posts about as dense; `first` is the easting and northing of the post in the north-west.
fn unprojected(zone: Zone, first: [f64; 2], scale: [f64; 2], sheet: &Sheet) -> Said<Tile> {
    let (rows, columns) = sheet.size();
    let place = |row: usize, column: usize| {
        zone.place([first[0] + column as f64 * scale[0], first[1] - row as f64 * scale[1]])
    };
    let sides = (0..rows).flat_map(|row| [place(row, 0), place(row, columns - 1)]);
    let ends = (0..columns).flat_map(|column| [place(0, column), place(rows - 1, column)]);
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    // A post that is no place leaves the bounds as they are; the check of each post's height below is what counts.
    let [south, west, north, east] = sides.chain(ends).fold(start, |[south, west, north, east], place| {
        let Place { latitude, longitude } = place;
        [south.min(latitude), west.min(longitude), north.max(latitude), east.max(longitude)]
    });
    let step =
        [scale[1], scale[0] / ((north + south) / 2.0).to_radians().cos()].map(|m| (m / EARTH).to_degrees());
    let [north, west] = [north + BEYOND * step[0], west - BEYOND * step[1]];
    let count = |from: f64, to: f64, step: f64| ((to - from) / step + BEYOND).floor() + 1.0;
    let [down, across] = [count(south, north, step[0]), count(west, east, step[1])];
    let fits =
        step.iter().all(|step| *step > 0.0) && north.abs().max(south.abs()) <= 84.5 && east - west <= 12.0;
    // The grid of a zone is turned by some degrees at most, so that a tile does not grow by much; a small file must not become a large one.
    let most = (16.0 * (rows * columns) as f64 + 100_000.0).min(2.0 * POSTS as f64);
    if !(fits && down * across <= most && down >= 2.0 && across >= 2.0) {
        let said = format!("a tile from {west}, {south} to {east}, {north} degrees");
        return Err((said, "a tile within its UTM zone"));
    }
    let (down, across) = (down as usize, across as usize);
    let edges = [(rows - 1) as f64, (columns - 1) as f64];
    let heights = (0..down * across).into_par_iter().map(|i| {
        let place = Place {
            latitude: north - (i / across) as f64 * step[0],
            longitude: west + (i % across) as f64 * step[1],
        };
        let [easting, northing] = zone.grid(place);
        let at = [(first[1] - northing) / scale[1], (easting - first[0]) / scale[0]];
        let near = at.iter().zip(edges).all(|(at, edge)| (-BEYOND..=edge + BEYOND).contains(at));
        let height = sheet.height(at[0].clamp(0.0, edges[0]), at[1].clamp(0.0, edges[1]));
        height.filter(|_| near).map_or(f32::NAN, |height| height as f32)
    });
    Tile::new(north, west, step, across, heights.collect())
}

/// Checks the coordinate system; says how far a post is from the corner of its cell, in cells, and the zone of a projection.
fn keys(decoder: &mut Decoder<Cursor<&[u8]>>) -> Said<(f64, Option<Zone>)> {
    let wanted = "geographic coordinates in degrees, or those of a UTM zone (WGS 84 or NAD 83); \
                  `gdalwarp -t_srs EPSG:4269 -r bilinear FILE terrain.tif` makes a tile with the first";
    let directory = decoder
        .get_tag_u16_vec(Tag::GeoKeyDirectoryTag)
        .map_err(|_| ("no GeoKeyDirectory".to_owned(), "a GeoTIFF with geographic coordinates"))?;
    let key = |id: u16| {
        let entries = directory.chunks_exact(4).skip(1);
        // A value in another tag (location not 0) is none of those asked for here.
        entries.filter(|entry| entry[0] == id && entry[1] == 0).map(|entry| entry[3]).next()
    };
    let zone = match key(1024) {
        Some(2) => None,
        Some(1) => {
            let code = key(3072).unwrap_or_default();
            let zone = Zone::of_epsg(code);
            if let Some(unit) = key(3076).filter(|unit| *unit != 9001) {
                return Err((format!("lengths in the unit {unit}"), "metres (9001)"));
            }
            Some(zone.ok_or_else(|| (format!("projected coordinates of EPSG {code}"), wanted))?)
        }
        other => return Err((format!("a coordinate system of type {other:?}"), wanted)),
    };
    if let Some(unit) = key(2054).filter(|unit| *unit != 9102) {
        return Err((format!("angles in the unit {unit}"), wanted));
    }
    if let Some(unit) = key(4099).filter(|unit| *unit != 9001) {
        return Err((format!("heights in the unit {unit}"), "metres (9001)"));
    }
    Ok((if key(1025) == Some(2) { 0.0 } else { 0.5 }, zone))
}

/// Degrees from column to column and from row to row; a post's column and row and where it is.
fn place(decoder: &mut Decoder<Cursor<&[u8]>>) -> Said<([f64; 2], [f64; 4])> {
    let wanted = "a north-up tile with pixel scale and tie point";
    let mut numbers =
        |tag: Tag, what: &str| decoder.get_tag_f64_vec(tag).map_err(|_| (format!("no {what}"), wanted));
    let (scale, tie) =
        (numbers(Tag::ModelPixelScaleTag, "pixel scale")?, numbers(Tag::ModelTiepointTag, "tie point")?);
    match (&scale[..], &tie[..]) {
        ([x, y, ..], [i, j, _, longitude, latitude, _]) => Ok(([*x, *y], [*i, *j, *longitude, *latitude])),
        _ => Err((format!("{} numbers of scale and {} of tie points", scale.len(), tie.len()), wanted)),
    }
}

/// Heights, with NaN for voids.
fn heights(decoder: &mut Decoder<Cursor<&[u8]>>) -> Said<Vec<f32>> {
    let void = decoder.get_tag_ascii_string(Tag::GdalNodata).ok();
    let void: Option<f64> = void.and_then(|text| text.trim_matches(['\0', ' ']).parse().ok());
    let known = |height: f64| if Some(height) == void { f32::NAN } else { height as f32 };
    let image = decoder.read_image().map_err(tiff)?;
    Ok(match image {
        DecodingResult::F32(v) => v.into_iter().map(|h| known(f64::from(h))).collect(),
        DecodingResult::F64(v) => v.into_iter().map(known).collect(),
        DecodingResult::I16(v) => v.into_iter().map(|h| known(f64::from(h))).collect(),
        DecodingResult::U16(v) => v.into_iter().map(|h| known(f64::from(h))).collect(),
        DecodingResult::I32(v) => v.into_iter().map(|h| known(f64::from(h))).collect(),
        _ => {
            return Err((
                "samples of another type".to_owned(),
                "heights as 16- or 32-bit integers or as floating-point numbers",
            ));
        }
    })
}
