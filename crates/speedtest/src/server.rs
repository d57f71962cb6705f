//! Binds, accepts, answers HTTP, and hands connections over to their tests.

use crate::admit::{Full, Places};
use crate::conduct::{Conduct, Means};
use crate::counters::{Counters, Refused};
use crate::diag::Diag;
use crate::message::Record;
use crate::request::{self, Asked, Head, Refusal, SUBPROTOCOL};
use crate::results::Writer;
use crate::settings::Settings;
use bytes::Bytes;
use evenfield_tls::{ANY, Certificates, Config};
use http_body_util::Full as Whole;
use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tungstenite::handshake::derive_accept_key;

/// A TLS handshake, or the head of a request, that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// Connections without a test that there may be beside those with one, from one address and in all.
const SPARE: (usize, usize) = (16, 256);
/// The longest head of a request: its query string may have 4,096 octets.
const LONGEST_HEAD: usize = 16 << 10;
/// Octets that wait unsent in a socket at most. More would make measurements and the end of a test come late on a slow line.
const UNSENT: u32 = 512 << 10;
/// Results that wait to be written.
const RESULTS: usize = 1_024;
/// How long tests may take to end when the server stops.
const PARTING: Duration = Duration::from_secs(5);

/// Who is told the result of a test, beside the file.
pub type Tell = Arc<dyn Fn(&Record) + Send + Sync>;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened at.
    #[error("cannot listen at {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The certificate cannot be used.
    #[error("tests with TLS: {0}")]
    Certificate(io::Error),
    /// Results cannot be written there.
    #[error("the folder of results: {0}")]
    Results(io::Error),
    /// The system does not give what is needed.
    #[error("the system: {0}")]
    System(io::Error),
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) counters: Arc<Counters>,
    pub(crate) tests: Arc<Places>,
    connections: Arc<Places>,
    means: Arc<Means>,
    /// Names of metadata that are kept.
    kept: Vec<String>,
    results: Option<mpsc::Sender<Record>>,
    tell: Option<Tell>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// A server at work.
