//! Which boundary a point lies in.
//!
//! A grid over all boundaries says at once, for most points, which boundary fills their cell. Where a border
//! runs through the cell, a horizontal ray is counted against the few edges at the point's height, with exact
//! arithmetic where rounding could decide wrongly.
//!
//! A point exactly on a border belongs to the first boundary of the list that has it inside or on its border:
//! every point of a shared border has one owner, the same in each run, and none is lost.

use super::Boundary;
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Coord, MultiPolygon};
use rayon::prelude::*;

/// How many cells and marks a grid may take; a grid that would take more is made coarser.
const GRID_LIMIT: usize = 64 << 20;
/// Points closer than this part of a cell to its side count for the next cell as well.
const CELL_MARGIN: f64 = 1e-3;

/// An index of boundaries that answers for points.
#[derive(Debug)]
pub struct Locator {
    shapes: Vec<Shape>,
    grid: Grid,
}

impl Locator {
    /// Indexes boundaries; time and memory are about proportional to their vertices.
    pub fn new(boundaries: &[Boundary]) -> Self {
        let shapes: Vec<Shape> = boundaries.par_iter().map(|b| Shape::new(&b.geometry)).collect();
        let edges: usize = shapes.iter().map(|shape| shape.edges.len()).sum();
        let mut cells = (4 * edges).clamp(1024, 4 << 20);
        loop {
            if let Some(grid) = Grid::new(&shapes, cells) {
                return Self { shapes, grid };
            }
            cells /= 4;
        }
    }

    /// The index, in the list given to [`Locator::new`], of the boundary that the point lies in; degrees.
    pub fn locate(&self, longitude: f64, latitude: f64) -> Option<usize> {
        let point = [longitude, latitude];
        let cell = self.grid.cell(point)?;
        let entries =
            &self.grid.entries[self.grid.starts[cell] as usize..self.grid.starts[cell + 1] as usize];
        for entry in entries {
            let index = (entry >> 1) as usize;
            if entry & 1 == 1 || self.shapes[index].has(point) {
                return Some(index);
            }
        }
        None
    }

    /// [`Locator::locate`] for many points `(longitude, latitude)`, on all cores.
    pub fn locate_all(&self, points: &[(f64, f64)]) -> Vec<Option<usize>> {
        points.par_iter().with_min_len(1024).map(|&(x, y)| self.locate(x, y)).collect()
    }
}

/// An edge from its lower to its upper end.
#[derive(Clone, Copy, Debug)]
struct Edge {
    low: [f64; 2],
    high: [f64; 2],
}

