//! Tables of areas whose columns a person names: in the settings or in the upload form.

use crate::open_data::queries::AreaValue;
use evenfield_gap::open::{AreaTable, area_table};
use evenfield_model::{GeographyKind, Problems};
use std::collections::BTreeMap;

/// What is taken out of a table of areas, and under which names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Only rows of this kind of area; the ids of a wide table are checked against it.
    pub geography: Option<GeographyKind>,
    /// The column of a wide table with the area's id; `GEOID` when it is left out.
    pub id: Option<String>,
    /// Of a table with several years, this one.
    pub year: Option<i32>,
    /// The table's name of a measure, or its column, and our name for it. All under their own names when empty: of a wide
    /// table all columns that end in `E` and have a margin beside them.
    pub columns: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads columns as a person writes them in a form: `column = name`, one a line, or the column alone when it keeps
    /// its name. `None` when a line is neither.
    pub fn parse_columns(text: &str) -> Option<BTreeMap<String, String>> {
        let line = |line: &str| {
            let (column, ours) = line.split_once('=').unwrap_or((line, line));
            let (column, ours) = (column.trim().to_owned(), ours.trim().to_owned());
            (!column.is_empty() && !ours.is_empty()).then_some((column, ours))
        };
        text.lines().map(str::trim).filter(|text| !text.is_empty()).map(line).collect()
    }

    /// Reads a wide table: an area a row, a measure a column. `hhincE` has its margin in `hhincM`, as the Census names
    /// the columns of its own tables, where the table has that column.
    pub fn read_wide(&self, bytes: &[u8], name: &str) -> (AreaTable, Problems) {
        let margin =
            |column: &str| column.strip_suffix('E').map(|stem| format!("{stem}M")).unwrap_or_default();
        let named: Vec<_> = self
            .columns
            .iter()
            .map(|(column, ours)| (ours.as_str(), column.as_str(), margin(column)))
            .collect();
        let named: Vec<_> =
            named.iter().map(|(ours, column, margin)| (*ours, *column, margin.as_str())).collect();
        let map = area_table::WideMap {
            id: self.id.as_deref().unwrap_or("GEOID"),
            kind: self.geography,
            year: if self.year.is_some() { &["year", "time"] } else { &[] },
            measures: match named.is_empty() {
                true => area_table::Measures::Pairs,
                false => area_table::Measures::Named(&named),
            },
            restore_zeros: false,
        };
        area_table::parse_wide(bytes, name, &map)
    }

    /// The rows of a table as values to store: those that are wanted, under our names. `renames`: the columns have not
    /// been renamed yet, as in a long table.
    pub fn values(&self, table: &AreaTable, vintage: &str, renames: bool) -> Vec<AreaValue> {
        let renames = renames && !self.columns.is_empty();
        table
            .rows
            .iter()
            .filter(|row| self.year.is_none_or(|year| row.year.is_none_or(|y| y == year)))
            .filter(|row| self.geography.is_none_or(|kind| row.kind == Some(kind)))
            .filter_map(|row| {
                let theirs = &table.measures[row.measure as usize];
                let ours = if renames { self.columns.get(theirs)? } else { theirs };
                Some(AreaValue {
                    kind: row.kind?.as_str().to_owned(),
                    id: row.id.to_string(),
                    source: ours.split('_').next().unwrap_or_default().to_owned(),
                    vintage: vintage.to_owned(),
                    variable: ours.clone(),
                    value: Some(row.value),
                    moe: row.moe,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_one_a_line() {
        let found = Mapping::parse_columns(" hhincE = income \n\n children\r\n").expect("columns");
        let wanted = [("children", "children"), ("hhincE", "income")];
        assert_eq!(found, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
        assert_eq!(Mapping::parse_columns(""), Some(BTreeMap::new()));
        for wrong in ["=", "a =", "= b"] {
            assert_eq!(Mapping::parse_columns(wrong), None, "{wrong}");
        }
    }
}
