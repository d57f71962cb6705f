//! Tables of areas, and boundaries, of which a person says what to take: in the settings or in the upload form.

use crate::queries::AreaValue;
use evenfield_gap::open::{AreaRow, AreaTable, area_table};
use evenfield_gap::place::{BoundaryReading, SelfCrossing};
use evenfield_model::{GeographyKind, Problems};
use std::collections::{BTreeMap, BTreeSet};

/// What is taken out of a table of areas, and under which names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Only rows of this kind of area; the ids of a wide table are checked against it. What boundaries are of.
    pub geography: Option<GeographyKind>,
    /// The column of a wide table with the area's id, `GEOID` when it is left out; or the property of boundaries with their id.
    pub id: Option<String>,
    /// The property of boundaries with their name.
    pub name: Option<String>,
    /// Of a table with several years, this one; of a long table the newest of each measure when it is left out.
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

    /// How boundaries are read. A slightly rounded border is better than a hole in the map: it is a problem and kept.
    pub fn boundaries<'a>(&'a self, kind: GeographyKind, id: &'a [&'a str]) -> BoundaryReading<'a> {
        BoundaryReading { kind, id, name: self.name.as_deref(), self_crossing: SelfCrossing::Keep }
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
        let (mut table, problems) = area_table::parse_wide(bytes, name, &map);
        table.rows.retain(|row| {
            self.year.is_none_or(|year| row.year.is_none_or(|of| of == year))
                && self.geography.is_none_or(|kind| row.kind == Some(kind))
        });
        (table, problems)
    }

    /// Reads a long table: an area, a measure and a value a row. Of a measure with several years only one counts: the one
    /// that is asked for, or else the newest, and a problem says which there are. `leaid` is the district that it is for; ids
    /// that lost a zero are told by its state.
    pub fn read_long(&self, bytes: &[u8], name: &str, leaid: &str) -> (AreaTable, Problems) {
        let map = area_table::LongMap { kind: self.geography, state: leaid.get(..2) };
        let (mut table, mut problems) = area_table::parse_long(bytes, name, &map);
        let AreaTable { measures, rows } = &mut table;
        for column in self.columns.keys().filter(|column| !measures.contains(column)) {
            let has = measures.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
            problems.push(name, 0, "measure", column, format!("a measure of this table; it has {has}"));
        }
        rows.retain(|row| {
            self.geography.is_none_or(|kind| row.kind == Some(kind))
                && (self.columns.is_empty() || self.columns.contains_key(&measures[row.measure as usize]))
        });
        let mut years: BTreeMap<_, BTreeSet<Option<i32>>> = BTreeMap::new();
        for row in rows.iter() {
            years.entry(of_what(row)).or_default().insert(row.year);
        }
        let named = |years: BTreeSet<Option<i32>>| {
            years.into_iter().flatten().map(|year| year.to_string()).collect::<Vec<_>>().join(", ")
        };
        if let Some(year) = self.year {
            let any = !rows.is_empty();
            rows.retain(|row| row.year.is_none_or(|of| of == year));
            if any && rows.is_empty() {
                let said = named(years.into_values().flatten().collect());
                problems.push(name, 0, "year", &said, format!("rows of {year}, the year that is asked for"));
            }
            return (table, problems);
        }
        let several: BTreeSet<_> =
            years.values().filter(|years| years.len() > 1).flatten().copied().collect();
        if !several.is_empty() {
            let wanted = "one year: set `year` to the one that is meant (in the portal \u{201c}Only rows of the year\u{201d}); \
                          without it only the newest of each measure counts";
            problems.push(name, 0, "year", &named(several), wanted);
            rows.retain(|row| years.get(&of_what(row)).and_then(|years| years.last()) == Some(&row.year));
        }
        (table, problems)
    }

    /// The rows of a table that was read for this mapping as values to store, under our names. `renames`: the columns have not
    /// been renamed yet, as in a long table.
    pub fn values(&self, table: &AreaTable, vintage: &str, renames: bool) -> Vec<AreaValue> {
        let renames = renames && !self.columns.is_empty();
        table
            .rows
            .iter()
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

/// The measure of a row, and of which kind of area it is.
fn of_what(row: &AreaRow) -> (u32, Option<&'static str>) {
    (row.measure, row.kind.map(GeographyKind::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a table of several years one is asked for, or the newest of each measure counts and the years are named.
    #[test]
    fn of_several_years_none_is_taken_unsaid() {
        let text = b"geoid,year,measure,value\n51001,2019,homes,1\n51001,2021,homes,3\n51003,2020,homes,2\n\
                     51001,2018,jobs,9\n";
        let read = |mapping: &Mapping| {
            let (table, problems) = mapping.read_long(text, "t.csv", "5100001");
            let rows: Vec<_> = table.rows.iter().map(|row| (row.year.unwrap(), row.value)).collect();
            (rows, problems)
        };
        let (rows, problems) = read(&Mapping::default());
        assert_eq!(rows, [(2021, 3.0), (2018, 9.0)], "each measure has its newest year");
        assert_eq!(problems.found(), 1);
        assert_eq!(
            (problems.kept()[0].column.as_str(), problems.kept()[0].said.as_str()),
            ("year", "2019, 2020, 2021")
        );
        assert!(problems.kept()[0].wanted.contains("set `year`"));
        let asked = |year| Mapping { year: Some(year), ..Mapping::default() };
        let (rows, problems) = read(&asked(2019));
        assert_eq!((rows, problems.found()), (vec![(2019, 1.0)], 0));
        let (rows, problems) = read(&asked(2030));
        assert_eq!((rows.len(), problems.kept()[0].said.as_str()), (0, "2018, 2019, 2020, 2021"));
        // Years of what is not taken are nobody's concern.
        let jobs = Mapping { columns: [("jobs".to_owned(), "work".to_owned())].into(), ..Mapping::default() };
        let (rows, problems) = read(&jobs);
        assert_eq!((rows, problems.found()), (vec![(2018, 9.0)], 0));
    }

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
