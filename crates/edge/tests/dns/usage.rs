//! The use of digital resources: from queries of `dig` to segments in a store.

use crate::fixture::{Edge, STUDENT, now_s, policy, put, settings};
use crate::upstream::Upstream;
use evenfield_policy::DeviceKey;
use evenfield_usage::catalogue::ResourceId;
use evenfield_usage::fact::{Fact, Place};
use evenfield_usage::keep::{FolderStore, RealDisk, fetch, visible};
use evenfield_usage::pseudonym::{KeyRing, Pseudonym, device_of_key};
use evenfield_usage::segment::open;
use std::path::Path;
use std::process::Command;

const USAGE: &str = "[usage]\nfolder = \"store\"\nspool = \"spool\"\nsource = \"bus-7\"\nkeys = \"keys.csv\"\nplace = \"bus\"\n\
    overlay = \"overlay.csv\"\nseal_seconds = 1\n[clients]\ngateways = [\"127.0.0.1\"]\n[events]\nfolder = \"events\"\n";
const OVERLAY: &str = "id,number,name,subject,kind,domains,support\n\
    county_math,32768,County Math,math,practice,ok.example,short.example\n";

/// The facts of all segments that the store lists, each as often as it was, and from how many runs of the edge.
fn facts(folder: &Path) -> (Vec<Fact>, usize) {
    let store = FolderStore::open(&RealDisk, &folder.join("store"), 1).expect("a store");
    let segments = visible(&store).expect("a manifest");
    let mut facts = Vec::new();
    for segment in &segments {
        let octets = fetch(&store, segment).expect("what is listed is there");
        let mut batches = open(octets.into()).expect("a segment");
        while let Some(rows) = batches.next_rows().expect("rows") {
            for (fact, queries) in (0..rows.len()).filter_map(|row| rows.fact(row)) {
                facts.extend((0..queries).map(|_| fact));
            }
        }
    }
    let mut runs: Vec<_> = segments.iter().map(|segment| segment.identity.boot).collect();
    runs.sort_unstable();
    runs.dedup();
    (facts, runs.len())
}

/// What a query for a name by a device says of its use, without the minute.
type Seen = (Pseudonym, Option<u16>, bool, u8, u8);

fn seen(folder: &Path) -> Vec<Seen> {
    let (facts, _) = facts(folder);
    let minutes = now_s() / 60 - 5..=now_s() / 60;
    assert!(facts.iter().all(|fact| fact.place == Place::Bus && minutes.contains(&fact.minute)));
    let short = |fact: &Fact| {
        let resource = fact.resource.map(|ResourceId(number)| number);
        (fact.device, resource, fact.support, fact.category, fact.did)
    };
    let mut seen: Vec<Seen> = facts.iter().map(short).collect();
    seen.sort_unstable();
    seen
}

#[test]
fn queries_become_facts_of_use_once_whatever_ends_the_process() {
    let upstream = Upstream::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    put(&path.join("policy.snapshot"), &policy(1, now_s() + 50_000));
    std::fs::write(path.join("overlay.csv"), OVERLAY).expect("written");
    let mut keys = KeyRing::default();
    keys.rotate("this-term", now_s() - 90_000..now_s() + 90_000, [3; 32]).expect("a term");
    std::fs::write(path.join("keys.csv"), keys.to_file()).expect("written");
    let key = device_of_key(DeviceKey::of_token(STUDENT).0.to_le_bytes());
    let student = keys.at(now_s()).expect("a term").pseudonym(key.as_bytes());
    let device = format!("+ednsopt=65001:{key}");
    let mut edge = Edge::start_in(folder, &settings(&upstream, USAGE));
    // A and AAAA for one page are one fact; a name by another letter case is the same.
    for asked in
        ["OK.Example A", "ok.example AAAA", "www.short.example A", "short.example A", "games.example A"]
    {
        edge.dig(&format!("{asked} {device}"));
    }
    edge.dig("cloak-free.example A");
    let mut wanted: Vec<Seen> = vec![
        (student, Some(32_768), false, 0, 0),
        (student, Some(32_768), true, 0, 0),
        (student, Some(32_768), true, 0, 0),
        (student, None, false, 1, 1),
        (Pseudonym::NOBODY, None, false, 0, 0),
    ];
    wanted.sort_unstable();
    edge.until("all facts in the store", |_| seen(&path).len() >= wanted.len());
    assert_eq!(seen(&path), wanted);
    edge.child.kill().expect("killed");
    edge.child.wait().expect("its end");
    let folder = std::mem::replace(&mut edge.folder, tempfile::tempdir().expect("a folder"));
    let mut edge = Edge::start_in(
        folder,
        &settings(&upstream, &USAGE.replace("seal_seconds = 1", "seal_seconds = 3600")),
    );
    edge.dig(&format!("ok.example A {device}"));
    // Told to stop, it seals what it has.
    let id = edge.child.id().to_string();
    assert!(Command::new("kill").arg(id).status().expect("kill runs").success());
    assert!(edge.child.wait().expect("its end").success());
    wanted.push((student, Some(32_768), false, 0, 0));
    wanted.sort_unstable();
    assert_eq!(seen(&path), wanted);
    assert_eq!(facts(&path).1, 2, "each run has a number of its own");
}

#[test]
fn what_is_wrong_with_the_files_of_use_is_told() {
    let upstream = Upstream::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    put(&path("policy.snapshot"), &policy(1, now_s() + 50_000));
    std::fs::write(path("overlay.csv"), "id,number\ncounty_math,7\n").expect("written");
    std::fs::write(path("keys.csv"), "term,key\n").expect("written");
    std::fs::write(path("edge.toml"), settings(&upstream, USAGE)).expect("written");
    for more in [&["--check"][..], &[]] {
        let output = Command::new(env!("CARGO_BIN_EXE_evenfield-edge"))
            .args(["dns", "--config"])
            .arg(path("edge.toml"))
            .args(more)
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("overlay.csv:2"), "{said}");
        assert!(more.is_empty() || said.contains("keys.csv:1"), "{said}");
    }
}
