//! The results that the district's own speed test server writes (`docs/speedtest.md`, "Results"): JSON lines, one a test and direction.
//!
//! The name of a test is the ticket that the portal gave to it; a line without one is of another client and no problem.
//!
//! Source of the fields: M-Lab, "ndt7 protocol specification" v0.11.0, "Measurement message", and what the server adds to it.

use crate::survey::limits::{MBPS_WANTED, is_mbps};
use evenfield_model::Problems;
use jiff::Timestamp;
use serde::Deserialize;

/// The longest ticket, and the longest id of a test, octets.
const LONGEST_NAME: usize = 64;

/// Which way the data went.
pub use crate::open::ndt7::Direction;

/// What the server says of one direction of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerResult {
    /// The id that the server gave to it.
    pub id: String,
    /// The portal's ticket.
    pub ticket: String,
    /// Which way.
    pub direction: Direction,
    /// When it began, milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Mean speed, Mbps.
    pub mbps: f64,
    /// Whether it ran for its ten seconds; it cannot be compared with others else.
    pub whole: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    test: String,
    connection_info: Connection,
    summary: Summary,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Connection {
    #[serde(rename = "UUID")]
    uuid: String,
    start_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    bits_per_second: f64,
    end: String,
    short: bool,
}

#[derive(Default, Deserialize)]
struct Metadata {
    ticket: Option<String>,
}

/// Reads a file of results: those with a ticket, how many lines had none, and what is wrong, by line. A line that cannot be read is left out.
pub fn parse(text: &str, file: &str) -> (Vec<ServerResult>, u64, Problems) {
    let (mut found, mut without, mut problems) = (Vec::new(), 0, Problems::default());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match read(line) {
            Ok(Some(result)) => found.push(result),
            Ok(None) => without += 1,
            Err(wrong) => problems.push(file, number, wrong.column, &wrong.said, wrong.wanted),
        }
    }
    (found, without, problems)
}

/// What is wrong with a line.
struct Wrong {
    column: &'static str,
    said: String,
    wanted: &'static str,
}

/// One line; `None` when it has no ticket.
fn read(line: &str) -> Result<Option<ServerResult>, Wrong> {
    let wrong = |column, said: &str, wanted| Wrong { column, said: said.chars().take(80).collect(), wanted };
    let read: Line = serde_json::from_str(line)
        .map_err(|_| wrong("", line, "a result of the speed test server (a line of JSON)"))?;
    let Some(ticket) = read.metadata.ticket.filter(|ticket| !ticket.is_empty()) else { return Ok(None) };
    let is_name = |name: &str| {
        (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let name_wanted = "up to 64 letters, digits and hyphens";
    if !is_name(&ticket) {
        return Err(wrong("Metadata.ticket", &ticket, name_wanted));
    }
    let id = read.connection_info.uuid;
    if !is_name(&id) {
        return Err(wrong("ConnectionInfo.UUID", &id, name_wanted));
    }
    let direction = match read.test.as_str() {
        "download" => Direction::Download,
        "upload" => Direction::Upload,
        other => return Err(wrong("Test", other, "download or upload")),
    };
    let said = read.connection_info.start_time;
    let at: Timestamp = said
        .parse()
        .map_err(|_| wrong("ConnectionInfo.StartTime", &said, "a time as 2026-11-30T19:30:00Z"))?;
    let mbps = read.summary.bits_per_second / 1e6;
    if !is_mbps(mbps) {
        return Err(wrong("Summary.BitsPerSecond", &read.summary.bits_per_second.to_string(), MBPS_WANTED));
    }
    let whole = read.summary.end == "complete" && !read.summary.short;
    Ok(Some(ServerResult { id, ticket, direction, at_ms: at.as_millisecond(), mbps, whole }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(ticket: &str, test: &str, bits: f64, end: &str) -> String {
        format!(
            r#"{{"Test":"{test}","Origin":"server","AppInfo":{{"ElapsedTime":1,"NumBytes":1}},"ConnectionInfo":{{"UUID":"u-1","StartTime":"2026-11-30T19:30:00.25Z"}},"Summary":{{"BitsPerSecond":{bits},"End":"{end}","Short":false,"TLS":true}},"Metadata":{{"ticket":"{ticket}"}}}}"#
        )
    }

    #[test]
    fn lines_are_read_and_what_is_wrong_is_named_by_line() {
        let lines = [
            line("abc", "download", 25_000_000.0, "complete"),
            String::new(),
            line("", "upload", 1.0, "complete"),
            line("abc", "upload", 3e6, "abrupt"),
            line("abc", "sideways", 3e6, "complete"),
            line("abc", "upload", -1.0, "complete"),
            line("a b", "upload", 1.0, "complete"),
            "{\"Test\":\"upload\"}".to_owned(),
            line("abc", "upload", 1.0, "complete").replace("2026-11-30T", "yesterday "),
        ];
        let (found, without, problems) = parse(&lines.join("\n"), "s.jsonl");
        let wanted = ServerResult {
            id: "u-1".into(),
            ticket: "abc".into(),
            direction: Direction::Download,
            at_ms: 1_796_067_000_250,
            mbps: 25.0,
            whole: true,
        };
        let upload = ServerResult { direction: Direction::Upload, mbps: 3.0, whole: false, ..wanted.clone() };
        assert_eq!((found, without), (vec![wanted, upload], 1));
        let places: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
        let columns = ["Test", "Summary.BitsPerSecond", "Metadata.ticket", "", "ConnectionInfo.StartTime"];
        assert_eq!(places, (5..).zip(columns).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_line_by_line(text in "\\PC*", lines in proptest::collection::vec("[\\[{\"a-zA-Z:,.0-9}\\]]{0,60}", 0..20)) {
            let text = format!("{text}\n{}", lines.join("\n"));
            let (found, without, problems) = parse(&text, "f");
            let filled = text.strip_prefix('\u{feff}').unwrap_or(&text).lines().filter(|line| !line.trim().is_empty()).count();
            prop_assert_eq!(found.len() as u64 + without + problems.found(), filled as u64);
        }

        #[test]
        fn a_speed_reads_back(mbps in 0.0..10_000.0f64, up in any::<bool>()) {
            let test = if up { "upload" } else { "download" };
            let (found, _, problems) = parse(&line("t", test, mbps * 1e6, "complete"), "f");
            prop_assert!(problems.is_empty() && found.len() == 1);
            prop_assert!((found[0].mbps - mbps).abs() < 1e-9 * (1.0 + mbps));
            prop_assert_eq!(found[0].direction == Direction::Upload, up);
        }
    }
}
