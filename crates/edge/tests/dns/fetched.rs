//! The policy from a portal: newer ones take over, everything else is refused, and nothing is lost meanwhile.

use crate::fixture::{Edge, key, now_s, policy_of, put, settings_of};
use crate::upstream::Upstream;
use evenfield_policy::SecretKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "the token of this edge";

/// What the portal has, and how it behaves.
#[derive(Default)]
struct Has {
    policy: Vec<u8>,
    tag: String,
    /// Ends every body in the middle.
    cuts: bool,
    /// Closes every connection at once.
    away: bool,
    /// Wholes sent, and questions for which there was nothing newer.
    sent: (u32, u32),
}

struct Portal {
    address: SocketAddr,
    has: Arc<Mutex<Has>>,
}

impl Portal {
    /// By HTTP, or with a certificate's files by HTTPS.
    fn start(tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("its address");
        let has = Arc::new(Mutex::new(Has::default()));
        let shared = has.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let outcome = match &tls {
                    None => answer(stream, &shared),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config.clone()).expect("a connection");
                        answer(rustls::StreamOwned::new(connection, stream), &shared)
                    }
                };
                // An edge that does not believe the portal goes away.
                let _ = outcome;
            }
        });
        Self { address, has }
    }

    /// Publishes what was made so many seconds after the first one.
    fn publish(&self, seed: u8, at_s: u32, key: &SecretKey) {
        self.publish_as(seed, at_s, key, |_| ());
    }

    /// The same, changed after it was signed: nobody can fetch it before.
    fn publish_as(&self, seed: u8, at_s: u32, key: &SecretKey, change: impl FnOnce(&mut Vec<u8>)) {
        let mut policy = policy_of(seed, now_s() + 50_000, at_s, key);
        let snapshot = evenfield_policy::Snapshot::open(policy.clone(), &key.public()).expect("a snapshot");
        change(&mut policy);
        let mut has = self.has.lock().expect("a lock");
        has.tag = snapshot.digest().iter().map(|octet| format!("{octet:02x}")).collect();
        has.policy = policy;
    }

    fn set(&self, change: impl FnOnce(&mut Has)) {
        change(&mut self.has.lock().expect("a lock"));
    }
}

fn answer(mut stream: impl Read + Write, has: &Mutex<Has>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut octet)? == 0 {
            return Ok(());
        }
        head.push(octet[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let mut has = has.lock().expect("a lock");
    assert!(head.starts_with("get /edge/policy http/1.1\r\n") && head.contains("\r\nhost: "), "{head}");
    if has.away {
        return Ok(());
    }
    if !head.contains(&format!("authorization: bearer {TOKEN}\r\n")) {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    }
    if head.contains(&format!("if-none-match: \"{}\"\r\n", has.tag)) {
        has.sent.1 += 1;
        return stream.write_all(b"HTTP/1.1 304 Not Modified\r\n\r\n");
    }
    has.sent.0 += 1;
    let length = has.policy.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n")?;
    stream.write_all(&has.policy[..if has.cuts { length / 2 } else { length }])?;
    stream.flush()
}

/// A folder with the edge's token.
fn folder(token: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("edge.token"), format!("{token}\n").as_bytes());
    folder
}

fn settings(portal: &str, upstream: &Upstream, roots: &str) -> String {
    let policy = format!("portal = \"{portal}\"\ntoken = \"edge.token\"\nevery_seconds = 1");
    settings_of(&policy, &format!("servers = [\"{}\"]\ntimeout_ms = 300{roots}", upstream.address), "")
}

fn fetches(edge: &Edge, what: &str) -> u64 {
    edge.metric(&format!("evenfield_dns_fetches_total{{what=\"{what}\"}}"))
}

fn taken(edge: &Edge) -> u64 {
    edge.metric("evenfield_dns_snapshots_total{what=\"taken\"}")
}

