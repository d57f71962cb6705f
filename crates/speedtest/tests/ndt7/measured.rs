//! Whole tests.

use crate::fixture::{Server, receive, send, upgrade};
use evenfield_speedtest::conduct::{Conduct, Means};
use evenfield_speedtest::message::End;
use evenfield_speedtest::request::{Asked, Test, WHOLE};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;

/// The fields that a measurement must have, and those of the kernel of this one.
fn check(measurement: &serde_json::Value, test: &str) {
    assert_eq!((measurement["Origin"].as_str(), measurement["Test"].as_str()), (Some("server"), Some(test)));
    let connection = &measurement["ConnectionInfo"];
    for field in ["Client", "Server"] {
        let address: std::net::SocketAddr =
            connection[field].as_str().expect(field).parse().expect("an address");
        assert!(address.ip().is_loopback());
    }
    assert_eq!(connection["UUID"].as_str().expect("an id").len(), 36);
    let app = &measurement["AppInfo"];
    assert!(app["ElapsedTime"].is_u64() && app["NumBytes"].is_u64(), "{measurement}");
    for field in ["BytesAcked", "BytesReceived", "BytesSent", "BytesRetrans", "ElapsedTime", "MinRTT", "RTT"]
    {
        assert!(measurement["TCPInfo"][field].is_u64(), "{field}: {measurement}");
    }
}

