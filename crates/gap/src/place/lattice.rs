//! Points spread evenly over a place: enough of them stand for its ground where only a share of it is asked for.

use super::{Boundary, Locator};
use geo::{Area, BoundingRect, InteriorPoint};

/// Points inside the place, longitude and latitude: the middles of the cells of a square lattice, about `count` of them. A
/// place too thin for the lattice has one; one without area has none.
pub fn points(place: &Boundary, count: usize) -> Vec<(f64, f64)> {
    let Some(around) = place.geometry.bounding_rect() else { return Vec::new() };
    let (width, height) = (around.width(), around.height());
    let filled = place.geometry.unsigned_area() / (width * height);
    if !(filled > 0.0 && filled.is_finite()) {
        return Vec::new();
    }
    // Degrees of longitude are shorter than those of latitude.
    let narrow = around.center().y.to_radians().cos().max(0.01);
    let cells = count as f64 / filled.max(0.01);
    let columns = (cells * width * narrow / height).sqrt().round().clamp(1.0, cells);
    let rows = (cells / columns).round().max(1.0);
    let locator = Locator::new(std::slice::from_ref(place));
    let mut found = Vec::with_capacity(count);
    for row in 0..rows as usize {
        let y = around.min().y + (row as f64 + 0.5) / rows * height;
        for column in 0..columns as usize {
            let x = around.min().x + (column as f64 + 0.5) / columns * width;
            if locator.locate(x, y).is_some() {
                found.push((x, y));
            }
        }
    }
    if found.is_empty() {
        found.extend(place.geometry.interior_point().map(|p| (p.x(), p.y())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenfield_model::GeographyKind;
    use geo::{MultiPolygon, polygon};

    fn place(polygon: geo::Polygon<f64>) -> Boundary {
        let geometry = MultiPolygon(vec![polygon]);
        Boundary { kind: GeographyKind::Tract, id: "1".into(), name: String::new(), geometry }
    }

    #[test]
    fn points_lie_inside_and_are_about_as_many_as_wanted() {
        let triangle = place(polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 0.0), (x: 0.0, y: 1.0)]);
        let found = points(&triangle, 100);
        assert!((85..=115).contains(&found.len()), "{}", found.len());
        assert!(found.iter().all(|(x, y)| x / 2.0 + y <= 1.0 + 1e-12));
        // A third of the triangle's area lies west of 2 - 2 * sqrt(2 / 3).
        let west = found.iter().filter(|(x, _)| *x < 2.0 - 2.0 * (2.0f64 / 3.0).sqrt()).count();
        assert!((west as f64 / found.len() as f64 - 1.0 / 3.0).abs() < 0.05, "{west}");
    }

    #[test]
    fn a_sliver_has_a_point_and_nothing_has_none() {
        let sliver = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.9), (x: 1.0, y: 1.0), (x: 0.0, y: 1e-7)];
        assert!(!points(&place(sliver), 2).is_empty());
        assert!(points(&place(polygon![]), 10).is_empty());
        let flat = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 0.5, y: 0.0)];
        assert!(points(&place(flat), 10).is_empty());
    }
}
