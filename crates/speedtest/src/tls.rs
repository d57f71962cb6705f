//! The certificate of tests with TLS, renewed when its file is.

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often the certificate's file is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// The TLS settings, renewed when the certificate is.
pub type Config = Arc<ArcSwap<ServerConfig>>;

/// A certificate's file and its key's.
#[derive(Debug)]
pub struct Certificate {
    files: (PathBuf, PathBuf),
    seen: Option<SystemTime>,
    told: Option<SystemTime>,
    config: Config,
}

impl Certificate {
    /// Reads them.
    ///
    /// # Errors
    /// When a file cannot be read, holds no certificate or key, or they do not belong together.
    pub fn open(files: &(PathBuf, PathBuf)) -> io::Result<Self> {
        let config = Arc::new(ArcSwap::from_pointee(read(files)?));
        Ok(Self { files: files.clone(), seen: changed(&files.0), told: None, config })
    }

    /// The TLS settings.
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// Takes a new certificate when there is one; one that is no good is told of once, tried again, and the old one stays.
    pub async fn renew(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let now = changed(&self.files.0);
            if now.is_none() || now == self.seen {
                continue;
            }
            match read(&self.files) {
                Ok(new) => {
                    self.seen = now;
                    self.config.store(Arc::new(new));
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

fn read((certificate, key): &(PathBuf, PathBuf)) -> io::Result<ServerConfig> {
    let named = |file: &Path, error: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| named(certificate, &error))?;
    // A WebSocket begins with HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
