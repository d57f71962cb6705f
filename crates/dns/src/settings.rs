//! What the resolver is told: checked values; reading them from a file is the program's.

use crate::access::Prefixes;
use evenfield_policy::PublicKey;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a resolver.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy snapshot, and the key that its signature must be of.
    pub snapshot: (PathBuf, PublicKey),
    /// Where queries come in.
    pub listen: Listen,
    /// What the encrypted transports need.
    pub tls: Option<Tls>,
    /// The path of DNS over HTTPS, without a slash at the end.
    pub https_path: String,
    /// Threads for each address for datagrams.
    pub workers: usize,
    /// Who may ask.
    pub clients: Prefixes,
    /// Queries a second from one address, on one core; 0 for no limit.
    pub per_second: u32,
    /// Open connections from one address, and in all.
    pub connections: (usize, usize),
    /// Whose word is taken for the device for which they ask.
    pub gateways: Prefixes,
    /// The EDNS option in which a gateway says it: 16 octets, the device's key.
    pub device_option: u16,
    /// Addresses of the page that says why a name is blocked.
    pub page: (Option<Ipv4Addr>, Option<Ipv6Addr>),
    /// For how long a blocked answer may be kept, seconds.
    pub block_ttl: u32,
    /// Servers that are asked, the first one first.
    pub upstream: Vec<SocketAddr>,
    /// How long one of them may take.
    pub upstream_timeout: Duration,
    /// Octets of answers that each core keeps, and that all transports but UDP keep together.
    pub cache_octets: usize,
    /// For how long an answer may be sent after its time, seconds.
    pub stale_s: u32,
    /// The folder of the event log and how many octets it may have.
    pub events: Option<(PathBuf, u64)>,
}

/// A certificate.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The file with its chain, PEM.
    pub certificate: PathBuf,
    /// The file with its key, PEM.
    pub key: PathBuf,
    /// The name before which devices put their token, in small letters.
    pub domain: Option<String>,
}

/// Addresses.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// For datagrams.
    pub udp: Vec<SocketAddr>,
    /// For DNS over TCP.
    pub tcp: Vec<SocketAddr>,
    /// For DNS over TLS.
    pub tls: Vec<SocketAddr>,
    /// For DNS over HTTPS.
    pub https: Vec<SocketAddr>,
    /// For DNS over QUIC.
    pub quic: Vec<SocketAddr>,
    /// For `/health` and `/metrics`.
    pub status: Option<SocketAddr>,
}
