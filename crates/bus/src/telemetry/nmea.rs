//! NMEA 0183: the sentences RMC and GGA, as a vehicle's router sends them.
//!
//! ```text
//! $GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A
//! ```

use crate::facts::Position;
use jiff::civil::{Date, Time};

/// A sentence may have 82 octets; some receivers send longer ones.
pub const LONGEST: usize = 256;
/// km/h of a knot, exactly.
const KNOT_KMH: f64 = 1.852;

/// What a sentence says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// A position; RMC has the time, too, in milliseconds since 1970.
    Fix(Position, Option<i64>),
    /// The receiver has none now.
    NoFix,
}

/// Why a line is not one that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no sentence, or its checksum is wrong.
    Damaged,
    /// A sentence of another kind.
    Other,
    /// A sentence with a field that cannot be.
    Field,
}

/// Reads a line, with or without its end.
///
/// # Errors
/// [`Refused`].
pub fn read(line: &[u8]) -> Result<Heard, Refused> {
    let line = line.trim_ascii();
    let body = line.strip_prefix(b"$").filter(|_| line.len() <= LONGEST).ok_or(Refused::Damaged)?;
    let (body, sum) = body.split_at_checked(body.len().wrapping_sub(3)).ok_or(Refused::Damaged)?;
    let sum = sum.strip_prefix(b"*").and_then(|two| std::str::from_utf8(two).ok());
    let sum = sum.filter(|two| two.bytes().all(|octet| octet.is_ascii_hexdigit()));
    let sum = sum.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or(Refused::Damaged)?;
    // All octets between `$` and `*`, xored.
    if body.iter().fold(0, |sum, octet| sum ^ octet) != sum || !body.is_ascii() {
        return Err(Refused::Damaged);
    }
    let body = std::str::from_utf8(body).map_err(|_| Refused::Damaged)?;
    let fields: Vec<&str> = body.split(',').collect();
    match fields.first().and_then(|name| name.get(2..)) {
        Some("RMC") => recommended(&fields).ok_or(Refused::Field),
        Some("GGA") => fix(&fields).ok_or(Refused::Field),
        _ => Err(Refused::Other),
    }
}

/// RMC: time, status, latitude, longitude, speed, course, date.
fn recommended(fields: &[&str]) -> Option<Heard> {
    if fields.len() < 10 {
        return None;
    }
    if fields[2] != "A" {
        return Some(Heard::NoFix);
    }
    let (lat, lon) = place(&fields[3..7])?;
    let position = Position {
        lat,
        lon,
        speed_kmh: optional(fields[7], 0.0..=1_000.0)?.map(|knots| knots * KNOT_KMH),
        course: optional(fields[8], 0.0..=360.0)?,
        satellites: None,
    };
    let at = date(fields[9])?.to_datetime(time(fields[1])?);
    let at = jiff::tz::TimeZone::UTC.to_timestamp(at).ok()?;
    Some(Heard::Fix(position, Some(at.as_millisecond())))
}

/// GGA: time, latitude, longitude, quality, satellites.
fn fix(fields: &[&str]) -> Option<Heard> {
    if fields.len() < 8 {
        return None;
    }
    if matches!(fields[6], "0" | "") {
        return Some(Heard::NoFix);
    }
    let (lat, lon) = place(&fields[2..6])?;
    let satellites = if fields[7].is_empty() { None } else { Some(number(fields[7], 0..=99)?) };
    Some(Heard::Fix(Position { lat, lon, speed_kmh: None, course: None, satellites }, None))
}

fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|n| digits && range.contains(n))
}

/// A number with a fraction: digits and one point, nothing else that Rust would read.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    let value: f64 = text.parse().ok()?;
    (plain && value.is_finite()).then_some(value)
}

/// A field that may be empty.
fn optional(text: &str, range: std::ops::RangeInclusive<f64>) -> Option<Option<f64>> {
    if text.is_empty() {
        return Some(None);
    }
    decimal(text).filter(|value| range.contains(value)).map(Some)
}

/// `ddmm.mmm`, `N` or `S`, `dddmm.mmm`, `E` or `W`.
fn place(fields: &[&str]) -> Option<(f64, f64)> {
    let [lat, ns, lon, ew] = fields else { return None };
    let angle = |text: &str, digits: usize, most: f64| {
        let (degrees, minutes) = text.split_at_checked(digits)?;
        let (degrees, minutes) = (number(degrees, 0..=180)?, decimal(minutes)?);
        let angle = f64::from(degrees) + minutes / 60.0;
        (minutes < 60.0 && angle <= most).then_some(angle)
    };
    let side = |side: &str, plus: &str, minus: &str| match side {
        side if side == plus => Some(1.0),
        side if side == minus => Some(-1.0),
        _ => None,
    };
    Some((angle(lat, 2, 90.0)? * side(ns, "N", "S")?, angle(lon, 3, 180.0)? * side(ew, "E", "W")?))
}

