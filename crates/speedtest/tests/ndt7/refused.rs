//! What is not begun.

use crate::fixture::{SUBPROTOCOL, Server, try_upgrade};
use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

fn request(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_none_are_answered_with_their_status() {
    let server = Server::start((4, 4));
    let protocol = format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
    let long = format!("/ndt/v7/download?a={}", "b".repeat(4_096));
    let longer = format!("/ndt/v7/download?a={}", "b".repeat(40_000));
    for (asked, status) in [
        (request("/ndt/v7/download", ""), "400"),
        (request("/ndt/v7/download", "Sec-WebSocket-Protocol: ndt7\r\n"), "400"),
        (request("/ndt/v7/download?early_exit=1", &protocol), "400"),
        (request(&long, &protocol), "400"),
        (request("/", &protocol), "404"),
        ("GET /ndt/v7/download HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "400"),
        (request("/ndt/v7/upload", &protocol).replacen("GET", "POST", 1), "405"),
        (request("/ndt/v7/upload", &protocol).replace("Version: 13", "Version: 7"), "426"),
        (request(&longer, &protocol), "4"),
        ("\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = server.answer(&asked).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{asked}: {answer}");
    }
    assert_eq!(server.metric("refused_total{why=\"request\"}"), 8);
    assert!(server.records(0).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handshake_is_that_of_the_standard_and_compression_is_not_taken() {
    let server = Server::start((4, 4));
    let more = format!(
        "Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    );
    let answer = server.answer(&request("/ndt/v7/upload?seconds=1", &more)).await;
    let head = answer.split("\r\n\r\n").next().expect("a head").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    // The example of RFC 6455, section 1.3.
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert!(
        head.contains(&format!("sec-websocket-protocol: {SUBPROTOCOL}")) && !head.contains("extensions"),
        "{head}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_are_bounded_and_come_back() {
    let status = |error| match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    };
    for (tests, wanted, why) in [((2, 9), 429, "address"), ((9, 2), 503, "all")] {
        let server = Server::start(tests);
        let mut clients = vec![server.client("download").await, server.client("upload").await];
        let stream = TcpStream::connect(server.address("plain")).await.expect("connected");
        assert_eq!(status(try_upgrade(stream, "upload").await.expect_err("no place")), wanted);
        assert_eq!(server.metric(&format!("refused_total{{why=\"{why}\"}}")), 1);
        for client in &mut clients {
            client.next().await.expect("a message").expect("a message");
        }
        drop(clients);
        server.records(2).await;
        assert_eq!(server.metric("tests"), 0);
        drop(server.client("upload").await);
    }
}
