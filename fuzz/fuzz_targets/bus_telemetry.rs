//! Telemetry: NMEA sentences (given the right checksum), gpsd's reports, NetJSON, and a file of passes. The first octet chooses.

#![no_main]

use evenfield_bus::facts::Position;
use evenfield_bus::keyed::Key;
use evenfield_bus::passes::{HEADER, Passes, hardware};
use evenfield_bus::telemetry::{gpsd, netjson, nmea};
use libfuzzer_sys::fuzz_target;

fn check(position: &Position) {
    assert!(position.lat.abs() <= 90.0 && position.lon.abs() <= 180.0);
    assert!(position.speed_kmh.is_none_or(|speed| speed >= 0.0));
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    match which % 4 {
        0 => {
            let _ = nmea::read(bytes);
            let sum = bytes.iter().fold(0, |sum, octet| sum ^ octet);
            let sentence = [b"$", bytes, format!("*{sum:02X}").as_bytes()].concat();
            if let Ok(nmea::Heard::Fix(position, _)) = nmea::read(&sentence) {
                check(&position);
            }
        }
        1 => {
            if let Some(nmea::Heard::Fix(position, _)) = gpsd::read(bytes) {
                check(&position);
            }
        }
        2 => drop(netjson::read(bytes)),
        _ => {
            let _ = hardware(bytes);
            let text = format!("{HEADER}\n{}", String::from_utf8_lossy(bytes));
            let _ = Passes::read("passes.csv", &text, Key::new([1; 32]));
        }
    }
});
