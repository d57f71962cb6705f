use super::*;
use crate::fact::{Asked, Did, Place, minimise};
use crate::keep::{RealDisk, Spool, upload};
use crate::segment::{Identity, encode, pack};
use jiff::civil::date;

const SETTINGS: &str = "time_zone = \"America/New_York\"\nfirst_bell = \"08:00\"\nlast_bell = \"15:00\"\n\
    after_school_until = \"17:00\"\nholidays = [\"2026-09-08\"]\n\
    [[term]]\nname = \"2026-fall\"\nfirst = \"2026-09-07\"\nlast = \"2026-09-20\"\n";

/// Monday, 7 September 2026, 09:00 in New York, in seconds since 1970.
const NINE: u32 = 1_788_786_000;

/// Forty students of two schools; 25 of north and 12 of south read Wikipedia for six minutes, three of south use IXL.
fn make(folder: &Path) -> KeyRing {
    let mut keys = KeyRing::default();
    keys.rotate("2026-fall", NINE - 1_000_000..NINE + 5_000_000, [9; 32]).expect("a term");
    let mut devices = "student,device,school,sections\n".to_owned();
    for n in 0..80 {
        devices += &format!("s{n},d{n},{},art-{}\n", if n < 40 { "north" } else { "south" }, n % 2);
    }
    for (name, text) in
        [("district.toml", SETTINGS), ("keys.csv", &keys.to_file()), ("devices.csv", &devices)]
    {
        std::fs::write(folder.join(name), text).expect("written");
    }
    keys
}

fn browse(folder: &Path, keys: &KeyRing, sequence: u64, at_s: u32, who: &[(std::ops::Range<u32>, &str)]) {
    let catalogue = Catalogue::common();
    let mut facts = Vec::new();
    for (students, name) in who {
        for n in students.clone() {
            for minute in [0, 5] {
                let at_s = at_s + minute * 60;
                let device = keys.at(at_s).expect("in the term").pseudonym(format!("d{n}").as_bytes());
                let asked = Asked { at_s, device, place: Place::School, did: Did::Answered, category: 0 };
                facts.push(pack(&minimise(&catalogue, name.as_bytes(), &asked)));
            }
        }
    }
    let sealed = encode(&mut facts, &Identity::new("edge", 1, sequence).expect("a word")).expect("a segment");
    let spool = Spool::open(&RealDisk, &folder.join("spool")).expect("a spool");
    spool.seal(&sealed).expect("sealed");
    upload(&spool, &FolderStore::open(&RealDisk, &folder.join("store"), 7).expect("a store"))
        .expect("uploaded");
}

#[test]
fn a_folder_becomes_reports_and_stays_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let keys = make(folder);
    let wiki = [(0..25, "en.wikipedia.org"), (40..52, "en.wikipedia.org"), (60..63, "www.ixl.com")];
    browse(folder, &keys, 0, NINE, &wiki);
    let run = |today| report(&RealDisk, folder, today).expect("a report");
    assert_eq!(run(date(2026, 9, 20)).released, [], "the first week waits for late facts");
    let done = run(date(2026, 9, 21));
    assert_eq!(done.released, [Period::Week(date(2026, 9, 7))]);
    assert_eq!((done.coverage.facts, done.coverage.counted), (80, 80));
    let week = || std::fs::read_to_string(folder.join("reports/week-2026-09-07.csv")).expect("a report");
    let first = week();
    let has = |line: &str| assert!(first.lines().any(|l| l == line), "no line {line} in\n{first}");
    has("week-2026-09-07,district,wikipedia,at_school,37,222,");
    has("week-2026-09-07,school north,wikipedia,all,25,150,");
    has("week-2026-09-07,school south,wikipedia,all,12,72,");
    has("week-2026-09-07,school south,ixl,all,,,yes");
    has("week-2026-09-07,district,ixl,all,,,yes");
    assert!(!first.contains(",3,"), "three students are nowhere");

    // Facts that come late change nothing that was shown, and the term agrees with its weeks.
    browse(folder, &keys, 1, NINE + 600, &[(25..28, "en.wikipedia.org")]);
    browse(folder, &keys, 2, NINE + 7 * 86_400, &[(0..12, "en.wikipedia.org")]);
    let done = run(date(2026, 9, 28));
    assert_eq!(done.released.len(), 4, "{:?}", done.released);
    assert_eq!(week(), first);
    let term = std::fs::read_to_string(folder.join("reports/term-2026-fall.csv")).expect("a report");
    assert!(term.contains("district,wikipedia,all,40,294,"), "{term}");
    let again = run(date(2026, 9, 28));
    assert_eq!((again.released.len(), again.files.len()), (0, 5));
}

#[test]
fn all_problems_of_all_files_are_said_and_no_child_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    make(folder);
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write(
        "devices.csv",
        "student,device,school,sections\nmaria,d1,north,\nmaria,d2,south,\nomar,d1,north,\n,d3,north,\nx\n",
    );
    write("overlay.csv", "id,approved\nixl,perhaps\n");
    write("district.toml", &SETTINGS.replace("08:00", "8 am").replace("2026-09-08", "tomorrow"));
    let Err(DistrictError::Problems(problems)) = report(&RealDisk, folder, date(2026, 9, 21)) else {
        panic!("problems")
    };
    let said: Vec<_> =
        problems.kept().iter().map(|p| format!("{}:{}:{}", p.file, p.line, p.column)).collect();
    let wanted = [
        "district.toml:0:holidays",
        "district.toml:0:first_bell",
        "devices.csv:3:school",
        "devices.csv:4:device",
        "devices.csv:5:student",
        "devices.csv:6:",
        "overlay.csv:2:approved",
    ];
    assert_eq!(said, wanted);
    assert!(!format!("{problems:?}").contains("maria") && !format!("{problems:?}").contains("omar"));
    write("district.toml", "time_zone = \"UTC\"\nbell = 3\n");
    let Err(DistrictError::Problems(problems)) = report(&RealDisk, folder, date(2026, 9, 21)) else {
        panic!("problems")
    };
    assert_eq!(problems.kept()[0].line, 2, "{problems:?}");
    std::fs::remove_file(folder.join("keys.csv")).expect("there");
    assert!(matches!(report(&RealDisk, folder, date(2026, 9, 21)), Err(DistrictError::File { .. })));
}
