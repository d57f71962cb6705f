//! GeoTIFF tiles in geographic coordinates (OGC 19-008): one band of heights in metres, north up.

use super::{Refused, Tile};
use std::io::Cursor;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

/// The most posts of a tile: 3601 squared and a bit, which is 64 MiB of heights.
const POSTS: u64 = 16 << 20;

/// Reads a tile.
///
/// # Errors
/// A file that is cut or no TIFF, more than one band, projected coordinates, angles that are not degrees, a tile that is turned, heights that
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
    let shift = keys(&mut decoder)?;
    let (scale, tie) = place(&mut decoder)?;
    let heights = heights(&mut decoder)?;
    if heights.len() as u64 != u64::from(columns) * u64::from(rows) {
        return Err((format!("{} heights for {columns} x {rows} posts", heights.len()), "one band"));
    }
    // The tie point says where post (i, j) is, or the corner of the cell around it.
    let [i, j, longitude, latitude] = tie;
    let west = longitude + (shift - i) * scale[0];
    let north = latitude - (shift - j) * scale[1];
    Tile::new(north, west, [scale[1], scale[0]], columns as usize, heights)
}

/// Checks the coordinate system; says how far a post is from the corner of its cell, in cells.
fn keys(decoder: &mut Decoder<Cursor<&[u8]>>) -> Said<f64> {
    let wanted = "geographic coordinates in degrees";
    let directory = decoder
        .get_tag_u16_vec(Tag::GeoKeyDirectoryTag)
        .map_err(|_| ("no GeoKeyDirectory".to_owned(), "a GeoTIFF with geographic coordinates"))?;
    let key = |id: u16| {
        let entries = directory.chunks_exact(4).skip(1);
        // A value in another tag (location not 0) is none of those asked for here.
        entries.filter(|entry| entry[0] == id && entry[1] == 0).map(|entry| entry[3]).next()
    };
    match key(1024) {
        Some(2) => {}
        Some(1) => return Err(("projected coordinates".to_owned(), wanted)),
        other => return Err((format!("a coordinate system of type {other:?}"), wanted)),
    }
    if let Some(unit) = key(2054).filter(|unit| *unit != 9102) {
        return Err((format!("angles in the unit {unit}"), wanted));
    }
    if let Some(unit) = key(4099).filter(|unit| *unit != 9001) {
        return Err((format!("heights in the unit {unit}"), "metres (9001)"));
    }
    Ok(if key(1025) == Some(2) { 0.0 } else { 0.5 })
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
