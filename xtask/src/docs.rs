//! What the documents say must be so.

use crate::Complaint;
use crate::tree::{Tree, root};

/// Each path in backticks that starts in one of our folders exists.
pub fn paths_exist(tree: &Tree) -> Vec<Complaint> {
    const OURS: [&str; 7] = ["crates/", "docs/", "tests/", "benches/", "fuzz/", "xtask/", ".ci/"];
    let mut complaints = Vec::new();
    for file in tree.files.iter().filter(|f| f.path.ends_with(".md")) {
        for named in file.text.split('`').skip(1).step_by(2) {
            let plain = !named.contains(['*', '<', '{', ' ', '…']);
            if plain && OURS.iter().any(|o| named.starts_with(o)) && !root().join(named).exists() {
                complaints.push(format!("{}: names `{named}`, which does not exist", file.path));
            }
        }
    }
    complaints
}

/// No note to self is left in the sources, and no path of one machine.
pub fn nothing_is_left_for_later(tree: &Tree) -> Vec<Complaint> {
    let banned = [
        (concat!("TO", "DO"), "do it, or open an issue"),
        (concat!("FIX", "ME"), "mend it"),
        (concat!("XX", "X:"), "mend it"),
        (concat!("/wo", "rk/"), "no path of one machine"),
        (concat!("unimple", "mented!"), "leave the feature out instead"),
    ];
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (n, line) in file.text.lines().enumerate() {
            for (word, instead) in banned {
                if line.contains(word) {
                    complaints.push(format!("{}:{}: {word}: {instead}", file.path, n + 1));
                }
            }
        }
    }
    complaints
}
