//! Results of NDT7 speed tests: the measurement messages of the protocol, one JSON object a line, or a table with the columns
//! of M-Lab's BigQuery view.
//!
//! Source: M-Lab, "ndt7 protocol specification" v0.11.0: speed in Mbit/s is `8 * NumBytes / ElapsedTime`, with the time in
//! microseconds.

use super::input::{each_member, each_row};
use crate::read::decode;
use evenfield_model::Problems;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which way the data went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the home.
    Download,
    /// From the home.
    Upload,
}

/// One finished test.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedTest {
    /// The test's id; the number of the run in the file where it has none.
    pub id: String,
    /// Which way.
    pub direction: Direction,
    /// Mbps.
    pub mbps: f64,
    /// Least round-trip time, ms.
    pub min_rtt_ms: Option<f64>,
    /// Part of bytes sent again, 0 to 1.
    pub loss: Option<f64>,
}

/// Reads results; lines that begin with `{` are messages, anything else is a table.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<SpeedTest>, Problems) {
    let mut problems = Problems::default();
    let mut messages = false;
    let mut tests = Vec::new();
    each_member(bytes, file, &mut problems, |path, content, problems| {
        let text = decode(path, content, problems)?;
        if text.trim_start().starts_with('{') {
            messages = true;
            tests.extend(parse_messages(&text, path, problems));
        }
        Ok(())
    });
    if messages {
        return (tests, problems);
    }
    parse_table(bytes, file)
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "AppInfo")]
    app: Option<AppInfo>,
    #[serde(rename = "ConnectionInfo")]
    connection: Option<ConnectionInfo>,
    #[serde(rename = "Origin", default)]
    origin: String,
    #[serde(rename = "Test", default)]
    test: String,
    #[serde(rename = "TCPInfo")]
    tcp: Option<TcpInfo>,
}

#[derive(Deserialize)]
struct AppInfo {
    #[serde(rename = "ElapsedTime")]
    elapsed: f64,
    #[serde(rename = "NumBytes")]
    bytes: f64,
}

#[derive(Deserialize)]
struct ConnectionInfo {
    #[serde(rename = "UUID", default)]
    uuid: String,
}

#[derive(Deserialize)]
struct TcpInfo {
    #[serde(rename = "MinRTT")]
    min_rtt: Option<f64>,
    #[serde(rename = "BytesRetrans")]
    retransmitted: Option<f64>,
    #[serde(rename = "BytesSent")]
    sent: Option<f64>,
}

/// The state of one test while its messages are read.
#[derive(Default)]
struct Run {
    /// Elapsed microseconds and bytes, by the receiver and by the sender.
    received: Option<(f64, f64)>,
    sent: Option<(f64, f64)>,
    min_rtt_ms: Option<f64>,
    loss: Option<f64>,
}

fn parse_messages(text: &str, file: &str, problems: &mut Problems) -> Vec<SpeedTest> {
    let mut runs: BTreeMap<(String, Direction), Run> = BTreeMap::new();
    for (line, text) in (1u64..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let message: Message = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(error) => {
                problems.push(file, line, "", text, format!("a measurement of ndt7 ({error})"));
                continue;
            }
        };
        let direction = match message.test.as_str() {
            "download" => Direction::Download,
            "upload" => Direction::Upload,
            other => {
                problems.push(file, line, "Test", other, "download or upload");
                continue;
            }
        };
        let id = message.connection.map(|connection| connection.uuid).unwrap_or_default();
        let run = runs.entry((id, direction)).or_default();
        if let Some(AppInfo { elapsed, bytes }) = message.app {
            if !(elapsed > 0.0 && bytes >= 0.0) {
                problems.push(file, line, "AppInfo", text, "a time above zero and bytes of zero or more");
                continue;
            }
            // The receiver knows what arrived: the client of a download, the server of an upload.
            let receiver = if direction == Direction::Download { "client" } else { "server" };
            let side = if message.origin == receiver { &mut run.received } else { &mut run.sent };
            if side.is_none_or(|(before, _)| elapsed > before) {
                *side = Some((elapsed, bytes));
            }
        }
        if let Some(tcp) = message.tcp {
            run.min_rtt_ms = tcp.min_rtt.map(|us| us / 1000.0).or(run.min_rtt_ms);
            let loss = tcp
                .retransmitted
                .zip(tcp.sent)
                .filter(|(_, sent)| *sent > 0.0)
                .map(|(again, sent)| again / sent);
            run.loss = loss.or(run.loss);
        }
    }
    runs.into_iter().filter_map(|(key, run)| finished(key, run)).collect()
}

