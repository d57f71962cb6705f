//! The crates: who may know whom.

use crate::Complaint;
use crate::tree::{Tree, root};
use std::collections::{BTreeMap, BTreeSet};

type Edges = BTreeMap<String, BTreeSet<String>>;

/// The table in ARCHITECTURE.md: a row `| \`crate\` | … | knows |`.
fn table(text: &str) -> Edges {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let name = cells.first()?.trim_matches('`').to_owned();
            let knows = cells.get(2)?;
            let names = knows.split(',').map(|n| n.trim().trim_matches('`').to_owned());
            Some((name, names.filter(|n| !n.is_empty() && n != "nothing of ours").collect()))
        })
        .collect()
}

fn built() -> Edges {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let short = |name: &str| name.trim_start_matches("evenfield-").to_owned();
    let ours: BTreeSet<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    metadata
        .packages
        .iter()
        .map(|p| {
            let knows = p
                .dependencies
                .iter()
                .filter(|d| d.kind == cargo_metadata::DependencyKind::Normal && ours.contains(&d.name))
                .map(|d| short(&d.name));
            (short(&p.name), knows.collect())
        })
        .collect()
}

/// The longest chain of edges from here.
fn depth(edges: &Edges, name: &str) -> usize {
    edges.get(name).into_iter().flatten().map(|next| 1 + depth(edges, next)).max().unwrap_or_default()
}

/// The crates and their edges are those of the table, and no chain is longer than five.
pub fn match_the_table(tree: &Tree) -> Vec<Complaint> {
    let Some(architecture) = tree.files.iter().find(|f| f.path == "ARCHITECTURE.md") else {
        return vec!["ARCHITECTURE.md is missing".to_owned()];
    };
    let (said, built) = (table(&architecture.text), built());
    let mut complaints = Vec::new();
    for name in said.keys().chain(built.keys()).collect::<BTreeSet<_>>() {
        match (said.get(name), built.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => complaints.push(format!("crate {name}: the table says {a:?}, Cargo says {b:?}")),
        }
    }
    for name in built.keys().filter(|n| depth(&built, n) > 5) {
        complaints.push(format!("crate {name}: a chain of more than 5 edges starts here"));
    }
    complaints
}

/// No slice knows another one; tests may.
pub fn slices_are_strangers(_: &Tree) -> Vec<Complaint> {
    let is_slice = |name: &&String| name.starts_with("slice-");
    let mut complaints = Vec::new();
    for (own, knows) in built().iter().filter(|(name, _)| is_slice(name)) {
        let others = knows.iter().filter(is_slice);
        complaints.extend(
            others.map(|other| format!("{own} knows {other}; share a type in `model`, or compose above")),
        );
    }
    complaints
}

/// The edge runs on a bus router's board: nothing that it builds knows SQL.
pub fn the_edge_has_no_sql(_: &Tree) -> Vec<Complaint> {
    let tree = std::process::Command::new("cargo")
        .args([
            "tree",
            "--package",
            "evenfield-edge",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .expect("cargo lists what the edge builds");
    let built = String::from_utf8_lossy(&tree.stdout);
    assert!(built.contains("evenfield-dns"), "cargo tree: {}", String::from_utf8_lossy(&tree.stderr));
    let sql = built
        .lines()
        .filter(|line| ["sqlx", "libsqlite3-sys", "evenfield-base"].iter().any(|s| line.starts_with(s)));
    sql.map(|line| format!("evenfield-edge builds {line}")).collect()
}

/// Each line of `[workspace.dependencies]` ends in a comment that says what for.
pub fn dependencies_are_justified(tree: &Tree) -> Vec<Complaint> {
    let Some(manifest) = tree.files.iter().find(|f| f.path == "Cargo.toml") else { return Vec::new() };
    manifest
        .text
        .lines()
        .skip_while(|l| *l != "[workspace.dependencies]")
        .skip(1)
        .take_while(|l| !l.starts_with('['))
        .filter(|l| l.contains(" = ") && !l.starts_with('#') && !l.contains("path = ") && !l.contains("# "))
        .map(|l| format!("Cargo.toml: say what this is for: {l}"))
        .collect()
}

/// `model`, `gap`, `plan` and `policy` take clock, seed and bytes as arguments.
pub fn pure_crates_are_pure(tree: &Tree) -> Vec<Complaint> {
    const BANNED: [(&str, &str); 9] = [
        ("std::fs", "take bytes"),
        ("std::net", "take bytes"),
        ("std::env", "take an argument"),
        ("SystemTime", "take the time as an argument"),
        ("Instant::now", "take the time as an argument"),
        ("Timestamp::now", "take the time as an argument"),
        ("Zoned::now", "take the time as an argument"),
        ("thread_rng", "take a seed"),
        ("rand::rng()", "take a seed"),
    ];
    let mut complaints = Vec::new();
    for file in tree.rust() {
        let pure = [
            "crates/model/src/",
            "crates/gap/src/",
            "crates/plan/src/",
            "crates/policy/src/",
            "crates/radio/src/",
        ]
        .iter()
        .any(|p| file.path.starts_with(p));
        if !pure || file.is_test() {
            continue;
        }
        for (word, instead) in BANNED {
            if file.without_tests().contains(word) {
                complaints.push(format!("{}: {word}: {instead}", file.path));
            }
        }
    }
    complaints
}
