//! A carrier's lines as Verizon ThingSpace's Connectivity Management interface (version 1) tells of them. Source: Verizon ThingSpace, Connectivity
//! Management, "Retrieve Device Information", "Retrieve Device Usage History", "About Device States", "About Callback Services".

use super::numbers;
use super::seen::LineState;
use super::usage::Used;
use crate::read::fold;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most lines, or records of use, that an answer is believed to have.
pub const PAGE: usize = 10_000;
/// More than this no line uses in a day, octets: 2^50.
const MOST: i64 = 1 << 50;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The card.
    pub iccid: String,
    /// What it is.
    pub state: LineState,
    /// Whether its service never began, or was ended: then it is activated, and not restored.
    pub is_new: bool,
}

/// A page of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// Those that have a card.
    pub devices: Vec<Device>,
    /// Since when the youngest line of the page is known, as the carrier writes it, when there are more lines: the next page has those after it.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
    kind: String,
}

#[derive(Deserialize)]
struct Information {
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(default)]
    device_ids: Vec<Id>,
    #[serde(default)]
    carrier_informations: Vec<Information>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    has_more_data: bool,
    #[serde(default)]
    devices: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    bytes_used: Option<i64>,
    timestamp: String,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    #[serde(default)]
    has_more_data: bool,
    #[serde(default)]
    usage_history: Vec<Record>,
}

/// What the carrier says that became of something it was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// What it was called when it was asked for.
    pub request: String,
    /// By what the message is proved: what we gave to the carrier for that.
    pub secret: String,
    /// The cards that it is about; none when they are named otherwise.
    pub cards: Vec<String>,
    /// Whether it is done; else it failed.
    pub is_done: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Callback {
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    device_ids: Vec<Id>,
    fault_response: Option<serde_json::Value>,
    status: Option<String>,
}

fn card(ids: &[Id]) -> Option<String> {
    let id = ids.iter().find(|id| id.kind.eq_ignore_ascii_case("iccid"))?;
    numbers::iccid(&id.id, false).ok()
}

/// What a line in this state is, and whether it is activated rather than restored.
pub fn state(word: &str) -> (LineState, bool) {
    match fold(word).as_str() {
        "active" => (LineState::Active, false),
        "suspend" | "suspended" => (LineState::Suspended, false),
        "deactive" | "deactivated" => (LineState::Ended, true),
        "preactive" => (LineState::Unsaid, true),
        _ => (LineState::Unsaid, false),
    }
}

/// Reads a page of lines. A line without a card is passed over; one in a state on its way to another says nothing.
///
/// # Errors
/// What is wrong, when it is no such page.
pub fn parse_devices(bytes: &[u8]) -> Result<Devices, String> {
    let page: Page = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if page.devices.len() > PAGE {
        return Err(format!("at most {PAGE} devices in an answer, not {}", page.devices.len()));
    }
    let read = |said: &Said| {
        let (state, is_new) = state(said.carrier_informations.first()?.state.as_deref()?);
        Some(Device { iccid: card(&said.device_ids)?, state, is_new })
    };
    let time = |text: &String| text.parse::<jiff::Timestamp>().ok();
    let youngest = page.devices.iter().filter_map(|said| said.created_at.clone()).max_by_key(time);
    let next = youngest.filter(|text| page.has_more_data && time(text).is_some());
    Ok(Devices { devices: page.devices.iter().filter_map(read).collect(), next })
}

/// Reads what a line used, day by day, up to this day. The carrier counts by several sources; of a day the largest count is taken. A
/// day without a record is unknown, not zero. Also the time of the last record, when there are more.
///
/// # Errors
/// What is wrong, when it is no such answer.
pub fn parse_usage(bytes: &[u8], iccid: &str, to: Date) -> Result<(Vec<Used>, Option<String>), String> {
    let history: History = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if history.usage_history.len() > PAGE {
        return Err(format!("at most {PAGE} records in an answer, not {}", history.usage_history.len()));
    }
    let mut days: BTreeMap<(Date, &str), i64> = BTreeMap::new();
    for record in &history.usage_history {
        let octets = record.bytes_used.filter(|octets| (0..=MOST).contains(octets));
        let day = record.timestamp.get(..10).and_then(|day| day.parse::<Date>().ok());
        if let (Some(octets), Some(day)) = (octets, day.filter(|day| *day <= to)) {
            let sum = days.entry((day, record.source.as_str())).or_insert(0);
            *sum = sum.saturating_add(octets).min(MOST);
        }
    }
    let mut most: BTreeMap<Date, i64> = BTreeMap::new();
    for ((day, _), octets) in days {
        let kept = most.entry(day).or_insert(0);
        *kept = octets.max(*kept);
    }
    let used =
        most.into_iter().map(|(day, octets)| Used { iccid: iccid.to_owned(), from: day, to: day, octets });
    let last = history.usage_history.iter().map(|record| record.timestamp.clone()).max();
    Ok((used.collect(), last.filter(|_| history.has_more_data)))
}

