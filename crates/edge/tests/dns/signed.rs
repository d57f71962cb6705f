//! DNSSEC validation: a zone signed by `ldns-signzone`, served by unbound.

use crate::encrypted::has;
use crate::fixture::{Edge, now_s, policy, put, settings_with};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ZONE: &str = "\
$ORIGIN signed.example.
$TTL 300
@ IN SOA ns root 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
good IN A 192.0.2.7
good IN TXT \"unsigned nobody\"
bad IN A 192.0.2.8
alias IN CNAME good
";

/// Killed when it goes.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(folder: &Path, command: &str) -> String {
    let mut words = command.split(' ');
    let program = words.next().expect("a program");
    let output = Command::new(program).args(words).current_dir(folder).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}; `make packages-test` installs it"));
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The zone signed, with one address changed afterwards, as `signed.zone`; its key as `anchor`.
fn sign(folder: &Path, nsec3: bool) {
    std::fs::write(folder.join("plain.zone"), ZONE).expect("written");
    let key = run(folder, "ldns-keygen -a ECDSAP256SHA256 -k signed.example");
    let more = if nsec3 { " -n -t 0" } else { "" };
    run(folder, &format!("ldns-signzone{more} -f signed.zone plain.zone {key}"));
    let signed = std::fs::read_to_string(folder.join("signed.zone")).expect("signed");
    assert!(signed.contains("192.0.2.8"));
    std::fs::write(folder.join("signed.zone"), signed.replace("192.0.2.8", "192.0.2.9")).expect("written");
    std::fs::copy(folder.join(format!("{key}.ds")), folder.join("anchor")).expect("a key");
}

/// unbound with this zone and, for what is below no key, an address; it checks nothing.
fn serve(folder: &Path, zone: &str) -> Server {
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|s| s.local_addr()).expect("a port").port();
    let text = format!(
        "server:\n  interface: 127.0.0.1@{port}\n  port: {port}\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  \
         pidfile: \"\"\n  use-syslog: no\n  module-config: \"iterator\"\n  local-zone: \"other.example.\" redirect\n  \
         local-data: \"other.example. 300 IN A 192.0.2.10\"\nauth-zone:\n  name: \"signed.example\"\n  \
         zonefile: \"{}\"\n  for-upstream: no\n",
        folder.join(zone).display()
    );
    let config = folder.join(format!("{zone}.conf"));
    std::fs::write(&config, text).expect("written");
    let child = Command::new("unbound").arg("-c").arg(&config).stderr(Stdio::null()).spawn();
    let server = Server {
        child: child.expect("unbound is there: `make packages-test` installs it"),
        address: format!("127.0.0.1:{port}"),
    };
    let begun = Instant::now();
    let ready = || {
        let args = ["@127.0.0.1", "-p", &port.to_string(), "+tries=1", "+time=1", "other.example"];
        let out = Command::new("dig").args(args).output().expect("dig");
        String::from_utf8_lossy(&out.stdout).contains("192.0.2.10")
    };
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(20), "unbound does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}

/// An edge that checks signatures by the key in the folder.
fn checking(server: &Server, anchor: &Path) -> Edge {
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() + 50_000));
    let upstream = format!(
        "servers = [\"{}\"]\ntimeout_ms = 2000\ndnssec = \"validate\"\nanchors = \"{}\"",
        server.address,
        anchor.display()
    );
    Edge::start_in(folder, &settings_with(&upstream, ""))
}

/// Whether the answer says that it is authentic.
fn is_authentic(out: &str) -> bool {
    out.lines().any(|line| line.contains("flags:") && line.contains(" ad;"))
}

#[test]
fn what_is_signed_is_authentic_and_what_was_changed_is_refused() {
    for nsec3 in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        sign(folder.path(), nsec3);
        let server = serve(folder.path(), "signed.zone");
        let edge = checking(&server, &folder.path().join("anchor"));
        let ask = |args: &str| edge.dig(args);

        let out = ask("good.signed.example A +dnssec");
        has(&out, "192.0.2.7");
        has(&out, "RRSIG");
        assert!(is_authentic(&out), "{out}");
        // Who did not ask for signatures gets none, and is told all the same that they were checked.
        for (args, wanted) in
            [("good.signed.example A", "192.0.2.7"), ("alias.signed.example A", "192.0.2.7")]
        {
            let out = ask(args);
            has(&out, wanted);
            assert!(!out.contains("RRSIG") && !out.contains("NSEC"), "{out}");
            assert!(is_authentic(&out), "{out}");
        }
        let out = ask("nothing.signed.example A");
        has(&out, "NXDOMAIN");
        assert!(is_authentic(&out) && out.contains("SOA") && !out.contains("NSEC"), "{out}");
        assert!(
            is_authentic(&ask("good.signed.example AAAA")),
            "that there is no such record is signed as well"
        );

        let out = ask("bad.signed.example A");
        has(&out, "SERVFAIL");
        has(&out, "EDE: 6");
        assert!(!out.contains("192.0.2.9"), "{out}");
        has(&ask("bad.signed.example A +cdflag"), "192.0.2.9");

        let out = ask("host.other.example A");
        has(&out, "192.0.2.10");
        assert!(!is_authentic(&out), "no key is above it: {out}");
    }
}

#[test]
fn a_zone_that_should_be_signed_and_is_not_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    sign(folder.path(), false);
    let server = serve(folder.path(), "plain.zone");
    let edge = checking(&server, &folder.path().join("anchor"));
    let out = edge.dig("good.signed.example A");
    has(&out, "SERVFAIL");
    has(&out, "EDE: 6");
}
