//! Measurement messages and results, ndt7 specification 0.11, "Measurement message".

use crate::diag::Kernel;
use crate::request::{Asked, Test};
use crate::tcp_info::{BbrInfo, TcpInfo};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Numbers above this are no longer exact in JavaScript.
const LARGEST_EXACT: u64 = (1 << 53) - 1;

/// What the program itself has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppInfo {
    /// Microseconds since the test began.
    pub elapsed_time: u64,
    /// Octets of binary messages, sent or received.
    pub num_bytes: u64,
}

/// Whose test it is. The addresses are said to the client and stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionInfo {
    /// The client's address, as the server sees it.
    #[serde(rename = "Client", skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The server's.
    #[serde(rename = "Server", skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The test's id.
    #[serde(rename = "UUID")]
    pub uuid: String,
    /// When it began, RFC 3339.
    #[serde(rename = "StartTime")]
    pub start_time: String,
}

impl ConnectionInfo {
    /// Of a test between these two that begins now.
    pub fn begin(client: SocketAddr, server: SocketAddr, now: jiff::Timestamp) -> Self {
        let text = |address: SocketAddr| {
            Some(SocketAddr::new(address.ip().to_canonical(), address.port()).to_string())
        };
        let uuid = uuid::Uuid::now_v7().to_string();
        Self { client: text(client), server: text(server), uuid, start_time: now.to_string() }
    }

    /// The same without addresses.
    fn without_addresses(&self) -> Self {
        Self { client: None, server: None, ..self.clone() }
    }
}

/// A message to the client.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message<'a> {
    app_info: AppInfo,
    connection_info: &'a ConnectionInfo,
    origin: &'a str,
    test: &'a str,
    #[serde(rename = "TCPInfo", skip_serializing_if = "Option::is_none")]
    tcp_info: Option<TcpInfo>,
    #[serde(rename = "BBRInfo", skip_serializing_if = "Option::is_none")]
    bbr_info: Option<BbrInfo>,
}

/// A measurement as text.
pub fn measurement(
    test: Test,
    app: AppInfo,
    connection: &ConnectionInfo,
    kernel: Option<&Kernel>,
) -> Vec<u8> {
    let message = Message {
        app_info: bounded(app),
        connection_info: connection,
        origin: "server",
        test: test.as_str(),
        tcp_info: kernel.map(|kernel| kernel.tcp),
        bbr_info: kernel.and_then(|kernel| kernel.bbr),
    };
    serde_json::to_vec(&message).expect("strings and numbers")
}

fn bounded(app: AppInfo) -> AppInfo {
    AppInfo { num_bytes: app.num_bytes.min(LARGEST_EXACT), elapsed_time: app.elapsed_time.min(LARGEST_EXACT) }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It ran for as long as was asked for.
    Complete,
    /// A download of which as much arrived as was asked for.
    Enough,
    /// The client closed it sooner, in good order.
    Client,
    /// The connection broke, or the client went away.
    Abrupt,
    /// The client broke the protocol.
    Broken,
    /// Nothing moved on until the last moment.
    Cut,
    /// The server stopped.
    Stopped,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Complete, Self::Enough, Self::Client, Self::Abrupt, Self::Broken, Self::Cut, Self::Stopped];

    /// The word in results and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Enough => "enough",
            Self::Client => "client",
            Self::Abrupt => "abrupt",
            Self::Broken => "broken",
            Self::Cut => "cut",
            Self::Stopped => "stopped",
        }
    }
}

/// What came of a test: a line of the results, which is a measurement message of the specification with more in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    /// `download` or `upload`.
    pub test: &'static str,
    /// `server`.
    pub origin: &'static str,
    /// Octets that arrived, and the time in which they did; of a download by the kernel's acknowledgements.
    pub app_info: AppInfo,
    /// Id and time; no address.
    pub connection_info: ConnectionInfo,
    /// The kernel's last counts.
    #[serde(rename = "TCPInfo", skip_serializing_if = "Option::is_none")]
    pub tcp_info: Option<TcpInfo>,
    /// BBR's.
    #[serde(rename = "BBRInfo", skip_serializing_if = "Option::is_none")]
    pub bbr_info: Option<BbrInfo>,
    /// What it says.
    pub summary: Summary,
    /// What the client said of itself, those names that are kept.
    pub metadata: BTreeMap<String, String>,
}

/// The result in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Summary {
    /// Mean speed over the test, bits a second.
    pub bits_per_second: f64,
    /// Least round-trip time, microseconds.
    #[serde(rename = "MinRTT", skip_serializing_if = "Option::is_none")]
    pub min_rtt: Option<u64>,
    /// Octets sent again by all that were sent, 0 to 1: of what this server sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmitted: Option<f64>,
    /// How it ended.
    pub end: End,
    /// Whether the client asked for less than ten seconds: it cannot be compared with others.
    pub short: bool,
    /// Whether it went through TLS.
    #[serde(rename = "TLS")]
    pub tls: bool,
}

/// The counts of a test at its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// The program's.
    pub app: AppInfo,
    /// The kernel's when the test began, and at the end.
    pub kernel: [Option<Kernel>; 2],
}

