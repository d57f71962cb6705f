//! What is answered, as `dig` sees it.

use crate::encrypted::certify;
use crate::fixture::{Edge, STUDENT, key, now_s, policy, put, settings};
use crate::upstream::Upstream;
use evenfield_policy::{Builder, DeviceKey, Regime};
use std::sync::atomic::Ordering;

/// The records of a section, each cut at blanks.
fn section(output: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = output.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn answers(output: &str) -> Vec<Vec<String>> {
    section(output, ";; ANSWER SECTION")
}

fn ttl(output: &str) -> u32 {
    answers(output)[0][1].parse().expect("a time to live")
}

#[track_caller]
fn has(output: &str, wanted: &str) {
    assert!(output.contains(wanted), "{wanted:?} is not in {output}");
}

#[test]
fn a_blocked_name_leads_to_the_page_and_says_why() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "");
    let out = edge.dig("www.games.example A");
    has(&out, "status: NOERROR");
    has(&out, "EDE: 15 (Blocked): (games)");
    assert_eq!(answers(&out)[0][1..], ["60", "IN", "A", "198.51.100.7"]);
    assert_eq!(answers(&edge.dig("GAMES.example AAAA"))[0][4], "2001:db8::7");
    let out = edge.dig("games.example MX");
    has(&out, "status: NOERROR");
    assert!(answers(&out).is_empty());
    assert_eq!(section(&out, ";; AUTHORITY SECTION")[0][3], "SOA");
    // Ways around the filter do not exist, and their answer may be kept for as long as the policy says.
    let out = edge.dig("use-application-dns.net A");
    has(&out, "status: NXDOMAIN");
    has(&out, "EDE: 15 (Blocked): (bypass)");
    assert_eq!(section(&out, ";; AUTHORITY SECTION")[0][1], "60");
    // A rule has no category.
    has(&edge.dig("never.example A"), "EDE: 15 (Blocked)");
    // Without EDNS there is no room to say why.
    let out = edge.dig("games.example A +noedns");
    has(&out, "198.51.100.7");
    assert!(!out.contains("EDE"));
    assert_eq!(upstream.moods.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn what_is_allowed_comes_from_upstream_once() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "");
    for _ in 0..3 {
        let out = edge.dig("ok.example A");
        has(&out, "flags: qr rd ra;");
        assert_eq!(answers(&out)[0][2..], ["IN", "A", "192.0.2.1"]);
        assert!((298..=300).contains(&ttl(&out)), "{out}");
    }
    // The letters come back as they were sent, from what is kept, too.
    assert_eq!(answers(&edge.dig("oK.exAMple A"))[0][0], "oK.exAMple.");
    let out = edge.dig("nothing.example A");
    has(&out, "status: NXDOMAIN");
    assert_eq!(section(&out, ";; AUTHORITY SECTION")[0][3], "SOA");
    // Each core asks once at the most; so does everything else.
    assert!(upstream.moods.asked.load(Ordering::Relaxed) <= 2);
    assert!(edge.metric("evenfield_dns_verdicts_total{verdict=\"allowed\"}") == 5);
}

#[test]
fn safe_search_is_a_cname_with_its_address() {
    let edge = Edge::start(&Upstream::start(), "");
    for _ in 0..2 {
        let out = edge.dig("www.google.com A");
        let answers = answers(&out);
        assert_eq!(answers[0][3..], ["CNAME", "forcesafesearch.google.com."]);
        assert_eq!(answers[1][0], "forcesafesearch.google.com.");
        assert_eq!(answers[1][3..], ["A", "216.239.38.120"]);
    }
    let out = edge.dig("www.google.com HTTPS");
    assert_eq!(answers(&out).len(), 1);
    has(&out, "forcesafesearch.google.com.");
}

#[test]
fn a_cname_to_a_blocked_name_is_blocked_unless_a_rule_allows_the_name() {
    let edge = Edge::start(&Upstream::start(), "");
    for _ in 0..2 {
        let out = edge.dig("cloaked.example A");
        assert_eq!(answers(&out)[0][4], "198.51.100.7");
        has(&out, "EDE: 15 (Blocked): (games)");
    }
    let out = edge.dig("cloaked-but-allowed.example A");
    assert_eq!(answers(&out)[1][4], "192.0.2.9");
    assert_eq!(edge.metric("evenfield_dns_verdicts_total{verdict=\"blocked_target\"}"), 2);
}

#[test]
fn keys_for_encrypted_hellos_are_taken_out_for_whom_the_policy_says() {
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() - 500));
    let upstream = Upstream::start();
    let edge = Edge::start_in(folder, &settings(&upstream, "[clients]\ngateways = [\"127.0.0.1\"]\n"));
    for _ in 0..2 {
        let out = edge.dig("svc.example HTTPS +norecurse +recurse");
        let data = answers(&out)[0][4..].join(" ");
        has(&data, "alpn=\"h2\"");
        has(&data, "ipv6hint=2001:db8::1");
        assert!(!data.contains("ech") && !data.contains("RUNIQ09ORkc"), "{data}");
    }
    let out = edge.dig(&format!("svc.example HTTPS {}", option()));
    has(&out, "ech=RUNIQ09ORkc=");
}

/// The option in which a gateway says for whom it asks.
fn option() -> String {
    let DeviceKey(key) = DeviceKey::of_token(STUDENT);
    let hex: String = key.to_le_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("+ednsopt=65001:{hex}")
}