#[test]
fn a_newer_policy_takes_over_and_nothing_else_does() {
    let (upstream, portal, start_s) = (Upstream::start(), Portal::start(None), now_s());
    portal.publish(1, start_s, &key());
    // A new edge has nothing: the first policy comes before it answers.
    let folder = folder(TOKEN);
    let edge = Edge::start_in(folder, &settings(&format!("http://{}", portal.address), &upstream, ""));
    assert!(edge.dig("games.example A").contains("198.51.100.7"));
    assert_eq!((fetches(&edge, "new"), taken(&edge)), (1, 1));
    edge.until("nothing newer", |edge| fetches(edge, "same") >= 2);
    assert_eq!(portal.has.lock().expect("a lock").sent.0, 1, "sent whole once");

    portal.publish(2, start_s + 1, &key());
    edge.until("the newer one", |edge| taken(edge) == 2);
    portal.publish(3, start_s, &key());
    edge.until("the older one refused", |edge| fetches(edge, "refused") >= 1);
    portal.publish(4, start_s + 2, &SecretKey::from_seed(&[8; 32]));
    let before = fetches(&edge, "refused");
    edge.until("another's refused", |edge| fetches(edge, "refused") > before);
    let before = fetches(&edge, "refused");
    portal.publish_as(5, start_s + 2, &key(), |policy| *policy.last_mut().expect("octets") ^= 1);
    edge.until("a damaged one refused", |edge| fetches(edge, "refused") > before);
    portal.set(|has| has.cuts = true);
    edge.until("half a one", |edge| fetches(edge, "failed") >= 1);
    portal.set(|has| has.away = true);
    let before = fetches(&edge, "failed");
    edge.until("the portal away", |edge| fetches(edge, "failed") > before);
    assert!(edge.dig("games.example A").contains("198.51.100.7"), "it goes on by what it has");
    assert_eq!(taken(&edge), 2);
    assert!(!edge.path("policy.fetched").exists());

    portal.publish(6, start_s + 3, &key());
    portal.set(|has| (has.away, has.cuts) = (false, false));
    edge.until("the portal again", |edge| taken(edge) == 3);
    edge.until("nothing newer", |edge| fetches(edge, "same") >= 3);
    assert_eq!(
        edge.metric("evenfield_dns_snapshots_total{what=\"refused\"}"),
        0,
        "no bad file took its place"
    );
}

#[test]
fn without_a_policy_and_without_a_portal_that_knows_it_an_edge_does_not_start() {
    let (upstream, portal) = (Upstream::start(), Portal::start(None));
    portal.publish(1, now_s(), &key());
    let folder = folder("of somebody else");
    let config = folder.path().join("edge.toml");
    std::fs::write(&config, settings(&format!("http://{}", portal.address), &upstream, "")).expect("written");
    let edge = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenfield-edge"));
        command.args(["dns", "--config"]).arg(&config).stdout(Stdio::null());
        let output = command.output().expect("ended");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = edge();
    assert!(
        said.contains("the portal knows no edge with this token") && !said.contains("somebody"),
        "{said}"
    );
    std::fs::remove_file(folder.path().join("edge.token")).expect("gone");
    assert!(edge().contains("edge.token"));
}

#[test]
fn by_https_the_portal_must_be_who_it_should_be() {
    let upstream = Upstream::start();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key_pem = made.signing_key.serialize_pem();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![made.cert.der().clone()],
                PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).expect("its key"),
            )
            .expect("a certificate");
    let portal = Portal::start(Some(Arc::new(config)));
    portal.publish(1, now_s(), &key());
    let url = format!("https://localhost:{}", portal.address.port());

    let folder = folder(TOKEN);
    put(&folder.path().join("root.pem"), made.cert.pem().as_bytes());
    let roots = "\nroots = \"root.pem\"";
    let edge = Edge::start_in(folder, &settings(&url, &upstream, roots));
    edge.until("nothing newer", |edge| fetches(edge, "same") >= 1);
    assert!(edge.dig("games.example A").contains("198.51.100.7"));

    // By an address that the certificate is not for.
    let other = self::folder(TOKEN);
    put(&other.path().join("root.pem"), made.cert.pem().as_bytes());
    put(&other.path().join("policy.snapshot"), &policy_of(1, now_s() + 50_000, now_s() - 100, &key()));
    let url = format!("https://127.0.0.1:{}", portal.address.port());
    let edge = Edge::start_in(other, &settings(&url, &upstream, roots));
    edge.until("not believed", |edge| fetches(edge, "failed") >= 2);
    assert_eq!((fetches(&edge, "new"), taken(&edge)), (0, 1));
}
