//! Tidy: the rules of the house, run by `cargo test -p xtask`.

fn main() {}