fn growing(measurements: &[serde_json::Value], field: &str) {
    let values: Vec<_> = measurements.iter().map(|m| m["TCPInfo"][field].as_u64().expect(field)).collect();
    assert!(values.is_sorted(), "{field}: {values:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_is_measured_by_both_sides() {
    let server = Server::start((4, 4));
    let mut client = server.client("download?seconds=1&ticket=abc&name=private").await;
    let seen = receive(&mut client).await;
    assert_eq!(seen.closed, Some(1000));
    // From 2^13 on, doubled, never smaller.
    assert_eq!(seen.binary.first(), Some(&(1 << 13)));
    assert!(seen.binary.is_sorted() && seen.binary.iter().all(|length| length.is_power_of_two()));
    assert!(seen.binary.windows(2).all(|pair| pair[1] <= pair[0] * 2));
    seen.measurements.iter().for_each(|measurement| check(measurement, "download"));
    growing(&seen.measurements, "BytesAcked");
    growing(&seen.measurements, "ElapsedTime");
    let last = seen.measurements.last().expect("the last word");
    assert_eq!(last["AppInfo"]["NumBytes"].as_u64(), Some(seen.octets()));
    let record = &server.records(1).await[0];
    assert_eq!((record.summary.end, record.summary.short, record.summary.tls), (End::Complete, true, false));
    assert!(record.summary.bits_per_second > 0.0 && record.summary.min_rtt.is_some());
    assert!(record.app_info.num_bytes <= seen.octets() && record.summary.retransmitted.is_some());
    // BBR is told exactly where it is in force.
    let bbr = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").expect("Linux");
    assert_eq!(record.bbr_info.is_some(), bbr.split_whitespace().any(|name| name == "bbr"));
    let kept: Vec<_> = record.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(kept, [("ticket", "abc")], "what is not to be kept is not");
    assert_eq!(server.metric("tests_total{test=\"download\",end=\"complete\"}"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_measured_and_told_to_the_client() {
    let server = Server::start((4, 4));
    // The largest message there is, which the server never holds.
    let client = server.client("upload?seconds=1").await;
    let seen = send(client, 1 << 24).await;
    assert_eq!((seen.closed, seen.binary.len()), (Some(1000), 0));
    seen.measurements.iter().for_each(|measurement| check(measurement, "upload"));
    growing(&seen.measurements, "BytesReceived");
    let record = &server.records(1).await[0];
    assert_eq!((record.test, record.summary.end), ("upload", End::Complete));
    let last = seen.measurements.last().expect("the last word");
    assert_eq!(last["AppInfo"]["NumBytes"].as_u64(), Some(record.app_info.num_bytes));
    assert!(record.app_info.num_bytes > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_tests_go_through_tls_and_results_are_written() {
    let server = Server::start((4, 4));
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(server.folder.path().join("certificate.pem"));
    roots.add(certificate.expect("a certificate")).expect("a root");
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let connect = async |path| {
        let stream = TcpStream::connect(server.address("tls")).await.expect("connected");
        let name = ServerName::try_from("localhost").expect("a name");
        upgrade(connector.connect(name, stream).await.expect("TLS"), path).await
    };
    let down = receive(&mut connect("download?seconds=1").await).await;
    let up = send(connect("upload?seconds=1").await, 1 << 16).await;
    for (seen, test) in [(&down, "download"), (&up, "upload")] {
        assert_eq!(seen.closed, Some(1000), "{test}");
        seen.measurements.iter().for_each(|measurement| check(measurement, test));
    }
    let records = server.records(2).await;
    assert!(records.iter().all(|record| record.summary.tls && record.summary.end == End::Complete));
    while server.metric("results_total{what=\"written\"}") < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let folder = std::fs::read_dir(server.folder.path().join("results")).expect("a folder");
    let lines: String =
        folder.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text")).collect();
    let written: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let told: Vec<_> = records.iter().map(|record| serde_json::to_value(record).expect("JSON")).collect();
    assert_eq!(written, told);
    assert!(!lines.contains("127.0.0.1"));
}

#[tokio::test]
async fn a_download_ends_when_enough_has_arrived() {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let asked = Asked { test: Test::Download, enough: Some(1 << 20), runtime: WHOLE, metadata: vec![] };
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let ends = ("192.0.2.1:1".parse().expect("one"), "192.0.2.2:2".parse().expect("another"));
    let means = Arc::new(Means::new(None).expect("random"));
    let conduct = Conduct { means, asked, ends, tls: false, stop };
    let client = async {
        let mut client = tokio_tungstenite::WebSocketStream::from_raw_socket(
            theirs,
            tokio_tungstenite::tungstenite::protocol::Role::Client,
            None,
        )
        .await;
        receive(&mut client).await
    };
    let (record, seen) = tokio::join!(conduct.run(ours), client);
    assert_eq!((record.summary.end, seen.closed), (End::Enough, Some(1000)));
    assert!(seen.octets() >= 1 << 20);
    // Without the kernel's word the program's own counts are the result.
    assert_eq!((record.app_info.num_bytes, record.tcp_info), (seen.octets(), None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_are_answered_and_measurements_of_clients_are_welcome() {
    let server = Server::start((4, 4));
    for path in ["download?seconds=1", "upload?seconds=1"] {
        let mut client = server.client(path).await;
        client.send(Message::Ping(vec![1, 2].into())).await.expect("sent");
        client.send(Message::text("{\"AppInfo\":{}}")).await.expect("sent");
        client.send(Message::text("no JSON at all")).await.expect("sent");
        let mut pongs = 0;
        while let Some(Ok(message)) = client.next().await {
            pongs += u32::from(message == Message::Pong(vec![1, 2].into()));
        }
        assert_eq!(pongs, 1, "{path}");
    }
    assert!(server.records(2).await.iter().all(|record| record.summary.end == End::Complete));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_end_when_the_server_stops() {
    let server = Server::start((4, 4));
    let mut clients = [server.client("download").await, server.client("upload").await];
    // Both run.
    for client in &mut clients {
        client.next().await.expect("a message").expect("a message");
    }
    let address = server.address("plain");
    let metric = |server: &Server| server.metric("tests");
    assert_eq!(metric(&server), 2);
    let Server { running, folder: _folder, .. } = server;
    let [mut down, up] = clients;
    let (_, down, up) = tokio::join!(running.stop(), receive(&mut down), send(up, 1 << 13));
    // In the middle of a message nothing else can be said.
    assert!(
        [None, Some(1001)].contains(&down.closed) && up.closed == Some(1001),
        "{:?} {:?}",
        down.closed,
        up.closed
    );
    let refused = match TcpStream::connect(address).await {
        Err(_) => true,
        Ok(mut stream) => !matches!(stream.read(&mut [0; 1]).await, Ok(1..)),
    };
    assert!(refused);
}
