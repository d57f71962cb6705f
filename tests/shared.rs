//! The folder of real public data, which tests use where it is there.

use std::path::PathBuf;

/// `data` of the shared folder: of `EVENFIELD_SHARED`, or beside the checkout. Without it the test is skipped, and says so.
pub fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("EVENFIELD_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let data = root.join("data");
    if data.is_dir() {
        return Some(data.canonicalize().expect("a folder"));
    }
    assert!(std::env::var_os("EVENFIELD_SHARED").is_none(), "EVENFIELD_SHARED: no folder {}", data.display());
    println!("skipped: no shared data at {} (set EVENFIELD_SHARED)", data.display());
    None
}