impl Counts {
    /// Octets that arrived at the other side of the one that counts, and the microseconds in which they did.
    ///
    /// A download's are those that the client's kernel has acknowledged (at the level of TCP, WebSocket and TLS included: the
    /// specification's `BytesAcked`), since what was written into the socket may still wait there. An upload's are those that the
    /// program has read.
    fn arrived(&self, test: Test) -> AppInfo {
        let [before, after] = self.kernel.map(|kernel| kernel.map(|kernel| kernel.tcp));
        let acked = |info: Option<TcpInfo>| info.and_then(|info| info.bytes_acked);
        match (test, acked(before), acked(after), after) {
            (Test::Download, Some(before), Some(now), Some(after)) => {
                let octets = now.saturating_sub(before).min(self.app.num_bytes);
                AppInfo { elapsed_time: after.elapsed_time, num_bytes: octets }
            }
            _ => self.app,
        }
    }

    /// The record of a test.
    pub fn record(&self, asked: &Asked, connection: &ConnectionInfo, end: End, tls: bool) -> Record {
        let arrived = self.arrived(asked.test);
        let kernel = self.kernel[1];
        let tcp = kernel.map(|kernel| kernel.tcp);
        let sent = tcp.and_then(|tcp| tcp.bytes_sent).filter(|sent| *sent > 0);
        let again = tcp.and_then(|tcp| tcp.bytes_retrans);
        let seconds = arrived.elapsed_time as f64 / 1e6;
        let bits = arrived.num_bytes as f64 * 8.0;
        Record {
            test: asked.test.as_str(),
            origin: "server",
            app_info: bounded(arrived),
            connection_info: connection.without_addresses(),
            tcp_info: tcp,
            bbr_info: kernel.and_then(|kernel| kernel.bbr),
            summary: Summary {
                bits_per_second: if seconds > 0.0 { bits / seconds } else { 0.0 },
                min_rtt: tcp.and_then(|tcp| tcp.min_rtt),
                retransmitted: again.zip(sent).map(|(again, sent)| again as f64 / sent as f64),
                end,
                short: asked.is_short(),
                tls,
            },
            metadata: asked.metadata.iter().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::WHOLE;

    fn connection() -> ConnectionInfo {
        let [client, server] =
            ["[::ffff:192.0.2.7]:5678", "[2001:db8::1]:443"].map(|a| a.parse().expect("an address"));
        ConnectionInfo::begin(client, server, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_message_has_the_fields_of_the_specification() {
        let tcp = TcpInfo { min_rtt: Some(12), elapsed_time: 34, ..TcpInfo::default() };
        let bbr = BbrInfo { bandwidth: 1, min_rtt: 2, pacing_gain: 3, cwnd_gain: 4, elapsed_time: 34 };
        let app = AppInfo { elapsed_time: 35, num_bytes: u64::MAX };
        let connection = connection();
        let kernel = Kernel { tcp, bbr: Some(bbr) };
        let said = measurement(Test::Upload, app, &connection, Some(&kernel));
        let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
        let wanted = serde_json::json!({
            "AppInfo": {"ElapsedTime": 35, "NumBytes": 9_007_199_254_740_991u64},
            "ConnectionInfo": {
                "Client": "192.0.2.7:5678", "Server": "[2001:db8::1]:443", "UUID": connection.uuid, "StartTime": "1970-01-01T00:00:00Z",
            },
            "Origin": "server",
            "Test": "upload",
            "TCPInfo": {"ElapsedTime": 34, "MinRTT": 12},
            "BBRInfo": {"BW": 1, "MinRTT": 2, "PacingGain": 3, "CwndGain": 4, "ElapsedTime": 34},
        });
        assert_eq!(said, wanted);
        let without = measurement(Test::Download, app, &connection, None);
        let without: serde_json::Value = serde_json::from_slice(&without).expect("JSON");
        assert!(without.get("TCPInfo").is_none() && without.get("BBRInfo").is_none());
    }

    #[test]
    fn a_result_is_what_arrived_and_not_what_waits_in_the_socket() {
        let kernel = |acked, sent, again, elapsed_time| {
            let (bytes_acked, bytes_sent, bytes_retrans) = (Some(acked), Some(sent), Some(again));
            let tcp = TcpInfo { bytes_acked, bytes_sent, bytes_retrans, elapsed_time, ..TcpInfo::default() };
            Some(Kernel { tcp, bbr: None })
        };
        let app = AppInfo { elapsed_time: 10_000_100, num_bytes: 35_000_000 };
        let counts = Counts {
            app,
            kernel: [kernel(1_000, 1_000, 0, 0), kernel(31_251_000, 32_000_000, 320_000, 10_000_000)],
        };
        let mut asked = Asked {
            test: Test::Download,
            enough: None,
            runtime: WHOLE,
            metadata: vec![("ticket".into(), "x".into())],
        };
        let down = counts.record(&asked, &connection(), End::Complete, true);
        // 31.25 MB in 10 s is 25 Mbit/s.
        assert_eq!((down.summary.bits_per_second, down.summary.retransmitted), (25e6, Some(0.01)));
        assert_eq!((down.connection_info.client.as_deref(), down.metadata["ticket"].as_str()), (None, "x"));
        asked.test = Test::Upload;
        let up = counts.record(&asked, &connection(), End::Client, false);
        assert_eq!(up.app_info, app);
        asked.test = Test::Download;
        let blind = Counts { app, kernel: [None, None] }.record(&asked, &connection(), End::Complete, true);
        assert_eq!((blind.app_info, blind.summary.min_rtt), (app, None));
        let nothing = Counts::default().record(&asked, &connection(), End::Abrupt, true);
        assert_eq!(nothing.summary.bits_per_second, 0.0);
        assert!(End::ALL.iter().all(|end| serde_json::to_value(end).expect("JSON") == end.as_str()));
    }
}
