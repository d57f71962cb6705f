//! Bad files through the program's door: each gets a message that says where and what, nothing is half stored, and
//! memory stays bounded however large the file.

use super::{evenfield, run, text};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MANIFEST: &str = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\n\
    file.users,bulk\nfile.classes,bulk\nfile.enrollments,bulk\n";
const ORGS: &str =
    "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n1,,,Elm,school,,\n";
const USERS: &str = "sourcedId,status,dateLastModified,orgSourcedIds,role,givenName,familyName,grades\n";
const CLASSES: &str = "sourcedId,status,dateLastModified,title,schoolSourcedId\nc1,,,Math,1\n";
const ENROLLMENTS: &str =
    "sourcedId,status,dateLastModified,classSourcedId,userSourcedId,role,beginDate,endDate\n";

/// A student's row.
fn student(id: &str, name: &str) -> String {
    format!("{id},,,1,student,{name},Cruz,07\n")
}

fn zipped<'f>(files: impl IntoIterator<Item = (&'f str, Vec<u8>)>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member");
        zip.write_all(&bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A roster archive with these `users.csv` and `enrollments.csv`.
fn roster(users: impl Into<Vec<u8>>, enrollments: &str) -> Vec<u8> {
    zipped([
        ("manifest.csv", MANIFEST.into()),
        ("orgs.csv", ORGS.into()),
        ("users.csv", users.into()),
        ("classes.csv", CLASSES.into()),
        ("enrollments.csv", format!("{ENROLLMENTS}{enrollments}").into()),
    ])
}

/// Writes a file and checks it as a roster.
fn check(folder: &Path, bytes: &[u8]) -> Output {
    let path = folder.join("roster.zip");
    std::fs::write(&path, bytes).expect("written");
    run(["roster", "check", "--as-of", "2026-10-01", path.to_str().expect("UTF-8")])
}

/// Lines of the table with their columns set apart by single spaces.
fn squeezed(table: &str) -> String {
    table.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn each_fault_of_a_roster_is_named_by_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let users = |rows: &[String]| format!("{USERS}{}", rows.concat());
    let (ana, bo) = (student("S1", "Ana"), student("S2", "Bo"));
    let latin: Vec<u8> = users(&[student("S1", "José")]).chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> = users(&[student("S1", "José")]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let broken =
        [USERS.as_bytes(), "S1,,,1,student,Zoë,Jos\u{e9},07\n".as_bytes(), b"S2,,,1,student,B\xFFo,C,07\n"];
    let enrolled = |begin: &str| format!("e1,,,c1,S1,student,{begin},2027-06-10\n");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "wrong encoding",
            roster(latin, ""),
            "users.csv Windows-1252 UTF-8; the file was read as Windows-1252",
        ),
        (
            "UTF-16",
            roster([b"\xFF\xFE".as_slice(), &utf16].concat(), ""),
            "users.csv UTF-16 UTF-8; the file was",
        ),
        (
            "a broken byte",
            roster(broken.concat(), ""),
            "users.csv 3 \\xFF UTF-8; these bytes are no character",
        ),
        (
            "a ragged row",
            roster(users(&[ana.clone(), "S2,,,1\n".into()]), ""),
            "users.csv 3 S2,,,1 8 cells as in the header; this row has 4",
        ),
        (
            "another delimiter in one row",
            roster(users(&[ana.replace(',', ";"), bo.clone()]), ""),
            "users.csv 2 S1;;;1;student;Ana;Cruz;07 8 cells as in the header; this row has 1",
        ),
        (
            "an id twice",
            roster(users(&[ana.clone(), ana.clone()]), ""),
            "users.csv 3 sourcedId S1 each id once; it stands on line 2 already, and that row is kept",
        ),
        (
            "an id that a spreadsheet rounded",
            roster(users(&[student("1.23E+11", "Ana"), bo.clone()]), ""),
            "users.csv 2 sourcedId 1.23E+11 the person's sourcedId; a spreadsheet has turned it into a rounded",
        ),
        (
            "a byte-order mark in the middle",
            roster(users(&[ana.clone(), student("\u{feff}S2", "Bo")]), ""),
            "users.csv 3 sourcedId \u{feff}S2 the person's sourcedId, without control or invisible characters",
        ),
        (
            "NUL characters",
            roster(users(&[student("S1", "A\0na"), bo.clone()]), ""),
            "text without NUL characters",
        ),
        (
            "a column twice",
            roster(users(std::slice::from_ref(&bo)).replacen("familyName", "givenName", 1), ""),
            "users.csv 1 givenName givenName each column once; the first of this name is read",
        ),
        (
            "a quotation mark that is not closed",
            roster(users(&[student("S1", "\"Ana"), bo.clone(), student("S3", "\"Cy\""), bo.clone()]), ""),
            "a closing quotation mark; without it this row runs on into the next ones",
        ),
        (
            "30 February",
            roster(users(std::slice::from_ref(&ana)), &enrolled("2026-02-30")),
            "enrollments.csv 2 beginDate 2026-02-30 a date like 2026-09-01",
        ),
        (
            "a school that is not there",
            roster(users(&[ana.replace(",1,student", ",9,student"), bo.clone()]), ""),
            "users.csv 2 orgSourcedIds 9 the sourcedId of a school in orgs.csv. The student is left out",
        ),
        (
            "changes before there is anything to change",
            zipped([
                ("manifest.csv", MANIFEST.replace("bulk", "delta").into()),
                ("orgs.csv", ORGS.lines().next().expect("a header").into()),
                ("users.csv", format!("{USERS}S9,tobedeleted,2026-10-01,1,student,Ana,Cruz,07\n").into()),
            ]),
            "manifest.csv delta a bulk archive first; this one has only the changes since an earlier one",
        ),
    ];
    for (what, bytes, wanted) in cases {
        let done = check(folder.path(), &bytes);
        let said = squeezed(&text(&done.stdout));
        assert_eq!(done.status.code(), Some(1), "{what}: {said}{}", text(&done.stderr));
        assert!(said.contains(wanted), "{what}: wanted {wanted}\n{said}");
    }
    let fine = check(folder.path(), &roster(users(&[ana, bo]), &enrolled("2026-08-20")));
    assert_eq!((fine.status.code(), text(&fine.stdout)), (Some(0), String::new()), "{}", text(&fine.stderr));
}

