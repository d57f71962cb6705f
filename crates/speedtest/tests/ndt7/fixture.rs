//! A running server, and clients.

use evenfield_speedtest::message::Record;
use evenfield_speedtest::{Running, Settings};
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

pub const SUBPROTOCOL: &str = "net.measurementlab.ndt.v7";

/// The server, and what it was told to tell.
pub struct Server {
    pub running: Running,
    pub folder: tempfile::TempDir,
    records: Arc<Mutex<Vec<Record>>>,
}

impl Server {
    /// With so many places for one address and in all.
    pub fn start(tests: (usize, usize)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let files = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        std::fs::write(&files.0, made.cert.pem()).expect("written");
        std::fs::write(&files.1, made.signing_key.serialize_pem()).expect("written");
        let here = || "127.0.0.1:0".parse().expect("an address");
        let settings = Settings {
            plain: vec![here()],
            tls: vec![here()],
            status: Some(here()),
            certificate: Some(files),
            tests,
            congestion: "bbr".to_owned(),
            results: Some(evenfield_speedtest::Results { folder: folder.path().join("results"), days: 10 }),
            metadata: vec!["ticket".to_owned()],
        };
        let records = Arc::new(Mutex::new(Vec::new()));
        let told = records.clone();
        let tell = move |record: &Record| told.lock().expect("whole").push(record.clone());
        let running = Running::start(&settings, Some(Arc::new(tell))).expect("started");
        Self { running, folder, records }
    }

    pub fn address(&self, what: &str) -> SocketAddr {
        self.running.bound().iter().find(|(name, _)| *name == what).expect("bound").1
    }

    /// The results, when there are so many.
    pub async fn records(&self, count: usize) -> Vec<Record> {
        let start = Instant::now();
        loop {
            let records = self.records.lock().expect("whole").clone();
            if records.len() >= count {
                assert_eq!(records.len(), count);
                return records;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{} of {count} results", records.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A metric's value.
    pub fn metric(&self, name: &str) -> u64 {
        let page = self.running.metrics();
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("evenfield_speedtest_{name} ")));
        line.unwrap_or_else(|| panic!("{name}: {page}")).parse().expect("a number")
    }

    /// A client of the plain port.
    pub async fn client(&self, path: &str) -> WebSocketStream<TcpStream> {
        let stream = TcpStream::connect(self.address("plain")).await.expect("connected");
        upgrade(stream, path).await
    }

    /// What the plain port answers to a request in these words, until it closes.
    pub async fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address("plain")).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A WebSocket over this stream.
pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(stream: S, path: &str) -> WebSocketStream<S> {
    try_upgrade(stream, path).await.expect("a WebSocket")
}

/// The same, or why not.
pub async fn try_upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    path: &str,
) -> Result<WebSocketStream<S>, tokio_tungstenite::tungstenite::Error> {
    let mut request = format!("ws://localhost/ndt/v7/{path}").into_client_request().expect("a request");
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    let (client, response) = tokio_tungstenite::client_async(request, stream).await?;
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], SUBPROTOCOL);
    assert!(!response.headers().contains_key("Sec-WebSocket-Extensions"));
    Ok(client)
}

/// What a client saw of a test.
#[derive(Debug, Default)]
pub struct Seen {
    /// Lengths of binary messages.
    pub binary: Vec<usize>,
    pub measurements: Vec<serde_json::Value>,
    /// The code with which the server closed.
    pub closed: Option<u16>,
}

impl Seen {
    pub fn octets(&self) -> u64 {
        self.binary.iter().map(|length| *length as u64).sum()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Binary(octets) => self.binary.push(octets.len()),
            Message::Text(text) => {
                self.measurements.push(serde_json::from_str(&text).expect("JSON"));
            }
            Message::Close(frame) => self.closed = frame.map(|frame| frame.code.into()),
            _ => {}
        }
    }
}

/// Takes all that comes until the end.
pub async fn receive<S: AsyncRead + AsyncWrite + Unpin>(client: &mut WebSocketStream<S>) -> Seen {
    let mut seen = Seen::default();
    while let Some(Ok(message)) = client.next().await {
        seen.take(message);
    }
    seen
}

/// Sends messages of this length until the server says that it is enough.
pub async fn send<S: AsyncRead + AsyncWrite + Unpin>(client: WebSocketStream<S>, length: usize) -> Seen {
    let (mut writer, mut reader) = client.split();
    let load = Message::binary(vec![7; length]);
    let mut seen = Seen::default();
    while seen.closed.is_none() {
        tokio::select! {
            sent = writer.send(load.clone()) => if sent.is_err() { break },
            message = reader.next() => match message {
                Some(Ok(message)) => seen.take(message),
                _ => break,
            },
        }
    }
    // What the server has said while it was written.
    while let Some(Ok(message)) = reader.next().await {
        seen.take(message);
    }
    seen
}