/// The edges of one boundary, each copied into every horizontal band that it reaches.
#[derive(Debug, Default)]
struct Shape {
    /// West, south, east, north; west is above east when there are no edges.
    bounds: [f64; 4],
    bands: f64,
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Shape {
    fn new(geometry: &MultiPolygon<f64>) -> Self {
        let mut edges = Vec::new();
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let rings = geometry.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        for pair in rings.flat_map(|ring| ring.0.windows(2)) {
            let [a, b] = [[pair[0].x, pair[0].y], [pair[1].x, pair[1].y]];
            if ![a, b].iter().flatten().all(|number| number.is_finite()) {
                continue;
            }
            let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            bounds = [
                bounds[0].min(a[0]).min(b[0]),
                bounds[1].min(low[1]),
                bounds[2].max(a[0]).max(b[0]),
                bounds[3].max(high[1]),
            ];
            edges.push(Edge { low, high });
        }
        let mut shape = Self { bounds, bands: 1.0, starts: Vec::new(), edges };
        shape.sort_into_bands();
        shape
    }

    /// The band of a height; the same monotone function for edges and points.
    fn band(&self, y: f64) -> usize {
        let height = self.bounds[3] - self.bounds[1];
        if height > 0.0 {
            (((y - self.bounds[1]) / height * self.bands) as usize).min(self.bands as usize - 1)
        } else {
            0
        }
    }

    fn sort_into_bands(&mut self) {
        let room = 4 * self.edges.len() + 16;
        let mut bands = (self.edges.len() / 4).clamp(1, 4096);
        let reach = loop {
            self.bands = bands as f64;
            let reach: Vec<(usize, usize)> =
                self.edges.iter().map(|e| (self.band(e.low[1]), self.band(e.high[1]))).collect();
            if bands == 1 || reach.iter().map(|(from, to)| to - from + 1).sum::<usize>() <= room {
                break reach;
            }
            bands /= 2;
        };
        let mut starts = vec![0u32; bands + 1];
        for band in reach.iter().flat_map(|&(from, to)| from..=to) {
            starts[band + 1] += 1;
        }
        for band in 0..bands {
            starts[band + 1] += starts[band];
        }
        let mut next = starts.clone();
        let blank = Edge { low: [0.0; 2], high: [0.0; 2] };
        let mut sorted = vec![blank; starts[bands] as usize];
        for (edge, &(from, to)) in self.edges.iter().zip(&reach) {
            for place in &mut next[from..=to] {
                sorted[*place as usize] = *edge;
                *place += 1;
            }
        }
        self.starts = starts;
        self.edges = sorted;
    }

    /// Whether the point is inside or on the border: an odd number of edges lies to its east.
    fn has(&self, [x, y]: [f64; 2]) -> bool {
        let [west, south, east, north] = self.bounds;
        if !(x >= west && x <= east && y >= south && y <= north) {
            return false;
        }
        let band = self.band(y);
        let mut inside = false;
        for Edge { low, high } in &self.edges[self.starts[band] as usize..self.starts[band + 1] as usize] {
            if y < low[1] || y > high[1] || (x > low[0] && x > high[0]) {
                continue;
            }
            let west_of_both = x < low[0] && x < high[0];
            if low[1] == high[1] {
                if !west_of_both {
                    return true;
                }
                continue;
            }
            if !west_of_both {
                let [p, q, r] = [*low, *high, [x, y]].map(|[x, y]| Coord { x, y });
                match RobustKernel::orient2d(p, q, r) {
                    Orientation::Collinear => return true,
                    Orientation::Clockwise => continue,
                    Orientation::CounterClockwise => {}
                }
            }
            // The upper end belongs to the next edge, so that a vertex is counted once.
            if y < high[1] {
                inside = !inside;
            }
        }
        inside
    }
}

/// For each cell, the boundaries in it: `index << 1 | filled`.
#[derive(Debug)]
struct Grid {
    origin: [f64; 2],
    scale: [f64; 2],
    size: [usize; 2],
    bounds: [f64; 4],
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Grid {
    /// A grid of about this many cells; `None` when it would take too much.
    fn new(shapes: &[Shape], cells: usize) -> Option<Self> {
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for shape in shapes {
            for side in 0..2 {
                bounds[side] = bounds[side].min(shape.bounds[side]);
                bounds[side + 2] = bounds[side + 2].max(shape.bounds[side + 2]);
            }
        }
        let (width, height) = ((bounds[2] - bounds[0]).max(1e-9), (bounds[3] - bounds[1]).max(1e-9));
        let columns = ((cells as f64 * width / height).sqrt().clamp(1.0, cells.max(1) as f64)) as usize;
        let size = [columns, (cells / columns).max(1)];
        let scale = [size[0] as f64 / width, size[1] as f64 / height];
        let origin = [bounds[0], bounds[1]];
        let mut grid = Self { origin, scale, size, bounds, starts: Vec::new(), entries: Vec::new() };
        grid.fill(shapes, cells <= 1).then_some(grid)
    }

    fn cell(&self, point: [f64; 2]) -> Option<usize> {
        let inside = |side: usize| point[side] >= self.bounds[side] && point[side] <= self.bounds[side + 2];
        if !(inside(0) && inside(1)) {
            return None;
        }
        let [column, row] = [0, 1].map(|side| self.index(side, self.place(side, point[side])));
        Some(row * self.size[0] + column)
    }

    /// A coordinate in cells.
    fn place(&self, side: usize, value: f64) -> f64 {
        (value - self.origin[side]) * self.scale[side]
    }

    fn index(&self, side: usize, place: f64) -> usize {
        (place.max(0.0) as usize).min(self.size[side] - 1)
    }

    /// Notes each shape in its cells; false when that takes more than [`GRID_LIMIT`], unless it `must`.
    fn fill(&mut self, shapes: &[Shape], must: bool) -> bool {
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut taken = 0;
        for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| !shape.edges.is_empty()) {
            let [west, south, east, north] = shape.bounds;
            let columns = (self.index(0, self.place(0, west)), self.index(0, self.place(0, east)));
            let rows = (self.index(1, self.place(1, south)), self.index(1, self.place(1, north)));
            let across = columns.1 - columns.0 + 1;
            taken += across * (rows.1 - rows.0 + 1);
            if taken > GRID_LIMIT && !must {
                return false;
            }
            let mut marked = vec![false; across * (rows.1 - rows.0 + 1)];
            for edge in &shape.edges {
                taken += self.mark(edge, [columns.0, rows.0], across, &mut marked);
                if taken > GRID_LIMIT && !must {
                    return false;
                }
            }
            for (offset, line) in marked.chunks(across).enumerate() {
                let row = rows.0 + offset;
                self.note(&mut found, shape, (index as u32, row, columns.0), line);
            }
        }
        self.starts = vec![0; self.size[0] * self.size[1] + 1];
        for (cell, _) in &found {
            self.starts[*cell as usize + 1] += 1;
        }
        for cell in 1..self.starts.len() {
            self.starts[cell] += self.starts[cell - 1];
        }
        // Shapes were noted in order, and a counting sort keeps it: the first of the list is asked first.
        let mut next = self.starts.clone();
        self.entries = vec![0; found.len()];
        for (cell, entry) in found {
            let place = &mut next[cell as usize];
            self.entries[*place as usize] = entry;
            *place += 1;
        }
        true
    }