fn finished((id, direction): (String, Direction), run: Run) -> Option<SpeedTest> {
    let (elapsed, bytes) = run.received.or(run.sent)?;
    Some(SpeedTest { id, direction, mbps: 8.0 * bytes / elapsed, min_rtt_ms: run.min_rtt_ms, loss: run.loss })
}

fn parse_table(bytes: &[u8], file: &str) -> (Vec<SpeedTest>, Problems) {
    let mut problems = Problems::default();
    let mut tests = Vec::new();
    each_row(
        bytes,
        file,
        &mut problems,
        |table, problems| {
            let id = table.column(&["id", "a.UUID"], problems);
            let speed = table.require(&["a.MeanThroughputMbps", "MeanThroughputMbps"], problems)?;
            let rest = [&["a.MinRTT", "MinRTT"], &["a.LossRate", "LossRate"], &["direction", "test"]]
                .map(|names: &[&str; 2]| table.column(names, problems));
            Some((id, speed, rest))
        },
        |row, &(id, speed, [rtt, loss, direction]), problems| {
            let Some(mbps) = row.amount(Some(speed), problems) else { return };
            // M-Lab has a view for downloads and one for uploads; only a joined table needs the column.
            let up = row.text(direction).eq_ignore_ascii_case("upload")
                || row.file().to_ascii_lowercase().contains("upload");
            let id = row.filled(id).map_or_else(|| row.line.to_string(), str::to_owned);
            tests.push(SpeedTest {
                id,
                direction: if up { Direction::Upload } else { Direction::Download },
                mbps,
                min_rtt_ms: row.amount(rtt, problems),
                loss: row.amount(loss, problems),
            });
        },
    );
    (tests, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_message_of_the_receiver_counts() {
        let lines = concat!(
            "{\"AppInfo\":{\"ElapsedTime\":5000000,\"NumBytes\":10000000},\"Origin\":\"client\",\"Test\":\"download\",\"ConnectionInfo\":{\"UUID\":\"a\"}}\n",
            "{\"AppInfo\":{\"ElapsedTime\":10000000,\"NumBytes\":31250000},\"Origin\":\"client\",\"Test\":\"download\",\"ConnectionInfo\":{\"UUID\":\"a\"}}\n",
            "{\"AppInfo\":{\"ElapsedTime\":10000001,\"NumBytes\":99999999},\"Origin\":\"server\",\"Test\":\"download\",\"ConnectionInfo\":{\"UUID\":\"a\"},\"TCPInfo\":{\"MinRTT\":12500,\"BytesRetrans\":1,\"BytesSent\":100}}\n",
            "{\"Test\":\"sideways\"}\n",
            "not json\n",
            "{\"AppInfo\":{\"ElapsedTime\":0,\"NumBytes\":1},\"Test\":\"upload\"}\n",
        );
        let (tests, problems) = parse(lines.as_bytes(), "t.jsonl");
        assert_eq!(tests.len(), 1);
        assert_eq!(tests[0].mbps, 25.0);
        assert_eq!((tests[0].min_rtt_ms, tests[0].loss), (Some(12.5), Some(0.01)));
        assert_eq!(problems.found(), 3);
    }

    #[test]
    fn a_table_of_the_big_query_view() {
        let csv = b"id,a.UUID,a.TestTime,a.CongestionControl,a.MeanThroughputMbps,a.MinRTT,a.LossRate\nx,x,2024-01-01,bbr,93.5,11,0.001\ny,y,2024-01-01,bbr,-1,11,0\n";
        let (tests, problems) = parse(csv, "ndt7-download.csv");
        assert_eq!((tests.len(), problems.found()), (1, 1));
        assert_eq!((tests[0].mbps, tests[0].direction), (93.5, Direction::Download));
    }
}