pub struct Running {
    bound: Vec<(&'static str, SocketAddr)>,
    stop: watch::Sender<bool>,
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Running {
    /// Binds everything and begins to serve, on the Tokio runtime of the caller.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: &Settings, tell: Option<Tell>) -> Result<Self, StartError> {
        let diag = Diag::open();
        if let Err(error) = &diag {
            tracing::warn!(%error, "the kernel tells nothing of connections: results are the program's own counts");
        }
        let means = Means::new(diag.ok()).map_err(StartError::System)?;
        let certificate = settings.certificate.as_ref().map(open).transpose();
        let certificate = certificate.map_err(StartError::Certificate)?;
        let results = settings.results.clone().map(|results| Writer::open(results, jiff::Timestamp::now()));
        let results = results.transpose().map_err(StartError::Results)?;
        let (of_address, of_all) = settings.tests;
        let (stop, stopped) = watch::channel(false);
        let (send, receive) = mpsc::channel(RESULTS);
        let shared = Arc::new(Shared {
            counters: Arc::default(),
            tests: Places::new(of_address, of_all),
            connections: Places::new(of_address + SPARE.0, of_all + SPARE.1),
            means: Arc::new(means),
            kept: settings.metadata.clone(),
            results: results.is_some().then_some(send),
            tell,
            stop: stopped,
        });
        let mut running = Self { bound: Vec::new(), stop, shared, writer: None };
        let mut listeners = Vec::new();
        for address in &settings.plain {
            listeners.push((running.bind("plain", *address, &settings.congestion)?, None));
        }
        for address in &settings.tls {
            let config = certificate.as_ref().map(|certificate| {
                let [config] = certificate.configs();
                config
            });
            let config = config.ok_or_else(|| StartError::Certificate(io::Error::other("there is none")))?;
            listeners.push((running.bind("tls", *address, &settings.congestion)?, Some(config)));
        }
        let status = settings.status.map(|address| running.bind("status", address, "")).transpose()?;
        for (listener, config) in listeners {
            tokio::spawn(serve(running.shared.clone(), listener, config));
        }
        if let Some(status) = status {
            tokio::spawn(crate::status::serve(running.shared.clone(), status));
        }
        if let Some(certificate) = certificate {
            tokio::spawn(certificate.renew());
        }
        if let Some(writer) = results {
            let counters = running.shared.counters.clone();
            running.writer = Some(tokio::task::spawn_blocking(move || write(&counters, writer, receive)));
        }
        Ok(running)
    }

    /// What is listened at: `plain`, `tls` or `status`, and the address.
    pub fn bound(&self) -> &[(&'static str, SocketAddr)] {
        &self.bound
    }

    /// The page of metrics.
    pub fn metrics(&self) -> String {
        self.shared.counters.page(self.shared.tests.taken())
    }

    /// Tells all tests to end, and waits a few seconds for them and until their results are written.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let end = tokio::time::Instant::now() + PARTING;
        while self.shared.tests.taken() > 0 && tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The writer ends when nobody is left who could send it a result.
        drop(self.shared);
        if let Some(writer) = self.writer {
            let _ = tokio::time::timeout_at(end, writer).await;
        }
    }

    fn bind(
        &mut self,
        what: &'static str,
        address: SocketAddr,
        congestion: &str,
    ) -> Result<TcpListener, StartError> {
        let listener = listen(address, congestion).map_err(|error| StartError::Listen(address, error))?;
        let bound = listener.local_addr().map_err(|error| StartError::Listen(address, error))?;
        self.bound.push((what, bound));
        Ok(listener)
    }
}

/// The certificate and its key. A WebSocket begins with HTTP/1.1.
fn open((certificate, key): &(PathBuf, PathBuf)) -> io::Result<Certificates<1>> {
    Certificates::open(certificate, key, [(b"http/1.1", ANY)])
}

/// Whether everything that settings name can be used, without listening anywhere.
///
/// # Errors
/// [`StartError`].
pub fn check(settings: &Settings) -> Result<(), StartError> {
    settings.certificate.as_ref().map(open).transpose().map_err(StartError::Certificate)?;
    match &settings.results {
        Some(results) if results.folder.exists() && !results.folder.is_dir() => {
            Err(StartError::Results(io::Error::from(io::ErrorKind::NotADirectory)))
        }
        _ => Ok(()),
    }
}

fn listen(address: SocketAddr, congestion: &str) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    socket.set_reuseaddr(true)?;
    if !congestion.is_empty() {
        // What is accepted has it from the listener.
        let set = SockRef::from(&socket).set_tcp_congestion(congestion.as_bytes());
        if let Err(error) = set {
            tracing::warn!(%error, congestion, "the system's own congestion control is used");
        }
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Writes results until nobody sends any.
fn write(counters: &Counters, mut writer: Writer, mut results: mpsc::Receiver<Record>) {
    let mut told = false;
    while let Some(record) = results.blocking_recv() {
        let written = writer.write(&record, jiff::Timestamp::now());
        counters.result(written.is_ok());
        match written {
            Ok(()) => told = false,
            Err(error) if !told => {
                told = true;
                tracing::error!(%error, "a result cannot be written");
            }
            Err(_) => {}
        }
    }
}

/// Accepts until the server stops.
async fn serve(shared: Arc<Shared>, listener: TcpListener, config: Option<Config>) {
    let mut stop = shared.stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, peer)) = accepted else {
            // No more files may be open, or the client has gone already.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = shared.connections.take(peer.ip()) else {
            shared.counters.refused(Refused::Connection);
            continue;
        };
        let (shared, config) = (shared.clone(), config.clone());
        tokio::spawn(async move {
            if connection(&shared, stream, peer, config).await.is_none() {
                shared.counters.refused(Refused::Connection);
            }
            drop(place);
        });
    }
}

