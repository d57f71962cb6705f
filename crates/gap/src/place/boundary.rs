//! A place's boundary, and the one way in for every file format.

use super::validity::{self, Effort};
use super::{geojson, shapefile, topojson};
use crate::read::{Limits, Source, decode};
use evenfield_model::{GeographyKind, Geoid, GeoidError, Leaid, Problems};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;

/// One place and where it is. Coordinates are degrees, longitude first.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary {
    /// What kind of place.
    pub kind: GeographyKind,
    /// Its id: GEOID, LEAID, NCESSCH, or what the file's own id property says.
    pub id: String,
    /// Its name; the id where the file gives none.
    pub name: String,
    /// Its area.
    pub geometry: MultiPolygon<f64>,
}

/// What to do with a polygon whose edges cross each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfCrossing {
    /// Name it as a problem and leave it out.
    Refuse,
    /// Name it as a problem and keep it: a point is inside when a line out of it crosses the
    /// edges an odd number of times. For files whose borders were rounded coarsely.
    Keep,
}

/// How to read a file of boundaries.
#[derive(Clone, Copy, Debug)]
pub struct BoundaryReading<'a> {
    /// What kind of place the features are.
    pub kind: GeographyKind,
    /// The properties that make the id, joined by a space; empty: the usual names are looked for.
    pub id: &'a [&'a str],
    /// The property with the name; `None`: the usual names are looked for.
    pub name: Option<&'a str>,
    /// What to do with crossing edges.
    pub self_crossing: SelfCrossing,
}

impl BoundaryReading<'_> {
    /// Reads places of this kind by the usual property names; crossing edges are refused.
    pub fn of(kind: GeographyKind) -> Self {
        Self { kind, id: &[], name: None, self_crossing: SelfCrossing::Refuse }
    }
}

/// A feature as a file gave it, before any check.
pub(super) struct RawFeature {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Names and values.
    pub properties: Vec<(String, String)>,
    /// Polygons of rings of positions.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
    /// Why it has no usable geometry: what was said, what was wanted.
    pub fault: Option<(String, &'static str)>,
}

impl RawFeature {
    pub(super) fn new(number: u64, properties: Vec<(String, String)>) -> Self {
        Self { number, properties, polygons: Vec::new(), fault: None }
    }