/// `hhmmss` and a fraction of a second.
fn time(text: &str) -> Option<Time> {
    let whole = |at: usize, most: u32| number(text.get(at..at + 2)?, 0..=most).map(|n| n as i8);
    // A leap second is the second before it: a receiver sends one every few years.
    let second = whole(4, 60)?.min(59);
    let fraction = text.get(6..)?;
    let millis = if fraction.is_empty() { 0.0 } else { decimal(&format!("0{fraction}"))? * 1_000.0 };
    let nanos = (millis as i32).checked_mul(1_000_000).filter(|nanos| *nanos < 1_000_000_000)?;
    Time::new(whole(0, 23)?, whole(2, 59)?, second, nanos).ok()
}

/// `ddmmyy`, of this century but from 80 on.
fn date(text: &str) -> Option<Date> {
    let whole = |at: usize| number(text.get(at..at + 2)?, 0..=99);
    if text.len() != 6 {
        return None;
    }
    let year = match whole(4)? {
        year @ 80.. => 1_900 + year,
        year => 2_000 + year,
    };
    Date::new(year as i16, whole(2)? as i8, whole(0)? as i8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sentence(body: &str) -> String {
        format!("${body}*{:02X}\r\n", body.bytes().fold(0, |sum, octet| sum ^ octet))
    }

    #[test]
    fn the_examples_of_the_handbooks() {
        let line = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A";
        let Ok(Heard::Fix(position, at)) = read(line) else { panic!("a fix") };
        assert!((position.lat - 48.1173).abs() < 1e-9 && (position.lon - 11.516_666_666_7).abs() < 1e-9);
        assert!(position.speed_kmh.is_some_and(|speed| (speed - 41.484_8).abs() < 1e-9));
        assert_eq!((position.course, at), (Some(84.4), Some(764_426_119_000)));
        let line = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n";
        let Ok(Heard::Fix(position, None)) = read(line) else { panic!("a fix") };
        assert_eq!(position.satellites, Some(8));
        assert!((position.lat - 48.1173).abs() < 1e-9);
        let south = sentence("GNRMC,235959.50,A,3351.5000,S,15112.5000,W,,,311226,,,A");
        let Ok(Heard::Fix(position, at)) = read(south.as_bytes()) else { panic!("a fix") };
        assert!(position.lat < 0.0 && position.lon < 0.0 && position.speed_kmh.is_none());
        assert_eq!(at, Some(1_798_761_599_500));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let no_fix = sentence("GPRMC,,V,,,,,,,,,,N");
        assert_eq!(read(no_fix.as_bytes()), Ok(Heard::NoFix));
        assert_eq!(read(sentence("GPGGA,,,,,,0,,,,,,,,").as_bytes()), Ok(Heard::NoFix));
        assert_eq!(read(sentence("GPGSV,1").as_bytes()), Err(Refused::Other));
        for line in ["", "$", "$*", "$*00", "GPRMC", "$GPRMC,123519,A*00", "$GPGSV*+1"] {
            assert!(matches!(read(line.as_bytes()), Err(Refused::Damaged | Refused::Other)), "{line}");
        }
        let good = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394";
        assert!(read(sentence(good).as_bytes()).is_ok());
        for (from, to) in [
            ("4807.038", "9107.038"),
            ("4807.038", "4860.000"),
            ("4807.038", "48-7.038"),
            ("4807.038", "48inf"),
            ("01131", "18131"),
            (",N,", ",X,"),
            ("123519", "243519"),
            ("230394", "310294"),
            ("022.4", "-22.4"),
            ("022.4", "1e2"),
        ] {
            assert_eq!(read(sentence(&good.replace(from, to)).as_bytes()), Err(Refused::Field), "{to}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_nothing_makes_it_panic(
            lat in -89.9_f64..89.9, lon in -179.9_f64..179.9, octets in proptest::collection::vec(any::<u8>(), 0..100),
            body in "GP(RMC|GGA)[0-9A-Z.,]{0,80}",
        ) {
            let angle = |value: f64, width: usize| {
                let (degrees, minutes) = (value.abs().trunc(), value.abs().fract() * 60.0);
                format!("{degrees:0width$.0}{minutes:09.6}")
            };
            prop_assume!(lat.abs().fract() * 60.0 < 59.999_999 && lon.abs().fract() * 60.0 < 59.999_999);
            let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
            let line = format!("GPRMC,000000,A,{},{ns},{},{ew},0,0,010126", angle(lat, 2), angle(lon, 3));
            let Ok(Heard::Fix(position, _)) = read(sentence(&line).as_bytes()) else { panic!("{line}") };
            prop_assert!((position.lat - lat).abs() < 1e-7 && (position.lon - lon).abs() < 1e-7);
            let _ = read(&octets);
            let _ = read(sentence(&body).as_bytes());
        }
    }
}
