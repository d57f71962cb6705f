//! The map of a plan: places by the share of their students who are served, and what is bought where.

use super::lines::{self, kind};
use super::solved::Solved;
use super::told;
use crate::App;
use crate::error::Result;
use crate::layout::Frame;
use crate::queries::{self, Boundary};
use crate::shapes::{Shape, draw};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use evenfield_plan::scenario::{Bought, PlaceLine, Point, Report};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Something on the map, and its row beside it.
pub struct Mark {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub text: String,
    /// The class of its shade, 1 to 5; 0 for what is bought.
    pub shade: u8,
    /// The path; empty for a dot.
    pub d: String,
    /// The centre of a dot.
    pub dot: Option<(String, String)>,
    /// Whether it is an option and no place.
    pub is_option: bool,
}

/// The map.
pub struct Map {
    /// What is drawn.
    pub marks: Vec<Mark>,
    /// Height of the view box.
    pub height: f64,
    /// Places as rows: name, students, connected at home, served.
    pub places: Vec<[String; 4]>,
    /// Shades and what they mean.
    pub legend: Vec<(u8, String)>,
}

/// The class of a share, each a fifth.
fn shade(share: f64) -> u8 {
    ((share * 5.0).floor().clamp(0.0, 4.0) as u8) + 1
}

fn share(place: &PlaceLine) -> f64 {
    if place.students > 0.0 { place.reach.planned.served / place.students } else { 0.0 }
}

fn point(point: &Point) -> Value {
    json!({ "type": "Point", "coordinates": [point.longitude, point.latitude] })
}

/// The geometry of a place: its boundary, or where it lies.
fn geometry(place: &PlaceLine, boundaries: &HashMap<&str, &Boundary>) -> Option<Value> {
    let drawn = boundaries.get(place.place.as_str()).and_then(|b| serde_json::from_str(&b.geojson).ok());
    drawn.or_else(|| place.point.as_ref().map(point))
}

fn by_id(boundaries: &[Boundary]) -> HashMap<&str, &Boundary> {
    boundaries.iter().map(|boundary| (boundary.id.as_str(), boundary)).collect()
}

fn name(place: &PlaceLine, boundaries: &HashMap<&str, &Boundary>) -> String {
    let named = boundaries.get(place.place.as_str()).map(|b| b.name.trim()).filter(|name| !name.is_empty());
    match named {
        Some(name) if name.contains(&place.place) => name.to_owned(),
        Some(name) => format!("{name} ({})", place.place),
        None => place.place.clone(),
    }
}

fn said(p: &Frame, place: &PlaceLine) -> String {
    let [connected, served] = told::both(p, &place.reach);
    let values = [
        ("students", told::students(place.students).into()),
        ("connected", connected.into()),
        ("served", served.into()),
    ];
    p.tvs("plans-map-place", &values)
}

fn said_of(p: &Frame, option: &Bought) -> String {
    let [connected, served] = told::both(p, &option.reach);
    let values = [
        ("kind", kind(p, &option.kind).into()),
        ("cost", told::money(option.district).into()),
        ("connected", connected.into()),
        ("served", served.into()),
    ];
    p.tvs("plans-map-option", &values)
}

/// Options that stand at a place of their own: what is bought for the students of a place is told by that.
fn sites(report: &Report) -> impl Iterator<Item = (&Bought, &Point)> {
    let is_site = |kind: &str| !["hotspot_lending", "broadband_offer"].contains(&kind);
    report
        .bought
        .iter()
        .filter(move |option| is_site(&option.kind))
        .filter_map(|o| Some((o, o.point.as_ref()?)))
}

/// Draws the map.
pub fn map(p: &Frame, boundaries: &[Boundary], report: &Report) -> Map {
    let boundaries = by_id(boundaries);
    let mut geometries = Vec::new();
    let mut marks = Vec::new();
    for place in &report.places {
        let Some(geometry) = geometry(place, &boundaries) else { continue };
        geometries.push(geometry);
        let (id, name, text) = (place.place.clone(), name(place, &boundaries), said(p, place));
        marks.push(Mark {
            id,
            name,
            text,
            shade: shade(share(place)),
            d: String::new(),
            dot: None,
            is_option: false,
        });
    }
    for (option, at) in sites(report) {
        geometries.push(point(at));
        let (id, name, text) =
            (option.option.clone(), lines::name(p, &option.option, &option.name), said_of(p, option));
        marks.push(Mark { id, name, text, shade: 0, d: String::new(), dot: None, is_option: true });
    }
    let drawing = draw(&geometries);
    for (mark, shape) in marks.iter_mut().zip(drawing.shapes) {
        match shape {
            Some(Shape::Path(d)) => mark.d = d,
            Some(Shape::Dot(x, y)) => mark.dot = Some((format!("{x:.1}"), format!("{y:.1}"))),
            None => {}
        }
    }
    let places = report.places.iter().map(|place| {
        let [connected, served] = told::both(p, &place.reach);
        [name(place, &boundaries), told::students(place.students), connected, served]
    });
    let fifths = (1..=5u8).map(|n| {
        let values = [("from", u32::from(n - 1) * 20), ("to", u32::from(n) * 20)];
        (n, p.tvs("plans-legend-share", &values.map(|(key, value)| (key, value.into()))))
    });
    Map { marks, height: drawing.height, places: places.collect(), legend: fifths.collect() }
}

/// The same as GeoJSON: places and what is bought, with figures to the student's fraction.
pub async fn geojson(State(app): State<App>, p: Frame, solved: Solved) -> Result<Response> {
    let boundaries = queries::boundaries(app.db.read(), p.district_id()).await?;
    let boundaries = by_id(&boundaries);
    let report = &solved.answer.report;
    let mut features = Vec::new();
    let reach = |r: &evenfield_plan::scenario::Interval| {
        json!({
            "connected": r.planned.connected, "connected_low": r.low.connected, "connected_high": r.high.connected,
            "served": r.planned.served, "served_low": r.low.served, "served_high": r.high.served,
        })
    };
    let mut add = |id: &str, geometry: Value, mut properties: Value, figures: Value| {
        if let (Some(to), Value::Object(from)) = (properties.as_object_mut(), figures) {
            to.extend(from);
        }
        features.push(json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties }));
    };
    for place in &report.places {
        let Some(geometry) = geometry(place, &boundaries) else { continue };
        let properties = json!({
            "id": place.place, "name": name(place, &boundaries), "what": "place", "students": place.students,
            "shade": shade(share(place)),
        });
        add(&place.place, geometry, properties, reach(&place.reach));
    }
    for (option, at) in sites(report) {
        let properties = json!({
            "id": option.option, "name": lines::name(&p, &option.option, &option.name), "what": "option", "kind": option.kind, "year": option.year,
            "district_cost": option.district, "shade": 0,
        });
        add(&option.option, point(at), properties, reach(&option.reach));
    }
    let body = json!({ "type": "FeatureCollection", "features": features }).to_string();
    Ok(([(CONTENT_TYPE, "application/geo+json")], body).into_response())
}

#[cfg(test)]
mod tests {
    use super::shade;

    #[test]
    fn shades_are_fifths() {
        assert_eq!([0.0, 0.19, 0.2, 0.5, 0.99, 1.0, 1.1].map(shade), [1, 1, 2, 3, 5, 5, 5]);
    }
}
