//! Bad files through the portal's doors for survey answers, schools' lines, boundaries and address points: each gets a
//! message that says where and what, nothing is stored, and the page stays small however many problems there are.

use crate::access::Role;
use crate::open_data::rules::Kind;
use crate::testing::Kit;
use sqlx::AssertSqlSafe;
use std::io::Write;

const HERE: &str = "5100060";
const SURVEY: &str = "student_id,term,internet_access_in_residence\n";
const LINES: &str = "school,enrollment,contracted_mbps\n";
const POINTS: &str = "number,street,city,state,zip,lon,lat\n";
const MANY: usize = 1_000_000;

/// What an upload could have left behind.
const TABLES: [&str; 7] =
    ["survey_answer", "survey_load", "school_line", "load", "boundary", "address_point", "job"];

fn zipped(bytes: &[u8]) -> Vec<u8> {
    named("in.csv", bytes)
}

/// An archive with one member.
fn named(member: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(member, zip::write::SimpleFileOptions::default()).expect("a member");
    zip.write_all(bytes).expect("written");
    zip.finish().expect("an archive").into_inner()
}

fn truncated(text: &str) -> Vec<u8> {
    let whole = zipped(text.as_bytes());
    whole[..whole.len() - 30].to_vec()
}

/// Windows-1252, as a spreadsheet saves it.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).expect("a Latin letter")).collect()
}

fn feature(geoid: &str, ring: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"GEOID":"{geoid}","NAME":"José"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}]}}"#
    )
}

/// Uploads each file to one door, and wants this said of it.
async fn refused(path: &str, fields: &[(&str, &str)], cases: &[(&str, Vec<u8>, &str)]) {
    let kit = Kit::new().await;
    kit.district(HERE, "Shore").await;
    let staff = kit.sign_in(Role::Coordinator, HERE).await;
    for (what, bytes, said) in cases {
        let reply = staff.upload(&format!("/d/{HERE}/{path}"), fields, ("file", "in.dat", bytes)).await;
        let page: String =
            reply.body.split("<main").skip(1).flat_map(|main| main.chars().take(3_000)).collect();
        assert_eq!(reply.status, 422, "{what}: {page}");
        assert!(reply.body.contains(said), "{what}: wanted {said}\n{page}");
        assert!(reply.body.len() < 200_000, "{what}: a page of {} bytes", reply.body.len());
        for table in TABLES {
            let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
            let rows: i64 = sqlx::query_scalar(sql).fetch_one(kit.app.db.read()).await.expect("a count");
            assert_eq!(rows, 0, "{what}: left in {table}");
        }
    }
}

#[tokio::test]
async fn bad_survey_files_are_refused_whole() {
    let good = format!("{SURVEY}S1,2026-fall,true\n");
    let cases = [
        (
            "wrong encoding",
            latin(&format!("{good}José,2026-fall,true\n")),
            "the file was read as Windows-1252",
        ),
        ("truncated zip", truncated(&good), "ends too early"),
        ("zip bomb", zipped(&vec![b'a'; 32 << 20]), "archive bomb"),
        ("ragged row", format!("{good}S2,2026-fall\n").into(), "3 cells as in the header; this row has 2"),
        (
            "a million problems",
            format!("{SURVEY}{}", "S1,2026-fall,perhaps\n".repeat(MANY)).into(),
            "1000000",
        ),
    ];
    refused("survey/upload", &[], &cases).await;
}

#[tokio::test]
async fn bad_files_of_lines_are_refused_whole() {
    let good = format!("{LINES}Elm,300,50\n");
    let cases = [
        ("wrong encoding", latin(&format!("{good}José,300,50\n")), "the file was read as Windows-1252"),
        ("a zip, which is not taken", zipped(good.as_bytes()), "this is a zip archive, not a text file"),
        ("ragged row", format!("{good}Oak,300\n").into(), "3 cells as in the header; this row has 2"),
        ("a million problems", format!("{LINES}{}", "a\n".repeat(MANY)).into(), "1000000"),
    ];
    refused("connectivity/upload", &[], &cases).await;
}

#[tokio::test]
async fn a_workbook_is_named_at_each_door() {
    let said = "this is an Excel workbook; save it as CSV (UTF-8)";
    let case = |what| [(what, named("xl/workbook.xml", b"<workbook/>"), said)];
    refused("survey/upload", &[], &case("survey")).await;
    refused("connectivity/upload", &[], &case("lines")).await;
    refused("roster/coordinates", &[], &case("coordinates")).await;
    for kind in Kind::ALL {
        let fields = [("kind", kind.as_str()), ("vintage", "2022"), ("accept", "yes")];
        refused("data/upload", &fields, &case(kind.as_str())).await;
    }
}

#[tokio::test]
async fn bad_boundaries_are_refused_whole() {
    let square = "[0,0],[2,0],[2,2],[0,2],[0,0]";
    let good = feature("510010901001", square);
    let many = r#"{"type":"Feature","properties":{"GEOID":"1"},"geometry":null},"#.repeat(100_000);
    let cases = [
        ("wrong encoding", latin(&good), "the file was read as Windows-1252"),
        ("truncated zip", truncated(&good), "ends too early"),
        ("zip bomb", zipped(&vec![b'a'; 32 << 20]), "archive bomb"),
        ("cut off", good.as_bytes()[..good.len() - 20].to_vec(), "EOF while parsing"),
        ("no leading zero", feature("10010201001", square).into(), "leading zero"),
        ("self-crossing", feature("510010901001", "[0,0],[2,2],[2,0],[0,2],[0,0]").into(), "cross"),
        (
            "very many problems",
            format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, many.trim_end_matches(',')).into(),
            "100000",
        ),
    ];
    refused(
        "data/upload",
        &[("kind", "boundaries"), ("vintage", "2022"), ("geography", "block_group")],
        &cases,
    )
    .await;
}

#[tokio::test]
async fn bad_address_points_are_refused_whole() {
    let good = format!("{POINTS}12,Main St,Exmore,VA,23350,-75.8,37.5\n");
    let cases = [
        (
            "wrong encoding",
            latin(&format!("{good}14,José St,Exmore,VA,23350,-75.8,37.5\n")),
            "the file was read as Windows-1252",
        ),
        ("truncated zip", truncated(&good), "ends too early"),
        ("zip bomb", zipped(&vec![b'a'; 32 << 20]), "archive bomb"),
        ("ragged row", format!("{good}14,Main St\n").into(), "7 cells as in the header; this row has 2"),
        ("no number", format!("{POINTS}12,Main St,Exmore,VA,23350,NaN,inf\n").into(), "NaN"),
        (
            "a million problems",
            format!("{POINTS}{}", "12,Main St,Exmore,VA,23350,x,37.5\n".repeat(MANY)).into(),
            "1000000",
        ),
    ];
    // They carry no GEOID, and the zero that a ZIP code lost is put back.
    refused("data/upload", &[("kind", "address_points"), ("vintage", "2022")], &cases).await;
}