/// One connection: a request, and where it is one for a test, the test.
async fn connection(
    shared: &Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    config: Option<Config>,
) -> Option<()> {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
    let ends = (stream.local_addr().ok()?, peer);
    match config {
        None => http(shared, stream, ends, false).await,
        Some(config) => {
            let accept = TlsAcceptor::from(config.load_full()).accept(stream);
            let stream = tokio::time::timeout(PATIENCE, accept).await.ok()?.ok()?;
            http(shared, stream, ends, true).await
        }
    }
}

/// What has been agreed on, until the connection is free for it.
type Agreed = Arc<std::sync::Mutex<Option<(OnUpgrade, Asked, crate::admit::Place)>>>;

async fn http<S>(shared: &Arc<Shared>, stream: S, ends: (SocketAddr, SocketAddr), tls: bool) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let agreed = Agreed::default();
    let service = service_fn(|mut request: Request<Incoming>| {
        let response = respond(shared, &mut request, ends, &agreed);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LONGEST_HEAD);
    let served = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut served = std::pin::pin!(served);
    let mut stop = shared.stop.clone();
    tokio::select! {
        served = served.as_mut() => served.ok()?,
        _ = stop.wait_for(|stop| *stop) => return Some(()),
    }
    let Some((upgrade, asked, place)) = agreed.lock().ok()?.take() else { return Some(()) };
    // Nothing can have come before the handshake's answer was sent but from a client that did not wait for it.
    let parts = upgrade.await.ok()?.downcast::<TokioIo<S>>().ok()?;
    if !parts.read_buf.is_empty() {
        return None;
    }
    let test = asked.test;
    let conduct = Conduct { means: shared.means.clone(), asked, ends, tls, stop: shared.stop.clone() };
    let record = conduct.run(parts.io.into_inner()).await;
    drop(place);
    shared.counters.ended(test, &record);
    if let Some(tell) = &shared.tell {
        tell(&record);
    }
    if let Some(results) = &shared.results
        && results.try_send(record).is_err()
    {
        shared.counters.result(false);
    }
    Some(())
}

fn respond(
    shared: &Arc<Shared>,
    request: &mut Request<Incoming>,
    ends: (SocketAddr, SocketAddr),
    agreed: &Agreed,
) -> Response<Whole<Bytes>> {
    let asked = match read(request) {
        Ok(asked) => asked,
        Err(refusal) => {
            shared.counters.refused(Refused::Request);
            return refused(refusal);
        }
    };
    let place = match shared.tests.take(ends.1.ip()) {
        Ok(place) => place,
        Err(full) => {
            let (why, status, says) = match full {
                Full::Address => (Refused::Address, 429, "your address has as many tests as it may\n"),
                Full::All => (Refused::All, 503, "all places for tests are taken\n"),
            };
            shared.counters.refused(why);
            return refused(Refusal { status, says });
        }
    };
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let accept = HeaderValue::from_str(&derive_accept_key(key)).expect("base64 is a header's value");
    let kept = asked.metadata.iter().filter(|(name, _)| shared.kept.contains(name)).cloned().collect();
    let asked = Asked { metadata: kept, ..asked };
    if let Ok(mut agreed) = agreed.lock() {
        *agreed = Some((hyper::upgrade::on(request), asked, place));
    }
    let mut response = Response::new(Whole::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    // No extension is taken, whatever the client offers: what is compressed measures nothing.
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    response
}

fn read(request: &Request<Incoming>) -> Result<Asked, Refusal> {
    let headers = request.headers();
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    request::read(Head {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query(),
        connection: header(CONNECTION),
        upgrade: header(UPGRADE),
        version: header(SEC_WEBSOCKET_VERSION),
        key: header(SEC_WEBSOCKET_KEY),
        protocols: header(SEC_WEBSOCKET_PROTOCOL),
    })
}

fn refused(refusal: Refusal) -> Response<Whole<Bytes>> {
    let mut response = Response::new(Whole::new(Bytes::from_static(refusal.says.as_bytes())));
    *response.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    // A connection is for one test.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // So that a page can say why.
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    match refusal.status {
        426 => drop(headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))),
        429 | 503 => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("15"))),
        _ => {}
    }
    response
}
