//! Boundaries drawn as SVG paths, so that a map is there without scripts and on paper.
//!
//! Plate carrée with the longitudes shrunk by the cosine of the middle latitude: over one district
//! the error is far below a pixel. Lines are thinned by Douglas and Peucker (1973).

use serde_json::Value;
use std::fmt::Write;

/// A place in the drawing, px.
type Point = (f64, f64);

/// Half a pixel of the drawing: thinner detail cannot be seen.
const TOLERANCE: f64 = 0.5;

/// The width of a drawing, px of its view box.
pub const WIDTH: f64 = 800.0;

/// What a boundary is drawn as.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The `d` of a path.
    Path(String),
    /// The centre of a dot.
    Dot(f64, f64),
}

/// A drawing of several boundaries to one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Height of the view box, px; its width is [`WIDTH`].
    pub height: f64,
    /// One for each boundary; `None` where the GeoJSON has nothing to draw.
    pub shapes: Vec<Option<Shape>>,
}

/// Draws these GeoJSON geometries (longitude, latitude).
pub fn draw(geometries: &[Value]) -> Drawing {
    let mut bounds = Bounds::default();
    for geometry in geometries {
        walk(&geometry["coordinates"], &mut |x, y| bounds.add(x, y));
    }
    let Some(scale) = bounds.scale() else {
        return Drawing { height: 0.0, shapes: vec![None; geometries.len()] };
    };
    let place =
        |x: f64, y: f64| ((x - bounds.west) * scale.0 + MARGIN, (bounds.north - y) * scale.1 + MARGIN);
    Drawing {
        height: ((bounds.north - bounds.south) * scale.1 + 2.0 * MARGIN).ceil(),
        shapes: geometries.iter().map(|g| shape(g, &place)).collect(),
    }
}

/// Room around the drawing, px, for the stroke.
const MARGIN: f64 = 3.0;

struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { west: f64::INFINITY, south: f64::INFINITY, east: f64::NEG_INFINITY, north: f64::NEG_INFINITY }
    }
}

impl Bounds {
    fn add(&mut self, x: f64, y: f64) {
        self.west = self.west.min(x);
        self.east = self.east.max(x);
        self.south = self.south.min(y);
        self.north = self.north.max(y);
    }

    /// Pixels for one degree of longitude and of latitude; no drawing is more than 1.25 times as high as wide.
    fn scale(&self) -> Option<(f64, f64)> {
        if self.west > self.east {
            return None;
        }
        let shrink = ((self.south + self.north) / 2.0).to_radians().cos().max(0.01);
        let wide = ((self.east - self.west) * shrink).max(1e-4);
        let high = (self.north - self.south).max(1e-4);
        let room = WIDTH - 2.0 * MARGIN;
        let scale = (room / wide).min(room * 1.25 / high);
        Some((scale * shrink, scale))
    }
}

/// Visits each position of nested coordinate arrays.
fn walk(value: &Value, visit: &mut impl FnMut(f64, f64)) {
    let Some(items) = value.as_array() else { return };
    match (items.first().and_then(Value::as_f64), items.get(1).and_then(Value::as_f64)) {
        (Some(x), Some(y)) => visit(x, y),
        _ => items.iter().for_each(|item| walk(item, visit)),
    }
}

fn shape(geometry: &Value, place: &impl Fn(f64, f64) -> Point) -> Option<Shape> {
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str()? {
        "Point" => {
            let mut dot = None;
            walk(coordinates, &mut |x, y| dot = Some(place(x, y)));
            dot.map(|(x, y)| Shape::Dot(x, y))
        }
        "Polygon" => path(coordinates.as_array()?.iter(), place),
        "MultiPolygon" => path(coordinates.as_array()?.iter().filter_map(Value::as_array).flatten(), place),
        _ => None,
    }
}

fn path<'a>(rings: impl Iterator<Item = &'a Value>, place: &impl Fn(f64, f64) -> Point) -> Option<Shape> {
    let mut d = String::new();
    for ring in rings {
        let mut points = Vec::new();
        walk(ring, &mut |x, y| points.push(place(x, y)));
        let points = thin(&points);
        if points.len() < 4 {
            continue;
        }
        let mut at = (0i64, 0i64);
        for (i, (x, y)) in points[..points.len() - 1].iter().enumerate() {
            // Tenths of a pixel as whole numbers, each relative to the one before, so that errors do not add up.
            let next = ((x * 10.0).round() as i64, (y * 10.0).round() as i64);
            let (dx, dy) = (next.0 - at.0, next.1 - at.1);
            if i > 0 && dx == 0 && dy == 0 {
                continue;
            }
            let letter = if i == 0 { "M" } else { "l" };
            let (x, y) = if i == 0 { next } else { (dx, dy) };
            // Writing to a String cannot fail.
            let _ = write!(d, "{letter}{} {}", x as f64 / 10.0, y as f64 / 10.0);
            at = next;
        }
        d.push('z');
    }
    (!d.is_empty()).then_some(Shape::Path(d))
}

/// The line with as few points as stay within [`TOLERANCE`] of it.
fn thin(points: &[Point]) -> Vec<Point> {
    let n = points.len();
    if n < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; n];
    // A ring begins where it ends: it is split at its farthest point, so that there is a line to measure from.
    let far = (1..n - 1)
        .max_by(|a, b| square(points[0], points[*a]).total_cmp(&square(points[0], points[*b])))
        .unwrap_or(n / 2);
    for i in [0, far, n - 1] {
        keep[i] = true;
    }
    let mut stack = vec![(0, far), (far, n - 1)];
    while let Some((from, to)) = stack.pop() {
        let farthest = (from + 1..to)
            .map(|i| (i, off_line(points[i], points[from], points[to])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((i, distance)) = farthest
            && distance > TOLERANCE
        {
            keep[i] = true;
            stack.extend([(from, i), (i, to)]);
        }
    }
    points.iter().zip(keep).filter_map(|(p, k)| k.then_some(*p)).collect()
}

fn square(a: Point, b: Point) -> f64 {
    (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
}

/// The distance of a point from the segment from `a` to `b`.
fn off_line(p: Point, a: Point, b: Point) -> f64 {
    let length = square(a, b);
    if length == 0.0 {
        return square(p, a).sqrt();
    }
    let t = (((p.0 - a.0) * (b.0 - a.0) + (p.1 - a.1) * (b.1 - a.1)) / length).clamp(0.0, 1.0);
    square(p, (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))).sqrt()
}
