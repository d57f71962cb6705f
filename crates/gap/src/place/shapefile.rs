//! ESRI shapefiles (ESRI white paper J-7855, July 1998): polygons from `.shp`, attributes from `.dbf`, the
//! coordinate system from `.prj`. Only geographic systems (degrees) are read: others are refused by name.
//!
//! The reader is ours because the counts in a damaged file must not decide how much memory is taken.

use super::boundary::{Boundary, BoundaryReading, RawFeature, checked};
use super::validity::Effort;
use crate::read::Source;
use evenfield_model::Problems;
use std::collections::BTreeMap;

/// The files of one layer.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Its name: the path of the `.shp`.
    pub name: String,
    /// `.shp`.
    pub shp: Vec<u8>,
    /// `.dbf`.
    pub dbf: Vec<u8>,
    /// `.prj`.
    pub prj: Option<Vec<u8>>,
    /// `.cpg`: the encoding of the `.dbf`.
    pub cpg: Option<Vec<u8>>,
}

/// Reads one layer.
pub fn read(layer: &Layer, reading: &BoundaryReading<'_>) -> (Vec<Boundary>, Problems) {
    let mut problems = Problems::default();
    let mut effort = Effort::default();
    let raw = features(layer, (&mut effort, &mut problems));
    let boundaries = checked(raw, &layer.name, reading, (&mut effort, &mut problems));
    (boundaries, problems)
}

/// Gives the layers of an archive in the order of their names. One at a time is unpacked.
pub fn each_layer(source: &Source, problems: &mut Problems, mut take: impl FnMut(&Layer, &mut Problems)) {
    let mut members: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for name in source.names() {
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        let extension = extension.to_ascii_lowercase();
        if matches!(extension.as_str(), "shp" | "dbf" | "prj" | "cpg") {
            members.entry(stem).or_default().push((extension, name));
        }
    }
    members.retain(|_, files| files.iter().any(|(extension, _)| extension == "shp"));
    for files in members.values() {
        let mut layer = Layer::default();
        for (extension, name) in files {
            let content = match source.read(name) {
                Ok(content) => content.into_owned(),
                Err(error) => {
                    error.note(problems);
                    continue;
                }
            };
            match extension.as_str() {
                "shp" => {
                    layer.name = source.path_of(name);
                    layer.shp = content;
                }
                "dbf" => layer.dbf = content,
                "prj" => layer.prj = Some(content),
                _ => layer.cpg = Some(content),
            }
        }
        if !layer.shp.is_empty() {
            take(&layer, problems);
        }
    }
}

/// Reads the features of a layer, not yet checked.
fn features(layer: &Layer, (effort, problems): (&mut Effort, &mut Problems)) -> Vec<RawFeature> {
    let Some(prj) = &layer.prj else {
        problems.push(
            &layer.name,
            0,
            ".prj",
            "no .prj file",
            "the .prj file beside the .shp, which says what its numbers mean",
        );
        return Vec::new();
    };
    if let Err(wanted) = geographic(&String::from_utf8_lossy(prj)) {
        problems.push(&layer.name, 0, ".prj", &String::from_utf8_lossy(prj), wanted);
        return Vec::new();
    }
    let table = match Table::new(layer) {
        Ok(table) => table,
        Err((said, wanted)) => {
            problems.push(&layer.name, 0, ".dbf", &said, wanted);
            return Vec::new();
        }
    };
    let mut records = Records { bytes: &layer.shp, place: 100 };
    if !layer.shp.starts_with(&[0, 0, 0x27, 0x0A]) || layer.shp.len() < 100 {
        problems.push(&layer.name, 0, ".shp", "another kind of file", "a shapefile");
        return Vec::new();
    }
    let mut found = Vec::new();
    while let Some(record) = records.next() {
        let number = found.len() as u64 + 1;
        let Ok(content) = record else {
            let wanted = "a whole .shp file; this one ends in the middle of a feature";
            problems.push(&layer.name, 0, &format!("feature {number}"), "the end of the file", wanted);
            break;
        };
        let mut raw = RawFeature::new(number, table.properties(found.len()));
        match polygons(content, effort) {
            Ok(polygons) => raw.polygons = polygons,
            Err(fault) => raw.fault = Some(fault),
        }
        found.push(raw);
    }
    if found.len() != table.count {
        let said = format!("{} shapes and {} rows of attributes", found.len(), table.count);
        problems.push(&layer.name, 0, ".dbf", &said, "as many rows in the .dbf as shapes in the .shp");
    }
    found
}

