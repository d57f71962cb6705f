//! Facts to the portal, whenever there is a link: one batch at a time, each until it is acknowledged.

use crate::facts::Batch;
use crate::keeper::Keeper;
pub use evenfield_dns::Portal;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

/// Where a portal takes facts.
pub const PATH: &str = "/edge/facts";
/// About so many octets go at a time: half a minute on a poor link.
const BATCH: usize = 256 << 10;
/// How long the portal may take for a batch.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait when there is nothing to send, and between tries, at first and at most.
const IDLE: Duration = Duration::from_secs(5);
const TRY_AGAIN: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));
/// The longest answer.
const LONGEST_ANSWER: usize = 4_096;

/// What the portal answers.
#[derive(Debug, Deserialize)]
struct Answer {
    mark: u64,
}

/// Sends facts.
pub struct Uploader {
    portal: Portal,
    token: PathBuf,
    tls: Option<TlsConnector>,
}

impl Uploader {
    /// A sender to this portal, with the token in this file. The portal's certificate must come from one of `roots`.
    ///
    /// # Errors
    /// When the roots cannot be read.
    pub fn new(portal: Portal, token: PathBuf, roots: &Path) -> io::Result<Self> {
        let tls = if portal.secure { Some(connector(roots)?) } else { None };
        Ok(Self { portal, token, tls })
    }

    /// Sends for ever.
    pub async fn run(self, keeper: Keeper) {
        let (mut well, mut pause) = (true, TRY_AGAIN.0);
        loop {
            let Some(batch) = keeper.batch(BATCH).await else {
                sleep(IDLE).await;
                continue;
            };
            match self.send(&batch).await {
                Ok(mark) => {
                    if !well {
                        tracing::info!("the portal takes facts again");
                    }
                    (well, pause) = (true, TRY_AGAIN.0);
                    keeper.acknowledge(batch.head.boot, mark).await;
                }
                Err(error) => {
                    if well {
                        tracing::warn!(%error, "facts stay here until the portal takes them");
                    }
                    well = false;
                    sleep(pause).await;
                    pause = (pause * 2).min(TRY_AGAIN.1);
                }
            }
        }
    }

    /// Sends a batch; the portal's mark of its boot, also where it wants earlier facts first.
    async fn send(&self, batch: &Batch) -> io::Result<u64> {
        let token = std::fs::read_to_string(&self.token)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.token.display())))?;
        let body = batch.write().ok_or_else(|| io::Error::other("a fact that fits no line"))?;
        let request = Request::post(PATH)
            .header(HOST, self.portal.authority())
            .header(AUTHORIZATION, format!("Bearer {}", token.trim()))
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the portal does not answer in time");
        let (status, answer) = timeout(PATIENCE, self.exchange(request)).await.map_err(late)??;
        match status {
            StatusCode::OK | StatusCode::CONFLICT => {
                let answer: Answer = serde_json::from_slice(&answer).map_err(io::Error::other)?;
                if status == StatusCode::OK && answer.mark < batch.head.through {
                    return Err(io::Error::other("the portal says that it has less than it was sent"));
                }
                Ok(answer.mark)
            }
            StatusCode::NOT_FOUND => Err(io::Error::other("the portal knows no bus with this token")),
            other => Err(io::Error::other(format!("the portal answers {other}"))),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> io::Result<(StatusCode, Bytes)> {
        let stream = TcpStream::connect((self.portal.host.as_str(), self.portal.port)).await?;
        match &self.tls {
            Some(tls) => {
                let name = ServerName::try_from(self.portal.host.clone()).map_err(io::Error::other)?;
                speak(tls.connect(name, stream).await?, request).await
            }
            None => speak(stream, request).await,
        }
    }
}

/// A connection of its own for a request.
async fn speak<S>(stream: S, request: Request<Full<Bytes>>) -> io::Result<(StatusCode, Bytes)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Ends with the answer's last octet, or when nobody wants it any more.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status();
    let body =
        Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.map_err(io::Error::other)?;
    Ok((status, body.to_bytes()))
}

fn connector(roots: &Path) -> io::Result<TlsConnector> {
    let mut store = rustls::RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(roots).map_err(io::Error::other)?;
    store.add_parsable_certificates(certificates.filter_map(Result::ok));
    if store.is_empty() {
        return Err(io::Error::other(format!("{}: no certificate in it", roots.display())));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_is_told_by_https_but_on_this_machine() {
        let portal: Portal = "https://Gap.example.org".parse().expect("a portal");
        assert_eq!((portal.secure, portal.host.as_str(), portal.port), (true, "gap.example.org", 443));
        for text in ["http://[::1]:8080", "http://localhost", "https://[2001:db8::1]:8443/"] {
            assert!(text.parse::<Portal>().is_ok(), "{text}");
        }
        for text in [
            "",
            "http://gap.example.org",
            "https://gap.example.org/x",
            "ftp://a",
            "https://a@b",
            "https://b:0",
        ] {
            assert_eq!(text.parse::<Portal>(), Err(()), "{text}");
        }
    }
}
