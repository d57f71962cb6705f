//! Any bytes as the files of a study of radio sites, over a small tile of terrain: problems, or tables that a scenario's reader finds whole.

#![no_main]

use evenfield_plan::study::{Study, write_sectors, write_served, write_sites, write_summary};
use evenfield_radio::coverage::Raster;
use evenfield_radio::terrain::Place;
use libfuzzer_sys::fuzz_target;
use std::io::{self, Cursor, Read};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// 41 x 41 posts, 100 m apart.
fn tile() -> &'static [u8] {
    static TILE: OnceLock<Vec<u8>> = OnceLock::new();
    TILE.get_or_init(|| {
        let values = (0..41 * 41).map(|i| (i % 41 * 7 % 60) as f32).collect();
        let site = Place { latitude: 37.45, longitude: -75.82 };
        Raster { site, cell: 100.0, side: 41, values }.geotiff().expect("a tile")
    })
}

fuzz_target!(|bytes: &[u8]| {
    // The study, its sites, its demand.
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut texts = text.split("===\n").map(str::to_owned);
    let study = texts.next().unwrap_or_default();
    let mut open = |file: &str, _: Option<&str>| -> io::Result<Box<dyn Read>> {
        if file.ends_with(".tif") {
            return Ok(Box::new(tile()));
        }
        let text = texts.next().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(text.into_bytes())))
    };
    let read = Study::read("radio.toml", &study, &mut open, &mut |name| {
        Ok(name.ends_with('/').then(|| vec!["a.tif".to_owned()]))
    });
    let study = match read {
        Ok(study) => study,
        Err(problems) => return assert!(problems.kept().iter().all(|problem| !problem.wanted.is_empty())),
    };
    let mut outcomes = Vec::new();
    for site in 0..study.sites().len().min(3) {
        // A raster of many rows is not waited for.
        let rows = AtomicU32::new(0);
        let going = || rows.fetch_add(1, Ordering::Relaxed) < 100;
        outcomes.extend(study.run(site, &going).expect("a study that was read").map(|found| found.0));
    }
    let written = |write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>| {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("written");
        String::from_utf8(bytes).expect("text")
    };
    for text in [
        written(&|to| write_sites(&study, &outcomes, to)),
        written(&|to| write_sectors(&study, &outcomes, to)),
        written(&|to| write_served(&study, &outcomes, to)),
        written(&|to| write_summary(&study, &outcomes, to)),
    ] {
        assert!(!text.contains("NaN") || text.contains('"') || bytes.windows(3).any(|w| w == b"NaN"));
    }
});
