//! Tidy: the rules of the house. `cargo run -p xtask` prints what breaks them; `cargo test -p xtask` fails on it.

mod crates;
mod docs;
mod sizes;
mod slices;
mod tree;

use std::process::ExitCode;

/// One broken rule, with where and what to do instead.
type Complaint = String;

/// Finds what breaks a rule.
type Check = fn(&tree::Tree) -> Vec<Complaint>;

/// The list of all rules: a name and the check.
const RULES: [(&str, Check); 11] = [
    ("crates match the table in ARCHITECTURE.md", crates::match_the_table),
    ("the edge builds no SQL", crates::the_edge_has_no_sql),
    ("every dependency says what it is for", crates::dependencies_are_justified),
    ("functions and files are short, or on the list of those that may only shrink", sizes::are_within_limits),
    ("no folder is a junk drawer", tree::names_say_something),
    ("pure crates know no files, sockets or clock", crates::pure_crates_are_pure),
    ("slices do not know each other", crates::slices_are_strangers),
    ("SQL is in queries.rs alone", slices::keep_sql_in_queries),
    ("each table is written by one slice", slices::own_their_tables),
    ("paths that the docs name exist", docs::paths_exist),
    ("nothing is left for later", docs::nothing_is_left_for_later),
];

fn main() -> ExitCode {
    let tree = tree::Tree::read();
    let mut failed = false;
    for (rule, check) in RULES {
        let complaints = check(&tree);
        println!("{} {rule}", if complaints.is_empty() { "ok  " } else { "FAIL" });
        for complaint in &complaints {
            println!("       {complaint}");
        }
        failed |= !complaints.is_empty();
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests;
