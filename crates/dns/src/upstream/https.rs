//! Questions by HTTPS, RFC 8484, on one HTTP/2 connection.

use super::UpstreamCounts;
use super::kept::Connection;
use super::message::{Shape, answered, message};
use crate::cache::Question;
use crate::wire::Checked;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

const MESSAGE: &str = "application/dns-message";
const LONGEST: usize = u16::MAX as usize;
/// Octets of the connection, and of one answer, that are taken before they are asked for.
const WINDOW: u32 = 256 << 10;

/// An HTTP/2 connection to a server.
pub struct Https {
    send: SendRequest<Full<Bytes>>,
    uri: Uri,
    counts: Arc<UpstreamCounts>,
}

impl Connection for Https {
    fn is_open(&self) -> bool {
        !self.send.is_closed()
    }

    async fn ask(&self, question: &Question) -> io::Result<Checked> {
        let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        // Id 0, RFC 8484 section 4.1: what belongs together is said by HTTP.
        let body = message(question, &question.name, 0, Shape::Padded);
        let request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, MESSAGE)
            .header(ACCEPT, MESSAGE)
            .body(Full::from(body))
            .map_err(io::Error::other)?;
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        let response = self.send.clone().send_request(request).await.map_err(io::Error::other)?;
        if response.status() != StatusCode::OK {
            return Err(bad(format!("the server answers {} to {}", response.status(), self.uri.path())));
        }
        if response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind != MESSAGE) {
            return Err(bad(format!("what {} answers is no {MESSAGE}", self.uri.path())));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(io::Error::other)?;
        answered(question, &body.to_bytes(), &self.counts)
    }
}

impl Https {
    /// Begins HTTP/2 on a stream that is connected.
    ///
    /// # Errors
    /// When the server does not speak it.
    pub async fn new(
        stream: TlsStream<TcpStream>,
        uri: Uri,
        counts: Arc<UpstreamCounts>,
    ) -> io::Result<Self> {
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the server does not speak HTTP/2"));
        }
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .initial_connection_window_size(WINDOW)
            .initial_stream_window_size(WINDOW)
            .max_header_list_size(16 << 10);
        let (send, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { send, uri, counts })
    }
}
