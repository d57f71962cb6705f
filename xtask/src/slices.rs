//! The portal's slices: strangers to each other, SQL in one file each, each table written by one of them.

use crate::Complaint;
use crate::tree::{File, Tree};
use std::collections::{BTreeMap, BTreeSet};

const SLICES: [&str; 9] =
    ["account", "connectivity", "filtering", "gap", "lending", "open_data", "plans", "roster", "survey"];

fn slice(file: &File) -> Option<&'static str> {
    let inside = file.path.strip_prefix("crates/portal/src/")?;
    SLICES.into_iter().find(|s| inside.starts_with(&format!("{s}/")))
}

/// No slice names another one.
pub fn are_strangers(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in tree.rust().filter(|f| !f.is_test()) {
        let Some(own) = slice(file) else { continue };
        for other in SLICES.into_iter().filter(|s| *s != own) {
            if file.without_tests().contains(&format!("crate::{other}::")) {
                complaints.push(format!(
                    "{}: knows the slice {other}; share a type in `model`, or compose above",
                    file.path
                ));
            }
        }
    }
    complaints
}

/// SQL stands in `queries.rs` (or a folder `queries/`) of a slice.
pub fn keep_sql_in_queries(tree: &Tree) -> Vec<Complaint> {
    tree.rust()
        .filter(|f| !f.is_test() && slice(f).is_some())
        .filter(|f| !f.path.ends_with("/queries.rs") && !f.path.contains("/queries/"))
        .filter(|f| f.without_tests().contains("sqlx::query"))
        .map(|f| format!("{}: has SQL; move it to queries.rs", f.path))
        .collect()
}

/// Each table is written by one slice, or by one module of the portal's base.
pub fn own_their_tables(tree: &Tree) -> Vec<Complaint> {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in tree.rust().filter(|f| f.path.starts_with("crates/portal/src/") && !f.is_test()) {
        let owner = match slice(file) {
            Some(slice) => slice.to_owned(),
            None => file.path["crates/portal/src/".len()..]
                .split(['/', '.'])
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let text = file.without_tests();
        for verb in ["INSERT INTO ", "UPDATE ", "DELETE FROM "] {
            for (at, _) in text.match_indices(verb) {
                let table: String = text[at + verb.len()..]
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                let before = text[..at].chars().next_back();
                if !table.is_empty() && before.is_none_or(|c| !c.is_alphanumeric()) && !table.ends_with("set")
                {
                    writers.entry(table).or_default().insert(owner.clone());
                }
            }
        }
    }
    // Moving a district between databases writes every table; that is what `db` is for.
    writers
        .into_iter()
        .map(|(table, mut owners)| {
            owners.remove("db");
            (table, owners)
        })
        .filter(|(_, owners)| owners.len() > 1)
        .map(|(table, owners)| format!("table {table} is written by {owners:?}"))
        .collect()
}
