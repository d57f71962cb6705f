//! A response policy zone for resolvers of others, made so that none of them lets a name through that we block.
//!
//! In a zone a wildcard is about the names below it that do not exist there. A longer name in the zone makes every name
//! between the two exist, and the wildcard is then about none of them nor about what is below them. So each
//! of those gets its own two records, and a name that says no more than what is above it is left out.

use super::Row;
use crate::build::Cover;
use crate::name::NameBuf;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most octets of a name.
const MOST: usize = 255;

/// What is so for a name and for what is below it: blocked, let through, or nothing said.
type Said = [Option<bool>; 2];

/// A zone, and how many names of it act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The zone file.
    pub zone: String,
    /// Names with a record.
    pub names: usize,
    /// Names that are too long to stand below the zone's own: in a zone they cannot be said.
    pub left_out: Vec<NameBuf>,
}

/// Writes rows as a zone named `origin`. `serial` is the zone's version.
pub fn export_rpz(rows: &[Row], origin: &NameBuf, serial: u32) -> Exported {
    let mut said: BTreeMap<NameBuf, Said> = BTreeMap::new();
    // What excepts holds against what lists the same name.
    for row in rows.iter().filter(|r| !r.excepted).chain(rows.iter().filter(|r| r.excepted)) {
        let entry = said.entry(row.name.clone()).or_default();
        if row.cover != Cover::Below {
            entry[0] = Some(!row.excepted);
        }
        if row.cover != Cover::Exact {
            entry[1] = Some(!row.excepted);
        }
    }
    let needed = needed(&said);
    let mut zone = format!(
        "$ORIGIN {origin}.\n$TTL 300\n@ SOA localhost. hostmaster.localhost. ( {serial} 3600 600 604800 300 )\n@ NS localhost.\n"
    );
    let (mut names, mut left_out) = (0, Vec::new());
    for (name, said) in with_between(&needed) {
        // Both names end in the root's octet, of which one stays; `*` has two.
        if name.wire().len() + origin.wire().len() - 1 + 2 > MOST {
            left_out.push(name);
            continue;
        }
        names += 1;
        for (owner, blocked) in [(name.to_string(), said[0]), (format!("*.{name}"), said[1])] {
            let action = match blocked {
                Some(true) => ".",
                Some(false) => "rpz-passthru.",
                None => continue,
            };
            let _ = writeln!(zone, "{owner} CNAME {action}");
        }
    }
    Exported { zone, names, left_out }
}

/// What holds for a name by the nearest name above it that speaks of what is below it.
fn above(said: &BTreeMap<NameBuf, Said>, name: &NameBuf) -> Option<bool> {
    let mut parent = name.parent();
    while let Some(name) = parent {
        if let Some(below) = said.get(&name).and_then(|s| s[1]) {
            return Some(below);
        }
        parent = name.parent();
    }
    None
}

/// The names that say something else than what is above them; both parts spelled out.
fn needed(said: &BTreeMap<NameBuf, Said>) -> BTreeMap<NameBuf, Said> {
    said.iter()
        .filter_map(|(name, own)| {
            let above = above(said, name);
            let full = own.map(|part| part.or(above));
            // An exception under nothing that blocks says nothing, nor does one more block under a block.
            let differs = full.iter().any(|part| part.unwrap_or(false) != above.unwrap_or(false));
            differs.then(|| (name.clone(), full))
        })
        .collect()
}

/// The same with the names that come to exist between a wildcard and a longer name.
fn with_between(needed: &BTreeMap<NameBuf, Said>) -> BTreeMap<NameBuf, Said> {
    let mut all = needed.clone();
    for name in needed.keys() {
        let mut parent = name.parent();
        while let Some(between) = parent {
            if let Some(below) = above(needed, &between) {
                all.entry(between.clone()).or_insert([Some(below); 2]);
            }
            parent = between.parent();
        }
    }
    all
}
