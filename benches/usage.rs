//! Measures segments and the rollup kernel; `benches/usage_duckdb.py` does the same sums with DuckDB.
//!
//! ```text
//! cargo bench -p evenfield-usage --bench usage -- seal
//! cargo bench -p evenfield-usage --bench usage -- make FOLDER STUDENTS FIRST_DAY DAYS
//! cargo bench -p evenfield-usage --bench usage -- roll FOLDER STUDENTS [sections]
//! ```
//!
//! `make` writes the segments of a made-up district, four edges with a segment every five minutes of facts or 1,048,576 of them, and
//! `roster.csv`. `roll` reads them in one pass, writes `active.csv` (active device-minutes by school and resource) and says how long it
//! took and how much memory at most. All seeds are fixed.

use evenfield_usage::calendar::{Calendar, Period, Term};
use evenfield_usage::catalogue::{Catalogue, Kind, ResourceId};
use evenfield_usage::fact::{Fact, Place};
use evenfield_usage::keep::{FolderStore, RealDisk, Spool, upload, visible};
use evenfield_usage::minutes::Method;
use evenfield_usage::pseudonym::Pseudonym;
use evenfield_usage::rollup::{Rollup, Unit, What, inputs};
use evenfield_usage::roster::{Roster, Student};
use evenfield_usage::segment::{Identity, Packed, encode, pack};
use jiff::ToSpan as _;
use jiff::civil::{Date, date, time};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const STUDENTS_OF_A_SCHOOL: u32 = 600;
const EDGES: u32 = 4;
const SEGMENT: usize = 1 << 20;

fn device(student: u32) -> Pseudonym {
    Pseudonym(mixed(u64::from(student) | 1 << 40))
}

/// Names of resources by how common they are: the n-th has a share of about 1/n.
struct Popular(Vec<ResourceId>);

impl Popular {
    fn new(catalogue: &Catalogue) -> Self {
        let used = catalogue.resources().filter(|r| r.kind != Kind::Management);
        Self(used.map(|r| r.number).collect())
    }

    fn pick(&self, chance: u64) -> ResourceId {
        let share = (chance % (1 << 20)) as f64 / f64::from(1u32 << 20);
        let rank = (self.0.len() as f64).powf(share) - 1.0;
        self.0[(rank as usize).min(self.0.len() - 1)]
    }
}

/// The facts of one edge in one minute of the UTC day: students at a screen ask for a resource that changes every quarter of an hour,
/// one query in five is for something else, one in twenty is blocked.
fn minute(popular: &Popular, students: u32, edge: u32, day: u32, minute: u32, facts: &mut Vec<Packed>) {
    // 7 to 22 o'clock; most in school hours. In percent of students.
    let at_screen = match minute / 60 {
        8..=14 => 16,
        15..=21 => 5,
        7 => 3,
        _ => 0,
    };
    let at = day * 1_440 + minute;
    for student in (edge..students).step_by(EDGES as usize) {
        let now = mixed(u64::from(student) << 32 | u64::from(at));
        if now % 100 >= at_screen {
            continue;
        }
        let quarter = mixed(u64::from(student) << 33 | u64::from(at / 15));
        // Of a student's own 42 resources (LearnPlatform, 2023: what a student used in a year), some more often than others.
        let own =
            mixed(u64::from(student) << 34 | (f64::powf(42.0, (quarter % 1_000) as f64 / 1_000.0) as u64));
        let resource = popular.pick(own);
        for query in 0..1 + (now >> 8) % 5 {
            let chance = mixed(now ^ query);
            let known = !chance.is_multiple_of(5);
            let blocked = chance % 20 == 7;
            facts.push(pack(&Fact {
                minute: at,
                device: device(student),
                resource: known.then_some(resource),
                support: known && (chance >> 16).is_multiple_of(4),
                category: if known && !blocked { 0 } else { (chance >> 24) as u8 % 8 },
                did: u8::from(blocked),
                place: if (8..15).contains(&(minute / 60)) { Place::School } else { Place::Unknown },
            }));
        }
    }
}

fn seal() {
    let popular = Popular::new(&Catalogue::common());
    let mut facts = Vec::new();
    let mut at = 480;
    while facts.len() < SEGMENT {
        minute(&popular, 24_000, 0, 20_000, at, &mut facts);
        at += 1;
    }
    facts.truncate(SEGMENT);
    // As they come: by minute, in no order within it.
    facts.sort_by_key(|f| (f.0 >> 96, mixed(f.0 as u64 ^ (f.0 >> 64) as u64)));
    let identity = Identity::new("bench", 1, 1).expect("a word");
    for round in 0..8 {
        let mut copy = facts.clone();
        let start = Instant::now();
        let sealed = encode(&mut copy, &identity).expect("a segment");
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "seal {round}: {} facts, {} rows, {} octets ({:.2} a fact), {:.3} s, {:.2} M facts a second",
            sealed.facts,
            sealed.rows,
            sealed.bytes.len(),
            sealed.bytes.len() as f64 / sealed.facts as f64,
            seconds,
            sealed.facts as f64 / seconds / 1e6
        );
    }
}

