//! Measures snapshots: octets a name, memory, opening, decisions beside a set of strings.
//!
//! ```text
//! cargo bench -p evenfield-policy --bench policy -- make SNAPSHOT NAMES DEVICES POLICIES [FOLDER]
//! cargo bench -p evenfield-policy --bench policy -- ask SNAPSHOT NAMES DEVICES [FOLDER]
//! ```
//!
//! `make` writes a snapshot of so many names (those of `FOLDER/*.domains` first, then made-up ones), devices and policies, each
//! with a timetable of 9 slots a day. `ask` is a process of its own, so that its memory is that of an edge: it opens the
//! snapshot and asks for 1,000,000 names of which 27% are listed. With fewer than 5,000,000 names it then does the same with a
//! `HashSet<String>`, all suffixes of each name looked up. The key and all seeds are fixed.

use evenfield_policy::{
    Action, Aligned, Builder, Category, Cover, Day, DeviceKey, InForce, ListId, Name, NameBuf, Regime,
    SecretKey, Snapshot, Subject, decide,
};
use std::collections::HashSet;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

const QUERIES: usize = 1_000_000;
const NOW_S: u32 = 1_764_000_000;
const DAY_S: u32 = 86_400;

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

fn device(n: u64) -> DeviceKey {
    DeviceKey(u128::from(mixed(n)) | u128::from(mixed(!n)) << 64)
}

/// Names of about 20 characters, as listed ones have: those of the folder, then made-up ones.
fn names(count: usize, folder: Option<&str>) -> Vec<String> {
    let mut names = HashSet::new();
    let mut files: Vec<_> = folder
        .map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .into_iter()
        .flatten()
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "domains"))
        .collect();
    files.sort();
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(file).expect("a list")).into_owned();
        let good =
            text.lines().filter_map(|line| NameBuf::from_text(line).ok()).filter(|n| n.parent().is_some());
        names.extend(good.map(|name| name.to_string()));
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names.truncate(count);
    let from = names.len();
    names.extend((from..count).map(made_up));
    names
}

fn made_up(n: usize) -> String {
    const ENDS: [&str; 6] = ["com", "net", "org", "co.uk", "de", "info"];
    let r = mixed(n as u64);
    let more = if r.is_multiple_of(4) { "blog." } else { "" };
    format!("{more}{:x}-{n:x}.{}", r & 0xFFF_FFFF, ENDS[(r >> 32) as usize % ENDS.len()])
}

fn make(out: &str, count: usize, devices: u64, policies: u64, folder: Option<&str>) {
    let start = Instant::now();
    let mut b = Builder::new([6; 16]);
    let lists: Vec<(ListId, Category)> = (0..60)
        .map(|n| {
            let category = b.category(&format!("category {n}"), false);
            (b.list(&format!("list {n}"), "1", category), category)
        })
        .collect();
    for (n, name) in names(count, folder).iter().enumerate() {
        let name = NameBuf::from_text(name).expect("a name");
        b.listed(lists[n % 60].0, &name.as_name(), Cover::Both);
    }
    let all = lists.iter().fold(0, |all, l| all | l.1.mask());
    let regime = |n: u64| Regime { blocked: all & (u128::from(mixed(n)) | 1 << 59), ..Regime::default() };
    let safe = b.regime(Regime { blocked: all, ..Regime::default() }, &[]);
    b.policy("safe default", safe);
    // A thousand schools' timetables of two weeks, shared by the policies.
    let timetables: Vec<u32> = (0..1_000u32)
        .map(|school| {
            let day = |d: u32| Day {
                start_s: NOW_S - DAY_S + d * DAY_S,
                slots: (0..9).map(|slot| (slot * 3_000 + school % 60 * 60, slot)).collect(),
            };
            b.timetable(&(0..15).map(day).collect::<Vec<_>>())
        })
        .collect();
    let numbers: Vec<_> = (1..policies)
        .map(|n| {
            let slots: Vec<u32> = (0..9).map(|slot| b.regime(regime(n * 3 + slot % 3), &[])).collect();
            b.scheduled_policy(&format!("policy {n}"), timetables[n as usize % 1_000], &slots, safe)
        })
        .collect();
    for n in 0..devices {
        b.device(device(n), numbers[mixed(n) as usize % numbers.len()]);
    }
    let bytes = b.finish(u64::from(NOW_S), NOW_S + 13 * DAY_S, &key()).expect("a snapshot");
    std::fs::write(out, &bytes).expect("written");
    println!("made {} octets in {:.1} s", bytes.len(), start.elapsed().as_secs_f64());
}

/// A field of `/proc/self/status`, KiB.
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default()
}

fn read(file: &str) -> Aligned {
    let mut file = std::fs::File::open(file).expect("the snapshot");
    let length = file.metadata().expect("its length").len() as usize;
    Aligned::fill(length, |into| file.read_exact(into)).expect("its bytes")
}