#[test]
fn what_is_no_roster_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let fine = roster(format!("{USERS}{}", student("S1", "Ana")), "");
    let members = |prefix: &str| zipped([(format!("{prefix}users.csv").as_str(), USERS.into())]);
    let many: Vec<String> = (0..2_001).map(|n| format!("{n}.csv")).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "roster.zip: the file is empty"),
        (
            "cut off",
            fine[..fine.len() / 2].to_vec(),
            "roster.zip: the file ends too early; it was probably cut off",
        ),
        (
            "a PDF",
            b"%PDF-1.7 and so on".to_vec(),
            "roster.zip: this is a PDF, not a text file; wanted a text file in",
        ),
        (
            "a folder of the root",
            members("/etc/"),
            "\"/etc/users.csv\" leads out of the archive's folder; refused",
        ),
        ("a folder above", members("../"), "\"../users.csv\" leads out of the archive's folder; refused"),
        (
            "an archive in an archive",
            zipped([("roster.zip", fine.clone())]),
            "roster.zip: this is a zip archive, not a text file",
        ),
        (
            "an archive as a table",
            roster(fine.clone(), ""),
            "users.csv: this is a zip archive, not a text file",
        ),
        (
            "very many files",
            zipped(many.iter().map(|n| (n.as_str(), Vec::new()))),
            "2001 files in the archive",
        ),
        ("a bomb", roster(vec![b'a'; 64 << 20], ""), "refused as an archive bomb"),
    ];
    for (what, bytes, wanted) in cases {
        let done = check(folder.path(), &bytes);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{what}: {said}");
        assert!(said.contains(wanted) && said.lines().count() == 1, "{what}: wanted {wanted}\n{said}");
    }
}

/// Runs the program with at most so much memory of its own, MiB.
fn limited(mib: u64, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", "ulimit -v $0; exec \"$@\"", &(mib << 10).to_string(), env!("CARGO_BIN_EXE_evenfield")])
        .args(arguments)
        .output()
        .expect("a shell")
}

