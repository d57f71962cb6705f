//! Boundaries as GeoJSON for a page, no bigger than asked.

use super::Boundary;
use super::simplify::simplify;
use geo::{LineString, MultiPolygon};
use serde_json::{Map, Value};
use std::fmt::Write;

/// GeoJSON and how coarse it is.
#[derive(Clone, Debug, PartialEq)]
pub struct WebMap {
    /// A FeatureCollection.
    pub json: String,
    /// No border is farther than this from where it was, in metres, rounding of coordinates (about 1 m) aside.
    pub tolerance: f64,
}

/// Writes a FeatureCollection of at most `max_bytes`: tolerances of 0, 10, 20, 40 … metres are tried until
/// it fits. Each feature has `id` and `name` and what `properties` adds. `None` when even 20 km do not fit.
pub fn to_geojson(
    boundaries: &[Boundary],
    max_bytes: usize,
    properties: impl Fn(&Boundary) -> Map<String, Value>,
) -> Option<WebMap> {
    let tolerances = std::iter::once(0.0).chain((0..12).map(|step| 10.0 * f64::from(1 << step)));
    for tolerance in tolerances {
        let coarse = if tolerance > 0.0 { simplify(boundaries, tolerance) } else { boundaries.to_vec() };
        let json = collection(&coarse, &properties);
        if json.len() <= max_bytes {
            return Some(WebMap { json, tolerance });
        }
    }
    None
}

fn collection(boundaries: &[Boundary], properties: impl Fn(&Boundary) -> Map<String, Value>) -> String {
    let mut out = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    for (index, boundary) in boundaries.iter().enumerate() {
        let mut values = properties(boundary);
        values.insert("id".to_owned(), boundary.id.clone().into());
        values.insert("name".to_owned(), boundary.name.clone().into());
        let comma = if index > 0 { "," } else { "" };
        let geometry = geometry_to_json(&boundary.geometry);
        let values = Value::Object(values);
        // Writing to a String cannot fail.
        let _ =
            write!(out, "{comma}{{\"type\":\"Feature\",\"properties\":{values},\"geometry\":{geometry}}}");
    }
    out.push_str("]}");
    out
}

/// One geometry as a GeoJSON MultiPolygon, with five decimals (about 1 m).
pub fn geometry_to_json(geometry: &MultiPolygon<f64>) -> String {
    let mut out = String::from("{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (index, polygon) in geometry.iter().enumerate() {
        out.push_str(if index > 0 { ",[" } else { "[" });
        push_ring(&mut out, polygon.exterior());
        for hole in polygon.interiors() {
            out.push(',');
            push_ring(&mut out, hole);
        }
        out.push(']');
    }
    out.push_str("]}");
    out
}

fn push_ring(out: &mut String, ring: &LineString<f64>) {
    let round = |number: f64| (number * 1e5).round() / 1e5 + 0.0;
    let mut points: Vec<[f64; 2]> = ring.0.iter().map(|p| [round(p.x), round(p.y)]).collect();
    let all = points.clone();
    points.dedup();
    // A ring must have four positions, even one that is smaller than the rounding.
    let points = if points.len() < 4 { all } else { points };
    out.push('[');
    for (index, [x, y]) in points.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(out, "{comma}[{x},{y}]");
    }
    out.push(']');
}
