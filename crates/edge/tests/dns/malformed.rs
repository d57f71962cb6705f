//! What no resolver sends, octet by octet: the right refusal or silence, and the edge lives on.

use crate::fixture::{Edge, ended, query};
use crate::upstream::Upstream;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const FORMERR: u8 = 1;
const NOTIMP: u8 = 4;
const REFUSED: u8 = 5;

/// A query with something after its question; `additional` is the count.
fn with(additional: u16, rest: &[u8]) -> Vec<u8> {
    let mut query = query(7, "ok.example", 1);
    query[10..12].copy_from_slice(&additional.to_be_bytes());
    query.extend_from_slice(rest);
    query
}

/// An OPT record with these options.
fn opt(version: u8, options: &[u8]) -> Vec<u8> {
    let length = (options.len() as u16).to_be_bytes();
    [&[0, 0, 41, 4, 208, 0, version, 0, 0][..], &length, options].concat()
}

fn set(at: usize, octets: &[u8]) -> Vec<u8> {
    let mut query = query(7, "ok.example", 1);
    query[at..at + octets.len()].copy_from_slice(octets);
    query
}

fn cases() -> Vec<(&'static str, Vec<u8>, Option<u8>)> {
    let named = |name: &[u8]| [&query(7, "x", 1)[..12], name, &[0, 1, 0, 1]].concat();
    vec![
        ("nothing", vec![], None),
        ("one octet", vec![0], None),
        ("half a header", query(7, "ok.example", 1)[..11].to_vec(), None),
        ("a response", set(2, &[0x81]), None),
        ("a header alone", query(7, "ok.example", 1)[..12].to_vec(), Some(FORMERR)),
        ("half a name", query(7, "ok.example", 1)[..18].to_vec(), Some(FORMERR)),
        ("no type", query(7, "ok.example", 1)[..24].to_vec(), Some(FORMERR)),
        ("octets left over", with(0, &[0]), Some(FORMERR)),
        ("no question", set(4, &[0, 0]), Some(FORMERR)),
        ("two questions", set(4, &[0, 2]), Some(FORMERR)),
        ("an answer", set(6, &[0, 1]), Some(FORMERR)),
        ("authority", set(8, &[0xFF, 0xFF]), Some(FORMERR)),
        ("records that are not there", with(u16::MAX, &[]), Some(FORMERR)),
        ("a status query", set(2, &[0x11]), Some(NOTIMP)),
        ("an update", set(2, &[0x29]), Some(NOTIMP)),
        ("a pointer to itself", named(b"\xC0\x0C"), Some(FORMERR)),
        ("two pointers in a circle", named(b"\x01a\xC0\x0E\xC0\x0C"), Some(FORMERR)),
        ("an extended label", named(b"\x41ab\0"), Some(FORMERR)),
        ("a name of 256 octets", named(&[[1, b'a'].repeat(128), vec![0]].concat()), Some(FORMERR)),
        ("class CH", [&query(7, "ok.example", 16)[..26], &[0, 3]].concat(), Some(REFUSED)),
        ("class ANY", [&query(7, "ok.example", 1)[..26], &[0, 255]].concat(), Some(REFUSED)),
        ("AXFR", query(7, "ok.example", 252), Some(REFUSED)),
        ("IXFR", query(7, "ok.example", 251), Some(REFUSED)),
        ("type OPT", query(7, "ok.example", 41), Some(FORMERR)),
        ("type 0", query(7, "ok.example", 0), Some(FORMERR)),
        ("MAILB", query(7, "ok.example", 253), Some(NOTIMP)),
        ("two OPT records", with(2, &[opt(0, &[]), opt(0, &[])].concat()), Some(FORMERR)),
        ("OPT of a name", with(1, &[&[1, b'a'][..], &opt(0, &[])].concat()), Some(FORMERR)),
        ("an option that ends too late", with(1, &opt(0, &[0, 3, 0, 9, 1])), Some(FORMERR)),
        ("half an option", with(1, &opt(0, &[0, 3, 0])), Some(FORMERR)),
        ("a cookie of 7 octets", with(1, &opt(0, &[0, 10, 0, 7, 1, 2, 3, 4, 5, 6, 7])), Some(FORMERR)),
        ("a cookie of 41 octets", with(1, &opt(0, &[&[0, 10, 0, 41][..], &[1; 41]].concat())), Some(FORMERR)),
        ("OPT cut short", with(1, &opt(0, &[])[..9]), Some(FORMERR)),
        ("a record in a circle", with(1, b"\xC0\x1C\0\x01\0\x01\0\0\0\0\0\0"), Some(0)),
        (
            "options of 3,000 octets",
            with(1, &opt(0, &[&[0xFD, 0xEA, 11, 180][..], &[9; 2_996]].concat())),
            Some(0),
        ),
        (
            "a datagram of 5,000 octets",
            with(1, &opt(0, &[&[0xFD, 0xEA, 19, 136][..], &[9; 5_000]].concat())),
            Some(FORMERR),
        ),
    ]
}

#[test]
fn each_is_refused_or_passed_over_and_the_next_one_is_answered() {
    let edge = Edge::start(&Upstream::start(), "");
    for (what, octets, code) in cases() {
        let wait = Duration::from_millis(if code.is_some() { 5_000 } else { 150 });
        let answer = edge.datagram(&octets, wait);
        assert_eq!(answer.as_ref().map(|answer| answer[3] & 0xF), code, "{what}: {answer:?}");
        if let Some(answer) = answer {
            assert_eq!((answer[0], answer[1], answer[2] & 0x80), (0, 7, 0x80), "{what}");
            // Never more than came, where it is refused.
            assert!(code == Some(0) || answer.len() <= octets.len().max(12), "{what}");
        }
    }
    assert!(edge.dig("ok.example A").contains("192.0.2.1"));
    // The whole of it by TCP as well.
    for (what, octets, code) in cases() {
        let mut stream = TcpStream::connect(edge.tcp).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
        let framed = [&(octets.len() as u16).to_be_bytes()[..], &octets].concat();
        stream.write_all(&framed).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("ended");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an end");
        let code = if what == "a datagram of 5,000 octets" { Some(0) } else { code };
        assert_eq!(answer.get(5).map(|octet| octet & 0xF), code, "{what}");
    }
}

#[test]
fn who_is_slow_by_tcp_is_sent_away_and_takes_no_place_from_others() {
    let edge = Edge::start(&Upstream::start(), "[clients]\nconnections = 3\n");
    let slow: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(edge.tcp).expect("connected");
            stream.write_all(&[0, 40, 1]).expect("sent");
            stream
        })
        .collect();
    // The fourth is closed at once.
    std::thread::sleep(Duration::from_millis(200));
    let mut fourth = TcpStream::connect(edge.tcp).expect("connected");
    fourth.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    assert_eq!(fourth.read(&mut [0; 10]).unwrap_or(0), 0);
    // By UDP all goes on.
    assert!(edge.dig("ok.example A").contains("192.0.2.1"));
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a time-out");
        ended(stream.read(&mut [0; 10]));
    }
    edge.until("a free place", |edge| edge.dig("ok.example A +tcp").contains("192.0.2.1"));
}
