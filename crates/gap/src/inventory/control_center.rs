//! A carrier's lines as Cisco IoT Control Center's REST interface (version 1) tells of them. AT&T, T-Mobile, Rogers and others have it under
//! their own names. Source: Cisco DevNet, Control Center, "Search Devices", "Get Device Details", "Get Device Usage".

use super::numbers;
use super::seen::{LineState, Seen};
use super::usage::Used;
use jiff::civil::Date;
use serde::Deserialize;

/// The most lines of one answer.
pub const PAGE: usize = 50;
/// More than this no line uses, octets: 2^50.
const MOST: i64 = 1 << 50;

/// A page of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// Those of which something is said.
    pub seen: Vec<Seen>,
    /// Whether no page follows.
    pub is_last: bool,
}

#[derive(Deserialize)]
struct Device {
    iccid: String,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    devices: Vec<Device>,
    last_page: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    iccid: String,
    ctd_data_usage: Option<i64>,
}

/// What a line with this SIM status is. Control Center has no status of its own for a line that does not work for a while: `suspended` is the one
/// that the district has for it. A status that is on its way to another, or that works by itself as soon as it is used (`ACTIVATION_READY`,
/// `TEST_READY`), says nothing.
pub fn state(status: &str, suspended: &str) -> LineState {
    match status.trim().to_ascii_uppercase().as_str() {
        status if status == suspended => LineState::Suspended,
        "ACTIVATED" => LineState::Active,
        "DEACTIVATED" | "INVENTORY" => LineState::Suspended,
        "RETIRED" | "PURGED" | "REPLACED" => LineState::Ended,
        _ => LineState::Unsaid,
    }
}

/// Whether lines that are not to work for a while may be given this SIM status: not one in which they work, may begin to by themselves, or
/// never can again.
pub fn may_suspend(status: &str) -> bool {
    let is_word = (1..=40).contains(&status.len())
        && status.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let other = ["ACTIVATED", "ACTIVATION_READY", "TEST_READY", "RETIRED", "PURGED", "REPLACED"];
    is_word && !other.contains(&status)
}

fn seen(device: &Device, suspended: &str) -> Option<Seen> {
    let iccid = numbers::iccid(&device.iccid, false).ok()?;
    let state = state(device.status.as_deref()?, suspended);
    (state != LineState::Unsaid).then_some(Seen { iccid, state })
}

/// Reads a page of "Search Devices". A line whose ICCID is none, or whose status says nothing, is one of which nothing is said.
///
/// # Errors
/// What is wrong, when it is no such page or one of more than [`PAGE`] lines.
pub fn parse_devices(bytes: &[u8], suspended: &str) -> Result<Devices, String> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if page.devices.len() > PAGE {
        return Err(format!("at most {PAGE} devices in an answer, not {}", page.devices.len()));
    }
    let seen = page.devices.iter().filter_map(|device| seen(device, suspended)).collect();
    Ok(Devices { seen, is_last: page.last_page })
}

/// Reads "Get Device Details".
///
/// # Errors
/// What is wrong, when it is no such answer.
pub fn parse_device(bytes: &[u8], suspended: &str) -> Result<Option<Seen>, String> {
    let device: Device = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(seen(&device, suspended))
}

/// Reads "Get Device Usage": what a line used since its cycle began, as of this day. An amount that is not there is unknown, not zero.
///
/// # Errors
/// What is wrong, when it is no such answer.
pub fn parse_usage(bytes: &[u8], day: Date) -> Result<Option<Used>, String> {
    let usage: Usage = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let Ok(iccid) = numbers::iccid(&usage.iccid, false) else { return Ok(None) };
    let octets = usage.ctd_data_usage.filter(|octets| (0..=MOST).contains(octets));
    Ok(octets.map(|octets| Used { iccid, from: day, to: day, octets }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_page_a_line_and_its_use_are_read() {
        let text = br#"{"pageNumber":1,"lastPage":false,"devices":[
            {"iccid":"8991101200003204514","status":"ACTIVATED","ratePlan":"p","communicationPlan":"c"},
            {"iccid":"8991101200003204522","status":"DEACTIVATED"},{"iccid":"8991101200003204530","status":"RETIRED"},
            {"iccid":"8991101200003204548","status":"ACTIVATION_READY"},{"iccid":"x","status":"ACTIVATED"}]}"#;
        let page = parse_devices(text, "DEACTIVATED").expect("a page");
        let states: Vec<_> = page.seen.iter().map(|seen| seen.state).collect();
        assert_eq!(states, [LineState::Active, LineState::Suspended, LineState::Ended]);
        assert!(!page.is_last && parse_devices(br#"{"devices":[]}"#, "INVENTORY").is_err());
        let one = br#"{"iccid":"8991101200003204514","imsi":"1","status":"PAUSED","rateplan":"p"}"#;
        let paused = parse_device(one, "PAUSED").expect("a line").expect("seen");
        assert_eq!(paused.state, LineState::Suspended);
        assert_eq!(parse_device(one, "DEACTIVATED"), Ok(None), "a word that nobody said");
        let day = date(2026, 11, 20);
        let used = |text: &str| parse_usage(text.as_bytes(), day).expect("an answer").map(|used| used.octets);
        assert_eq!(used(r#"{"iccid":"8991101200003204514","ctdDataUsage":7340032}"#), Some(7_340_032));
        assert_eq!(used(r#"{"iccid":"8991101200003204514","ctdDataUsage":null}"#), None);
        assert_eq!(used(r#"{"iccid":"8991101200003204514"}"#), None, "absent is unknown");
        assert_eq!(used(r#"{"iccid":"8991101200003204514","ctdDataUsage":-1}"#), None);
        let many = vec![r#"{"iccid":"1","status":"ACTIVATED"}"#; PAGE + 1].join(",");
        assert!(parse_devices(format!(r#"{{"lastPage":true,"devices":[{many}]}}"#).as_bytes(), "X").is_err());
        for (word, may) in [
            ("DEACTIVATED", true),
            ("INVENTORY", true),
            ("ACTIVATED", false),
            ("RETIRED", false),
            ("a", false),
        ] {
            assert_eq!(may_suspend(word), may, "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let day = date(2026, 11, 20);
            if let Ok(page) = parse_devices(&bytes, "DEACTIVATED") {
                prop_assert!(page.seen.iter().all(|seen| seen.iccid.starts_with("89")));
            }
            let _ = parse_device(&bytes, "DEACTIVATED");
            let _ = parse_usage(&bytes, day);
        }

        /// Whatever an amount is, it is taken as it is or not at all.
        #[test]
        fn an_amount_is_taken_or_unknown(octets in any::<i64>(), status in "[A-Z_]{0,12}") {
            let day = date(2026, 11, 20);
            let text = format!(r#"{{"iccid":"8991101200003204514","status":"{status}","ctdDataUsage":{octets}}}"#);
            let used = parse_usage(text.as_bytes(), day).expect("an answer");
            prop_assert!(used.is_none_or(|used| used.octets == octets && octets >= 0));
            let seen = parse_device(text.as_bytes(), "DEACTIVATED").expect("an answer");
            prop_assert!(seen.is_none_or(|seen| seen.state != LineState::Unsaid));
        }
    }
}
