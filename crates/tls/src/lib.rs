//! TLS of the edge: certificates that are renewed while they are served, and whom a client believes.

mod certificates;
mod trust;

pub use certificates::{Certificates, Config, Protocol};
pub use trust::Trust;

/// Any version of TLS that is still good.
pub const ANY: Versions = rustls::ALL_VERSIONS;
/// What QUIC has, and wants said.
pub const QUIC: Versions = &[&rustls::version::TLS13];

/// Versions of TLS.
pub type Versions = &'static [&'static rustls::SupportedProtocolVersion];

/// An error of a file, with its name.
fn named(file: &std::path::Path, error: &dyn std::fmt::Display) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{}: {error}", file.display()))
}
