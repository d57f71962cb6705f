//! A server that is asked: how it is reached, and how it does.

use super::datagrams::Datagrams;
use super::https::Https;
use super::kept::Kept;
use super::message::Shape;
use super::quic::Quic;
use super::stream::Stream;
use super::{UpstreamCounts, local_for};
use crate::Clock;
use crate::cache::Question;
use crate::settings::{By, Server};
use crate::wire::Checked;
use evenfield_tls::{QUIC, Trust};
use quinn::crypto::rustls::QuicClientConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A server that failed comes last for so long, twice as long after each failure more, up to a limit; seconds.
const DOWN_S: u32 = 10;
const DOWN_AT_MOST_S: u32 = 160;
/// Failures in a row that the log tells of; one lost datagram is none.
const WORTH_TELLING: u32 = 2;
/// The least time after which the next server is asked as well.
const PATIENCE: Duration = Duration::from_millis(250);
/// What a server is taken to need before anything is known of it, microseconds.
const UNKNOWN_US: u32 = 100_000;

/// How a server is reached.
enum Way {
    /// UDP, and TCP for what does not fit.
    Plain(Datagrams, Kept<Stream>),
    Tls(Kept<Stream>, TlsConnector),
    Https(Kept<Https>, TlsConnector, hyper::Uri),
    Quic(Kept<Quic>, quinn::ClientConfig, OnceLock<quinn::Endpoint>),
}

/// A server.
pub struct Upstream {
    /// What the settings say of it.
    pub server: Server,
    way: Way,
    timeout: Duration,
    counts: Arc<UpstreamCounts>,
    /// How it does.
    pub health: Health,
}

/// How a server does, by what it was asked.
pub struct Health {
    /// How long it takes to answer, and by how much that varies: RFC 6298, microseconds.
    time_us: AtomicU32,
    varies_us: AtomicU32,
    /// Failures since it last answered.
    failures: AtomicU32,
    /// Until when it comes last, seconds since the program began.
    down_until_s: AtomicU32,
}

impl Health {
    fn new() -> Self {
        let (time_us, varies_us) = (AtomicU32::new(UNKNOWN_US), AtomicU32::new(UNKNOWN_US / 2));
        Self { time_us, varies_us, failures: AtomicU32::new(0), down_until_s: AtomicU32::new(0) }
    }

    /// Whether it failed lately.
    pub fn is_down(&self, now_s: u32) -> bool {
        self.down_until_s.load(Ordering::Relaxed) > now_s
    }

    /// How long it takes to answer, smoothed.
    pub fn time(&self) -> Duration {
        Duration::from_micros(self.time_us.load(Ordering::Relaxed).into())
    }

    /// After how long without an answer another server is asked as well.
    pub fn patience(&self) -> Duration {
        let varies = Duration::from_micros(self.varies_us.load(Ordering::Relaxed).into());
        (self.time() + 4 * varies).max(PATIENCE)
    }

    /// It answered; how often it had failed before. Two answers at the same time may lose one measurement: it is an
    /// estimate.
    fn answered(&self, took: Duration) -> u32 {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let (time, varies) = (self.time_us.load(Ordering::Relaxed), self.varies_us.load(Ordering::Relaxed));
        self.time_us.store(time - time / 8 + took / 8, Ordering::Relaxed);
        self.varies_us.store(varies - varies / 4 + took.abs_diff(time) / 4, Ordering::Relaxed);
        self.down_until_s.store(0, Ordering::Relaxed);
        self.failures.swap(0, Ordering::Relaxed)
    }

    /// It failed; how often since it last answered. Those who wait at the same time fail together, and are one.
    fn failed(&self, now_s: u32) -> u32 {
        if self.is_down(now_s) {
            return 0;
        }
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        let down_s = (DOWN_S << before.min(8)).min(DOWN_AT_MOST_S);
        self.down_until_s.store(now_s + down_s, Ordering::Relaxed);
        before + 1
    }
}

