//! Certificates, who a server name says it is, and DNS over TLS, RFC 7858.

use super::stream::messages;
use super::{Service, accept};
use crate::pipeline::Client;
use crate::settings::Tls;
use arc_swap::ArcSwap;
use evenfield_events::Transport;
use evenfield_policy::DeviceKey;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client that sends nothing whole for so long is sent away: longer than with plain TCP, since a new handshake costs as much as twenty
/// queries, RFC 7858 section 3.4.
pub const IDLE: Duration = Duration::from_secs(60);
/// How often the certificate's file is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// The TLS settings of one transport, renewed when the certificate is.
pub type Config = Arc<ArcSwap<ServerConfig>>;

/// Certificate and key as they are used by the encrypted transports.
pub struct Certificates {
    settings: Tls,
    seen: Option<SystemTime>,
    /// The one that was complained of.
    told: Option<SystemTime>,
    configs: [Config; 3],
}

impl Certificates {
    /// Reads them.
    ///
    /// # Errors
    /// When a file cannot be read, holds no certificate or key, or they do not belong together.
    pub fn open(settings: &Tls) -> io::Result<Self> {
        let configs = read(settings)?.map(|config| Arc::new(ArcSwap::from_pointee(config)));
        Ok(Self { settings: settings.clone(), seen: changed(&settings.certificate), told: None, configs })
    }

    /// The TLS settings for TLS, HTTPS and QUIC.
    pub fn configs(&self) -> [Config; 3] {
        self.configs.clone()
    }

    /// Takes a new certificate when there is one; one that is no good is told of, and the old one stays.
    pub async fn renew(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let now = changed(&self.settings.certificate);
            if now.is_none() || now == self.seen {
                continue;
            }
            // It is tried again until it can be used: its key may come later.
            match read(&self.settings) {
                Ok(new) => {
                    self.seen = now;
                    self.configs.iter().zip(new).for_each(|(config, new)| config.store(Arc::new(new)));
                }
                Err(error) if self.told != now => {
                    self.told = now;
                    tracing::error!(%error, "the new certificate is not used, the old one stays");
                }
                Err(_) => {}
            }
        }
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|meta| meta.modified()).ok()
}

/// The TLS settings for TLS, HTTPS and QUIC, in this order.
fn read(settings: &Tls) -> io::Result<[ServerConfig; 3]> {
    let named = |file: &Path, error: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(&settings.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(&settings.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| named(&settings.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = |protocol: &[u8], versions| {
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain.clone(), key.clone_key()))
            .map_err(|error| named(&settings.certificate, &error))?;
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok::<_, io::Error>(config)
    };
    // QUIC has TLS 1.3 alone, and wants it said.
    Ok([
        config(b"dot", rustls::ALL_VERSIONS)?,
        config(b"h2", rustls::ALL_VERSIONS)?,
        config(b"doq", &[&rustls::version::TLS13])?,
    ])
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
