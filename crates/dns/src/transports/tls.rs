//! Certificates, who a server name says it is, and DNS over TLS, RFC 7858.

use super::stream::messages;
use super::{Service, accept};
use crate::pipeline::Client;
use crate::settings::Tls;
use evenfield_events::Transport;
use evenfield_policy::DeviceKey;
use evenfield_tls::{ANY, Config, Protocol, QUIC};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client that sends nothing whole for so long is sent away: longer than with plain TCP, since a new handshake costs as much as twenty
/// queries, RFC 7858 section 3.4.
pub const IDLE: Duration = Duration::from_secs(60);
/// Certificate and key as they are served to clients of TLS, HTTPS and QUIC, in this order.
pub type Certificates = evenfield_tls::Certificates<3>;

/// Reads them.
///
/// # Errors
/// When a file cannot be read, holds no certificate or key, or they do not belong together.
pub fn certificates(settings: &Tls) -> io::Result<Certificates> {
    let protocols: [Protocol; 3] = [(b"dot", ANY), (b"h2", ANY), (b"doq", QUIC)];
    Certificates::open(&settings.certificate, &settings.key, protocols)
}

/// The device whose token stands before our domain in the name that a client asked for: `TOKEN.dns.example.org`.
pub fn device_of(server_name: Option<&str>, domain: Option<&str>) -> Option<DeviceKey> {
    let (name, domain) = (server_name?.to_ascii_lowercase(), domain?);
    let token = name.strip_suffix(domain)?.strip_suffix('.')?;
    (!token.is_empty() && !token.contains('.')).then(|| DeviceKey::of_token(token))
}

/// Makes the handshake within its time; the stream, and the device whose token it showed.
pub async fn handshake(
    service: &Service,
    config: &Config,
    stream: TcpStream,
) -> Option<(TlsStream<TcpStream>, Option<DeviceKey>)> {
    let _ = stream.set_nodelay(true);
    let accept = TlsAcceptor::from(config.load_full()).accept(stream);
    let stream = tokio::time::timeout(HANDSHAKE, accept).await.ok()?.ok()?;
    let device = service.device(stream.get_ref().1.server_name());
    Some((stream, device))
}

/// Serves DNS over TLS for ever.
pub async fn tls(service: Arc<Service>, config: Config, listener: TcpListener) {
    loop {
        let (stream, from, place) = accept(&service, &listener).await;
        let (service, config) = (service.clone(), config.clone());
        tokio::spawn(async move {
            if let Some((stream, device)) = handshake(&service, &config, stream).await
                && service.may_stay(&place, device)
            {
                let client = Client { address: from.ip(), transport: Transport::Tls, device };
                let _ = messages(service, client, stream, (IDLE, &place)).await;
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_label_before_the_domain() {
        let device = |name| device_of(name, Some("dns.example.org"));
        assert_eq!(device(Some("ABC.dns.example.org")), Some(DeviceKey::of_token("abc")));
        for nobody in
            ["dns.example.org", ".dns.example.org", "a.b.dns.example.org", "abcdns.example.org", "abc"]
        {
            assert_eq!(device(Some(nobody)), None, "{nobody}");
        }
        assert_eq!((device(None), device_of(Some("abc.dns.example.org"), None)), (None, None));
    }
}
