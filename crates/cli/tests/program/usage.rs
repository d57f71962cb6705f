//! From sealed segments to reports, as a district without the portal does it.

use super::{run, text};
use evenfield_usage::catalogue::Catalogue;
use evenfield_usage::fact::{Asked, Did, Place, minimise};
use evenfield_usage::keep::{FolderStore, RealDisk, Spool, upload};
use evenfield_usage::pseudonym::KeyRing;
use evenfield_usage::segment::{Identity, encode, pack};
use std::fs::{read_to_string, write};
use std::path::Path;
use std::process::Output;

/// Monday, 7 September 2026, 09:00 in New York, in seconds since 1970.
const NINE: u32 = 1_788_786_000;

const SETTINGS: &str = "time_zone = \"America/New_York\"\nfirst_bell = \"08:00\"\nlast_bell = \"15:00\"\n\
    after_school_until = \"17:00\"\n\
    [[term]]\nname = \"2026-fall\"\nfirst = \"2026-09-07\"\nlast = \"2026-09-20\"\n";

/// Eighty students of two schools.
fn make(folder: &Path) -> KeyRing {
    let mut keys = KeyRing::default();
    keys.rotate("2026-fall", NINE - 1_000_000..NINE + 5_000_000, [9; 32]).expect("a term");
    let school = |n| if n < 40 { "north" } else { "south" };
    let devices: String = (0..80).map(|n| format!("pupil-{n},d{n},{},\n", school(n))).collect();
    let devices = format!("student,device,school,sections\n{devices}");
    for (name, text) in
        [("district.toml", SETTINGS), ("keys.csv", &keys.to_file()), ("devices.csv", &devices)]
    {
        write(folder.join(name), text).expect("written");
    }
    keys
}

/// Seals a segment in which each of these students reads for six minutes, and brings it to the store.
fn browse(folder: &Path, keys: &KeyRing, sequence: u64, who: &[(std::ops::Range<u32>, &str)]) {
    let catalogue = Catalogue::common();
    let mut facts = Vec::new();
    for (students, name) in who {
        for (n, minute) in students.clone().flat_map(|n| [(n, 0), (n, 5)]) {
            let at_s = NINE + minute * 60;
            let device = keys.at(at_s).expect("in the term").pseudonym(format!("d{n}").as_bytes());
            let asked = Asked { at_s, device, place: Place::School, did: Did::Answered, category: 0 };
            facts.push(pack(&minimise(&catalogue, name.as_bytes(), &asked)));
        }
    }
    let identity = Identity::new("edge", 1, sequence).expect("a word");
    let sealed = encode(&mut facts, &identity).expect("a segment");
    let spool = Spool::open(&RealDisk, &folder.join("spool")).expect("a spool");
    spool.seal(&sealed).expect("sealed");
    let store = FolderStore::open(&RealDisk, &folder.join("store"), 7).expect("a store");
    upload(&spool, &store).expect("uploaded");
}

fn report(folder: &Path, as_of: &str) -> Output {
    let folder = folder.to_str().expect("UTF-8");
    run(["usage", "report", folder, "--as-of", as_of])
}

#[test]
fn segments_become_reports_and_a_period_is_released_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let keys = make(folder);
    browse(
        folder,
        &keys,
        0,
        &[(0..25, "en.wikipedia.org"), (40..52, "en.wikipedia.org"), (60..63, "ixl.com")],
    );

    let early = report(folder, "2026-09-20");
    assert!(early.status.success(), "{}", text(&early.stderr));
    assert_eq!(text(&early.stdout), "", "the first week waits for late facts");

    let week = folder.join("reports/week-2026-09-07.csv");
    let done = report(folder, "2026-09-21");
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(text(&done.stdout), format!("{}\n", week.display()));
    assert!(text(&done.stderr).contains("80 facts: 80 for a resource"), "{}", text(&done.stderr));
    let first = read_to_string(&week).expect("a report");
    assert!(first.lines().any(|l| l == "week-2026-09-07,school north,wikipedia,all,25,150,"), "{first}");
    assert!(first.lines().any(|l| l == "week-2026-09-07,district,ixl,all,,,yes"), "{first}");

    browse(folder, &keys, 1, &[(25..28, "en.wikipedia.org")]);
    let again = report(folder, "2026-09-21");
    assert!(again.status.success() && !text(&again.stderr).contains("released"), "{}", text(&again.stderr));
    assert_eq!(read_to_string(&week).expect("a report"), first);
}

#[test]
fn problems_are_listed_no_child_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    make(folder);
    write(
        folder.join("devices.csv"),
        "student,device,school,sections\nmaria,d1,north,\nmaria,d1,north,\nx\n",
    )
    .expect("written");
    let output = report(folder, "2026-09-21");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("devices.csv") && said.contains("2 problems; nothing was written"), "{said}");
    assert!(!said.contains("maria"), "{said}");
    assert!(!folder.join("ledger.csv").exists() && !folder.join("reports").exists());
}

#[test]
fn a_second_run_at_the_same_time_is_refused_and_another_folder_is_done_all_the_same() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    for folder in &folders {
        browse(folder.path(), &make(folder.path()), 0, &[(0..25, "en.wikipedia.org")]);
    }
    let lock = std::fs::File::create(folders[0].path().join("ledger.lock")).expect("a file");
    lock.try_lock().expect("locked");
    let paths = folders.each_ref().map(|f| f.path().to_str().expect("UTF-8"));
    let output = run(["usage", "report", paths[0], paths[1], "--as-of", "2026-09-21"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("another run is at work"), "{}", text(&output.stderr));
    assert!(!folders[0].path().join("ledger.csv").exists());
    assert!(folders[1].path().join("reports/week-2026-09-07.csv").exists());
}
