//! What the columns of files with other headings are: said once by a person, kept, and used for each file with the same headings.

use super::fold;

/// What is said of a column that is not to be read.
pub const NOT_READ: &str = "-";

/// The columns of files with this header row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// The headings, folded, in their order.
    headings: Vec<String>,
    /// For each heading the name of the column that it is, [`NOT_READ`], or nothing: what its own words say.
    columns: Vec<String>,
}

impl ColumnMap {
    /// What is said of each heading of a header row; more headings than columns are as if nothing were said of them.
    pub fn new<'a>(
        headings: impl IntoIterator<Item = &'a str>,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let headings: Vec<String> = headings.into_iter().map(fold).collect();
        let mut columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        columns.resize(headings.len(), String::new());
        Self { headings, columns }
    }

    /// Whether it is about files with this header row: the same headings in the same order, whatever their case, spaces and signs.
    pub(super) fn is_of(&self, folded: &[String]) -> bool {
        self.headings == folded
    }

    /// Where the column of this name is.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Whether something is said of this column, so that its own words count no more.
    pub(super) fn says(&self, at: usize) -> bool {
        self.columns.get(at).is_some_and(|column| !column.is_empty())
    }
}
