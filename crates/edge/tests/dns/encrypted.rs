//! TLS, HTTPS and QUIC, asked by `kdig`, `curl` and a client of ours.

use crate::fixture::{Edge, STUDENT, ended, now_s, policy, put, query, settings};
use crate::upstream::Upstream;
use std::io::Read as _;
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// An edge whose policy lets the student play, with a certificate for `dns.example.org` and what is below; `more` are
/// further settings.
pub fn edge(upstream: &Upstream, more: &str) -> Edge {
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() - 500));
    certify(folder.path());
    let more = format!(
        "[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\ndomain = \"dns.example.org\"\n{more}"
    );
    let text = settings(upstream, &more).replace(
        "status = ",
        "tls = [\"127.0.0.1:0\"]\nhttps = [\"127.0.0.1:0\"]\nquic = [\"127.0.0.1:0\"]\nstatus = ",
    );
    Edge::start_in(folder, &text)
}

pub fn certify(folder: &std::path::Path) {
    let names = ["dns.example.org", "*.dns.example.org"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    put(&folder.join("key.pem"), made.signing_key.serialize_pem().as_bytes());
    put(&folder.join("chain.pem"), made.cert.pem().as_bytes());
}

fn kdig(edge: &Edge, transport: &str, args: &str) -> String {
    let port = edge.bound[transport].port().to_string();
    let ca = format!("+tls-ca={}", edge.path("chain.pem").display());
    let output = Command::new("kdig")
        .args(["@127.0.0.1", "-p", &port, &ca, "+edns", "+retry=0", "+time=5"])
        .args(args.split(' '))
        .output()
        .expect("kdig is there: `make packages-test` installs it");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
pub fn has(output: &str, wanted: &str) {
    assert!(output.contains(wanted), "{wanted:?} is not in {output}");
}

#[test]
fn by_tls_a_device_is_known_by_the_server_name() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "");
    let ask = |name: &str, sni: &str| kdig(&edge, "tls", &format!("+tls-hostname={sni} {name} A"));
    let out = ask("games.example", "dns.example.org");
    has(&out, "198.51.100.7");
    has(&out, "TLS1.3");
    has(&ask("ok.example", "dns.example.org"), "192.0.2.1");
    // The student is free, so there is no such block; nobody else is.
    has(&ask("games.example", &format!("{STUDENT}.dns.example.org")), "NXDOMAIN");
    has(&ask("games.example", "somebody.dns.example.org"), "198.51.100.7");
    // What is padded has a multiple of 468 octets.
    let padded = kdig(&edge, "tls", "+tls +tls-hostname=dns.example.org +padding=128 games.example A");
    has(&padded, "Received 468 B");
    assert!(edge.metric("evenfield_dns_queries_total{transport=\"tls\"}") >= 5);
}

#[test]
fn by_https_a_device_is_known_by_the_path() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "");
    let ask = |name: &str, more: &str| kdig(&edge, "https", &format!("{more} {name} A"));
    for method in ["+https=dns.example.org/dns-query", "+https-get +https=dns.example.org/dns-query"] {
        has(&ask("games.example", method), "198.51.100.7");
        has(&ask("ok.example", method), "192.0.2.1");
    }
    has(&ask("games.example", &format!("+https=dns.example.org/dns-query/{STUDENT}")), "NXDOMAIN");
    has(&ask("games.example", "+https=dns.example.org/dns-query/somebody"), "198.51.100.7");
    // What HTTP says of it.
    let port = edge.bound["https"].port();
    let curl = |args: &str| {
        let mut curl = Command::new("curl");
        curl.args(["-sk", "-D", "-", "-o", "/dev/null", "--max-time", "5"]).args(args.split(' '));
        let output = curl.output().expect("curl is there");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let url = format!("https://127.0.0.1:{port}");
    // The example of RFC 8484 section 4.1.1, with another name.
    let asked = "AAABAAABAAAAAAAABWdhbWVzB2V4YW1wbGUAAAEAAQ";
    let head = curl(&format!("{url}/dns-query?dns={asked}"));
    has(&head, "HTTP/2 200");
    has(&head, "content-type: application/dns-message");
    has(&head, "cache-control: max-age=60");
    for (args, code) in [
        (format!("{url}/other"), "404"),
        (format!("{url}/dns-query/a/b"), "404"),
        (format!("{url}/dns-query"), "400"),
        (format!("{url}/dns-query?dns=*"), "400"),
        (format!("{url}/dns-query?dns=AAAB"), "400"),
        (format!("-X PUT {url}/dns-query"), "405"),
        (format!("-d x {url}/dns-query"), "415"),
        (format!("-H content-type:Application/DNS-Message;charset=x -d x {url}/dns-query"), "400"),
    ] {
        has(&curl(&args), &format!("HTTP/2 {code}"));
    }
}