/// Reads the token of a session or of an application: the text of this field, and for how many seconds it holds where that is said.
///
/// # Errors
/// What is wrong, when it is not there.
pub fn parse_token(bytes: &[u8], field: &str) -> Result<(String, Option<u64>), String> {
    let said: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let token =
        said[field].as_str().filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
    let token = token.ok_or_else(|| format!("an answer without {field}"))?;
    Ok((token.to_owned(), said["expires_in"].as_u64()))
}

/// Whether an answer says that the session is over.
pub fn is_session_over(bytes: &[u8]) -> bool {
    let said: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let code = said["errorCode"].as_str().unwrap_or_default().to_ascii_lowercase();
    code.contains("sessiontoken") || code.contains("session_token")
}

/// Reads what a request is called.
pub fn parse_request(bytes: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    said["requestId"].as_str().filter(|id| (1..=100).contains(&id.len())).map(str::to_owned)
}

/// Reads a message of the carrier's "CarrierService". A message with a fault, or a status other than success, says that it failed.
///
/// # Errors
/// What is wrong, when it is no such message.
pub fn parse_told(bytes: &[u8]) -> Result<Told, String> {
    let said: Callback = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let cards = said.device_ids.iter().filter(|id| id.kind.eq_ignore_ascii_case("iccid"));
    let cards = cards.filter_map(|id| numbers::iccid(&id.id, false).ok()).collect();
    let is_fault = said.fault_response.is_some_and(|fault| !fault.is_null());
    let is_success = said
        .status
        .as_deref()
        .is_none_or(|status| status.is_empty() || status.eq_ignore_ascii_case("success"));
    Ok(Told {
        request: said.request_id,
        secret: said.password.unwrap_or_default(),
        cards,
        is_done: !is_fault && is_success,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn lines_are_read_in_pages() {
        let text = br#"{"hasMoreData":true,"devices":[
            {"accountName":"0000123456-00001","carrierInformations":[{"carrierName":"Verizon Wireless","servicePlan":"m2m4G","state":"active"}],
             "connected":false,"createdAt":"2019-08-07T10:42:15-04:00","deviceIds":[{"id":"15-digit IMEI","kind":"imei"},
             {"id":"8991101200003204514","kind":"iccid"}]},
            {"carrierInformations":[{"state":"suspend"}],"createdAt":"2019-08-08T01:00:00Z","deviceIds":[{"id":"8991101200003204522","kind":"ICCID"}]},
            {"carrierInformations":[{"state":"deactive"}],"deviceIds":[{"id":"8991101200003204530","kind":"iccid"}]},
            {"carrierInformations":[{"state":"pre-active"}],"deviceIds":[{"id":"8991101200003204548","kind":"iccid"}]},
            {"carrierInformations":[{"state":"active"}],"deviceIds":[{"id":"5","kind":"mdn"}]}]}"#;
        let page = parse_devices(text).expect("a page");
        let said: Vec<_> = page.devices.iter().map(|device| (device.state, device.is_new)).collect();
        let wanted = [
            (LineState::Active, false),
            (LineState::Suspended, false),
            (LineState::Ended, true),
            (LineState::Unsaid, true),
        ];
        assert_eq!(said, wanted);
        assert_eq!(page.next.as_deref(), Some("2019-08-08T01:00:00Z"));
        assert_eq!(parse_devices(b"{}"), Ok(Devices { devices: Vec::new(), next: None }));
        assert!(parse_devices(b"[1]").is_err());
    }

    #[test]
    fn use_is_read_day_by_day() {
        let text = br#"{"hasMoreData":true,"usageHistory":[
            {"bytesUsed":4096,"smsUsed":0,"source":"Raw Usage","timestamp":"2020-12-01T00:00:00Z"},
            {"bytesUsed":5000,"source":"Rated Usage","timestamp":"2020-12-01T00:00:00Z"},
            {"bytesUsed":0,"source":"Raw Usage","timestamp":"2020-12-02T00:00:00Z"},
            {"bytesUsed":null,"source":"Raw Usage","timestamp":"2020-12-03T00:00:00Z"},
            {"bytesUsed":9,"source":"Raw Usage","timestamp":"2020-12-05T00:00:00Z"}]}"#;
        let (used, last) = parse_usage(text, "8991101200003204514", date(2020, 12, 4)).expect("a history");
        let said: Vec<_> = used.iter().map(|used| (used.to, used.octets)).collect();
        assert_eq!(
            said,
            [(date(2020, 12, 1), 5_000), (date(2020, 12, 2), 0)],
            "the third is unknown, the fifth not over"
        );
        assert_eq!(last.as_deref(), Some("2020-12-05T00:00:00Z"));
    }

    #[test]
    fn messages_and_tokens_are_read() {
        let told = parse_told(
            br#"{"username":"u","password":"p","requestId":"r-1","deviceIds":[{"id":"8991101200003204514","kind":"iccid"}],
            "deviceResponse":{"suspendResponse":{"expectedResumeDate":"2026-12-01T00:00:00Z"}},"faultResponse":null,"status":"Success"}"#,
        )
        .expect("a message");
        assert!(told.is_done && told.secret == "p" && told.request == "r-1" && told.cards.len() == 1);
        let failed = br#"{"requestId":"r","faultResponse":{"faultcode":"x","faultstring":"y"}}"#;
        assert!(!parse_told(failed).expect("a message").is_done);
        assert!(!parse_told(br#"{"requestId":"r","status":"Failed"}"#).expect("a message").is_done);
        let token = br#"{"access_token":"abc","token_type":"Bearer","expires_in":3600}"#;
        assert_eq!(parse_token(token, "access_token"), Ok(("abc".to_owned(), Some(3_600))));
        assert!(parse_token(token, "sessionToken").is_err());
        assert!(parse_token(br#"{"sessionToken":"a\nb"}"#, "sessionToken").is_err());
        let over = br#"{"errorCode":"UnifiedWebService.REQUEST_FAILED.SessionToken.Expired","errorMessage":"log in"}"#;
        assert!(is_session_over(over) && !is_session_over(br#"{"errorCode":"INPUT_INVALID"}"#));
        assert_eq!(parse_request(br#"{"requestId":"595f5c44"}"#).as_deref(), Some("595f5c44"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_devices(&bytes);
            let _ = parse_told(&bytes);
            let _ = is_session_over(&bytes);
            if let Ok((used, _)) = parse_usage(&bytes, "8991101200003204514", date(2026, 11, 20)) {
                prop_assert!(used.iter().all(|used| used.octets >= 0));
            }
        }

        /// A day is said once, with no less than any source says, and never a day that nobody spoke of.
        #[test]
        fn a_days_use_is_the_largest_count(rows in proptest::collection::vec((1i8..28, 0i64..1_000, any::<bool>()), 0..40)) {
            let records: Vec<String> = rows.iter().map(|(day, octets, raw)| {
                let source = if *raw { "Raw Usage" } else { "Rated Usage" };
                format!(r#"{{"bytesUsed":{octets},"source":"{source}","timestamp":"2026-11-{day:02}T05:00:00-05:00"}}"#)
            }).collect();
            let text = format!(r#"{{"usageHistory":[{}]}}"#, records.join(","));
            let (used, last) = parse_usage(text.as_bytes(), "8991101200003204514", date(2026, 11, 30)).expect("a history");
            prop_assert!(last.is_none());
            for used in &used {
                let of = |raw: bool| rows.iter().filter(|row| row.0 == used.to.day() && row.2 == raw).map(|row| row.1).sum::<i64>();
                prop_assert_eq!(used.octets, of(true).max(of(false)));
            }
            let days: std::collections::BTreeSet<i8> = rows.iter().map(|row| row.0).collect();
            prop_assert_eq!(used.len(), days.len());
        }
    }
}
