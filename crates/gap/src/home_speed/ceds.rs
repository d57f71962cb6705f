//! A test as elements of the Common Education Data Standards: 001975 Internet Upload Speed and 001976 Internet Download Speed, in Mbps
//! with one decimal, and 001977 Internet Speed Test Date Time, `YYYY-MM-DDTHH:MM:SS`.
//!
//! The standard's time has no offset: it is the local time of the district.

use super::HomeTest;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One element of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The global id.
    pub id: &'static str,
    /// The technical name.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// The elements of a test, in the order of their ids; a speed that is not known is left out. `None` when the time is none that a clock
/// shows.
pub fn elements(test: &HomeTest, zone: &TimeZone) -> Option<Vec<Element>> {
    let at = zone.to_datetime(Timestamp::from_millisecond(test.at_ms).ok()?);
    let speed = |id, name, mbps: Option<f64>| {
        let mbps = mbps.filter(|mbps| mbps.is_finite() && *mbps >= 0.0)?;
        Some(Element { id, name, value: format!("{mbps:.1}") })
    };
    let time = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let found = [
        speed("001975", "InternetUploadSpeed", test.upload_mbps),
        speed("001976", "InternetDownloadSpeed", test.download_mbps),
        Some(Element { id: "001977", name: "InternetSpeedTestDateTime", value: time }),
    ];
    Some(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home_speed::Link;

    #[test]
    fn speeds_have_one_decimal_and_times_are_local() {
        let mut test = HomeTest {
            at_ms: 1_793_494_805_250,
            download_mbps: Some(25.04),
            upload_mbps: Some(3.0),
            link: Link::WiFi,
            whole: true,
        };
        let values = |test: &HomeTest, zone: &TimeZone| -> Vec<(String, String)> {
            let found = elements(test, zone).expect("a time");
            found.into_iter().map(|element| (element.id.to_owned(), element.value)).collect()
        };
        let pair = |id: &str, value: &str| (id.to_owned(), value.to_owned());
        let hours = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        let wanted = [pair("001975", "3.0"), pair("001976", "25.0"), pair("001977", "2026-10-31T20:00:05")];
        assert_eq!(values(&test, &hours(-5)), wanted);
        test.upload_mbps = None;
        test.download_mbps = Some(f64::INFINITY);
        assert_eq!(values(&test, &TimeZone::UTC), [pair("001977", "2026-11-01T01:00:05")]);
        test.at_ms = i64::MAX;
        assert_eq!(elements(&test, &TimeZone::UTC), None);
    }
}