    fn property(&self, wanted: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// What a packed file of boundaries may unpack to: those of a nation's block groups are well below it.
const LIMITS: Limits = Limits { file_bytes: 512 << 20, total_bytes: 2 << 30, ratio: 250, files: 2_000 };

/// Reads boundaries from GeoJSON or TopoJSON, packed (`.gz`, `.xz`, `.zip`) or not, or from a zip archive with one or more
/// shapefiles; of an archive with shapefiles these alone are read. A feature that cannot be used is left out and named in the
/// problems by its number (`feature 17`).
///
/// A shapefile that is not zipped is read with [`shapefile::read`], for it needs its sibling files.
pub fn read(bytes: &[u8], file: &str, reading: &BoundaryReading<'_>) -> (Vec<Boundary>, Problems) {
    let mut problems = Problems::default();
    let mut boundaries = Vec::new();
    if !Source::is_packed(bytes) {
        read_json(bytes, file, reading, (&mut boundaries, &mut problems));
        return (boundaries, problems);
    }
    let source = match Source::open(file, bytes.to_vec(), LIMITS) {
        Ok(source) => source,
        Err(error) => {
            error.note(&mut problems);
            return (boundaries, problems);
        }
    };
    let mut any = false;
    shapefile::each_layer(&source, &mut problems, |layer, problems| {
        let (found, more) = shapefile::read(layer, reading);
        any = true;
        boundaries.extend(found);
        problems.append(more);
    });
    let is_archive = source.is_archive();
    let texts = source.names().filter(|name| !any && (!is_archive || is_json(name)));
    for name in texts.map(str::to_owned).collect::<Vec<_>>() {
        any = true;
        match source.read(&name) {
            Ok(content) => {
                read_json(&content, &source.path_of(&name), reading, (&mut boundaries, &mut problems));
            }
            Err(error) => error.note(&mut problems),
        }
    }
    if !any && problems.is_empty() {
        let wanted = "a zip archive with a .shp, its .dbf and its .prj, or with a .geojson or .json";
        problems.push(file, 0, "", "no .shp or .geojson file inside", wanted);
    }
    (boundaries, problems)
}

/// Whether a file of an archive, packed once more or not, is named as GeoJSON or TopoJSON.
fn is_json(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".xz")).unwrap_or(&name);
    [".json", ".geojson", ".topojson"].iter().any(|ending| name.ends_with(ending))
}

/// Reads GeoJSON or TopoJSON.
fn read_json(
    bytes: &[u8],
    file: &str,
    reading: &BoundaryReading<'_>,
    (boundaries, problems): (&mut Vec<Boundary>, &mut Problems),
) {
    if bytes.starts_with(&[0, 0, 0x27, 0x0A]) {
        return problems.push(
            file,
            0,
            "",
            ".shp",
            "a zip archive that holds the .shp with its .dbf and .prj",
        );
    }
    let text = match decode(file, bytes, problems) {
        Ok(text) => text,
        Err(error) => return error.note(problems),
    };
    let json = text.as_bytes();
    let before = problems.found();
    let raw = if is_topology(json) {
        topojson::features(json, file, problems)
    } else {
        geojson::features(json, file, problems)
    };
    if raw.is_empty() && problems.found() == before {
        let wanted = "a GeoJSON FeatureCollection, a TopoJSON topology or a zipped shapefile";
        problems.push(file, 0, "", "no features", wanted);
    }
    boundaries.extend(checked(raw, file, reading, (&mut Effort::default(), problems)));
}

/// Whether JSON names itself a topology: the outermost object's `type`, which may come after all else.
fn is_topology(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Outermost<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    serde_json::from_slice::<Outermost<'_>>(json).is_ok_and(|outermost| outermost.kind == "Topology")
}

/// Checks features and makes boundaries of the sound ones.
pub(super) fn checked(
    raw: Vec<RawFeature>,
    file: &str,
    reading: &BoundaryReading<'_>,
    (effort, problems): (&mut Effort, &mut Problems),
) -> Vec<Boundary> {
    let mut boundaries = Vec::with_capacity(raw.len());
    let mut seen = HashSet::new();
    for mut feature in raw {
        let place = format!("feature {}", feature.number);
        let Some(id) = id(&feature, file, &place, reading, problems) else { continue };
        let name = name(&feature, reading).unwrap_or_else(|| id.clone());
        let polygons = std::mem::take(&mut feature.polygons);
        if let Err((said, wanted)) = feature.fault.map_or(Ok(()), Err) {
            problems.push(file, 0, &place, &said, wanted);
            continue;
        }
        if let Err(fault) = validity::check(&polygons, effort) {
            problems.push(file, 0, &place, &fault.said, fault.wanted);
            if !(fault.crossing && reading.self_crossing == SelfCrossing::Keep) {
                continue;
            }
        }
        if !seen.insert(id.clone()) {
            problems.push(file, 0, &place, &id, "an id of its own; an earlier feature has this one");
            continue;
        }
        boundaries.push(Boundary { kind: reading.kind, id, name, geometry: geometry(polygons) });
    }
    boundaries
}

fn geometry(polygons: Vec<Vec<Vec<[f64; 2]>>>) -> MultiPolygon<f64> {
    let line = |ring: Vec<[f64; 2]>| LineString(ring.into_iter().map(|[x, y]| Coord { x, y }).collect());
    let polygon = |rings: Vec<Vec<[f64; 2]>>| {
        let mut rings = rings.into_iter().map(line);
        Polygon::new(rings.next().unwrap_or_else(|| LineString(Vec::new())), rings.collect())
    };
    MultiPolygon(polygons.into_iter().filter(|rings| !rings.is_empty()).map(polygon).collect())
}

/// The id properties that Census, NCES and common exports use for a kind, best first.
fn id_properties(kind: GeographyKind) -> &'static [&'static str] {
    match kind {
        GeographyKind::School | GeographyKind::AttendanceZone => {
            &["ncessch", "NCESSCHID", "GEOID", "OBJECTID", "id"]
        }
        GeographyKind::District => &["LEAID", "GEOID", "GEOID20", "GEOID10", "id"],
        _ => &["GEOID", "GEOID20", "GEOID10", "GEO_ID", "AFFGEOID", "FIPS", "id"],
    }
}

fn id(
    feature: &RawFeature,
    file: &str,
    place: &str,
    reading: &BoundaryReading<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let found = if reading.id.is_empty() {
        id_properties(reading.kind).iter().find_map(|wanted| feature.property(wanted)).map(str::to_owned)
    } else {
        let parts: Option<Vec<_>> = reading.id.iter().map(|wanted| feature.property(wanted)).collect();
        parts.map(|parts| parts.join(" "))
    };
    let Some(found) = found else {
        let wanted = if reading.id.is_empty() { id_properties(reading.kind) } else { reading.id };
        problems.push(file, 0, place, "", format!("an id in one of the properties {}", wanted.join(", ")));
        return None;
    };
    // An id that the caller named may be words, for example a district's name; digits are a code.
    if !reading.id.is_empty() && !found.bytes().all(|b| b.is_ascii_digit()) {
        return Some(found);
    }
    match code(&found, reading.kind) {
        Ok(id) => Some(id),
        Err(error) => {
            problems.push(file, 0, place, &found, error.to_string());
            None
        }
    }
}

fn code(text: &str, kind: GeographyKind) -> Result<String, GeoidError> {
    let length = match kind {
        GeographyKind::State => 2,
        GeographyKind::County => 5,
        GeographyKind::Tract => 11,
        GeographyKind::BlockGroup => 12,
        GeographyKind::District => return Leaid::parse(text).map(String::from),
        _ => return Ok(text.to_owned()),
    };
    Geoid::parse_as(text, length).map(String::from)
}

fn name(feature: &RawFeature, reading: &BoundaryReading<'_>) -> Option<String> {
    const USUAL: [&str; 8] =
        ["NAMELSAD", "NAMELSAD20", "region_name", "schnam", "SCH_NAME", "NAME", "District", "label"];
    let found = match reading.name {
        Some(wanted) => feature.property(wanted),
        None => USUAL.iter().find_map(|wanted| feature.property(wanted)),
    };
    found.map(str::to_owned)
}
