//! What a client of the speed test sends: a query string, and frames after the first line feed, in pieces of one and of many octets.
#![no_main]

use evenfield_speedtest::frame::{Broken, Event, Frames, LONGEST_TEXT};
use evenfield_speedtest::request::{Head, SUBPROTOCOL, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let cut = octets.iter().position(|octet| *octet == b'\n').unwrap_or(octets.len());
    let head = Head {
        method: "GET",
        path: "/ndt/v7/upload",
        query: std::str::from_utf8(&octets[..cut]).ok(),
        connection: Some("Upgrade"),
        upgrade: Some("websocket"),
        version: Some("13"),
        key: Some("DOdm+5/Cm3WwvhfcAlhJoQ=="),
        protocols: Some(SUBPROTOCOL),
    };
    if let Ok(asked) = read(head) {
        assert!(asked.metadata.iter().all(|(name, _)| !name.starts_with("server_")));
    }
    let frames = &octets[(cut + 1).min(octets.len())..];
    assert_eq!(events(frames, 1), events(frames, usize::MAX));
});

/// How much was loaded, and all else, by pieces of this length.
fn events(octets: &[u8], piece: usize) -> Result<(u64, Vec<Event>), Broken> {
    let (mut frames, mut load, mut found) = (Frames::default(), 0, Vec::new());
    for mut piece in octets.chunks(piece.min(octets.len()).max(1)) {
        loop {
            match frames.next(&mut piece)? {
                Some(Event::Load(octets)) => load += octets,
                Some(event) => {
                    if let Event::Text(Some(text)) = &event {
                        assert!(text.len() <= LONGEST_TEXT);
                    }
                    found.push(event);
                }
                None if piece.is_empty() => break,
                None => {}
            }
        }
    }
    Ok((load, found))
}
