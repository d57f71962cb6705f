//! A table of an instance's folder, whatever its format: rows one after another, cells by column.

use super::decimal::scaled;
use super::rows::Rows;
use evenfield_model::Problems;
use std::borrow::Cow;
use std::io::Read;

/// Rows one after another.
pub(crate) trait Table {
    /// Goes to the next row; false at the end.
    fn next(&mut self, problems: &mut Problems) -> bool;
    /// The row's line of a text, or its number, counted from 1.
    fn line(&self) -> u64;
    /// The file's name.
    fn file(&self) -> &str;
    /// The name of a column.
    fn name(&self, column: usize) -> &'static str;
    /// Whether the file has this column.
    fn has(&self, column: usize) -> bool;
    /// The cell as text, without spaces around it; empty when there is none.
    fn said(&self, column: usize) -> Cow<'_, str>;

    /// Whether the cell is empty.
    fn is_blank(&self, column: usize) -> bool {
        self.said(column).is_empty()
    }

    /// The cell times 10 to the power of `places` and whether it had to be rounded; `None` where it is no number or below 0.
    fn scaled(&self, column: usize, places: i32) -> Option<(u64, bool)> {
        scaled(&self.said(column), places).ok()
    }

    /// Notes a problem of a cell.
    fn problem(&self, column: usize, wanted: &str, problems: &mut Problems) {
        problems.push(self.file(), self.line(), self.name(column), &self.said(column), wanted);
    }

    /// Notes a problem of the whole file.
    fn whole(&self, wanted: &str, problems: &mut Problems) {
        problems.push(self.file(), 0, "", "", wanted);
    }

    /// A number, times 10 to the power of `places`, of at most `most`; anything else is a problem.
    fn number(
        &self,
        column: usize,
        places: i32,
        most: u64,
        wanted: &str,
        rounded: &mut u64,
        problems: &mut Problems,
    ) -> Option<u64> {
        let Some((value, cut)) = self.scaled(column, places) else {
            self.problem(column, wanted, problems);
            return None;
        };
        // What is rounded down to the most was more.
        let is_over =
            || self.said(column).parse::<f64>().is_ok_and(|number| number > most as f64 / 10f64.powi(places));
        if value > most || (value == most && cut && is_over()) {
            let most = most / 10_u64.pow(places as u32);
            self.problem(column, &format!("{wanted}, at most {most}"), problems);
            return None;
        }
        *rounded += u64::from(cut);
        Some(value)
    }
}

impl<R: Read> Table for Rows<R> {
    fn next(&mut self, problems: &mut Problems) -> bool {
        Rows::next(self, problems)
    }

    fn line(&self) -> u64 {
        Rows::line(self)
    }

    fn file(&self) -> &str {
        Rows::file(self)
    }

    fn name(&self, column: usize) -> &'static str {
        Rows::name(self, column)
    }

    fn has(&self, column: usize) -> bool {
        Rows::has(self, column)
    }

    fn said(&self, column: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.text(column))
    }
}
