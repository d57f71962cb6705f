//! A server's certificate and key, renewed when their files are.

use crate::{Versions, named};
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

/// The TLS settings of one protocol, renewed when the certificate is.
pub type Config = Arc<ArcSwap<ServerConfig>>;

/// A protocol's name in TLS (RFC 7301), and the versions by which it may come.
pub type Protocol = (&'static [u8], Versions);

/// Certificate and key as they are served for some protocols.
#[derive(Debug)]
pub struct Certificates<const N: usize> {
    certificate: PathBuf,
    key: PathBuf,
    protocols: [Protocol; N],
    seen: Option<SystemTime>,
    /// The one that was complained of.
    told: Option<SystemTime>,
    configs: [Config; N],
}

impl<const N: usize> Certificates<N> {
    /// Reads them.
    ///
    /// # Errors
    /// When a file cannot be read, holds no certificate or key, or they do not belong together.
    pub fn open(certificate: &Path, key: &Path, protocols: [Protocol; N]) -> io::Result<Self> {
        let configs = read(certificate, key, &protocols)?;
        let configs: Vec<Config> =
            configs.into_iter().map(|config| Arc::new(ArcSwap::from_pointee(config))).collect();
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            protocols,
            seen: changed(certificate),
            told: None,
            configs: std::array::from_fn(|n| configs[n].clone()),
        })
    }

    /// The TLS settings for each protocol.
    pub fn configs(&self) -> [Config; N] {
        self.configs.clone()
    }

    /// Takes a new certificate when there is one, for ever.
    pub async fn renew(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// Looks once. A new certificate that is no good is told of once and tried again, for its key may come later; the old one
    /// stays.
    fn look(&mut self) {
        let now = changed(&self.certificate);
        if now.is_none() || now == self.seen {
            return;
        }
        match read(&self.certificate, &self.key, &self.protocols) {
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

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|meta| meta.modified()).ok()
}

/// The TLS settings for each protocol.
fn read(certificate: &Path, key: &Path, protocols: &[Protocol]) -> io::Result<Vec<ServerConfig>> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| named(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = |(protocol, versions): &Protocol| {
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .and_then(|config| {
                config.with_no_client_auth().with_single_cert(chain.clone(), secret.clone_key())
            })
            .map_err(|error| named(certificate, &error))?;
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(config)
    };
    protocols.iter().map(config).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ANY, QUIC, Trust};

    struct Files(tempfile::TempDir);

    impl Files {
        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Puts a pair of its own in place: the certificate's file is then `age_s` seconds old.
        fn put(&self, names: &[&str], age_s: u64) {
            let pair =
                rcgen::generate_simple_self_signed(vec!["dns.example.org".to_owned()]).expect("a pair");
            for name in names {
                let text = if *name == "key" { pair.signing_key.serialize_pem() } else { pair.cert.pem() };
                std::fs::write(self.path(name), text).expect("written");
            }
            let file = std::fs::File::options().append(true).open(self.path("certificate")).expect("a file");
            file.set_modified(SystemTime::now() - Duration::from_secs(age_s)).expect("set");
        }
    }

    #[test]
    fn a_new_pair_is_served_and_half_of_one_is_not() {
        let files = Files(tempfile::tempdir().expect("a folder"));
        files.put(&["certificate", "key"], 300);
        let protocols = [(&b"h2"[..], ANY), (b"doq", QUIC)];
        let mut certificates =
            Certificates::open(&files.path("certificate"), &files.path("key"), protocols).expect("a pair");
        let [one, other] = certificates.configs();
        let (before, quic) = (one.load_full(), other.load_full());
        assert_eq!(
            (&before.alpn_protocols[..], &quic.alpn_protocols[..]),
            (&[b"h2".to_vec()][..], &[b"doq".to_vec()][..])
        );
        certificates.look();
        assert!(Arc::ptr_eq(&before, &one.load_full()), "nothing is new");
        files.put(&["certificate"], 200);
        certificates.look();
        assert!(Arc::ptr_eq(&before, &one.load_full()), "the key is another's");
        assert!(certificates.told.is_some());
        files.put(&["certificate", "key"], 100);
        certificates.look();
        assert!(!Arc::ptr_eq(&before, &one.load_full()) && !Arc::ptr_eq(&quic, &other.load_full()));
    }

    #[test]
    fn what_is_no_certificate_is_told_with_its_file() {
        let files = Files(tempfile::tempdir().expect("a folder"));
        files.put(&["certificate", "key"], 0);
        std::fs::write(files.path("nothing"), "nothing\n").expect("written");
        let open = |certificate: &str, key: &str| {
            let opened = Certificates::open(&files.path(certificate), &files.path(key), [(b"h2", ANY)]);
            opened.map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(open("certificate", "key"), Ok(()));
        for (certificate, key, named) in [
            ("certificate", "nothing", "nothing"),
            ("absent", "key", "absent"),
            ("nothing", "key", "nothing"),
        ] {
            let error = open(certificate, key).expect_err("no pair");
            assert!(error.contains(&files.path(named).display().to_string()), "{error}");
        }
        let trust = |name: &str| Trust::read(&files.path(name)).map(drop).map_err(|error| error.to_string());
        assert_eq!(trust("certificate"), Ok(()));
        assert!(trust("nothing").expect_err("none").contains("no certificate in it"));
    }
}