/// Wire-form names one after another, each with its text: 27% listed, with a label before every second one.
fn queries(names: &[String]) -> Vec<(NameBuf, String)> {
    let query = |n: usize| {
        let r = mixed(n as u64 ^ 0xABCD);
        let name = match r % 100 {
            0..27 => names[(r >> 8) as usize % names.len()].clone(),
            _ => format!("{:x}.example{}.com", r >> 44, r >> 50),
        };
        let name = if r & 1 << 20 == 0 { name } else { format!("www.{name}") };
        (NameBuf::from_text(&name).expect("a name"), name)
    };
    (0..QUERIES).map(query).collect()
}

/// Queries that are timed at once.
const SLICE: usize = 1_600;

/// Nanoseconds a query, and what was counted. Each slice of the queries is timed eleven times and its best time counts: a slice
/// is short, so that other programs on the machine do not always fall into it. Between two times of a slice all others
/// go by, so that the caches do not know it any more.
fn best(mut pass: impl FnMut(std::ops::Range<usize>) -> usize) -> (f64, usize) {
    let mut least = [u64::MAX; QUERIES / SLICE];
    let mut counted = 0;
    for _ in 0..11 {
        counted = 0;
        for (slice, least) in least.iter_mut().enumerate() {
            let start = Instant::now();
            counted += black_box(pass(slice * SLICE..(slice + 1) * SLICE));
            *least = (*least).min(start.elapsed().as_nanos() as u64);
        }
    }
    (least.iter().sum::<u64>() as f64 / QUERIES as f64, counted)
}

/// What one read costs that must wait for the one before, nanoseconds: the measure of this machine's memory, now.
fn random_read(octets: usize) -> f64 {
    let memory = vec![1u8; octets];
    let mut at = 0u64;
    let start = Instant::now();
    for _ in 0..QUERIES {
        at = mixed(at + u64::from(memory[at as usize % octets]));
    }
    black_box(at);
    start.elapsed().as_nanos() as f64 / QUERIES as f64
}

fn ask(file: &str, count: usize, devices: u64, folder: Option<&str>) {
    let before = status("VmRSS:");
    let start = Instant::now();
    let bytes = read(file);
    let was_read = start.elapsed();
    let snapshot = Snapshot::open(bytes, &key().public()).expect("a snapshot");
    let opened = start.elapsed() - was_read;
    let resident = status("VmRSS:") - before;
    let start = Instant::now();
    let view = snapshot.view();
    let in_force = InForce::at(&view, NOW_S + 100);
    let looked_up = start.elapsed();
    println!("octets {}, {:.2} a name", snapshot.len(), snapshot.len() as f64 / count as f64);
    println!(
        "read in {was_read:.1?}, opened in {opened:.1?}, {resident} KiB more resident; in force in {looked_up:.1?}"
    );
    let start = Instant::now();
    snapshot.verify_all().expect("every byte");
    println!("every byte verified in {:.2?}", start.elapsed());
    let names = names(count, folder);
    let queries = queries(&names);
    let wires: Vec<u8> = queries.iter().flat_map(|q| q.0.wire().to_vec()).collect();
    let subjects: Vec<Subject> = (0..QUERIES as u64)
        .map(|n| match devices {
            0 => Subject::Unknown,
            all => Subject::Device(device(mixed(n ^ 77) % all)),
        })
        .collect();
    let mut starts = vec![0];
    for (query, _) in &queries {
        starts.push(starts[starts.len() - 1] + query.wire().len());
    }
    let name_at = |n: usize| Name::parse(&wires[starts[n]..]).expect("a name");
    let blocks =
        |n: usize, name: &Name<'_>| decide(&view, &in_force, &subjects[n], name).action != Action::Allow;
    let (parse_ns, _) = best(|range| range.filter(|n| name_at(*n).labels() > 9).count());
    let (decide_ns, blocked) = best(|range| range.filter(|n| blocks(*n, &name_at(*n))).count());
    println!(
        "parsed alone {parse_ns:.1} ns; parsed and decided {decide_ns:.1} ns a query, {blocked} blocked"
    );
    println!("one read at a random place of as many octets: {:.1} ns", random_read(snapshot.len()));
    if count < 5_000_000 {
        let before = status("VmRSS:");
        let start = Instant::now();
        let set: HashSet<String> = names.iter().cloned().collect();
        println!("HashSet<String> made in {:.1?}, {} KiB", start.elapsed(), status("VmRSS:") - before);
        let (set_ns, listed) = best(|range| {
            let listed = |text: &String| {
                let suffixes = text.match_indices('.').map(|(at, _)| &text[at + 1..]);
                std::iter::once(text.as_str()).chain(suffixes).any(|suffix| set.contains(suffix))
            };
            queries[range].iter().filter(|q| listed(&q.1)).count()
        });
        println!("HashSet<String> {set_ns:.1} ns a query, {listed} listed; ratio {:.2}", set_ns / decide_ns);
    }
    println!("peak {} KiB", status("VmHWM:"));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().expect("a number");
    match words[..] {
        ["make", out, names, devices, policies, ref folder @ ..] => {
            make(out, number(names) as usize, number(devices), number(policies), folder.first().copied());
        }
        ["ask", file, names, devices, ref folder @ ..] => {
            ask(file, number(names) as usize, number(devices), folder.first().copied());
        }
        _ => eprintln!("make SNAPSHOT NAMES DEVICES POLICIES [FOLDER] | ask SNAPSHOT NAMES DEVICES [FOLDER]"),
    }
}
