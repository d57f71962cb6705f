//! Heights in rows and columns, and between them.

/// No place on earth is so far above or below the sea, m.
const HIGHEST: f32 = 12_000.0;

/// Posts row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sheet {
    rows: usize,
    columns: usize,
    /// Metres above the sea; NaN where nothing is known.
    heights: Vec<f32>,
}

impl Sheet {
    pub fn new(columns: usize, mut heights: Vec<f32>) -> Result<Self, (String, &'static str)> {
        let rows = heights.len().checked_div(columns).unwrap_or_default();
        if rows < 2 || columns < 2 || rows * columns != heights.len() || heights.len() > i32::MAX as usize {
            return Err((
                format!("{} heights in {columns} columns", heights.len()),
                "two full rows and columns or more",
            ));
        }
        for height in &mut heights {
            if height.is_nan() || height.abs() >= HIGHEST {
                *height = f32::NAN;
            }
        }
        Ok(Self { rows, columns, heights })
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// How many posts are void.
    pub fn voids(&self) -> usize {
        self.heights.iter().filter(|height| height.is_nan()).count()
    }

    /// The height between four posts, bilinear, m. Nothing outside or where one of the four is void.
    #[inline]
    pub fn height(&self, row: f64, column: f64) -> Option<f64> {
        let (last_row, last_column) = ((self.rows - 1) as f64, (self.columns - 1) as f64);
        let around = |at: f64, last: f64| (-0.5..=last + 0.5).contains(&at);
        if !around(row, last_row) || !around(column, last_column) {
            return None;
        }
        // Half a post beyond the edge is the edge's height: tiles of cells meet there.
        let (row, column) = (row.clamp(0.0, last_row), column.clamp(0.0, last_column));
        // 32 bits: a conversion to 64 unsigned ones takes several instructions, and this is the innermost loop of a raster.
        let r = (row as i32 as usize).min(self.rows - 2);
        let c = (column as i32 as usize).min(self.columns - 2);
        let (down, right) = (row - r as i32 as f64, column - c as i32 as f64);
        let at = r * self.columns + c;
        let (upper, lower) =
            (self.heights.get(at..at + 2)?, self.heights.get(at + self.columns..at + self.columns + 2)?);
        let between = |pair: &[f32]| {
            let left = f64::from(pair[0]);
            left + (f64::from(pair[1]) - left) * right
        };
        let (above, below) = (between(upper), between(lower));
        let found = above + (below - above) * down;
        if found.is_nan() { None } else { Some(found) }
    }
}