/// Whether a `.prj` means degrees on NAD 83 or WGS 84, which differ by less than two metres.
fn geographic(prj: &str) -> Result<(), &'static str> {
    let text = prj.trim().to_ascii_uppercase();
    if !(text.starts_with("GEOGCS[") || text.starts_with("GEOGCRS[")) {
        return Err(
            "longitude and latitude; this file has a projection: export it again in WGS 84 (EPSG:4326)",
        );
    }
    let datum: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if ["NORTHAMERICAN1983", "NORTHAMERICANDATUM1983", "NAD83", "WGS1984", "WGS84", "WORLDGEODETICSYSTEM1984"]
        .iter()
        .any(|known| datum.contains(known))
    {
        Ok(())
    } else {
        Err("the datum NAD 83 or WGS 84: export the file again in WGS 84 (EPSG:4326)")
    }
}

/// Walks the records of a `.shp`.
struct Records<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl<'a> Records<'a> {
    /// The next record's content; `Err` when the file ends within it.
    fn next(&mut self) -> Option<Result<&'a [u8], ()>> {
        if self.place >= self.bytes.len() {
            return None;
        }
        let header = self.bytes.get(self.place + 4..self.place + 8);
        let Some(&[a, b, c, d]) = header else { return Some(Err(())) };
        // The length counts 16-bit words.
        let length = u32::from_be_bytes([a, b, c, d]) as usize * 2;
        let start = self.place + 8;
        let content = start.checked_add(length).and_then(|end| self.bytes.get(start..end));
        match content {
            Some(content) => {
                self.place = start + length;
                Some(Ok(content))
            }
            None => {
                self.place = self.bytes.len();
                Some(Err(()))
            }
        }
    }
}

fn integer(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(place..place.checked_add(4)?)?.try_into().ok()?))
}

fn number(bytes: &[u8], place: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(place..place.checked_add(8)?)?.try_into().ok()?))
}

type Ring = Vec<[f64; 2]>;

/// The polygons of one record: types 5 (Polygon), 15 (PolygonZ) and 25 (PolygonM), whose first parts agree.
fn polygons(content: &[u8], effort: &mut Effort) -> Result<Vec<Vec<Ring>>, (String, &'static str)> {
    match integer(content, 0) {
        Some(5 | 15 | 25) => {}
        Some(0) => return Err(("a null shape".to_owned(), "a polygon; this feature has no geometry")),
        Some(other) => return Err((format!("shape type {other}"), "polygons (shape type 5, 15 or 25)")),
        None => return Err(("a short record".to_owned(), "a whole polygon")),
    }
    let rings = rings(content).ok_or_else(|| ("a damaged record".to_owned(), "a whole polygon"))?;
    grouped(rings, effort).ok_or_else(|| ("too many holes to place".to_owned(), "a simpler polygon"))
}

fn rings(content: &[u8]) -> Option<Vec<Ring>> {
    let (parts, points) = (integer(content, 36)? as usize, integer(content, 40)? as usize);
    let first = 44usize.checked_add(parts.checked_mul(4)?)?;
    // All that the counts promise must be there before any memory is taken for it.
    content.get(..first.checked_add(points.checked_mul(16)?)?)?;
    // And no ring may be empty, for each takes memory.
    if parts > points {
        return None;
    }
    let mut rings = Vec::with_capacity(parts);
    for part in 0..parts {
        let from = integer(content, 44 + 4 * part)? as usize;
        let to = if part + 1 < parts { integer(content, 48 + 4 * part)? as usize } else { points };
        if from > to || to > points {
            return None;
        }
        let ring: Option<Ring> = (from..to)
            .map(|point| {
                Some([number(content, first + 16 * point)?, number(content, first + 16 * point + 8)?])
            })
            .collect();
        rings.push(ring?);
    }
    Some(rings)
}