    /// Marks the cells that an edge may touch; returns how many.
    fn mark(&self, edge: &Edge, corner: [usize; 2], across: usize, marked: &mut [bool]) -> usize {
        let [low, high] = [edge.low, edge.high].map(|p| [self.place(0, p[0]), self.place(1, p[1])]);
        let rows = self.index(1, low[1] - CELL_MARGIN)..=self.index(1, high[1] + CELL_MARGIN);
        let slope = if high[1] > low[1] { (high[0] - low[0]) / (high[1] - low[1]) } else { 0.0 };
        let mut count = 0;
        for row in rows {
            let (mut from, mut to) = (low[0].min(high[0]), low[0].max(high[0]));
            if high[1] - low[1] > 1e-6 {
                let at = |y: f64| low[0] + slope * (y.clamp(low[1], high[1]) - low[1]);
                let ends = (at(row as f64 - CELL_MARGIN), at(row as f64 + 1.0 + CELL_MARGIN));
                (from, to) = (ends.0.min(ends.1).max(from), ends.0.max(ends.1).min(to));
            }
            for column in self.index(0, from - CELL_MARGIN)..=self.index(0, to + CELL_MARGIN) {
                let place = (row.saturating_sub(corner[1])) * across + column.saturating_sub(corner[0]);
                if let Some(cell) = marked.get_mut(place)
                    && row >= corner[1]
                    && (corner[0]..corner[0] + across).contains(&column)
                {
                    *cell = true;
                }
                count += 1;
            }
        }
        count
    }

    /// Notes one row of a shape's cells: marked ones as crossed by a border, runs between them as filled
    /// when the middle of the first is inside.
    fn note(&self, found: &mut Vec<(u32, u32)>, shape: &Shape, at: (u32, usize, usize), line: &[bool]) {
        let (index, row, first) = at;
        let mut filled = None;
        for (offset, &crossed) in line.iter().enumerate() {
            let column = first + offset;
            let cell = (row * self.size[0] + column) as u32;
            if crossed {
                filled = None;
                found.push((cell, index << 1));
                continue;
            }
            let middle =
                [0, 1].map(|side| self.origin[side] + ([column, row][side] as f64 + 0.5) / self.scale[side]);
            if *filled.get_or_insert_with(|| shape.has(middle)) {
                found.push((cell, index << 1 | 1));
            }
        }
    }
}

#[cfg(test)]
mod tests;
