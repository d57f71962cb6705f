//! The portal's slices: SQL in one file each, each table written by one of them.

use crate::Complaint;
use crate::tree::{File, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// The slice that a file is of: a crate in `crates/slices`, or `account`, which stands in the base since a role is one of an account.
fn slice(file: &File) -> Option<&str> {
    match file.path.strip_prefix("crates/slices/") {
        Some(inside) => inside.split_once("/src/").map(|(name, _)| name),
        None => file.path.starts_with("crates/base/src/account/").then_some("account"),
    }
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

/// Each table is written by one slice, or by one module of the base or the portal.
pub fn own_their_tables(tree: &Tree) -> Vec<Complaint> {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in tree.rust().filter(|f| !f.is_test()) {
        let module = |of: &str| file.path.strip_prefix(of).and_then(|rest| rest.split(['/', '.']).next());
        let module = module("crates/base/src/").or_else(|| module("crates/portal/src/"));
        let Some(owner) = slice(file).or(module).map(str::to_owned) else { continue };
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
