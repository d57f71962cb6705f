//! The Census API's JSON: an array of arrays of texts, the first one the header.

use super::table::{AcsTable, Assembler};
use crate::place::json::Scalar;
use evenfield_model::Problems;

pub(super) fn parse(text: &str, file: &str, problems: &mut Problems) -> AcsTable {
    let rows: Vec<Vec<Scalar>> = match serde_json::from_str(text) {
        Ok(rows) => rows,
        Err(error) => {
            let wanted = "the Census API's answer, an array of arrays";
            problems.push(file, error.line() as u64, "", &error.to_string(), wanted);
            return AcsTable::default();
        }
    };
    let mut rows = rows.into_iter();
    let headers: Vec<String> =
        rows.next().unwrap_or_default().into_iter().map(|header| header.0.unwrap_or_default()).collect();
    let width = headers.len();
    let Some(mut assembler) = Assembler::new(headers, file, problems) else { return AcsTable::default() };
    // The API writes one row a line.
    for (line, row) in (2u64..).zip(rows) {
        if row.len() != width {
            let said = format!("{} values", row.len());
            problems.push(file, line, "", &said, format!("{width} values as in the header"));
            continue;
        }
        let texts: Vec<&str> = row.iter().map(|text| text.0.as_deref().unwrap_or_default()).collect();
        assembler.row(&texts, file, line, problems);
    }
    assembler.finish()
}
