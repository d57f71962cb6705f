//! Upstream by TLS, HTTPS and QUIC: an edge asks another edge, and unbound.

use crate::encrypted::{certify, edge, has};
use crate::fixture::{Edge, now_s, policy, put, query, settings_with};
use crate::upstream::Upstream;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// An edge that asks these servers, as they stand in the settings, and believes this certificate.
fn asking(servers: &[String], roots: &Path, more: &str) -> Edge {
    asking_for(3_000, servers, roots, more)
}

/// The same, with the time a server has to answer.
fn asking_for(timeout_ms: u32, servers: &[String], roots: &Path, more: &str) -> Edge {
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() + 50_000));
    let upstream =
        format!("servers = {servers:?}\nroots = \"{}\"\ntimeout_ms = {timeout_ms}", roots.display());
    Edge::start_in(folder, &settings_with(&upstream, more))
}

fn server(edge: &Edge, transport: &str, name: &str) -> String {
    let path = if transport == "https" { "/dns-query" } else { "" };
    format!("{transport}://{}{path}#{name}", edge.bound[transport])
}

#[test]
fn by_each_transport_one_connection_carries_all_questions() {
    let upstream = Upstream::start();
    // One connection from one address may be open, and no more.
    let far = edge(&upstream, "[clients]\nconnections = 1\nper_second = 0\n");
    for transport in ["tls", "https", "quic"] {
        let servers = [server(&far, transport, "dns.example.org")];
        let near = asking(&servers, &far.path("chain.pem"), "[clients]\nper_second = 0\n");
        has(&near.dig("ok.example A"), "192.0.2.1");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(near.udp).expect("connected");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        let mut seen = std::collections::HashSet::new();
        // Fifty at a time: more might find a socket's buffer full on the way, where UDP loses them.
        for first in (0..300).step_by(50) {
            for id in first..first + 50 {
                socket.send(&query(id, &format!("n{id}.example"), 1)).expect("sent");
            }
            for _ in 0..50 {
                let mut answer = [0; 512];
                let length = socket.recv(&mut answer).expect("an answer");
                assert_eq!(answer[3] & 0xF, 3, "{transport}: {:?}", &answer[..length]);
                seen.insert([answer[0], answer[1]]);
            }
        }
        assert_eq!(seen.len(), 300);
        // An answer that no datagram could carry.
        has(&near.dig("big.example TXT +tcp"), "ANSWER: 12");
        let count = format!("evenfield_dns_queries_total{{transport=\"{transport}\"}}");
        assert!(far.metric(&count) >= 302, "{transport}");
        assert_eq!(near.metric("evenfield_dns_upstream_total{what=\"failed\"}"), 0, "{transport}");
        let down = format!("evenfield_dns_upstream_down{{server=\"{}\"}}", servers[0]);
        assert_eq!(near.metric(&down), 0);
    }
}

#[test]
fn a_server_that_is_not_who_it_should_be_is_told_nothing() {
    let upstream = Upstream::start();
    let far = edge(&upstream, "");
    // Somebody else's certificate, of the same name.
    let other = tempfile::tempdir().expect("a folder");
    certify(other.path());
    for transport in ["tls", "https", "quic"] {
        for (name, roots) in [
            ("other.example.org", far.path("chain.pem")),
            ("dns.example.org", other.path().join("chain.pem")),
        ] {
            let near = asking(&[server(&far, transport, name)], &roots, "");
            let out = near.dig("ok.example A +time=9");
            has(&out, "SERVFAIL");
            has(&out, "EDE: 22");
        }
        assert_eq!(far.metric(&format!("evenfield_dns_queries_total{{transport=\"{transport}\"}}")), 0);
    }
    assert_eq!(upstream.moods.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_connection_that_has_ended_is_made_anew_and_no_query_is_lost() {
    let upstream = Upstream::start();
    let far = edge(&upstream, "");
    let bound = far.bound.clone();
    let servers: Vec<_> = ["tls", "https"].map(|t| server(&far, t, "dns.example.org")).into();
    let edges: Vec<_> =
        servers.iter().map(|s| asking(std::slice::from_ref(s), &far.path("chain.pem"), "")).collect();
    for near in &edges {
        has(&near.dig("ok.example A"), "192.0.2.1");
    }
    // The server goes and comes again with the same addresses and certificate.
    let chain = std::fs::read(far.path("chain.pem")).expect("a certificate");
    let key = std::fs::read(far.path("key.pem")).expect("a key");
    let text = std::fs::read_to_string(far.path("edge.toml")).expect("settings");
    drop(far);
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() - 500));
    put(&folder.path().join("chain.pem"), &chain);
    put(&folder.path().join("key.pem"), &key);
    let text = ["tls", "https"].iter().fold(text, |text, t| {
        text.replace(&format!("{t} = [\"127.0.0.1:0\"]"), &format!("{t} = [\"{}\"]", bound[*t]))
    });
    let _far = Edge::start_in(folder, &text);
    for near in &edges {
        has(&near.dig("cloak-free.example A"), "192.0.2.1");
    }
}

