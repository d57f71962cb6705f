//! SRTM tiles: `N37W077.hgt`, one degree square, 1201 or 3601 posts a side, 16-bit big-endian metres, -32768 for voids.

use super::{Refused, Tile};

const WANTED_NAME: &str = "a name such as N37W077.hgt for the tile's south-west corner";

/// Reads a tile. The name says where it is, so it matters.
///
/// # Errors
/// A name without a place, or a length that is not that of 1201 or 3601 posts a side.
pub fn read(name: &str, bytes: &[u8]) -> Result<Tile, Refused> {
    let refused = |said: String, wanted| Refused { file: name.to_owned(), said, wanted };
    let (south, west) =
        corner(name).ok_or_else(|| refused("the name says no place".to_owned(), WANTED_NAME))?;
    let side = match bytes.len() {
        2_884_802 => 1201,
        25_934_402 => 3601,
        length => {
            return Err(refused(
                format!("{length} bytes"),
                "2884802 bytes (1201 posts a side) or 25934402 (3601)",
            ));
        }
    };
    let heights = bytes
        .chunks_exact(2)
        .map(|pair| match i16::from_be_bytes([pair[0], pair[1]]) {
            i16::MIN => f32::NAN,
            height => f32::from(height),
        })
        .collect();
    let step = 1.0 / (side - 1) as f64;
    Tile::new(south + 1.0, west, [step; 2], side, heights).map_err(|(said, wanted)| refused(said, wanted))
}

/// South and west, degrees.
fn corner(name: &str) -> Option<(f64, f64)> {
    let name = name.rsplit(['/', '\\']).next()?.as_bytes();
    let (place, _) = name.split_at_checked(7)?;
    let number = |digits: &[u8]| -> Option<f64> {
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0.0, |n, d| n * 10.0 + f64::from(d - b'0')))
    };
    let (latitude, longitude) = (number(&place[1..3])?, number(&place[4..7])?);
    let south = match place[0] {
        b'N' | b'n' => latitude,
        b'S' | b's' => -latitude,
        _ => return None,
    };
    let west = match place[3] {
        b'E' | b'e' => longitude,
        b'W' | b'w' => -longitude,
        _ => return None,
    };
    ((-90.0..90.0).contains(&south) && (-180.0..180.0).contains(&west)).then_some((south, west))
}
