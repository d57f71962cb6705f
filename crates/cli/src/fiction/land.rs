//! The land: tracts, block groups, attendance zones and streets.
//!
//! A rectangle is split again and again at the middle of its people, which gives small pieces in the town and
//! large ones in the country, as the Census does; then everything is bent by one smooth function of place, so
//! that borders curve and still meet.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Width of the district, km.
const WIDTH_KM: f64 = 48.0;
/// Height of the district, km.
const HEIGHT_KM: f64 = 36.0;
/// How many tracts there are.
const TRACTS: usize = 14;
/// Places where people live: x, y, spread in km, weight.
const PLACES: [(f64, f64, f64, f64); 5] = [
    (20.0, 16.0, 1.7, 60.0),
    (22.5, 17.5, 2.6, 22.0),
    (37.0, 27.0, 1.1, 16.0),
    (8.0, 29.0, 0.9, 12.0),
    (39.0, 7.0, 0.8, 9.0),
];

/// A piece of land between two corners, km from the south-west corner, before bending.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

/// A block group and what its households are like.
pub struct BlockGroup {
    /// 12 digits.
    pub geoid: String,
    pub piece: Piece,
    /// People per square km, relative.
    pub density: f64,
    /// 0 in the country, 1 in the middle of the town.
    pub urban: f64,
    /// Prosperity: mean 0, deviation about 1.
    pub prosperity: f64,
    /// Share of homes that a wired provider serves with 25/3 Mbps or better.
    pub wired_offered: f64,
    /// Streets: name, how far north it runs, km.
    pub streets: Vec<(String, f64)>,
    pub zip: &'static str,
}

/// The district's land.
pub struct Land {
    pub block_groups: Vec<BlockGroup>,
    /// Tract GEOID and its piece.
    pub tracts: Vec<(String, Piece)>,
    /// Attendance zones: 2 of high schools, 4 of middle schools, 12 of elementary schools, in this order.
    pub zones: Vec<Piece>,
    corners: Vec<(f64, f64)>,
}

impl Piece {
    const WHOLE: Self = Self { west: 0.0, south: 0.0, east: WIDTH_KM, north: HEIGHT_KM };

    pub fn contains(&self, x: f64, y: f64) -> bool {
        x >= self.west && x < self.east && y >= self.south && y < self.north
    }

    fn area(&self) -> f64 {
        (self.east - self.west) * (self.north - self.south)
    }

    /// People in the piece, relative, by sampling a grid.
    fn people(&self) -> f64 {
        let steps = 24;
        let mut sum = 0.0;
        for i in 0..steps {
            for j in 0..steps {
                let x = self.west + (self.east - self.west) * (f64::from(i) + 0.5) / f64::from(steps);
                let y = self.south + (self.north - self.south) * (f64::from(j) + 0.5) / f64::from(steps);
                sum += density(x, y);
            }
        }
        sum / f64::from(steps * steps) * self.area()
    }

    /// Splits across the longer side where this share of the people lies on the west or south.
    fn split(&self, share: f64) -> (Self, Self) {
        let across = self.east - self.west > self.north - self.south;
        let cut = |at: f64| {
            if across {
                (Self { east: at, ..*self }, Self { west: at, ..*self })
            } else {
                (Self { north: at, ..*self }, Self { south: at, ..*self })
            }
        };
        let (mut low, mut high) = if across { (self.west, self.east) } else { (self.south, self.north) };
        let wanted = self.people() * share;
        for _ in 0..30 {
            let middle = f64::midpoint(low, high);
            if cut(middle).0.people() < wanted { low = middle } else { high = middle }
        }
        cut((f64::midpoint(low, high) * 20.0).round() / 20.0)
    }

    /// Splits into `n` pieces of about equal people, the fullest first.
    fn pieces(self, n: usize, rng: &mut ChaCha8Rng) -> Vec<Self> {
        let mut pieces = vec![self];
        while pieces.len() < n {
            let fullest = (0..pieces.len())
                .max_by(|&a, &b| pieces[a].people().total_cmp(&pieces[b].people()))
                .unwrap_or_default();
            let (a, b) = pieces.swap_remove(fullest).split(rng.random_range(0.42..0.58));
            pieces.extend([a, b]);
        }
        pieces
    }
}

/// People per square km, relative, at a place before bending.
fn density(x: f64, y: f64) -> f64 {
    0.35 + PLACES
        .iter()
        .map(|(px, py, spread, weight)| {
            weight * (-((x - px).powi(2) + (y - py).powi(2)) / (2.0 * spread * spread)).exp()
        })
        .sum::<f64>()
}

/// Longitude and latitude of a place: bent smoothly, then laid where no map is drawn below.
pub fn lon_lat(x: f64, y: f64) -> (f64, f64) {
    let bent_x = x + 0.7 * (y / 5.0 + 1.0).sin() + 0.25 * (x / 2.1 + y / 3.3).sin();
    let bent_y = y + 0.6 * (x / 6.0).sin() + 0.25 * (y / 2.7 - x / 2.9).cos();
    let round = |v: f64| (v * 1e6).round() / 1e6;
    (round(-99.9 + bent_x / (111.32 * 41.0_f64.to_radians().cos())), round(41.0 + bent_y / 111.32))
}