#[test]
fn a_million_problems_and_a_line_without_end_take_bounded_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, file) in [("manifest.csv", MANIFEST), ("orgs.csv", ORGS), ("classes.csv", CLASSES)] {
        std::fs::write(folder.path().join(name), file).expect("written");
    }
    std::fs::write(folder.path().join("enrollments.csv"), ENROLLMENTS).expect("written");
    let users = folder.path().join("users.csv");
    let arguments = ["roster", "check", folder.path().to_str().expect("UTF-8")];
    // The file itself is held, once; the rest is the program and its 10,000 problems kept whole.
    let room = |bytes: usize| (bytes >> 20) as u64 + 128;

    let rows: String = (0..1_000_000).map(|n| format!("S{n},,,9,student,Ana,Cruz,99\n")).collect();
    std::fs::write(&users, format!("{USERS}{rows}")).expect("written");
    // Each id is known from then on, so that a second row with it is found: some 100 bytes each.
    let done = limited(room(rows.len()) + 200, &arguments);
    let said = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(said.contains("990000 more. All 1000000 by file and column:"), "{}", said.len());
    assert!(squeezed(&said).contains("users.csv orgSourcedIds 1000000\n"));

    let line = format!("{USERS}{}S2,,,1,student,\"{}", student("S1", "Ana"), "x".repeat(300 << 20));
    std::fs::write(&users, &line).expect("written");
    let done = limited(room(line.len()), &arguments);
    let said = squeezed(&text(&done.stdout));
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(said.contains("a row of at most 4 MiB; a quotation mark is probably not closed"), "{said}");
    assert!(said.contains("users.csv 3 "), "{said}");
    assert!(squeezed(&text(&done.stderr)).contains("students 1\n"), "the rows before it are read");
}

/// A settings file with one district and this line of it, and what `assess district` says about it.
fn assess(folder: &Path, load: &str) -> (Output, PathBuf) {
    let database = folder.join("evenfield.db");
    let settings = format!(
        "database = \"sqlite:{}\"\n[[district]]\nleaid = \"5100001\"\nname = \"Shore\"\nterm = \"2026-fall\"\n\
         as_of = \"2026-10-01\"\n[[district.load]]\n{load}\n",
        database.display()
    );
    let path = folder.join("evenfield.toml");
    std::fs::write(&path, settings).expect("written");
    (run(["assess", "district", "--config", path.to_str().expect("UTF-8")]), database)
}

#[test]
fn a_workbook_is_named_once_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("in.xlsx");
    std::fs::write(&path, zipped([("xl/workbook.xml", b"<workbook/>".to_vec())])).expect("written");
    let said = "in.xlsx: this is an Excel workbook; save it as CSV (UTF-8)";
    let path = path.to_str().expect("UTF-8");
    let mut heard = vec![text(&run(["roster", "check", path]).stderr)];
    for kind in ["roster", "survey", "connectivity"] {
        let load = format!("kind = \"{kind}\"\nfile = \"in.xlsx\"");
        heard.push(text(&assess(folder.path(), &load).0.stderr));
    }
    for heard in heard {
        assert_eq!(heard.matches(said).count(), 1, "{heard}");
    }
}

