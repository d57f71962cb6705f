//! Requests to a portal, each on a connection of its own, with the token that the portal gave.

use crate::settings::Portal;
use evenfield_tls::Trust;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::http::request::Builder;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Calls a portal.
pub struct Caller {
    portal: Portal,
    token: PathBuf,
    tls: Option<TlsConnector>,
}

impl Caller {
    /// Calls this portal with the token in this file, which is read for each call. The portal's certificate must come from one of `roots`.
    ///
    /// # Errors
    /// When the roots cannot be read, or TLS not be set up; a portal on this machine needs neither.
    pub fn new(portal: Portal, token: PathBuf, roots: &Path) -> io::Result<Self> {
        let tls = match portal.secure {
            true => Some(Trust::read(roots)?.connector(b"http/1.1")?),
            false => None,
        };
        Ok(Self { portal, token, tls })
    }

    /// The portal.
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    /// Sends a request and waits for the head of the answer, however long it takes.
    ///
    /// # Errors
    /// Those of the token's file, of the network and of HTTP.
    pub async fn send<B>(&self, request: Builder, body: B) -> io::Result<Response<Incoming>>
    where
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let token = std::fs::read_to_string(&self.token)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.token.display())))?;
        let request = request
            .header(HOST, self.portal.authority())
            .header(AUTHORIZATION, format!("Bearer {}", token.trim()))
            .body(body)
            .map_err(io::Error::other)?;
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

async fn speak<S, B>(stream: S, request: Request<B>) -> io::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Ends with the answer's last octet, or when nobody wants it any more.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}