impl Land {
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut tracts = Vec::new();
        let mut block_groups = Vec::new();
        for (t, piece) in Piece::WHOLE.pieces(TRACTS, &mut rng).into_iter().enumerate() {
            let tract = format!("99001{:04}00", t + 1);
            for (b, part) in piece.pieces(3 + t % 2, &mut rng).into_iter().enumerate() {
                block_groups.push(BlockGroup::new(format!("{tract}{}", b + 1), part, t, &mut rng));
            }
            tracts.push((tract, piece));
        }
        name_streets(&mut block_groups, &mut rng);
        let mut zones = Piece::WHOLE.pieces(2, &mut rng);
        let middle: Vec<_> = zones.clone().into_iter().flat_map(|z| z.pieces(2, &mut rng)).collect();
        let elementary: Vec<_> = middle.clone().into_iter().flat_map(|z| z.pieces(3, &mut rng)).collect();
        zones.extend(middle);
        zones.extend(elementary);
        let corners = block_groups
            .iter()
            .map(|b| b.piece)
            .chain(tracts.iter().map(|t| t.1))
            .chain(zones.iter().copied())
            .flat_map(|p| [(p.west, p.south), (p.east, p.south), (p.east, p.north), (p.west, p.north)])
            .collect();
        Self { block_groups, tracts, zones, corners }
    }

    /// The bent outline of a piece, closed, counter-clockwise. Each corner of a neighbour that lies on a side
    /// is a vertex of it, so that no sliver opens between two pieces.
    pub fn outline(&self, piece: &Piece) -> Vec<[f64; 2]> {
        let p = piece;
        let sides = [
            ((p.west, p.south), (p.east, p.south)),
            ((p.east, p.south), (p.east, p.north)),
            ((p.east, p.north), (p.west, p.north)),
            ((p.west, p.north), (p.west, p.south)),
        ];
        let mut ring = Vec::new();
        for (from, to) in sides {
            let level = from.1 == to.1;
            let along = |c: &(f64, f64)| if level { c.0 } else { c.1 };
            let (start, end) = (along(&from), along(&to));
            let (low, high) = (start.min(end), start.max(end));
            let mut stops: Vec<f64> = self
                .corners
                .iter()
                .filter(|c| if level { c.1 == from.1 } else { c.0 == from.0 })
                .map(along)
                .chain((0..100).map(f64::from))
                .filter(|&s| s >= low && s <= high)
                .collect();
            stops.sort_by(f64::total_cmp);
            stops.dedup();
            if start > end {
                stops.reverse();
            }
            // The last stop of a side is the first of the next.
            stops.pop();
            ring.extend(stops.into_iter().map(|s| {
                let (lon, lat) = if level { lon_lat(s, from.1) } else { lon_lat(from.0, s) };
                [lon, lat]
            }));
        }
        let first = ring[0];
        ring.push(first);
        ring
    }

    /// The whole district.
    pub fn whole(&self) -> Piece {
        Piece::WHOLE
    }
}

impl BlockGroup {
    fn new(geoid: String, piece: Piece, tract: usize, rng: &mut ChaCha8Rng) -> Self {
        let density = piece.people() / piece.area();
        let urban = ((density / 0.4).ln() / 4.5).clamp(0.0, 1.0);
        let bell: f64 = (0..6).map(|_| rng.random::<f64>()).sum::<f64>() - 3.0;
        // Country places and the old middle of the town are poorer than the edge of the town.
        let prosperity = 1.3 * bell - 1.6 * (urban - 0.55).powi(2) + (tract as f64 * 0.7).sin() * 0.4;
        let wired_offered = (0.38 + 0.72 * urban + rng.random_range(-0.12..0.12)).clamp(0.08, 0.995);
        let zip = ["99901", "99902", "99903"][tract % 3];
        Self { geoid, piece, density, urban, prosperity, wired_offered, streets: Vec::new(), zip }
    }

    /// Households in the block group, relative.
    pub fn people(&self) -> f64 {
        self.density * self.piece.area()
    }
}

/// Gives each block group streets that no other one has.
fn name_streets(block_groups: &mut [BlockGroup], rng: &mut ChaCha8Rng) {
    const FIRST: [&str; 36] = [
        "Alder",
        "Ash",
        "Aspen",
        "Birch",
        "Bluestem",
        "Cedar",
        "Cherry",
        "Clover",
        "Cottonwood",
        "Dogwood",
        "Elm",
        "Fern",
        "Foxglove",
        "Goldenrod",
        "Hackberry",
        "Hawthorn",
        "Hazel",
        "Hickory",
        "Juniper",
        "Larch",
        "Lupine",
        "Maple",
        "Meadow",
        "Mulberry",
        "Oak",
        "Pine",
        "Plum",
        "Poplar",
        "Prairie",
        "Sage",
        "Spruce",
        "Sumac",
        "Sycamore",
        "Thistle",
        "Walnut",
        "Yarrow",
    ];
    const SUFFIX: [&str; 7] = ["Street", "Avenue", "Road", "Lane", "Court", "Drive", "Way"];
    const SIDE: [&str; 2] = ["North", "South"];
    let mut names: Vec<String> = FIRST
        .iter()
        .flat_map(|f| SUFFIX.iter().flat_map(move |s| SIDE.iter().map(move |d| format!("{d} {f} {s}"))))
        .collect();
    for i in (1..names.len()).rev() {
        names.swap(i, rng.random_range(0..=i));
    }
    for block_group in block_groups {
        for _ in 0..10 {
            let y = rng.random_range(block_group.piece.south..block_group.piece.north);
            block_group.streets.extend(names.pop().map(|name| (name, y)));
        }
    }
}