#[test]
fn a_district_with_a_bad_file_is_not_stored_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let crossed = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"GEOID":"510010901001"},
        "geometry":{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}}]}"#;
    let survey = "student_id,internet_access_in_residence,internet_access_type_in_residence\n";
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        (
            "an unknown descriptor",
            "kind = \"survey\"\nfile = \"in\"",
            format!("{survey}S1,true,Telepathy\n").into(),
            "in:2: internet_access_type_in_residence: said `Telepathy`: wanted",
        ),
        (
            "an unknown descriptor of Ed-Fi",
            "kind = \"survey\"\nfile = \"in\"",
            br#"{"studentReference":{"studentUniqueId":"S1"},"internetAccessTypeInResidenceDescriptor":"uri://ed-fi.org/InternetAccessTypeInResidenceDescriptor#Telepathy"}"#.to_vec(),
            "in:1: internetAccessTypeInResidenceDescriptor: said `uri://ed-fi.org/",
        ),
        (
            "negative counts",
            "kind = \"connectivity\"\nfile = \"in\"",
            b"school,enrollment,contracted_mbps\nElm,-3,50\n".to_vec(),
            "in:2: enrollment: said `-3`: wanted the number of students, a whole number of 0 or more",
        ),
        (
            "a polygon that crosses itself",
            "kind = \"boundaries\"\nfile = \"in\"\ngeography = \"block_group\"\nid = \"GEOID\"",
            crossed.into(),
            "cross",
        ),
        (
            "a GEOID without its zero",
            "kind = \"bdc_fixed\"\nfile = \"in\"\nvintage = \"2024\"",
            b"frn,provider_id,brand_name,location_id,technology,max_advertised_download_speed,\
              max_advertised_upload_speed,low_latency,business_residential_code,state_usps,block_geoid,h3_res8_id\n\
              1,1,A,1,50,1000,100,1,R,AL,10010201001000,8844c0a305fffff\n"
                .to_vec(),
            "10010201001000",
        ),
        (
            "a roster cut off",
            "kind = \"roster\"\nfile = \"in\"",
            roster(format!("{USERS}{}", student("S1", "Ana")), "")[..300].to_vec(),
            "in: the file ends too early",
        ),
        (
            "a survey of students who are not there",
            "kind = \"roster\"\nfile = \"roster\"\n[[district.load]]\nkind = \"survey\"\nfile = \"in\"",
            format!("{survey}S1,true,Dial-up\nS77,true,Dial-up\n").into(),
            "in: student_id: said `S77`: wanted the id of a student in the roster",
        ),
        ("a file that is not there", "kind = \"roster\"\nfile = \"nowhere.zip\"", Vec::new(), "said `nowhere.zip`: wanted a file that is there"),
    ];
    let sound = roster(format!("{USERS}{}", student("S1", "Ana")), "");
    std::fs::write(folder.path().join("roster"), sound).expect("written");
    for (what, load, bytes, wanted) in cases {
        std::fs::write(folder.path().join("in"), bytes).expect("written");
        let (done, database) = assess(folder.path(), load);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{what}: {said}");
        assert!(said.contains(wanted), "{what}: wanted {wanted}\n{said}");
        let url = format!("sqlite:{}", database.display());
        let out = folder.path().join("out.zip");
        let out = out.to_str().expect("UTF-8");
        let exported = run(["db", "export", "--database", &url, "--district", "5100001", "--out", out]);
        assert!(text(&exported.stderr).contains("there is no district 5100001"), "{what} was stored");
    }
}

/// `evenfield … | head`: a reader that has enough is no failure.
#[test]
fn a_reader_that_stops_reading_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("evenfield.toml");
    std::fs::write(&wrong, "[session]\nhours = 0\n[[district]]\nleaid = '5'\n").expect("written");
    let wrong = wrong.to_str().expect("UTF-8");
    let roster = folder.path().join("users.csv");
    std::fs::write(&roster, "sourcedId\n".to_owned() + &",,,\n".repeat(5_000)).expect("written");
    let roster = roster.to_str().expect("UTF-8");
    for (arguments, code) in [
        (vec!["roster", "check", roster], None),
        (vec!["config", "check", wrong], Some(1)),
        (vec!["data", "get", "--list"], None),
    ] {
        let mut child = evenfield(&arguments).spawn().expect("the program");
        drop((child.stdout.take(), child.stderr.take()));
        let ended = child.wait().expect("ended").code().expect("no signal");
        assert_ne!(ended, 101, "{arguments:?} panicked");
        assert!(code.is_none_or(|code| code == ended), "{arguments:?} ended with {ended}");
    }
}

#[test]
fn every_missing_file_is_named_before_any_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("evenfield.toml");
    let wrong = "[[district]]\nleaid = '5100001'\nname = 'A'\n[[district.load]]\nkind = 'roster'\nfile = 'one.zip'\n\
                [[district.load]]\nkind = 'survey'\nfile = 'two.csv'\n";
    std::fs::write(&path, wrong).expect("written");
    let path = path.to_str().expect("UTF-8");
    for arguments in [vec!["config", "check", path], vec!["assess", "district", "--config", path]] {
        let ran = run(&arguments);
        let said = text(&ran.stderr);
        assert!(!ran.status.success());
        assert!(said.contains("evenfield.toml:6: district.load.file: said `one.zip`"), "{said}");
        assert!(said.contains("evenfield.toml:9: district.load.file: said `two.csv`"), "{said}");
    }
}
