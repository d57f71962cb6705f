//! CSV as data.census.gov gives it: a row of codes, often a second header row of labels, then the places.

use super::table::{AcsTable, Assembler};
use crate::read::each_member;
use crate::read::{Table, TableRules, decode};
use evenfield_model::{Geography, Problems};
use std::collections::HashSet;

pub(super) fn parse(bytes: &[u8], file: &str, problems: &mut Problems) -> AcsTable {
    let mut whole = AcsTable::default();
    each_member(bytes, file, problems, |path, content, problems| {
        // A download holds the data, its column metadata and its notes.
        if path.ends_with("-Column-Metadata.csv") || path.ends_with("-Table-Notes.txt") {
            return Ok(());
        }
        let text = decode(path, content, problems)?;
        let mut table = Table::open(path, &text, TableRules::default(), problems)?;
        let headers = table.headers().to_vec();
        let Some(mut assembler) = Assembler::new(headers.clone(), path, problems) else { return Ok(()) };
        let mut first = true;
        while let Some(row) = table.next_row(problems) {
            let texts: Vec<&str> = (0..headers.len()).map(|at| row.text(Some(at))).collect();
            let labels = std::mem::take(&mut first) && texts.iter().any(|text| text.contains("!!"));
            if !labels {
                assembler.row(&texts, path, row.line, problems);
            }
        }
        merge(&mut whole, assembler.finish(), path, problems);
        Ok(())
    });
    whole
}

/// Adds a member's rows; a member with other variables than the first is a file of its own.
fn merge(whole: &mut AcsTable, part: AcsTable, path: &str, problems: &mut Problems) {
    if whole.rows.is_empty() {
        *whole = part;
    } else if whole.variables == part.variables {
        let known: HashSet<Geography> = whole.rows.iter().map(|row| row.geography.clone()).collect();
        for row in part.rows {
            if known.contains(&row.geography) {
                let wanted = "each place once; a file before it in the archive has it already";
                problems.push(path, 0, "GEO_ID", &row.geography.id, wanted);
            } else {
                whole.rows.push(row);
            }
        }
    } else {
        problems.push(
            path,
            1,
            "",
            &part.variables.join(","),
            "the same variables as the archive's first table",
        );
    }
}
