//! An upstream server that can fail and lie.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[derive(Default)]
pub struct Moods {
    /// Answers nothing.
    pub silent: AtomicBool,
    /// Sends three wrong answers before the right one.
    pub lying: AtomicBool,
    /// Makes all letters of the question small, as no good server does.
    pub small: AtomicBool,
    /// Answers SERVFAIL.
    pub failing: AtomicBool,
    /// Queries that came.
    pub asked: AtomicU64,
}

pub struct Upstream {
    pub address: SocketAddr,
    pub moods: Arc<Moods>,
}

impl Upstream {
    pub fn start() -> Self {
        // Until a port is free for both.
        let (socket, address, listener) = loop {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let address = socket.local_addr().expect("its address");
            if let Ok(listener) = TcpListener::bind(address) {
                break (socket, address, listener);
            }
        };
        let moods = Arc::new(Moods::default());
        let (udp, tcp) = (moods.clone(), moods.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                udp.asked.fetch_add(1, Ordering::Relaxed);
                if udp.silent.load(Ordering::Relaxed) {
                    continue;
                }
                let mut answer = answer(&buffer[..length], &udp, false);
                if udp.small.load(Ordering::Relaxed) {
                    answer[12..length].make_ascii_lowercase();
                }
                if udp.lying.load(Ordering::Relaxed) {
                    let (mut id, mut name, mut query) = (answer.clone(), answer.clone(), answer.clone());
                    id[0] ^= 1;
                    name[13] ^= 1;
                    query[2] &= 0x7F;
                    for lie in [id, name, query, answer[..9].to_vec(), vec![]] {
                        let _ = socket.send_to(&lie, from);
                    }
                }
                let _ = socket.send_to(&answer, from);
            }
        });
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut length = [0; 2];
                if tcp.silent.load(Ordering::Relaxed) || stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                if stream.read_exact(&mut query).is_ok() {
                    let answer = answer(&query, &tcp, true);
                    let _ = stream.write_all(&(answer.len() as u16).to_be_bytes());
                    let _ = stream.write_all(&answer);
                }
            }
        });
        Self { address, moods }
    }
}

struct Record(&'static [u8], u16, u32, Vec<u8>);

/// What there is: owner in wire form (empty for the name asked for), type, time to live, data.
fn zone(name: &str, qtype: u16) -> Vec<Record> {
    let address = |ttl| vec![Record(b"", 1, ttl, vec![192, 0, 2, 1])];
    match (name, qtype) {
        ("ok.example" | "cloak-free.example", 1) => address(300),
        ("short.example", 1) => address(1),
        ("forcesafesearch.google.com", 1) => vec![Record(b"", 1, 300, vec![216, 239, 38, 120])],
        ("cloaked.example" | "cloaked-but-allowed.example", 1) => vec![
            Record(b"", 5, 300, b"\x07tracker\x05games\x07example\0".to_vec()),
            Record(b"\x07tracker\x05games\x07example\0", 1, 300, vec![192, 0, 2, 9]),
        ],
        ("big.example", 16) => (0..12).map(|_| Record(b"", 16, 300, [&[250][..], &[b'x'; 250]].concat())).collect(),
        // alpn h2, ech of 8 octets, an IPv6 hint.
        ("svc.example", 65) => vec![Record(
            b"",
            65,
            300,
            b"\0\x01\0\0\x01\0\x03\x02h2\0\x05\0\x08ECHCONFG\0\x06\0\x10\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01".to_vec(),
        )],
        _ => vec![],
    }
}

fn answer(query: &[u8], moods: &Moods, tcp: bool) -> Vec<u8> {
    let mut end = 12;
    let mut name = String::new();
    while query[end] != 0 {
        let label = &query[end + 1..end + 1 + usize::from(query[end])];
        name += &String::from_utf8_lossy(label).to_lowercase();
        name.push('.');
        end += label.len() + 1;
    }
    let qtype = u16::from_be_bytes([query[end + 1], query[end + 2]]);
    let mut records = zone(name.trim_end_matches('.'), qtype);
    let failing = moods.failing.load(Ordering::Relaxed);
    let big = !tcp && records.iter().map(|r| r.3.len()).sum::<usize>() > 1_000;
    if big || failing {
        records.clear();
    }
    // QR, RD, RA; TC when it does not fit; NXDOMAIN or SERVFAIL when there is nothing.
    let code = if failing {
        2
    } else if records.is_empty() && !big {
        3
    } else {
        0
    };
    let flags = 0x8180 | u16::from(big) << 9 | code;
    let soa = u16::from(code == 3);
    let mut answer = query[..2].to_vec();
    for number in [flags, 1, records.len() as u16, soa, 0] {
        answer.extend_from_slice(&number.to_be_bytes());
    }
    answer.extend_from_slice(&query[12..end + 5]);
    if soa == 1 {
        let data = [&[0u8, 0][..], &[1u32, 1, 1, 1, 60].map(u32::to_be_bytes).concat()].concat();
        records.push(Record(b"\0", 6, 3_600, data));
    }
    for Record(owner, kind, ttl, data) in records {
        answer.extend_from_slice(if owner.is_empty() { &[0xC0, 12] } else { owner });
        answer.extend_from_slice(&[kind, 1].map(u16::to_be_bytes).concat());
        answer.extend_from_slice(&ttl.to_be_bytes());
        answer.extend_from_slice(&(data.len() as u16).to_be_bytes());
        answer.extend_from_slice(&data);
    }
    answer
}
