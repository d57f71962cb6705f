//! What happens when things fail: upstream, disk, policy, the process itself.

use crate::fixture::{Edge, now_s, policy, put, query, settings};
use crate::upstream::Upstream;
use evenfield_events::{Because, Did, Transport, read};
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn when_upstream_is_away_old_answers_are_sent_and_say_so() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "[threads]\nudp = 1\n");
    assert!(edge.dig("short.example A").contains("192.0.2.1"));
    upstream.moods.silent.store(true, Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(2_100));
    let out = edge.dig("short.example A");
    assert!(out.contains("192.0.2.1") && out.contains("EDE: 3 (Stale Answer)"), "{out}");
    // Then for a while at once, also by TCP.
    edge.until("a quick stale answer", |edge| {
        let start = Instant::now();
        let out = edge.dig("short.example A");
        out.contains("EDE: 3") && start.elapsed() < Duration::from_millis(300)
    });
    assert!(edge.dig("short.example A +tcp").contains("EDE: 3"));
    assert!(edge.metric("evenfield_dns_stale_answers_total") >= 2);
    // What was never known cannot be had, and that is remembered.
    let out = edge.dig("ok.example A +time=8");
    assert!(out.contains("SERVFAIL") && out.contains("EDE: 22"), "{out}");
    assert!(edge.dig("ok.example A").contains("SERVFAIL"), "sooner than asking takes");
    // What is blocked needs nobody.
    assert!(edge.dig("games.example A").contains("198.51.100.7"));
    upstream.moods.silent.store(false, Ordering::Relaxed);
    edge.until("a new answer", |edge| edge.dig("ok.example A").contains("192.0.2.1"));
}

#[test]
fn a_server_that_fails_is_passed_over() {
    let (bad, good) = (Upstream::start(), Upstream::start());
    bad.moods.failing.store(true, Ordering::Relaxed);
    let servers = format!("\"{}\", \"{}\"", bad.address, good.address);
    let folder = tempfile::tempdir().expect("a folder");
    put(&folder.path().join("policy.snapshot"), &policy(1, now_s() + 50_000));
    let text = settings(&bad, "").replace(&format!("\"{}\"", bad.address), &servers);
    let edge = Edge::start_in(folder, &text);
    assert!(edge.dig("ok.example A").contains("192.0.2.1"));
    bad.moods.failing.store(false, Ordering::Relaxed);
    bad.moods.silent.store(true, Ordering::Relaxed);
    assert!(edge.dig("cloak-free.example A").contains("192.0.2.1"));
}

#[test]
fn answers_to_something_else_are_ignored() {
    let upstream = Upstream::start();
    upstream.moods.lying.store(true, Ordering::Relaxed);
    let edge = Edge::start(&upstream, "");
    assert!(edge.dig("ok.example A").contains("192.0.2.1"));
    assert_eq!(edge.metric("evenfield_dns_upstream_total{what=\"ignored\"}"), 5);
    assert_eq!(upstream.moods.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn many_who_ask_the_same_are_one_question_upstream() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "");
    upstream.moods.silent.store(true, Ordering::Relaxed);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for id in 0..200 {
        socket.send_to(&query(id, "ok.example", 1), edge.udp).expect("sent");
    }
    std::thread::sleep(Duration::from_millis(150));
    upstream.moods.silent.store(false, Ordering::Relaxed);
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    for _ in 0..200 {
        assert!(socket.recv(&mut [0; 512]).is_ok());
    }
    assert_eq!(
        upstream.moods.asked.load(Ordering::Relaxed),
        2,
        "the one that was lost, and the one after it"
    );
}

#[test]
fn a_new_policy_takes_over_under_load_and_loses_nothing() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "[clients]\nper_second = 0\n");
    let path = edge.path("policy.snapshot");
    let stop = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            socket.connect(edge.udp).expect("connected");
            socket.set_read_timeout(Some(Duration::from_secs(2))).expect("a time-out");
            let mut sent = 0u64;
            let mut answer = [0; 1_232];
            while !stop.load(Ordering::Relaxed) {
                // In groups, so that no socket's buffer is what loses them.
                for n in 0..32u16 {
                    socket.send(&query(n, "games.example", 1)).expect("sent");
                }
                for _ in 0..32 {
                    socket.recv(&mut answer).expect("an answer to each");
                    assert_eq!(answer[3] & 0xF, 0);
                }
                sent += 32;
            }
            sent
        });
        for seed in 2..6 {
            put(&path, &policy(seed, now_s() + 50_000));
            edge.until("the new policy", |edge| {
                edge.metric("evenfield_dns_snapshots_total{what=\"taken\"}") == u64::from(seed)
            });
        }
        stop.store(true, Ordering::Relaxed);
        load.join().expect("no query was lost")
    });
    assert!(sent > 1_000, "{sent}");
}

