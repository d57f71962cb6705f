//! Clients that go away, or break the protocol: a result each, and the server goes on.

use crate::fixture::{SUBPROTOCOL, Server, receive};
use evenfield_speedtest::message::End;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_away_is_counted_and_others_are_served() {
    let server = Server::start((8, 8));
    // In good order.
    for path in ["download", "upload"] {
        let mut client = server.client(path).await;
        client.next().await.expect("a message").expect("a message");
        client.close(None).await.expect("closed");
        while let Some(Ok(_)) = client.next().await {}
    }
    // Without a word, in the middle of what is sent.
    for path in ["download", "upload"] {
        let mut client = server.client(path).await;
        client.next().await.expect("a message").expect("a message");
        drop(client);
    }
    // With a reset.
    for path in ["download", "upload"] {
        let mut client = server.client(path).await;
        client.next().await.expect("a message").expect("a message");
        let stream = client.into_inner();
        socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).expect("set");
        drop(stream);
    }
    let records = server.records(6).await;
    let ends: Vec<_> = records.iter().map(|record| record.summary.end).collect();
    assert_eq!(ends.iter().filter(|end| **end == End::Client).count(), 2, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| **end == End::Abrupt).count(), 4, "{ends:?}");
    // Each of them has a speed of what had come until then.
    assert!(records.iter().all(|record| record.app_info.elapsed_time > 0));
    let seen = receive(&mut server.client("download?seconds=1").await).await;
    assert_eq!(seen.closed, Some(1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_breaks_the_protocol_is_told_so() {
    let server = Server::start((8, 8));
    // Not masked; compressed; above 2^24.
    let cases: [(&[u8], u16); 3] = [
        (&[0x82, 0], 1002),
        (&[0xC2, 0x80, 0, 0, 0, 0], 1002),
        (&[0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0], 1009),
    ];
    for (octets, code) in cases {
        let client = server.client("upload").await;
        let mut stream = client.into_inner();
        stream.write_all(octets).await.expect("sent");
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.expect("an orderly end");
        let [.., 0x88, 2, high, low] = said[..] else { panic!("{said:?}") };
        assert_eq!(u16::from_be_bytes([high, low]), code);
    }
    // A download is not for loading.
    let mut client = server.client("download").await;
    client.send(Message::binary(vec![1; 1_000])).await.expect("sent");
    while let Some(Ok(_)) = client.next().await {}
    let records = server.records(4).await;
    assert!(records.iter().all(|record| record.summary.end == End::Broken));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_before_the_answer_gets_no_test() {
    let server = Server::start((8, 8));
    let request = format!(
        "GET /ndt/v7/upload HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: DOdm+5/Cm3WwvhfcAlhJoQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.address("plain")).await.expect("connected");
    stream.write_all(&[request.as_bytes(), &[0x82, 0x80, 0, 0, 0, 0]].concat()).await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    while server.metric("tests") > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(server.records(0).await.is_empty());
}