fn make(folder: &Path, students: u32, first: Date, days: u32) {
    let popular = Popular::new(&Catalogue::common());
    let spool = Spool::open(&RealDisk, &folder.join("spool")).expect("a spool");
    let store = FolderStore::open(&RealDisk, &folder.join("store"), 1).expect("a store");
    let start = Instant::now();
    let (mut total, mut seal_s, mut segments) = (0u64, 0.0, 0u64);
    let mut buffers = vec![Vec::with_capacity(SEGMENT + (1 << 16)); EDGES as usize];
    let mut sequences = [0u64; EDGES as usize];
    let mut date = first;
    for _ in 0..days {
        let day = (date
            .to_datetime(time(0, 0, 0, 0))
            .duration_since(Date::constant(1970, 1, 1).to_datetime(time(0, 0, 0, 0)))
            .as_hours()
            / 24) as u32;
        for at in 0..1_440u32 {
            for edge in 0..EDGES {
                let buffer = &mut buffers[edge as usize];
                // Weekends are quiet.
                if date.weekday().to_monday_zero_offset() < 5 || at % 8 == 0 {
                    minute(&popular, students, edge, day, at, buffer);
                }
                if buffer.len() >= SEGMENT - (1 << 17) || (at == 1_439 && !buffer.is_empty()) {
                    let sequence = &mut sequences[edge as usize];
                    let identity = Identity::new(&format!("edge-{edge}"), 1, *sequence).expect("a word");
                    *sequence += 1;
                    segments += 1;
                    total += buffer.len() as u64;
                    let begun = Instant::now();
                    let sealed = encode(buffer, &identity).expect("a segment");
                    spool.seal(&sealed).expect("sealed");
                    upload(&spool, &store).expect("uploaded");
                    seal_s += begun.elapsed().as_secs_f64();
                    buffer.clear();
                }
            }
        }
        date = date.checked_add(1.day()).expect("a date");
    }
    let mut csv = "device,school\n".to_owned();
    for student in 0..students {
        writeln!(csv, "{},{}", device(student).0, student / STUDENTS_OF_A_SCHOOL).expect("written");
    }
    std::fs::write(folder.join("roster.csv"), csv).expect("the roster is written");
    println!(
        "made {total} facts in {segments} segments in {:.1} s, of which {seal_s:.1} s sealing, syncing and uploading: {:.2} M facts a second",
        start.elapsed().as_secs_f64(),
        total as f64 / seal_s / 1e6
    );
}

fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn roll(folder: &Path, students: u32, sections: bool) {
    let list: Vec<_> = (0..students)
        .map(|n| Student {
            devices: vec![device(n)],
            school: (n / STUDENTS_OF_A_SCHOOL) as u16,
            sections: (0..6)
                .map(|s| (n / STUDENTS_OF_A_SCHOOL * 60 + s * 10 + (n + s) % 10) as u16)
                .collect(),
        })
        .collect();
    let schools = students.div_ceil(STUDENTS_OF_A_SCHOOL);
    let names = |count: u32| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let roster = Roster::new(names(schools), names(schools * 60), &list).expect("a roster");
    drop(list);
    let catalogue = Catalogue::common();
    let term = |name: &str, first, last| Term { name: name.to_owned(), first, last };
    let terms = vec![
        term("2026-fall", date(2026, 8, 10), date(2026, 12, 20)),
        term("2027-spring", date(2027, 1, 4), date(2027, 6, 6)),
    ];
    let bells = (time(8, 0, 0, 0), time(15, 0, 0, 0));
    let calendar =
        Calendar::new("UTC", terms, BTreeSet::new(), bells, time(17, 0, 0, 0)).expect("a calendar");
    let store = FolderStore::open(&RealDisk, &folder.join("store"), 2).expect("a store");
    let rows: u64 = visible(&store).expect("a manifest").iter().map(|v| v.entry.rows).sum();
    let rollup = Rollup {
        roster: &roster,
        catalogue: &catalogue,
        calendar: &calendar,
        method: Method::default(),
        sections,
    };
    let mut active: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    let mut uses = 0u64;
    let start = Instant::now();
    let coverage = rollup
        .run(inputs(&store).expect("a manifest"), &mut |one| {
            uses += 1;
            if let (Period::Year(_), Unit::School(school), What::Resource(r), None) =
                (&one.period, one.unit, one.what, one.setting)
                && one.active > 0
            {
                active.insert((school, r.0), one.active);
            }
        })
        .expect("rolled up");
    let seconds = start.elapsed().as_secs_f64();
    let mut csv = "school,resource,active\n".to_owned();
    for ((school, resource), minutes) in &active {
        writeln!(csv, "{school},{resource},{minutes}").expect("written");
    }
    std::fs::write(folder.join("active.csv"), csv).expect("active.csv is written");
    println!("{coverage:?}");
    println!(
        "roll: {rows} rows, {} facts, {uses} uses of units, {seconds:.2} s, {:.1} M rows a second, {:.1} M facts a second, memory {} KiB",
        coverage.facts,
        rows as f64 / seconds / 1e6,
        coverage.facts as f64 / seconds / 1e6,
        memory_kib()
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().expect("a number");
    match words[..] {
        ["seal"] => seal(),
        ["make", folder, students, first, days] => {
            make(Path::new(folder), number(students), first.parse().expect("a date"), number(days));
        }
        ["roll", folder, students] => roll(Path::new(folder), number(students), false),
        ["roll", folder, students, "sections"] => roll(Path::new(folder), number(students), true),
        _ => println!("seal | make FOLDER STUDENTS FIRST_DAY DAYS | roll FOLDER STUDENTS [sections]"),
    }
}