#[test]
fn a_policy_that_is_no_good_is_refused_and_the_old_one_stays() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "");
    let path = edge.path("policy.snapshot");
    let good = policy(2, now_s() + 50_000);
    let mut flipped = good.clone();
    *flipped.last_mut().expect("octets") ^= 1;
    let bad = [good[..good.len() / 2].to_vec(), flipped, b"nonsense".to_vec(), vec![]];
    for (n, bytes) in (1..).zip(&bad) {
        put(&path, bytes);
        edge.until("the refusal", |edge| edge.metric("evenfield_dns_snapshots_total{what=\"refused\"}") == n);
        assert!(edge.dig("games.example A").contains("198.51.100.7"));
    }
    std::fs::remove_file(&path).expect("gone");
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(edge.dig("games.example A").contains("198.51.100.7"));
    put(&path, &good);
    edge.until("the good one", |edge| edge.metric("evenfield_dns_snapshots_total{what=\"taken\"}") == 2);
}

fn events(folder: &Path) -> Vec<evenfield_events::Event> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    files.iter().flat_map(|file| read(file).expect("a segment").events).collect()
}

#[test]
fn what_was_decided_is_recorded_and_survives_being_killed() {
    let upstream = Upstream::start();
    let mut edge = Edge::start(&upstream, "[events]\nfolder = \"events\"\n");
    edge.dig("games.example A");
    edge.dig("ok.example AAAA +tcp");
    edge.until("two events", |edge| edge.metric("evenfield_dns_events_total{what=\"written\"}") == 2);
    // Killed in the middle of writing many.
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for id in 0..5_000 {
        socket.send_to(&query(id, "games.example", 1), edge.udp).expect("sent");
    }
    std::thread::sleep(Duration::from_millis(120));
    edge.child.kill().expect("killed");
    edge.child.wait().expect("gone");
    let found = events(&edge.path("events"));
    assert!(found.len() >= 2);
    assert_eq!((found[0].did, found[0].transport, found[0].query_type), (Did::Blocked, Transport::Udp, 1));
    assert!(matches!(found[0].because, Because::List(0, 0)));
    assert_eq!((found[1].did, found[1].transport, found[1].query_type), (Did::Answered, Transport::Tcp, 28));
    assert!(now_s() - found[0].at_s < 60);
    // The next process goes on after it; told to stop, it writes everything.
    let text = std::fs::read_to_string(edge.path("edge.toml")).expect("settings");
    let folder = std::mem::replace(&mut edge.folder, tempfile::tempdir().expect("a folder"));
    let mut edge = Edge::start_in(folder, &text);
    for _ in 0..3 {
        edge.dig("games.example A");
    }
    let pid = edge.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert!(edge.child.wait().expect("gone").success());
    assert_eq!(events(&edge.path("events")).len(), found.len() + 3);
}

#[test]
fn a_disk_that_takes_nothing_costs_events_and_no_answers() {
    let upstream = Upstream::start();
    let edge = Edge::start(&upstream, "[events]\nfolder = \"events\"\n[clients]\nper_second = 0\n");
    // A file in the folder's place takes no segment.
    let events = edge.path("events");
    std::fs::remove_dir_all(&events).expect("nothing is open there yet");
    std::fs::write(&events, "").expect("a file");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(edge.udp).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(2))).expect("a time-out");
    let ask = || {
        for id in 0..100 {
            socket.send(&query(id, "games.example", 1)).expect("sent");
            socket.recv(&mut [0; 512]).expect("an answer");
        }
    };
    let count = |edge: &Edge, what| edge.metric(&format!("evenfield_dns_events_total{{what=\"{what}\"}}"));
    ask();
    edge.until("every event dropped", |edge| count(edge, "dropped") == 100);
    assert_eq!(count(&edge, "written"), 0);
    std::fs::remove_file(&events).expect("gone");
    std::fs::create_dir(&events).expect("there again");
    ask();
    edge.until("every event written", |edge| count(edge, "written") == 100);
    assert_eq!(count(&edge, "dropped"), 100);
    assert!(edge.status("/health").contains("200 OK"));
}

#[test]
fn a_snapshot_that_is_no_file_leaves_the_policy_and_the_clock_alone() {
    let edge = Edge::start(&Upstream::start(), "");
    let file = edge.path("policy.snapshot");
    std::fs::remove_file(&file).expect("gone");
    let made = std::process::Command::new("mkfifo").arg(&file).status().expect("mkfifo runs");
    assert!(made.success());
    edge.until("the refusal", |edge| edge.metric("evenfield_dns_snapshots_total{what=\"refused\"}") == 1);
    assert!(edge.dig("games.example A").contains("198.51.100.7"));
    std::fs::remove_file(&file).expect("gone");
    put(&file, &policy(2, now_s() + 50_000));
    edge.until("the new policy", |edge| edge.metric("evenfield_dns_snapshots_total{what=\"taken\"}") == 2);
    assert!(edge.status("/health").contains("ok"));
}
