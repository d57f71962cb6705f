//! What is read piece by piece takes the memory of one piece. Measured where the system says the peak (Linux); one test, for the
//! peak is the whole process's.

use evenfield_gap::place::{BoundaryReading, boundary};
use evenfield_gap::read::{Limits, Source};
use evenfield_gap::survey;
use evenfield_model::GeographyKind;
use std::io::Write;

/// The most memory that the process has had so far, MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

#[test]
fn arrays_and_archives_are_read_piece_by_piece() {
    let Some(before) = peak() else { return println!("skipped: the system does not say the peak") };
    // Resources without an answer, 16 MiB of them: nothing is kept.
    let resource = r#"{"studentReference": {"studentUniqueId": "S1"}, "a": [1, 2, 3, 4, 5, 6, 7, 8], "b": {"c": 1, "d": 2}},"#;
    let text =
        format!("[{}{}]", resource.repeat((16 << 20) / resource.len()), resource.trim_end_matches(','));
    let source = Source::open("survey.json", text.into_bytes(), Limits::default()).expect("a file");
    let defaults = survey::Defaults { term: "2026-fall".to_owned(), answered_ms: 1_800_000_000_000 };
    let (responses, problems) = survey::parse(&source, &defaults).expect("answers");
    assert!(responses.is_empty() && problems.is_empty());
    drop(source);
    let survey = peak().expect("a peak") - before;
    assert!(survey < 100, "16 MiB of answers took {survey} MiB");

    // Thirty layers of 15 MiB.
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut shp = vec![0; 15 << 20];
    shp[..4].copy_from_slice(&[0, 0, 0x27, 0x0A]);
    for layer in 0..30 {
        zip.start_file(format!("{layer}.shp"), zip::write::SimpleFileOptions::default()).expect("a member");
        zip.write_all(&shp).expect("written");
    }
    let archive = zip.finish().expect("an archive").into_inner();
    let (found, problems) = boundary::read(&archive, "a.zip", &BoundaryReading::of(GeographyKind::County));
    assert_eq!((found.len(), problems.found()), (0, 30), "no layer has a .prj");
    let layers = peak().expect("a peak") - before;
    assert!(layers < 150, "layers of 15 MiB took {layers} MiB");
}
