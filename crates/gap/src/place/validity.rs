//! Whether a polygon can be used: closed rings, degrees, no edge that crosses another.
//!
//! Rings that touch themselves or each other in a point, and edges that lie on each other, pass: Census
//! files have both, and whether a point is inside stays well defined. Edges that cross each other do not.

use geo::Coord;
use geo::kernels::{Kernel, Orientation, RobustKernel};

/// Why a polygon cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What the file said.
    pub said: String,
    /// What was wanted.
    pub wanted: &'static str,
    /// Whether the fault is crossing edges alone.
    pub crossing: bool,
}

/// How many more pairs of edges, or of a hole and an outer ring, may be compared in one file: keeps a hostile file from
/// taking hours.
#[derive(Clone, Debug)]
pub struct Effort {
    pairs: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { pairs: 2_000_000_000 }
    }
}

impl Effort {
    /// Takes so many pairs off; `false` when there are not as many left.
    pub fn spend(&mut self, pairs: u64) -> bool {
        let left = self.pairs.checked_sub(pairs);
        self.pairs = left.unwrap_or(0);
        left.is_some()
    }
}

/// Checks one feature's polygons: each a list of rings, the outer one first.
///
/// # Errors
/// The first [`Fault`] found.
pub fn check(polygons: &[Vec<Vec<[f64; 2]>>], effort: &mut Effort) -> Result<(), Fault> {
    if polygons.iter().all(Vec::is_empty) {
        return Err(fault("an empty polygon", "a polygon with an area"));
    }
    for ring in polygons.iter().flatten() {
        check_ring(ring)?;
    }
    match first_crossing(polygons, effort) {
        Crossing::None => Ok(()),
        Crossing::At([x, y]) => Err(Fault {
            said: format!("two edges cross near {x:.6}, {y:.6}"),
            wanted: "a polygon that does not cross itself",
            crossing: true,
        }),
        Crossing::TooMany => Err(fault("too many edges to compare", "a simpler polygon")),
    }
}

fn fault(said: impl Into<String>, wanted: &'static str) -> Fault {
    Fault { said: said.into(), wanted, crossing: false }
}

fn check_ring(ring: &[[f64; 2]]) -> Result<(), Fault> {
    for &[x, y] in ring {
        if !(x.is_finite() && y.is_finite()) {
            return Err(fault(format!("{x}, {y}"), "finite numbers"));
        }
        if looks_swapped(x, y) {
            return Err(fault(format!("{x}, {y}"), "longitude before latitude; these look swapped"));
        }
        if x.abs() > 180.0 || y.abs() > 90.0 {
            return Err(fault(
                format!("{x}, {y}"),
                "degrees of longitude and latitude; these look like metres or feet of a projection",
            ));
        }
    }
    if ring.len() < 4 {
        return Err(fault(
            format!("a ring of {} positions", ring.len()),
            "a ring of at least four positions",
        ));
    }
    if ring.first() != ring.last() {
        return Err(fault("an open ring", "a ring that ends where it begins"));
    }
    Ok(())
}

/// Whether a position is nowhere in the United States but would be with its numbers exchanged.
fn looks_swapped(x: f64, y: f64) -> bool {
    !in_united_states(x, y) && in_united_states(y, x)
}

/// From American Samoa to Maine and from Guam across the date line: generous on purpose.
fn in_united_states(longitude: f64, latitude: f64) -> bool {
    let east = (-180.0..=-64.0).contains(&longitude) || (144.0..=180.0).contains(&longitude);
    east && (-15.0..=72.0).contains(&latitude)
}

enum Crossing {
    None,
    At([f64; 2]),
    TooMany,
}

/// Finds two edges that cross, by a sweep along x over all edges of the feature.
fn first_crossing(polygons: &[Vec<Vec<[f64; 2]>>], effort: &mut Effort) -> Crossing {
    let mut edges: Vec<([f64; 2], [f64; 2])> = Vec::new();
    for ring in polygons.iter().flatten() {
        let pairs = ring.windows(2).filter(|pair| pair[0] != pair[1]);
        // Each edge from left to right, so that its first point is where the sweep meets it.
        edges.extend(pairs.map(|p| if p[0][0] <= p[1][0] { (p[0], p[1]) } else { (p[1], p[0]) }));
    }
    edges.sort_by(|a, b| a.0[0].total_cmp(&b.0[0]));
    for (place, &(a, b)) in edges.iter().enumerate() {
        let (low, high) = (a[1].min(b[1]), a[1].max(b[1]));
        for &(c, d) in &edges[place + 1..] {
            if c[0] > b[0] {
                break;
            }
            if !effort.spend(1) {
                return Crossing::TooMany;
            }
            if c[1].min(d[1]) < high && c[1].max(d[1]) > low && cross([a, b], [c, d]) {
                return Crossing::At(c);
            }
        }
    }
    Crossing::None
}

/// Whether each of two edges has its ends strictly on both sides of the other; exact arithmetic decides
/// where rounding could not.
fn cross([a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| {
        let [p, q, r] = [p, q, r].map(|[x, y]| Coord { x, y });
        RobustKernel::orient2d(p, q, r)
    };
    let opposite =
        |s: Orientation, t: Orientation| s != t && s != Orientation::Collinear && t != Orientation::Collinear;
    opposite(side(a, b, c), side(a, b, d)) && opposite(side(c, d, a), side(c, d, b))
}
