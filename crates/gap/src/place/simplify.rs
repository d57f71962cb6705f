//! Fewer vertices for the screen, with borders that neighbours share still shared.
//!
//! Rings are cut where three or more borders meet (and where a ring touches another); each piece between two
//! such points is simplified by itself, always in the same direction, so that both neighbours get the same line.
//! Method: D. H. Douglas, T. K. Peucker, Cartographica 10 (1973) 112-122: no vertex that is dropped lies
//! farther than the tolerance from the line that stays.

use super::Boundary;
use geo::{Area, Coord, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;
use std::collections::HashMap;

/// Metres in a degree of latitude, the mean of the WGS 84 meridian.
const METRES_PER_DEGREE: f64 = 111_132.95;

type Key = (u64, u64);

/// Simplifies boundaries; `tolerance` is in metres on the ground. A place so small that it would vanish
/// keeps its largest ring as it was.
pub fn simplify(boundaries: &[Boundary], tolerance: f64) -> Vec<Boundary> {
    let junctions = Junctions::of(boundaries);
    boundaries.par_iter().map(|boundary| simplified(boundary, &junctions, tolerance)).collect()
}

fn simplified(boundary: &Boundary, junctions: &Junctions, tolerance: f64) -> Boundary {
    let ring = |line: &LineString<f64>| {
        let points = junctions.simplify_ring(open(line), tolerance);
        (points.len() >= 4).then_some(LineString(points))
    };
    let polygons: Vec<Polygon<f64>> = boundary
        .geometry
        .iter()
        .filter_map(|p| {
            Some(Polygon::new(ring(p.exterior())?, p.interiors().iter().filter_map(ring).collect()))
        })
        .collect();
    let polygons = if polygons.is_empty() { largest(&boundary.geometry) } else { polygons };
    Boundary { geometry: MultiPolygon(polygons), ..boundary.clone() }
}

fn largest(geometry: &MultiPolygon<f64>) -> Vec<Polygon<f64>> {
    let area = |polygon: &&Polygon<f64>| polygon.unsigned_area();
    let largest = geometry.iter().max_by(|a, b| area(a).total_cmp(&area(b)));
    largest.map(|polygon| Polygon::new(polygon.exterior().clone(), Vec::new())).into_iter().collect()
}

/// A ring without its closing point and without repeated points.
fn open(line: &LineString<f64>) -> Vec<Coord<f64>> {
    let mut points = line.0.clone();
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

fn key(point: Coord<f64>) -> Key {
    // Adding zero makes -0.0 and 0.0 one key.
    ((point.x + 0.0).to_bits(), (point.y + 0.0).to_bits())
}

/// The points where lines must not move: each vertex with its two neighbours, and whether it was
/// met with other ones as well.
struct Junctions {
    met: HashMap<Key, (Key, Key, bool)>,
}

impl Junctions {
    fn of(boundaries: &[Boundary]) -> Self {
        let mut met: HashMap<Key, (Key, Key, bool)> = HashMap::new();
        let polygons = boundaries.iter().flat_map(|boundary| boundary.geometry.iter());
        for ring in polygons.flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
            let points = open(ring);
            for place in 0..points.len() {
                let before = key(points[(place + points.len() - 1) % points.len()]);
                let after = key(points[(place + 1) % points.len()]);
                let (one, other) = (before.min(after), before.max(after));
                met.entry(key(points[place]))
                    .and_modify(|seen| seen.2 |= (seen.0, seen.1) != (one, other))
                    .or_insert((one, other, false));
            }
        }
        Self { met }
    }

    fn is_junction(&self, point: Coord<f64>) -> bool {
        self.met.get(&key(point)).is_some_and(|seen| seen.2)
    }

    /// Simplifies an open ring; the result is closed.
    fn simplify_ring(&self, mut points: Vec<Coord<f64>>, tolerance: f64) -> Vec<Coord<f64>> {
        if points.len() < 3 {
            return Vec::new();
        }
        match points.iter().position(|&point| self.is_junction(point)) {
            Some(first) => points.rotate_left(first),
            None => return simplify_island(points, tolerance),
        }
        points.push(points[0]);
        let mut result = vec![points[0]];
        let mut from = 0;
        for place in 1..points.len() {
            if place == points.len() - 1 || self.is_junction(points[place]) {
                result.extend(simplify_arc(&points[from..=place], tolerance).into_iter().skip(1));
                from = place;
            }
        }
        result
    }
}

/// A ring that meets no other line: cut at its smallest vertex and the vertex farthest from it.
fn simplify_island(mut points: Vec<Coord<f64>>, tolerance: f64) -> Vec<Coord<f64>> {
    let less = |a: &Coord<f64>, b: &Coord<f64>| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y));
    let first = (0..points.len()).min_by(|&a, &b| less(&points[a], &points[b])).unwrap_or(0);
    points.rotate_left(first);
    let start = points[0];
    let distance = |p: &Coord<f64>| (p.x - start.x).powi(2) + (p.y - start.y).powi(2);
    let far = (0..points.len())
        .max_by(|&a, &b| {
            distance(&points[a]).total_cmp(&distance(&points[b])).then(less(&points[a], &points[b]))
        })
        .unwrap_or(0);
    points.push(start);
    let mut result = simplify_arc(&points[..=far], tolerance);
    result.extend(simplify_arc(&points[far..], tolerance).into_iter().skip(1));
    result
}

/// Simplifies a line between two fixed ends, the same way from whichever end it is given.
fn simplify_arc(points: &[Coord<f64>], tolerance: f64) -> Vec<Coord<f64>> {
    let forward: Vec<Key> = points.iter().map(|&point| key(point)).collect();
    if forward.iter().lt(forward.iter().rev()) {
        return douglas_peucker(points, tolerance);
    }
    let mut turned = points.to_vec();
    turned.reverse();
    let mut result = douglas_peucker(&turned, tolerance);
    result.reverse();
    result
}

fn douglas_peucker(points: &[Coord<f64>], tolerance: f64) -> Vec<Coord<f64>> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let east = METRES_PER_DEGREE * points[0].y.to_radians().cos();
    let place: Vec<[f64; 2]> = points.iter().map(|p| [p.x * east, p.y * METRES_PER_DEGREE]).collect();
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[points.len() - 1] = true;
    // A stack, not recursion: a long spiral would need as many levels as it has vertices.
    let mut parts = vec![(0, points.len() - 1)];
    while let Some((from, to)) = parts.pop() {
        let mut worst = (tolerance, None);
        for (middle, point) in place.iter().enumerate().take(to).skip(from + 1) {
            let distance = distance_to_segment(*point, place[from], place[to]);
            if distance > worst.0 {
                worst = (distance, Some(middle));
            }
        }
        if let (_, Some(middle)) = worst {
            keep[middle] = true;
            parts.extend([(from, middle), (middle, to)]);
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

fn distance_to_segment([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

#[cfg(test)]
mod tests;
