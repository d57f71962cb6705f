//! gpsd's JSON: the report TPV, a line each.

use super::nmea::Heard;
use crate::facts::Position;
use serde::Deserialize;

/// The longest report that is read.
pub const LONGEST: usize = 8_192;
/// What gpsd is told, so that it sends reports.
pub const WATCH: &[u8] = b"?WATCH={\"enable\":true,\"json\":true};\n";

#[derive(Deserialize)]
struct Report {
    class: String,
    #[serde(default)]
    mode: u8,
    time: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    /// m/s.
    speed: Option<f64>,
    track: Option<f64>,
}

/// Reads a line; `None` for other reports and for what is none.
pub fn read(line: &[u8]) -> Option<Heard> {
    if line.len() > LONGEST {
        return None;
    }
    let report: Report = serde_json::from_slice(line).ok()?;
    if report.class != "TPV" {
        return None;
    }
    // Mode 2 and 3 are fixes.
    let (Some(lat), Some(lon), 2..) = (report.lat, report.lon, report.mode) else {
        return Some(Heard::NoFix);
    };
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return None;
    }
    let position = Position {
        lat,
        lon,
        speed_kmh: report.speed.filter(|speed| (0.0..=300.0).contains(speed)).map(|speed| speed * 3.6),
        course: report.track.filter(|track| (0.0..=360.0).contains(track)),
        satellites: None,
    };
    Some(Heard::Fix(
        position,
        report.time.and_then(|time| Some(time.parse::<jiff::Timestamp>().ok()?.as_millisecond())),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_report_is_a_fix_or_none() {
        let line = br#"{"class":"TPV","device":"/dev/ttyUSB0","mode":3,"time":"2026-11-30T12:00:00.000Z","ept":0.005,"lat":36.1,"lon":-78.2,"alt":10.5,"track":84.4,"speed":10.0}"#;
        let Some(Heard::Fix(position, at)) = read(line) else { panic!("a fix") };
        assert_eq!((position.lat, position.lon, position.speed_kmh), (36.1, -78.2, Some(36.0)));
        assert_eq!((position.course, at), (Some(84.4), Some(1_796_040_000_000)));
        assert_eq!(read(br#"{"class":"TPV","mode":1}"#), Some(Heard::NoFix));
        assert_eq!(read(br#"{"class":"SKY","satellites":[]}"#), None);
        assert_eq!(read(br#"{"class":"TPV","mode":3,"lat":99.0,"lon":1.0}"#), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,100}", lat in any::<f64>()) {
            let _ = read(text.as_bytes());
            let line = format!("{{\"class\":\"TPV\",\"mode\":3,\"lat\":{lat:?},\"lon\":0}}");
            if let Some(Heard::Fix(position, _)) = read(line.as_bytes()) {
                prop_assert!(position.lat.abs() <= 90.0);
            }
        }
    }
}
