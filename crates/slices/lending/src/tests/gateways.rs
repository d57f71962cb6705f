//! A gateway of text messages and a mail server for tests, on ports of this machine.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// What a gateway was handed: the fields of the form, and whom it was signed in as.
#[derive(Clone, Debug, Default)]
pub struct Handed {
    pub account: String,
    pub authorization: String,
    pub fields: HashMap<String, String>,
}

/// A gateway that takes all messages, unless it is told another status.
#[derive(Clone, Default)]
pub struct TextDouble {
    pub handed: Arc<Mutex<Vec<Handed>>>,
    pub status: Arc<Mutex<u16>>,
}

async fn taken(
    State(double): State<TextDouble>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let url = reqwest::Url::parse(&format!("http://x/?{body}")).expect("a form");
    let fields = url.query_pairs().into_owned().collect();
    let authorization = headers.get("authorization").map_or("", |v| v.to_str().expect("text")).to_owned();
    let mut handed = double.handed.lock().expect("a lock");
    handed.push(Handed { account, authorization, fields });
    let status = StatusCode::from_u16(*double.status.lock().expect("a lock")).expect("a status");
    let answer = match status.is_success() {
        true => format!("{{\"sid\":\"SM{}\",\"status\":\"queued\"}}", handed.len()),
        false => "{\"code\":21610,\"message\":\"no\"}".to_owned(),
    };
    (status, answer).into_response()
}

impl TextDouble {
    /// Begins to answer; its address.
    pub async fn start() -> (Self, String) {
        let double = Self { status: Arc::new(Mutex::new(201)), ..Self::default() };
        let router = axum::Router::new()
            .route("/2010-04-01/Accounts/{account}/Messages.json", post(taken))
            .with_state(double.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
        (double, format!("http://{address}"))
    }

    pub fn all(&self) -> Vec<Handed> {
        self.handed.lock().expect("a lock").clone()
    }
}

/// A mail server (RFC 5321, as much of it as one mail needs) that keeps what it takes. Its answer to a mail can be set.
#[derive(Clone)]
pub struct MailDouble {
    pub mails: Arc<Mutex<Vec<String>>>,
    pub answer: Arc<Mutex<&'static str>>,
}

impl MailDouble {
    /// Begins to answer; its address.
    pub async fn start() -> (Self, String) {
        let double = Self { mails: Arc::default(), answer: Arc::new(Mutex::new("250 taken")) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = double.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let server = server.clone();
                tokio::spawn(async move { server.talk(stream).await });
            }
        });
        (double, format!("smtp://{address}"))
    }

    async fn talk(&self, stream: tokio::net::TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut mail: Option<String> = None;
        let _ = write.write_all(b"220 double\r\n").await;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match (&mut mail, line.as_str()) {
                (Some(text), ".") => {
                    let answer = *self.answer.lock().expect("a lock");
                    if answer.starts_with('2') {
                        self.mails.lock().expect("a lock").push(std::mem::take(text));
                    }
                    mail = None;
                    // An answer that never comes: the line is cut.
                    if answer.is_empty() {
                        return;
                    }
                    answer
                }
                (Some(text), line) => {
                    text.push_str(line);
                    text.push('\n');
                    continue;
                }
                (None, "DATA") => {
                    mail = Some(String::new());
                    "354 go on"
                }
                (None, "QUIT") => "221 bye",
                (None, _) => "250 double",
            };
            let _ = write.write_all(format!("{answer}\r\n").as_bytes()).await;
        }
    }
}
