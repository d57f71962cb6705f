//! The size and the middle of a place.

use geo::{Centroid, GeodesicArea, MultiPolygon};

/// Area in square kilometres on the WGS 84 ellipsoid, holes taken off.
/// Source: C. F. F. Karney, "Algorithms for geodesics", J. Geodesy 87 (2013) 43-55.
pub fn area_square_km(geometry: &MultiPolygon<f64>) -> f64 {
    // Karney's algorithm signs an area by the direction of its ring, and files differ in direction, so each
    // ring is measured alone.
    let ring = |line: &geo::LineString<f64>| {
        geo::Polygon::new(line.clone(), Vec::new()).geodesic_area_signed().abs()
    };
    let polygon = |polygon: &geo::Polygon<f64>| {
        ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>()
    };
    geometry.iter().map(polygon).sum::<f64>() / 1e6
}

/// The middle: the centroid of the area on the plane of degrees, longitude and latitude. `None` without area.
pub fn centroid(geometry: &MultiPolygon<f64>) -> Option<(f64, f64)> {
    geometry.centroid().map(|point| (point.x(), point.y()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    /// A square degree at the equator: 12,308.778 km2 (Karney's GeographicLib, Planimeter, WGS 84).
    #[test]
    fn a_square_degree_at_the_equator() {
        let square = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 1.0)];
        let area = area_square_km(&MultiPolygon(vec![square.clone()]));
        assert!((area - 12_308.778).abs() < 0.01, "{area}");
        let mut clockwise = square.exterior().clone();
        clockwise.0.reverse();
        let turned = area_square_km(&MultiPolygon(vec![geo::Polygon::new(clockwise, Vec::new())]));
        assert!((turned - area).abs() < 1e-6);
        assert_eq!(centroid(&MultiPolygon(vec![square])), Some((0.5, 0.5)));
    }
}
