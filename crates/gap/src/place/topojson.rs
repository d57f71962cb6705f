//! TopoJSON (specification 1.0, M. Bostock): arcs stored once, shared by the polygons on both sides,
//! optionally quantised and delta-encoded.

use super::boundary::RawFeature;
use super::json::{Indexes, Positions, Properties, Scalar};
use evenfield_model::Problems;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How many times over, on average, an arc may be used. Two neighbours share each arc, and a file may nest
/// a few layers (county in state in nation); far more is an attempt to make a small file big.
const USES: usize = 16;

#[derive(Deserialize)]
struct Topology {
    #[serde(default)]
    transform: Option<Transform>,
    #[serde(default)]
    objects: BTreeMap<String, Object>,
    #[serde(default)]
    arcs: Vec<Positions>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type", default)]
    kind: Scalar,
    #[serde(default)]
    id: Scalar,
    #[serde(default)]
    properties: Properties,
    #[serde(default)]
    arcs: Option<Indexes>,
    #[serde(default)]
    geometries: Vec<Object>,
}

/// Reads the polygons of all objects of a topology, not yet checked.
pub(super) fn features(bytes: &[u8], file: &str, problems: &mut Problems) -> Vec<RawFeature> {
    let topology: Topology = match serde_json::from_slice(bytes) {
        Ok(topology) => topology,
        Err(error) => {
            problems.push(file, error.line() as u64, "", &error.to_string(), "a TopoJSON topology");
            return Vec::new();
        }
    };
    let mut arcs = Vec::with_capacity(topology.arcs.len());
    for (index, arc) in topology.arcs.into_iter().enumerate() {
        match decode(arc, topology.transform.as_ref()) {
            Some(arc) => arcs.push(arc),
            None => {
                problems.push(file, 0, &format!("arc {index}"), "", "an array of positions");
                return Vec::new();
            }
        }
    }
    let vertices: usize = arcs.iter().map(Vec::len).sum();
    let mut stitcher = Stitcher { arcs, room: vertices.saturating_mul(USES), found: Vec::new() };
    for object in topology.objects.into_values() {
        stitcher.object(object);
    }
    stitcher.found
}

/// One arc in degrees. A quantised arc holds differences from point to point.
fn decode(arc: Positions, transform: Option<&Transform>) -> Option<Vec<[f64; 2]>> {
    let Positions::List(list) = arc else { return None };
    // The specification wants two positions, but quantising tools leave arcs of one behind.
    if list.is_empty() {
        return None;
    }
    let (mut x, mut y) = (0.0, 0.0);
    list.into_iter()
        .map(|position| match (position, transform) {
            (Positions::Position(position), None) => Some(position),
            (Positions::Position([dx, dy]), Some(t)) => {
                x += dx;
                y += dy;
                Some([x * t.scale[0] + t.translate[0], y * t.scale[1] + t.translate[1]])
            }
            _ => None,
        })
        .collect()
}

struct Stitcher {
    arcs: Vec<Vec<[f64; 2]>>,
    /// How many more vertices may be written.
    room: usize,
    found: Vec<RawFeature>,
}

impl Stitcher {
    fn object(&mut self, object: Object) {
        let kind = object.kind.0.unwrap_or_default();
        if kind == "GeometryCollection" {
            // The reader limits nesting to 128 levels, so this recursion is bounded.
            object.geometries.into_iter().for_each(|geometry| self.object(geometry));
            return;
        }
        let mut raw = RawFeature::new(self.found.len() as u64 + 1, object.properties.0);
        if let Some(id) = object.id.0 {
            raw.properties.push(("id".to_owned(), id));
        }
        match self.polygons(&kind, object.arcs) {
            Ok(polygons) => raw.polygons = polygons,
            Err(fault) => raw.fault = Some(fault),
        }
        self.found.push(raw);
    }

    fn polygons(&mut self, kind: &str, arcs: Option<Indexes>) -> Result<Vec<Rings>, Fault> {
        let Some(Indexes::List(list)) = arcs else {
            return Err((kind.to_owned(), "a Polygon or MultiPolygon with arcs"));
        };
        let polygons = match kind {
            "Polygon" => vec![self.rings(list)?],
            "MultiPolygon" => list
                .into_iter()
                .map(|polygon| match polygon {
                    Indexes::List(rings) => self.rings(rings),
                    _ => Err((kind.to_owned(), "arrays of arc indexes")),
                })
                .collect::<Result<Vec<_>, _>>()?,
            _ => return Err((kind.to_owned(), "a Polygon or MultiPolygon")),
        };
        // A polygon whose outer ring shrank to nothing on the grid encloses nothing.
        Ok(polygons.into_iter().filter(|rings| !rings.is_empty()).collect())
    }

    /// The rings of one polygon; empty when quantisation shrank the outer ring to a line or a point.
    fn rings(&mut self, list: Vec<Indexes>) -> Result<Rings, Fault> {
        let mut rings = Vec::with_capacity(list.len().min(64));
        for (place, ring) in list.into_iter().enumerate() {
            let Indexes::List(indexes) = ring else { return Err((String::new(), "arrays of arc indexes")) };
            let ring = self.ring(&indexes)?;
            if ring.len() >= 4 {
                rings.push(ring);
            } else if place == 0 {
                return Ok(Vec::new());
            }
        }
        Ok(rings)
    }

    fn ring(&mut self, indexes: &[Indexes]) -> Result<Vec<[f64; 2]>, Fault> {
        let mut ring: Vec<[f64; 2]> = Vec::new();
        for index in indexes {
            let Indexes::Index(index) = *index else {
                return Err((String::new(), "a whole number as arc index"));
            };
            let (number, backwards) = if index < 0 { (!index, true) } else { (index, false) };
            let arc = usize::try_from(number).ok().and_then(|number| self.arcs.get(number));
            let Some(arc) = arc else {
                return Err((index.to_string(), "the index of an arc that the topology has"));
            };
            let Some(room) = self.room.checked_sub(arc.len()) else {
                return Err((
                    index.to_string(),
                    "each arc used by a few polygons; these use some far more often",
                ));
            };
            self.room = room;
            // The first point of an arc repeats the last of the arc before it.
            let skip = usize::from(!ring.is_empty());
            if backwards {
                ring.extend(arc.iter().rev().skip(skip));
            } else {
                ring.extend(arc.iter().skip(skip));
            }
        }
        ring.dedup();
        Ok(ring)
    }
}

type Rings = Vec<Vec<[f64; 2]>>;
type Fault = (String, &'static str);
