//! Results of NDT7 speed tests: the measurement messages of the protocol, one JSON object a line, or a table with the columns
//! of M-Lab's BigQuery view.
//!
//! Source: M-Lab, "ndt7 protocol specification" v0.11.0: speed in Mbit/s is `8 * NumBytes / ElapsedTime`, with the time in
//! microseconds.

use crate::read::{Row, Table, decode};
use crate::read::{each_member, rows};
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

/// Reads results; a file, or a member of an archive, that begins with `{` holds messages, anything else is a table.
pub fn parse(bytes: &[u8], file: &str) -> (Vec<SpeedTest>, Problems) {
    let mut problems = Problems::default();
    let mut tests = Vec::new();
    each_member(bytes, file, &mut problems, |path, content, problems| {
        let text = decode(path, content, problems)?;
        if text.trim_start().starts_with('{') {
            tests.extend(parse_messages(&text, path, problems));
            return Ok(());
        }
        rows(path, &text, problems, columns, |row, columns, problems| {
            tests.extend(table_row(row, columns, problems));
        })
    });
    (tests, problems)
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
    let mut runs: BTreeMap<(String, u64, Direction), Run> = BTreeMap::new();
    // Of messages that name no test: the number of the run that they belong to.
    let mut number = 1;
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
        let app = message.app;
        if app.as_ref().is_some_and(|app| !(app.elapsed > 0.0 && app.bytes >= 0.0)) {
            problems.push(file, line, "AppInfo", text, "a time above zero and bytes of zero or more");
            continue;
        }
        // The receiver knows what arrived: the client of a download, the server of an upload.
        let receiver = if direction == Direction::Download { "client" } else { "server" };
        let is_receiver = message.origin == receiver;
        if id.is_empty()
            && let Some(app) = &app
            && let Some(run) = runs.get(&(String::new(), number, direction))
            && (if is_receiver { run.received } else { run.sent })
                .is_some_and(|(before, _)| app.elapsed < before)
        {
            // Time does not run backwards: this is the first message of another test.
            number += 1;
        }
        let run = runs.entry((id.clone(), if id.is_empty() { number } else { 0 }, direction)).or_default();
        if let Some(AppInfo { elapsed, bytes }) = app {
            let side = if is_receiver { &mut run.received } else { &mut run.sent };
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

fn finished((uuid, number, direction): (String, u64, Direction), run: Run) -> Option<SpeedTest> {
    let (elapsed, bytes) = run.received.or(run.sent)?;
    let id = if uuid.is_empty() { number.to_string() } else { uuid };
    Some(SpeedTest { id, direction, mbps: 8.0 * bytes / elapsed, min_rtt_ms: run.min_rtt_ms, loss: run.loss })
}

struct Columns {
    id: Option<usize>,
    speed: Option<usize>,
    rtt: Option<usize>,
    loss: Option<usize>,
    direction: Option<usize>,
}

fn columns(table: &mut Table<'_>, problems: &mut Problems) -> Option<Columns> {
    let speed = table.require(&["a.MeanThroughputMbps", "MeanThroughputMbps"], problems);
    speed.is_some().then(|| Columns {
        id: table.column(&["id", "a.UUID"], problems),
        speed,
        rtt: table.column(&["a.MinRTT", "MinRTT"], problems),
        loss: table.column(&["a.LossRate", "LossRate"], problems),
        direction: table.column(&["direction", "test"], problems),
    })
}

fn table_row(row: &Row<'_>, at: &Columns, problems: &mut Problems) -> Option<SpeedTest> {
    row.wanted(&[at.speed], problems);
    let mbps = row.amount(at.speed, problems)?;
    // M-Lab has a view for downloads and one for uploads; only a joined table needs the column.
    let up = row.text(at.direction).eq_ignore_ascii_case("upload")
        || row.file().to_ascii_lowercase().contains("upload");
    Some(SpeedTest {
        id: row.filled(at.id).map_or_else(|| row.line.to_string(), str::to_owned),
        direction: if up { Direction::Upload } else { Direction::Download },
        mbps,
        min_rtt_ms: row.amount(at.rtt, problems),
        loss: row.amount(at.loss, problems),
    })
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
    fn tests_without_an_id_are_told_apart_by_their_time() {
        let message = |elapsed: u32, bytes: u32, test: &str, origin: &str| {
            format!(
                "{{\"AppInfo\":{{\"ElapsedTime\":{elapsed},\"NumBytes\":{bytes}}},\"Origin\":\"{origin}\",\"Test\":\"{test}\"}}\n"
            )
        };
        let lines = [
            message(1_000_000, 1_000_000, "download", "client"),
            message(1_000_500, 9_000_000, "download", "server"),
            message(2_000_000, 5_000_000, "download", "client"),
            message(2_000_000, 1_000_000, "upload", "server"),
            message(500_000, 1_000_000, "download", "client"),
            message(400_000, 9_000_000, "download", "server"),
        ];
        let (tests, problems) = parse(lines.concat().as_bytes(), "t.jsonl");
        assert!(problems.is_empty(), "{problems:?}");
        let found: Vec<_> = tests.iter().map(|t| (t.id.as_str(), t.direction, t.mbps)).collect();
        assert_eq!(
            found,
            [
                ("1", Direction::Download, 20.0),
                ("1", Direction::Upload, 4.0),
                ("2", Direction::Download, 16.0)
            ]
        );
    }

    #[test]
    fn tables_beside_messages_are_read_too() {
        use std::io::Write;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in [
            (
                "a.jsonl",
                "{\"AppInfo\":{\"ElapsedTime\":8,\"NumBytes\":9},\"Origin\":\"client\",\"Test\":\"download\"}\n",
            ),
            ("b.csv", "id,MeanThroughputMbps,MinRTT\nx,93.5,1\ny,,1\n"),
            ("c.csv", "id,speed\nx,93.5\n"),
        ] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let (tests, problems) = parse(&zip.finish().unwrap().into_inner(), "t.zip");
        assert_eq!(tests.iter().map(|t| t.mbps).collect::<Vec<_>>(), [9.0, 93.5]);
        let places: Vec<_> = problems.kept().iter().map(|p| (p.file.as_str(), p.line)).collect();
        assert_eq!(places, [("b.csv", 3), ("c.csv", 1)]);
    }

    #[test]
    fn a_table_of_the_big_query_view() {
        let csv = b"id,a.UUID,a.TestTime,a.CongestionControl,a.MeanThroughputMbps,a.MinRTT,a.LossRate\nx,x,2024-01-01,bbr,93.5,11,0.001\ny,y,2024-01-01,bbr,-1,11,0\n";
        let (tests, problems) = parse(csv, "ndt7-download.csv");
        assert_eq!((tests.len(), problems.found()), (1, 1));
        assert_eq!((tests[0].mbps, tests[0].direction), (93.5, Direction::Download));
    }
}
