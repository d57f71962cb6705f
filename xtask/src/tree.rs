//! The files of the project, as git tracks them.

use crate::Complaint;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file.
pub struct File {
    /// From the project's root, with `/`.
    pub path: String,
    pub text: String,
}

/// All text files.
pub struct Tree {
    pub files: Vec<File>,
}

/// The project's root.
pub fn root() -> PathBuf {
    // Cargo says where it runs: clones that share a target folder also share the built program.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map(Path::to_path_buf).unwrap_or_default()
}

impl Tree {
    /// Reads the files that git tracks or would track.
    pub fn read() -> Self {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(root())
            .output()
            .expect("git lists the files");
        let files = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|path| {
                let text = std::fs::read_to_string(root().join(path)).ok()?;
                Some(File { path: path.to_owned(), text })
            })
            .collect();
        Self { files }
    }

    /// Rust sources.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.path.ends_with(".rs"))
    }
}

impl File {
    /// Whether the file holds tests alone.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name == "tests.rs"
            || name == "testing.rs"
            || ["/tests/", "/benches/", "/testing/"].iter().any(|d| self.path.contains(d))
            || ["tests/", "benches/", "fuzz/", "xtask/"].iter().any(|d| self.path.starts_with(d))
    }

    /// The text without its `#[cfg(test)] mod tests { … }` at the end.
    pub fn without_tests(&self) -> &str {
        self.text.find("#[cfg(test)]\nmod tests {").map_or(self.text.as_str(), |at| &self.text[..at])
    }
}

/// No folder or module is called util, common, helpers or misc.
pub fn names_say_something(tree: &Tree) -> Vec<Complaint> {
    const BANNED: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "misc", "stuff", "prelude"];
    tree.files
        .iter()
        .filter(|f| {
            f.path.split('/').any(|part| BANNED.contains(&part.split('.').next().unwrap_or_default()))
        })
        .map(|f| format!("{}: name it after what it does", f.path))
        .collect()
}
