//! What the server is told.

use std::net::SocketAddr;
use std::path::PathBuf;

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where tests without TLS come in.
    pub plain: Vec<SocketAddr>,
    /// Where tests with TLS come in.
    pub tls: Vec<SocketAddr>,
    /// Where `/health` and `/metrics` are.
    pub status: Option<SocketAddr>,
    /// Certificate and key, needed for `tls`.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Tests at the same time: from one address (of IPv6, from one /56), and in all.
    pub tests: (usize, usize),
    /// What controls congestion: `bbr`, where the kernel lets us.
    pub congestion: String,
    /// Where results are written.
    pub results: Option<Results>,
    /// Names of what clients say of themselves that are kept in results.
    pub metadata: Vec<String>,
}

/// Where results are written, and for how long they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// A folder; a file a day.
    pub folder: PathBuf,
    /// Days after which a file is removed.
    pub days: u32,
}