/// Outer rings run clockwise, holes the other way; a hole goes to the smallest outer ring around it. `None` when that takes more
/// effort than is left.
fn grouped(rings: Vec<Ring>, effort: &mut Effort) -> Option<Vec<Vec<Ring>>> {
    let (outer, holes): (Vec<Ring>, Vec<Ring>) = rings.into_iter().partition(|ring| twice_area(ring) <= 0.0);
    if outer.is_empty() {
        // All rings the wrong way round: each is taken as an outer one.
        return Some(holes.into_iter().map(|ring| vec![ring]).collect());
    }
    let mut boxes: Vec<[f64; 4]> = outer.iter().map(extent).collect();
    let mut polygons: Vec<Vec<Ring>> = outer.into_iter().map(|ring| vec![ring]).collect();
    let outers = polygons.len();
    if !effort.spend(holes.len() as u64 * outers as u64) {
        return None;
    }
    for hole in holes {
        // Holes that lie in no outer ring have become outer ones.
        if !effort.spend((boxes.len() - outers) as u64) {
            return None;
        }
        let [west, south, east, north] = extent(&hole);
        let around = |b: &[f64; 4]| b[0] <= west && b[1] <= south && b[2] >= east && b[3] >= north;
        let size = |b: &[f64; 4]| (b[2] - b[0]) * (b[3] - b[1]);
        let best = (0..boxes.len())
            .filter(|&index| around(&boxes[index]))
            .min_by(|&a, &b| size(&boxes[a]).total_cmp(&size(&boxes[b])));
        match best {
            Some(index) => polygons[index].push(hole),
            None => {
                boxes.push(extent(&hole));
                polygons.push(vec![hole]);
            }
        }
    }
    Some(polygons)
}

/// Twice the signed area on the plane, positive when the ring runs counter-clockwise.
fn twice_area(ring: &Ring) -> f64 {
    ring.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum()
}

fn extent(ring: &Ring) -> [f64; 4] {
    ring.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, &[x, y]| {
        [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
    })
}

/// The attributes: dBASE III rows of fixed width.
struct Table<'a> {
    rows: &'a [u8],
    width: usize,
    count: usize,
    /// Name, first byte in the row, length.
    fields: Vec<(String, usize, usize)>,
    encoding: &'static encoding_rs::Encoding,
}

impl<'a> Table<'a> {
    fn new(layer: &'a Layer) -> Result<Self, (String, &'static str)> {
        const WANTED: &str = "the .dbf file beside the .shp, whole";
        let damaged = || (String::from("a damaged header"), WANTED);
        let bytes = &layer.dbf;
        if bytes.is_empty() {
            return Err(("no .dbf file".to_owned(), WANTED));
        }
        let head: &[u8; 32] = bytes.first_chunk().ok_or_else(damaged)?;
        let start = u16::from_le_bytes([head[8], head[9]]) as usize;
        let width = u16::from_le_bytes([head[10], head[11]]) as usize;
        let rows = bytes.get(start..).ok_or_else(damaged)?;
        let mut fields = Vec::new();
        let mut place = 1;
        for field in bytes.get(32..start).ok_or_else(damaged)?.chunks_exact(32) {
            if field[0] == 0x0D {
                break;
            }
            let name = field[..11].split(|&b| b == 0).next().unwrap_or_default();
            let length = field[16] as usize;
            fields.push((String::from_utf8_lossy(name).trim().to_owned(), place, length));
            place += length;
        }
        if width == 0 || place > width {
            return Err(damaged());
        }
        let promised = integer(bytes, 4).unwrap_or(0) as usize;
        let count = promised.min(rows.len() / width);
        let label = layer.cpg.as_deref().unwrap_or(b"utf-8");
        let encoding = encoding_rs::Encoding::for_label(label.trim_ascii()).unwrap_or(encoding_rs::UTF_8);
        Ok(Self { rows, width, count, fields, encoding })
    }

    /// The attributes of a row; none for a row beyond the end.
    fn properties(&self, row: usize) -> Vec<(String, String)> {
        if row >= self.count {
            return Vec::new();
        }
        let row = &self.rows[row * self.width..(row + 1) * self.width];
        self.fields
            .iter()
            .map(|(name, from, length)| (name.clone(), self.text(&row[*from..from + length])))
            .collect()
    }

    fn text(&self, bytes: &[u8]) -> String {
        let bytes = bytes.split(|&b| b == 0).next().unwrap_or_default();
        let (text, _, broken) = self.encoding.decode(bytes);
        // Files without a .cpg are as often from Windows as UTF-8.
        let text = if broken { encoding_rs::WINDOWS_1252.decode(bytes).0 } else { text };
        text.trim().to_owned()
    }
}