#[test]
fn a_gateway_is_believed_and_others_are_not() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "[clients]\ngateways = [\"127.0.0.1\"]\n");
    let out = edge.dig(&format!("games.example A {}", option()));
    assert_eq!(answers(&out)[0][4], "0.0.0.0");
    has(&out, "EDE: 17 (Filtered): (games)");
    let edge = Edge::start(&upstream, "");
    let out = edge.dig(&format!("games.example A {}", option()));
    assert_eq!(answers(&out)[0][4], "198.51.100.7");
}

#[test]
fn no_answer_outlives_the_schedule_and_then_another_policy_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let bell_s = now_s() + 8;
    put(&folder.path().join("policy.snapshot"), &policy(1, bell_s));
    let upstream = Upstream::start();
    let edge = Edge::start_in(folder, &settings(&upstream, "[clients]\ngateways = [\"127.0.0.1\"]\n"));
    let games = format!("games.example A {}", option());
    let allowed = format!("ok.example A {}", option());
    for _ in 0..2 {
        for question in [&games, &allowed] {
            let out = edge.dig(question);
            let left = bell_s.saturating_sub(now_s());
            assert!(ttl(&out) <= left + 2 && ttl(&out) <= 8, "{left}: {out}");
        }
    }
    // Nobody else's answer is cut.
    assert!(ttl(&edge.dig("ok.example A")) > 280);
    edge.until("the bell", |edge| edge.dig(&games).contains("NXDOMAIN"));
    assert!(now_s() >= bell_s);
    assert!(ttl(&edge.dig(&allowed)) > 200);
}

#[test]
fn by_tcp_the_same_is_answered_and_more_fits() {
    let edge = Edge::start(&Upstream::start(), "");
    has(&edge.dig("games.example A +tcp"), "198.51.100.7");
    has(&edge.dig("ok.example A +tcp"), "192.0.2.1");
    let out = edge.dig("big.example TXT +ignore");
    has(&out, "flags: qr tc rd ra;");
    assert!(answers(&out).is_empty());
    let out = edge.dig("big.example TXT +tcp");
    assert_eq!(answers(&out).len(), 12);
    has(&out, "status: NOERROR");
    // Pipelined on one connection.
    let out = edge.dig("+tcp +keepopen games.example A ok.example A never.example A");
    has(&out, "192.0.2.1");
}

#[test]
fn cookies_any_and_what_is_not_answered() {
    let edge = Edge::start(&Upstream::start(), "");
    has(&edge.dig("ok.example A +cookie"), "(good)");
    assert_eq!(answers(&edge.dig("ok.example ANY +notcp"))[0][3..], ["HINFO", "\"RFC8482\"", "\"\""]);
    has(&edge.dig("games.example ANY +notcp"), "EDE: 15");
    has(&edge.dig("version.bind TXT CH"), "status: REFUSED");
    has(&edge.dig("ok.example A +norecurse"), "status: REFUSED");
    has(&edge.dig("ok.example AXFR +tcp"), "Transfer failed");
    has(&edge.dig("ok.example A +opcode=5"), "status: NOTIMP");
    has(&edge.dig("ok.example A +edns=1 +noednsnegotiation"), "status: BADVERS");
}

#[test]
fn strangers_are_refused_and_who_asks_too_often_is_sent_to_tcp() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "[clients]\nallow = [\"10.0.0.0/8\"]\n");
    has(&edge.dig("ok.example A"), "status: REFUSED");
    has(&edge.dig("ok.example A +tcp"), "status: REFUSED");
    assert_eq!(upstream.moods.asked.load(Ordering::Relaxed), 0);
    let edge = Edge::start(&upstream, "[clients]\nper_second = 1\n[threads]\nudp = 1\n");
    let asked: Vec<String> = (0..7).map(|_| edge.dig("games.example A +ignore +time=1")).collect();
    assert!(asked[..5].iter().all(|out| out.contains("198.51.100.7")));
    assert!(asked.iter().any(|out| !out.contains("198.51.100.7")));
    assert!(edge.metric("evenfield_dns_refused_total{reason=\"rate\"}") >= 1);
    // Who shows a cookie that it got here has not forged its address, and is never left without a word.
    let edge = Edge::start(&upstream, "[clients]\nper_second = 1\n[threads]\nudp = 1\n");
    let first = edge.dig("ok.example A +cookie=0123456789abcdef");
    let (_, cookie) = first.split_once("COOKIE: ").expect("a cookie");
    let cookie = cookie.split_whitespace().next().expect("its octets").to_owned();
    assert_eq!(cookie.len(), 48, "{first}");
    for _ in 0..12 {
        has(&edge.dig(&format!("ok.example A +ignore +cookie={cookie}")), "status: NOERROR");
    }
    assert!(edge.metric("evenfield_dns_refused_total{reason=\"rate\"}") >= 1);
}

#[test]
fn where_only_allowed_names_are_let_through_the_edge_itself_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut b = Builder::new([3; 16]);
    let closed = b.regime(Regime { allowed_only: true, ..Regime::default() }, &[]);
    b.policy("safe default", closed);
    put(
        &folder.path().join("policy.snapshot"),
        &b.finish(now_s().into(), now_s() + 50_000, &key()).expect("a snapshot"),
    );
    certify(folder.path());
    let own = "[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\ndomain = \"ok.example\"\n";
    let edge = Edge::start_in(folder, &settings(&Upstream::start(), own));
    has(&edge.dig("OK.example A"), "192.0.2.1");
    assert!(!edge.dig("token.ok.example A").contains("198.51.100.7"));
    for closed in ["short.example A", "notok.example A", "example A"] {
        has(&edge.dig(closed), "198.51.100.7");
    }
}
