//! GeoJSON (RFC 7946): a FeatureCollection of polygons and multipolygons.

use super::boundary::RawFeature;
use super::json::{Positions, Properties, Scalar};
use evenfield_model::Problems;
use serde::Deserialize;

#[derive(Deserialize)]
struct Collection {
    #[serde(default)]
    crs: Option<Crs>,
    #[serde(default)]
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Crs {
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    id: Scalar,
    #[serde(default)]
    properties: Properties,
    #[serde(default)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type", default)]
    kind: Scalar,
    #[serde(default)]
    coordinates: Option<Positions>,
}

/// Reads the features of a FeatureCollection, not yet checked.
pub(super) fn features(bytes: &[u8], file: &str, problems: &mut Problems) -> Vec<RawFeature> {
    let collection: Collection = match serde_json::from_slice(bytes) {
        Ok(collection) => collection,
        Err(error) => {
            problems.push(
                file,
                error.line() as u64,
                "",
                &error.to_string(),
                "a GeoJSON FeatureCollection (RFC 7946)",
            );
            return Vec::new();
        }
    };
    if let Some(name) = collection.crs.as_ref().and_then(|crs| crs.properties.0.first())
        && !is_geographic(&name.1)
    {
        problems.push(
            file,
            0,
            "crs",
            &name.1,
            "longitude and latitude (CRS84, EPSG:4326 or EPSG:4269); export the file again in WGS 84",
        );
        return Vec::new();
    }
    let mut found = Vec::with_capacity(collection.features.len());
    for (index, feature) in collection.features.into_iter().enumerate() {
        let number = index as u64 + 1;
        let mut raw = RawFeature::new(number, feature.properties.0);
        if let Some(id) = feature.id.0 {
            raw.properties.push(("id".to_owned(), id));
        }
        match feature.geometry.map(polygons) {
            None => raw.fault = Some(("null".to_owned(), "a polygon; this feature has no geometry")),
            Some(Ok(polygons)) => raw.polygons = polygons,
            Some(Err(fault)) => raw.fault = Some(fault),
        }
        found.push(raw);
    }
    found
}

/// Whether a GeoJSON `crs` name means longitude and latitude on WGS 84 or NAD 83.
fn is_geographic(name: &str) -> bool {
    name.ends_with("CRS84") || name.ends_with(":4326") || name.ends_with(":4269")
}

type Rings = Vec<Vec<[f64; 2]>>;

fn polygons(geometry: Geometry) -> Result<Vec<Rings>, (String, &'static str)> {
    const WANTED: &str = "arrays of [longitude, latitude]";
    let kind = geometry.kind.0.unwrap_or_default();
    let Some(Positions::List(list)) = geometry.coordinates else {
        return Err((kind, "a Polygon or MultiPolygon with coordinates"));
    };
    match kind.as_str() {
        "Polygon" => Ok(vec![rings(list).ok_or((kind, WANTED))?]),
        "MultiPolygon" => list
            .into_iter()
            .map(|polygon| match polygon {
                Positions::List(list) => rings(list),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .ok_or((kind, WANTED)),
        _ => Err((kind, "a Polygon or MultiPolygon")),
    }
}

fn rings(list: Vec<Positions>) -> Option<Rings> {
    list.into_iter()
        .map(|ring| match ring {
            Positions::List(points) => points
                .into_iter()
                .map(|point| match point {
                    Positions::Position(position) => Some(position),
                    _ => None,
                })
                .collect(),
            _ => None,
        })
        .collect()
}