#[test]
fn a_silent_server_costs_a_moment_and_then_nothing() {
    let (silent, good) = (Upstream::start(), Upstream::start());
    silent.moods.silent.store(true, Ordering::Relaxed);
    let far = edge(&good, "");
    let servers = [silent.address.to_string(), server(&far, "tls", "dns.example.org")];
    let near = asking_for(9_000, &servers, &far.path("chain.pem"), "");
    // Sooner than the silent one's whole time.
    has(&near.dig("ok.example A +time=8"), "192.0.2.1");
    near.until("that it is known to be silent", |near| {
        near.metric(&format!("evenfield_dns_upstream_down{{server=\"{}\"}}", silent.address)) == 1
    });
    let before = silent.moods.asked.load(Ordering::Relaxed);
    has(&near.dig("cloak-free.example A"), "192.0.2.1");
    assert_eq!(silent.moods.asked.load(Ordering::Relaxed), before, "it comes last");
}

#[test]
fn a_server_that_changes_letters_is_asked_by_tcp() {
    let upstream = Upstream::start();
    upstream.moods.small.store(true, Ordering::Relaxed);
    let edge = Edge::start(&upstream, "");
    has(&edge.dig("ok.example A"), "192.0.2.1");
    has(&edge.dig("cloaked-but-allowed.example A"), "192.0.2.9");
    assert!(edge.metric("evenfield_dns_upstream_total{what=\"ignored\"}") >= 1);
}

/// Debian's unbound with one address for every name, killed when it goes.
struct Unbound(Child);

impl Drop for Unbound {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn unbound_is_asked_by_tls_and_https() {
    let folder = tempfile::tempdir().expect("a folder");
    certify(folder.path());
    // Two ports that are free now.
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let (tls, https) = (free(), free());
    let at = |file: &str| folder.path().join(file).display().to_string();
    let text = format!(
        "server:\n interface: 127.0.0.1@{tls}\n interface: 127.0.0.1@{https}\n tls-port: {tls}\n https-port: {https}\n \
         tls-service-key: \"{}\"\n tls-service-pem: \"{}\"\n http-endpoint: \"/ask\"\n do-daemonize: no\n username: \"\"\n \
         chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n num-threads: 1\n local-zone: \".\" redirect\n \
         local-data: \". 3600 IN A 192.0.2.77\"\nremote-control:\n control-enable: no\n",
        at("key.pem"),
        at("chain.pem")
    );
    std::fs::write(folder.path().join("unbound.conf"), text).expect("written");
    let unbound = Command::new("unbound").args(["-c", &at("unbound.conf")]).stderr(Stdio::null()).spawn();
    let _unbound = Unbound(unbound.expect("unbound is there: `make packages-test` installs it"));
    let start = Instant::now();
    while [tls, https].iter().any(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_err()) {
        assert!(start.elapsed() < Duration::from_secs(30), "unbound does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    for server in [
        format!("tls://127.0.0.1:{tls}#dns.example.org"),
        format!("https://127.0.0.1:{https}/ask#dns.example.org"),
    ] {
        let near = asking(std::slice::from_ref(&server), &folder.path().join("chain.pem"), "");
        for name in ["one.example", "two.example"] {
            has(&near.dig(&format!("{name} A +time=9")), "192.0.2.77");
        }
        assert_eq!(near.metric("evenfield_dns_upstream_total{what=\"failed\"}"), 0, "{server}");
    }
}
