//! Whom a client believes.

use crate::{ANY, Versions, named};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// The certificates by which servers are known to be who they should be.
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// Reads the certificates of those who are believed.
    ///
    /// # Errors
    /// When the file cannot be read or holds none.
    pub fn read(file: &Path) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| named(file, &error))? {
            let certificate = certificate.map_err(|error| named(file, &error))?;
            // One of hundreds that is no certificate of today takes nothing from the others.
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            return Err(named(file, &"no certificate in it"));
        }
        Ok(Self { roots: Arc::new(roots) })
    }

    /// Connects by any version of TLS, to speak this protocol.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn connector(&self, protocol: &[u8]) -> io::Result<TlsConnector> {
        Ok(TlsConnector::from(Arc::new(self.config(protocol, ANY)?)))
    }

    /// The settings of a client that speaks this protocol.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn config(&self, protocol: &[u8], versions: Versions) -> io::Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let config = config.map_err(io::Error::other)?;
        let mut config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(config)
    }
}
