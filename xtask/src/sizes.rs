//! How long functions and files may be. What is over the limit stands in `xtask/ratchet.txt` and may only shrink.

use crate::Complaint;
use crate::tree::{File, Tree, root};
use std::collections::BTreeMap;

const FUNCTION_LINES: usize = 70;
const FILE_LINES: usize = 600;

/// Functions of at most 70 lines, files of at most 600 without their tests.
pub fn are_within_limits(tree: &Tree) -> Vec<Complaint> {
    let ratchet = std::fs::read_to_string(root().join("xtask/ratchet.txt")).unwrap_or_default();
    let allowed: BTreeMap<&str, usize> = ratchet
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' ').and_then(|(what, n)| Some((what, n.parse().ok()?))))
        .collect();
    let mut complaints = Vec::new();
    let mut over = std::collections::BTreeSet::new();
    for file in tree.rust().filter(|f| !f.is_test()) {
        let mut check = |what: String, lines: usize, limit: usize| {
            if lines <= limit {
                return;
            }
            match allowed.get(what.as_str()) {
                Some(&known) if lines <= known => {
                    if lines < known {
                        complaints
                            .push(format!("{what} has shrunk to {lines}: write that into xtask/ratchet.txt"));
                    }
                }
                Some(known) => {
                    complaints.push(format!("{what} grew from {known} to {lines} lines; it may only shrink"))
                }
                None => complaints.push(format!("{what} has {lines} lines, {limit} is the limit: split it")),
            }
            over.insert(what);
        };
        check(file.path.clone(), file.without_tests().lines().count(), FILE_LINES);
        for (name, lines) in functions(file) {
            check(format!("{}:{name}", file.path), lines, FUNCTION_LINES);
        }
    }
    // On a whole tree, an entry that nothing needs any more must go.
    if tree.files.len() > 1 {
        for what in allowed.keys().filter(|what| !over.contains(**what)) {
            complaints.push(format!("{what} is within the limit now: take it out of xtask/ratchet.txt"));
        }
    }
    complaints
}

/// Functions and their lines. Sources are formatted, so a function ends at a `}` indented like its start.
fn functions(file: &File) -> Vec<(String, usize)> {
    let lines: Vec<&str> = file.without_tests().lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let mut words = code
            .split_whitespace()
            .skip_while(|w| w.starts_with("pub") || matches!(*w, "async" | "const" | "unsafe" | "extern"));
        if words.next() != Some("fn") {
            continue;
        }
        let name = words.next().unwrap_or_default().split(['(', '<']).next().unwrap_or_default();
        let closing = format!("{}}}", " ".repeat(indent));
        let end = lines[start..]
            .iter()
            .position(|l| *l == closing || l.ends_with(';') && l.len() - l.trim_start().len() == indent);
        found.push((name.to_owned(), end.map_or(1, |n| n + 1)));
    }
    found
}