impl Upstream {
    /// A server, not yet connected. `trust` is there when any server is encrypted.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        server: Server,
        limit: Duration,
        trust: Option<&Trust>,
        counts: Arc<UpstreamCounts>,
    ) -> io::Result<Self> {
        let trust = || trust.ok_or_else(|| io::Error::other("no roots for encrypted servers"));
        let connector = |protocol: &[u8]| trust()?.connector(protocol);
        let way = match &server.by {
            By::Plain => Way::Plain(Datagrams::new(server.address, counts.clone()), Kept::new(limit)),
            By::Tls => Way::Tls(Kept::new(limit), connector(b"dot")?),
            By::Https(path) => {
                let authority = match &server.name {
                    Some(name) => format!("{name}:{}", server.address.port()),
                    None => server.address.to_string(),
                };
                let uri = format!("https://{authority}{path}").parse().map_err(io::Error::other)?;
                Way::Https(Kept::new(limit), connector(b"h2")?, uri)
            }
            By::Quic => {
                let config = trust()?.config(b"doq", QUIC)?;
                let config = QuicClientConfig::try_from(config).map_err(io::Error::other)?;
                Way::Quic(Kept::new(limit), quinn::ClientConfig::new(Arc::new(config)), OnceLock::new())
            }
        };
        Ok(Self { server, way, timeout: limit, counts, health: Health::new() })
    }

    /// Asks; `times` the usual time is given it.
    ///
    /// # Errors
    /// When it does not answer, or not in a way that can be used.
    pub async fn ask(
        self: Arc<Self>,
        question: Arc<Question>,
        times: u32,
        clock: Clock,
    ) -> io::Result<Checked> {
        let start = Instant::now();
        let outcome = timeout(self.timeout * times, self.ask_by(&question)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        match &outcome {
            Ok(_) => {
                if self.health.answered(start.elapsed()) >= WORTH_TELLING {
                    tracing::info!(server = %self.server, "upstream answers again");
                }
            }
            Err(error) => {
                self.counts.failed.fetch_add(1, Ordering::Relaxed);
                if self.health.failed(clock.up_s()) == WORTH_TELLING {
                    tracing::warn!(server = %self.server, %error, "upstream does not answer");
                }
            }
        }
        outcome
    }

    async fn ask_by(&self, question: &Question) -> io::Result<Checked> {
        match &self.way {
            Way::Plain(datagrams, stream) => {
                let checked = datagrams.ask(question).await?;
                if checked.truncated { stream.ask(question, || self.plain()).await } else { Ok(checked) }
            }
            Way::Tls(kept, tls) => kept.ask(question, || self.tls(tls)).await,
            Way::Https(kept, tls, uri) => kept.ask(question, || self.https(tls, uri)).await,
            Way::Quic(kept, config, endpoint) => kept.ask(question, || self.quic(config, endpoint)).await,
        }
    }

    async fn plain(&self) -> io::Result<Stream> {
        Ok(Stream::new(self.connect().await?, Shape::Plain, self.counts.clone()))
    }

    async fn tls(&self, connector: &TlsConnector) -> io::Result<Stream> {
        Ok(Stream::new(self.secure(connector).await?, Shape::Padded, self.counts.clone()))
    }

    async fn https(&self, connector: &TlsConnector, uri: &hyper::Uri) -> io::Result<Https> {
        Https::new(self.secure(connector).await?, uri.clone(), self.counts.clone()).await
    }

    async fn quic(
        &self,
        config: &quinn::ClientConfig,
        endpoint: &OnceLock<quinn::Endpoint>,
    ) -> io::Result<Quic> {
        let name = self.server.server_name();
        let endpoint = endpoint_for(endpoint, self.server.address)?;
        let connecting = endpoint.connect_with(config.clone(), self.server.address, &name.to_str());
        let connection = connecting.map_err(io::Error::other)?.await?;
        Ok(Quic { connection, counts: self.counts.clone() })
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.server.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Connects, and checks that the server is who it should be.
    async fn secure(&self, connector: &TlsConnector) -> io::Result<TlsStream<TcpStream>> {
        connector.connect(self.server.server_name(), self.connect().await?).await
    }
}

/// The socket for QUIC, made when it is first needed.
fn endpoint_for(endpoint: &OnceLock<quinn::Endpoint>, server: SocketAddr) -> io::Result<&quinn::Endpoint> {
    if let Some(endpoint) = endpoint.get() {
        return Ok(endpoint);
    }
    let new = quinn::Endpoint::client(local_for(server))?;
    Ok(endpoint.get_or_init(|| new))
}
