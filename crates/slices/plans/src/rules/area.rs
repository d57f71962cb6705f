//! The middle of a place, from its boundary.

use serde_json::Value;

/// Longitude and latitude of the middle of a GeoJSON geometry: the centroid of its area, by the shoelace formula (A. L. F. Meister, 1769)
/// in degrees, which over a tract is off by far less than the tract is wide; of a point the point itself. `None` where there is no area.
pub fn middle(geometry: &Value) -> Option<(f64, f64)> {
    let coordinates = &geometry["coordinates"];
    let number = |value: &Value, at: usize| value.get(at).and_then(Value::as_f64);
    match geometry["type"].as_str()? {
        "Point" => Some((number(coordinates, 0)?, number(coordinates, 1)?)),
        "Polygon" => centroid(&[ring(coordinates.get(0)?)]),
        "MultiPolygon" => {
            let rings: Vec<_> =
                coordinates.as_array()?.iter().filter_map(|polygon| polygon.get(0).map(ring)).collect();
            centroid(&rings)
        }
        _ => None,
    }
}

/// The outer ring as points.
fn ring(value: &Value) -> Vec<(f64, f64)> {
    let point = |p: &Value| Some((p.get(0)?.as_f64()?, p.get(1)?.as_f64()?));
    value.as_array().into_iter().flatten().filter_map(point).collect()
}

fn centroid(rings: &[Vec<(f64, f64)>]) -> Option<(f64, f64)> {
    // From a corner, so that small areas far from the origin lose no digits.
    let origin = *rings.first()?.first()?;
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for ring in rings {
        let (mut part, mut px, mut py) = (0.0, 0.0, 0.0);
        for pair in ring.windows(2) {
            let (a, b) =
                ((pair[0].0 - origin.0, pair[0].1 - origin.1), (pair[1].0 - origin.0, pair[1].1 - origin.1));
            let cross = a.0 * b.1 - b.0 * a.1;
            part += cross;
            px += (a.0 + b.0) * cross;
            py += (a.1 + b.1) * cross;
        }
        // Whichever way a ring runs round, its area counts.
        let sign = if part < 0.0 { -1.0 } else { 1.0 };
        (twice, x, y) = (twice + part * sign, x + px * sign, y + py * sign);
    }
    (twice > 0.0).then(|| (origin.0 + x / (3.0 * twice), origin.1 + y / (3.0 * twice)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_middle_of_known_shapes() {
        let close = |geometry: Value, x: f64, y: f64| {
            let (a, b) = middle(&geometry).expect("a middle");
            assert!((a - x).abs() < 1e-9 && (b - y).abs() < 1e-9, "{a} {b}");
        };
        let square = |x: f64| json!([[[x, 0.0], [x + 2.0, 0.0], [x + 2.0, 2.0], [x, 2.0], [x, 0.0]]]);
        close(json!({"type": "Polygon", "coordinates": square(-80.0)}), -79.0, 1.0);
        // A right triangle: a third of the way.
        let triangle = json!([[[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [0.0, 0.0]]]);
        close(json!({"type": "Polygon", "coordinates": triangle}), 1.0, 1.0);
        close(json!({"type": "MultiPolygon", "coordinates": [square(0.0), square(4.0)]}), 3.0, 1.0);
        close(json!({"type": "Point", "coordinates": [-80.5, 37.25]}), -80.5, 37.25);
        for nothing in [
            json!(null),
            json!({"type": "Polygon", "coordinates": []}),
            json!({"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]}),
            json!({"type": "Polygon", "coordinates": "x"}),
        ] {
            assert_eq!(middle(&nothing), None, "{nothing}");
        }
    }
}
