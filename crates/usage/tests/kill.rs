//! kill -9, for real: a child process seals and uploads, is killed at each call of the file system in turn and at random
//! moments, and starts again. Nothing that it said was sealed is lost, nothing is there twice.

#![cfg(unix)]

use evenfield_usage::fact::{Fact, Place};
use evenfield_usage::keep::{Disk, FolderStore, RealDisk, Spool, fetch, upload, visible};
use evenfield_usage::pseudonym::Pseudonym;
use evenfield_usage::segment::{Identity, Sealed, encode, open, pack};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const FOLDER: &str = "EVENFIELD_KILL_FOLDER";
const STOP: &str = "EVENFIELD_KILL_STOP";
const SEGMENTS: u64 = 3;

/// The real disk; before the call with a number it says so and waits to be killed.
struct Stepping {
    calls: AtomicU64,
    stop: u64,
}

impl Stepping {
    fn step(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) == self.stop {
            say("stopped");
            loop {
                std::thread::sleep(Duration::from_secs(60));
            }
        }
    }
}

impl Disk for Stepping {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step();
        // In two parts, so that there is a moment at which a part is there.
        let mut file = std::fs::File::create(path)?;
        file.write_all(&bytes[..bytes.len() / 2])?;
        self.step();
        file.write_all(&bytes[bytes.len() / 2..])
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step();
        RealDisk.sync(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step();
        RealDisk.sync_folder(folder)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step();
        RealDisk.rename(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step();
        RealDisk.link(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step();
        RealDisk.remove(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.step();
        RealDisk.list(folder)
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.step();
        RealDisk.read(path)
    }
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.step();
        RealDisk.make_folder(folder)
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).expect("the parent listens");
}

fn segment(sequence: u64) -> Sealed {
    let fact = |n: u64| Fact {
        minute: 29_000_000 + (n % 5) as u32,
        device: Pseudonym(sequence * 1_000_000 + n + 1),
        resource: None,
        support: false,
        category: 3,
        did: 1,
        place: Place::School,
    };
    let mut facts: Vec<_> = (0..500).map(|n| pack(&fact(n))).collect();
    encode(&mut facts, &Identity::new("school-3", 1, sequence).expect("a word")).expect("a segment")
}

/// Not a test by itself: what the child does.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = PathBuf::from(folder);
    let stop = std::env::var(STOP).ok().and_then(|s| s.parse().ok()).unwrap_or(u64::MAX);
    let disk = Stepping { calls: AtomicU64::new(0), stop };
    let spool = Spool::open(&disk, &folder.join("spool")).expect("the spool opens");
    let store =
        FolderStore::open(&disk, &folder.join("store"), u64::from(std::process::id())).expect("opens");
    // What was said to be sealed is not handed over again.
    let said = std::fs::read_to_string(folder.join("said")).unwrap_or_default();
    for sequence in 0..SEGMENTS {
        if !said.lines().any(|l| l == sequence.to_string()) {
            spool.seal(&segment(sequence)).expect("seals");
            say(&format!("sealed {sequence}"));
        }
        if sequence == 1 {
            upload(&spool, &store).expect("uploads");
        }
    }
    upload(&spool, &store).expect("uploads");
    say("finished");
}

enum Until {
    Call(u64),
    Milliseconds(u64),
    Finished,
}

/// Runs the child; notes what it says is sealed; says whether it finished.
fn run(folder: &Path, until: Until) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Until::Call(call) = until {
        command.env(STOP, call.to_string());
    }
    let mut child = command.spawn().expect("the child starts");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let kill_after = match until {
        Until::Milliseconds(ms) => Some(Duration::from_millis(ms)),
        _ => None,
    };
    let mut finished = false;
    std::thread::scope(|scope| {
        let (child, folder) = (&mut child, folder);
        let lines = scope.spawn(move || {
            let mut stopped = false;
            let mut said = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(folder.join("said"))
                .expect("opens");
            for line in out.lines().map_while(Result::ok) {
                if let Some(sequence) = line.strip_prefix("sealed ") {
                    writeln!(said, "{sequence}").expect("noted");
                }
                if line == "stopped" {
                    return (true, false);
                }
                stopped |= line == "finished";
            }
            (false, stopped)
        });
        if let Some(wait) = kill_after {
            std::thread::sleep(wait);
            child.kill().ok();
        }
        finished = lines.join().expect("read").1;
        child.kill().ok();
        child.wait().expect("ended");
    });
    finished
}

/// Everything once, and nothing else.
fn check(folder: &Path, context: &str) {
    let store = FolderStore::open(&RealDisk, &folder.join("store"), 0).expect("opens");
    let mut devices = BTreeMap::new();
    let mut sequences = BTreeSet::new();
    for one in visible(&store).expect("lists") {
        sequences.insert(one.identity.sequence);
        let mut batches = open(fetch(&store, &one).expect("is whole").into()).expect("a segment");
        while let Some(columns) = batches.next_rows().expect("reads") {
            for row in 0..columns.len() {
                let (fact, queries) = columns.fact(row).expect("a fact");
                *devices.entry(fact.device).or_insert(0) += queries;
            }
        }
    }
    assert_eq!(sequences, (0..SEGMENTS).collect(), "{context}");
    assert_eq!(devices.len() as u64, SEGMENTS * 500, "{context}");
    assert!(devices.values().all(|times| *times == 1), "{context}");
}

#[test]
fn killed_at_each_call_nothing_is_lost_or_doubled() {
    if std::env::var(FOLDER).is_ok() {
        return;
    }
    let mut calls = 0;
    loop {
        let folder = tempfile::tempdir().expect("a folder");
        let finished = run(folder.path(), Until::Call(calls));
        assert!(
            run(folder.path(), Until::Finished),
            "after a kill before call {calls} the next run finishes"
        );
        check(folder.path(), &format!("killed before call {calls}"));
        if finished {
            break;
        }
        calls += 1;
    }
    assert!(calls > 50, "only {calls} calls were tried");
}

#[test]
fn killed_at_random_moments_nothing_is_lost_or_doubled() {
    if std::env::var(FOLDER).is_ok() {
        return;
    }
    for round in 0..15u64 {
        let folder = tempfile::tempdir().expect("a folder");
        for again in 0..3 {
            run(folder.path(), Until::Milliseconds((round * 7 + again * 11) % 40));
        }
        assert!(run(folder.path(), Until::Finished), "round {round}");
        check(folder.path(), &format!("round {round}"));
    }
}