#[test]
fn a_device_with_a_token_may_ask_from_anywhere_and_nobody_else() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "[clients]\nallow = [\"10.0.0.0/8\"]\n");
    let ask =
        |token: &str| kdig(&edge, "https", &format!("+https=dns.example.org/dns-query{token} ok.example A"));
    has(&ask(&format!("/{STUDENT}")), "192.0.2.1");
    has(&ask("/guessed"), "REFUSED");
    has(&ask(""), "REFUSED");
}

#[test]
fn half_open_handshakes_end_and_a_new_certificate_is_taken() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "[clients]\nconnections = 2\n");
    let silent: Vec<TcpStream> =
        ["tls", "https"].iter().map(|t| TcpStream::connect(edge.bound[*t]).expect("connected")).collect();
    let before = edge.path("chain.pem");
    let old = std::fs::read(&before).expect("a certificate");
    certify(edge.folder.path());
    assert_ne!(std::fs::read(&before).expect("a certificate"), old);
    for mut stream in silent {
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a time-out");
        ended(stream.read(&mut [0; 10]));
    }
    // The client trusts the new certificate alone.
    let args = "+tls-hostname=dns.example.org ok.example A";
    edge.until("the new certificate", |edge| kdig(edge, "tls", args).contains("192.0.2.1"));
}

/// A client that believes the edge's certificate as it is now.
fn quic_client(edge: &Edge) -> quinn::Endpoint {
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    let certificate = rustls::pki_types::CertificateDer::from_pem_file(edge.path("chain.pem"));
    roots.add(certificate.expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"doq".to_vec()];
    let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("QUIC");
    let mut endpoint =
        quinn::Endpoint::client("127.0.0.1:0".parse().expect("an address")).expect("an endpoint");
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(tls)));
    endpoint
}

#[test]
fn the_first_quic_connection_after_a_renewal_has_the_new_certificate() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let connected = async || {
            let endpoint = quic_client(&edge);
            let connecting = endpoint.connect(edge.bound["quic"], "dns.example.org").expect("a name");
            connecting.await.map(|_| ())
        };
        connected().await.expect("by the first certificate");
        certify(edge.folder.path());
        let args = "+tls-hostname=dns.example.org ok.example A";
        edge.until("the new certificate", |edge| kdig(edge, "tls", args).contains("192.0.2.1"));
        connected().await.expect("by the second");
    });
}

/// `kdig` of Debian 12 speaks QUIC only when built for it, so a client of ours asks.
#[test]
fn by_quic_each_query_is_a_stream() {
    let upstream = Upstream::start();
    let edge = edge(&upstream, "");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let endpoint = quic_client(&edge);
        let connect = |name: String| {
            let connecting = endpoint.connect(edge.bound["quic"], &name).expect("a name");
            async move { connecting.await.expect("connected") }
        };
        let ask = async |connection: &quinn::Connection, message: &[u8]| {
            let (mut send, mut receive) = connection.open_bi().await.expect("a stream");
            let framed = [&(message.len() as u16).to_be_bytes()[..], message].concat();
            send.write_all(&framed).await.expect("sent");
            send.finish().expect("ended");
            receive.read_to_end(65_537).await
        };
        let nobody = connect("dns.example.org".to_owned()).await;
        for (name, address) in [("games.example", [198, 51, 100, 7]), ("ok.example", [192, 0, 2, 1])] {
            let answer = ask(&nobody, &query(0, name, 1)).await.expect("an answer");
            assert!(answer.ends_with(&address), "{name}: {answer:?}");
            assert_eq!(usize::from(u16::from_be_bytes([answer[0], answer[1]])), answer.len() - 2);
        }
        let student = connect(format!("{STUDENT}.dns.example.org")).await;
        let answer = ask(&student, &query(0, "games.example", 1)).await.expect("an answer");
        assert_eq!(answer[5] & 0xF, 3, "no such name, but no block");
        // An id that is not 0 ends the connection, RFC 9250 section 4.3.3.
        assert!(ask(&student, &query(7, "games.example", 1)).await.is_err());
        let quinn::ConnectionError::ApplicationClosed(why) = student.closed().await else { panic!("open") };
        assert_eq!(why.error_code, 2u32.into());
    });
    assert_eq!(edge.metric("evenfield_dns_queries_total{transport=\"quic\"}"), 3);
}
