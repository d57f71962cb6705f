//! What the resolver is told: checked values; reading them from a file is the program's.

use crate::access::Prefixes;
use evenfield_policy::PublicKey;
use rustls::pki_types::ServerName;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The settings of a resolver.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy snapshot, and the key that its signature must be of.
    pub snapshot: (PathBuf, PublicKey),
    /// From where newer ones come.
    pub fetch: Fetch,
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
    /// Who is asked for what is not kept.
    pub upstream: Upstreams,
    /// Octets of answers that each core keeps, and that all transports but UDP keep together.
    pub cache_octets: usize,
    /// For how long an answer may be sent after its time, seconds.
    pub stale_s: u32,
    /// The folder of the event log and how many octets it may have.
    pub events: Option<(PathBuf, u64)>,
}

/// From where newer policies come.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// The portal; none when somebody else puts them into their place.
    pub portal: Option<Portal>,
    /// The file with this edge's token.
    pub token: PathBuf,
    /// How often the portal is asked.
    pub every: Duration,
}

/// A portal: `https://gap.example.org`, or `http://127.0.0.1:8080` on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Whether by HTTPS.
    pub secure: bool,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Portal {
    /// Host and port, as HTTP says them.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl FromStr for Portal {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let uri: hyper::Uri = text.parse().map_err(|_| ())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(()),
        };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        // In the clear the token would be anybody's on the way.
        if ServerName::try_from(host.clone()).is_err() || !is_bare || has_user || !(secure || is_here) {
            return Err(());
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if port == 0 { Err(()) } else { Ok(Self { secure, host, port }) }
    }
}

impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}", if self.secure { "s" } else { "" }, self.authority())
    }
}

/// Who is asked for what is not kept.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    /// The servers, the first one first.
    pub servers: Vec<Server>,
    /// How long one of them may take.
    pub timeout: Duration,
    /// The file with the certificates of those who are believed when they say who a server is, PEM.
    pub roots: PathBuf,
    /// Whether signatures are checked here.
    pub validation: Validation,
}

/// Whether the signatures of DNSSEC are checked by this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// What the servers say is passed on.
    #[default]
    Pass,
    /// They are.
    Validate {
        /// A file of DS or DNSKEY records that are believed; the root's when there is none.
        anchors: Option<PathBuf>,
    },
}

/// By which transport a server is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// UDP, and TCP for what does not fit.
    Plain,
    /// TLS, RFC 7858.
    Tls,
    /// HTTPS, RFC 8484: the path.
    Https(String),
    /// QUIC, RFC 9250.
    Quic,
}

/// A server: `192.0.2.1:53`, `tls://192.0.2.1#dns.example`, `https://192.0.2.1/dns-query#dns.example`,
/// `quic://192.0.2.1#dns.example`. Its address is given, so that no name has to be looked up first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// How it is asked.
    pub by: By,
    /// Where it is.
    pub address: SocketAddr,
    /// The name that its certificate must be for; else it must be for the address.
    pub name: Option<String>,
}

impl Server {
    /// Whom its certificate must be for.
    pub fn server_name(&self) -> ServerName<'static> {
        let name = self.name.clone().and_then(|name| ServerName::try_from(name).ok());
        name.unwrap_or_else(|| ServerName::from(self.address.ip()))
    }
}

impl FromStr for Server {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (rest, name) = rest.split_once('#').map_or((rest, None), |(rest, name)| (rest, Some(name)));
        let (place, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (by, port) = match (scheme, path) {
            ("", "") if name.is_none() => (By::Plain, 53),
            ("tls", "") => (By::Tls, 853),
            ("quic", "") => (By::Quic, 853),
            ("https", "" | "/") => (By::Https("/dns-query".to_owned()), 443),
            ("https", path) if path.parse::<hyper::Uri>().is_ok() => (By::Https(path.to_owned()), 443),
            _ => return Err(()),
        };
        let bare = place.strip_prefix('[').and_then(|place| place.strip_suffix(']')).unwrap_or(place);
        let address = match (place.parse(), bare.parse::<IpAddr>()) {
            (Ok(address), _) => address,
            (_, Ok(address)) => SocketAddr::new(address, port),
            _ => return Err(()),
        };
        let name = match name.map(|name| (name, ServerName::try_from(name.to_ascii_lowercase()))) {
            None => None,
            Some((_, Ok(ServerName::DnsName(name)))) => Some(name.as_ref().to_owned()),
            Some(_) => return Err(()),
        };
        if address.port() == 0 { Err(()) } else { Ok(Self { by, address, name }) }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, path) = match &self.by {
            By::Plain => ("", ""),
            By::Tls => ("tls://", ""),
            By::Https(path) => ("https://", path.as_str()),
            By::Quic => ("quic://", ""),
        };
        write!(f, "{scheme}{}{path}", self.address)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, "#{name}"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_is_asked_by_https_but_on_this_machine() {
        for (text, wanted) in [
            ("https://Gap.example.org", "https://gap.example.org"),
            ("https://gap.example.org:8443/", "https://gap.example.org:8443"),
            ("https://[2001:db8::1]:443", "https://[2001:db8::1]"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
        ] {
            let portal: Portal = text.parse().unwrap_or_else(|()| panic!("{text}"));
            assert_eq!(portal.to_string(), wanted);
            assert_eq!(wanted.parse(), Ok(portal));
        }
        for text in [
            "",
            "gap.example.org",
            "http://gap.example.org",
            "http://192.0.2.1",
            "ftp://gap.example.org",
            "https://",
            "https://gap.example.org/path",
            "https://gap.example.org/?x",
            "https://me:secret@gap.example.org",
            "https://gap.example.org:0",
            "https://not a name",
        ] {
            assert_eq!(text.parse::<Portal>(), Err(()), "{text}");
        }
    }

    #[test]
    fn servers_are_said_in_one_way() {
        let ok = [
            ("9.9.9.9:5353", "9.9.9.9:5353"),
            ("9.9.9.9", "9.9.9.9:53"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]:54", "[2001:db8::1]:54"),
            ("tls://192.0.2.1", "tls://192.0.2.1:853"),
            ("tls://[2001:db8::1]#Dns.Example", "tls://[2001:db8::1]:853#dns.example"),
            ("https://192.0.2.1#dns.example", "https://192.0.2.1:443/dns-query#dns.example"),
            ("https://192.0.2.1:8443/a/b#dns.example", "https://192.0.2.1:8443/a/b#dns.example"),
            ("quic://192.0.2.1:8853#dns.example", "quic://192.0.2.1:8853#dns.example"),
        ];
        for (text, wanted) in ok {
            let server: Server = text.parse().unwrap_or_else(|()| panic!("{text}"));
            assert_eq!(server.to_string(), wanted);
            assert_eq!(wanted.parse(), Ok(server));
        }
        for text in [
            "",
            "dns.example",
            "tls://dns.example",
            "9.9.9.9#dns.example",
            "9.9.9.9:0",
            "tls://9.9.9.9/x",
            "tcp://9.9.9.9",
            "tls://9.9.9.9#192.0.2.1",
            "tls://9.9.9.9#not a name",
            "https://9.9.9.9/a b#dns.example",
            "tls://9.9.9.9#",
        ] {
            assert_eq!(text.parse::<Server>(), Err(()), "{text}");
        }
    }
}
