//! Tiles of terrain by file or folder; those that no site looks at are not kept.

use super::Folders;
use super::settings::Settings;
use super::sites::Site;
use crate::scenario::Files;
use crate::scenario::files::Desk;
use evenfield_radio::terrain::{Terrain, Tile, geotiff, hgt};
use std::io::Read;

/// Octets of a file at most.
const MOST: u64 = 1 << 30;
/// How far the height above average terrain is looked at, m (47 CFR 73.313(d)).
const AROUND: f64 = 16_000.0;
/// Metres of a degree of latitude, and a little less.
const DEGREE: f64 = 111_000.0;

/// The reader of a kind of file.
type Reader = fn(&str, &[u8]) -> Result<Tile, evenfield_radio::terrain::Refused>;

fn reader(name: &str) -> Option<Reader> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".hgt") {
        Some(hgt::read)
    } else if name.ends_with(".tif") || name.ends_with(".tiff") {
        Some(geotiff::read)
    } else {
        None
    }
}

/// Reads all files, also those of folders in the order of their names. The first tile that knows a height counts.
pub(super) fn read(
    desk: &mut Desk,
    files: &mut Files<'_>,
    folders: &mut Folders<'_>,
    settings: &Settings,
    sites: &[Site],
) -> Terrain {
    let mut tiles = Vec::new();
    let boxes: Vec<[f64; 4]> = sites.iter().map(|site| around(site, settings.radius)).collect();
    for name in names(desk, folders, settings) {
        let Some(reader) = reader(&name) else {
            desk.problems.push(&name, 0, "", &name, "terrain as a GeoTIFF (.tif) or an SRTM tile (.hgt)");
            continue;
        };
        let bytes = files(&name, None).and_then(|stream| {
            let mut bytes = Vec::new();
            stream.take(MOST).read_to_end(&mut bytes).map(|_| bytes)
        });
        match bytes.map(|bytes| reader(&name, &bytes)) {
            Ok(Ok(tile)) if boxes.iter().any(|look| meets(tile.bounds(), *look)) => tiles.push(tile),
            Ok(Ok(_)) => {}
            Ok(Err(refused)) => desk.problems.push(&name, 0, "", &refused.said, refused.wanted),
            Err(error) => {
                desk.problems.push(&name, 0, "", "", format!("a file that can be read: {error}"));
            }
        }
    }
    Terrain::new(tiles)
}

fn names(desk: &mut Desk, folders: &mut Folders<'_>, settings: &Settings) -> Vec<String> {
    let mut names = Vec::new();
    for name in &settings.terrain {
        match folders(name) {
            Ok(None) => names.push(name.clone()),
            Ok(Some(mut inside)) => {
                inside.retain(|file| reader(file).is_some());
                inside.sort();
                if inside.is_empty() {
                    desk.problems.push(name, 0, "", "", "a folder with files that end in .tif or .hgt");
                }
                names.extend(inside.iter().map(|file| format!("{}/{file}", name.trim_end_matches('/'))));
            }
            Err(error) => {
                desk.problems.push(name, 0, "", "", format!("a file or folder that can be read: {error}"));
            }
        }
    }
    names
}

/// North, west, south and east of what a site looks at, degrees.
fn around(site: &Site, radius: f64) -> [f64; 4] {
    let far = if site.needs_around() { radius.max(AROUND) } else { radius } * 1.01;
    let down = far / DEGREE;
    let (latitude, longitude) = (site.place.latitude, site.place.longitude);
    let across = down / (latitude.abs() + down).min(89.0).to_radians().cos();
    [latitude + down, longitude - across, latitude - down, longitude + across]
}

fn meets(tile: [f64; 4], look: [f64; 4]) -> bool {
    tile[0] >= look[2] && tile[2] <= look[0] && tile[1] <= look[3] && tile[3] >= look[1]
}
