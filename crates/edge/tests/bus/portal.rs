//! A portal of a test: it takes facts as docs/bus.md says.

use evenfield_bus::facts::{Batch, Fact, Total, take};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it has.
#[derive(Clone, Default)]
pub struct Seen {
    marks: HashMap<String, u64>,
    pub facts: Vec<Fact>,
    pub totals: HashMap<String, Total>,
    pub lost: u64,
    pub octets: Vec<u8>,
}

pub struct Portal {
    pub address: SocketAddr,
    away: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
}

impl Portal {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (away, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        let (is_away, into) = (away.clone(), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // As without a link: the connection breaks.
                if !is_away.load(Ordering::Relaxed) {
                    one(stream, &mut into.lock().expect("no panic"));
                }
            }
        });
        Self { address, away, seen }
    }

    pub fn away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no panic").clone()
    }

    pub fn until(&self, what: &str, is: impl Fn(&Seen) -> bool) {
        let until = Instant::now() + Duration::from_secs(120);
        while !is(&self.seen()) {
            assert!(Instant::now() < until, "{what} did not come: {:?}", self.seen().facts);
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn one(mut stream: TcpStream, seen: &mut Seen) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        head += &line;
        line.clear();
    }
    assert!(head.starts_with("POST /edge/facts HTTP/1.1") && head.contains("Bearer of this bus"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.expect("a length").parse().expect("a number")];
    reader.read_exact(&mut body).expect("the body");
    let batch = Batch::read(&body).expect("a batch");
    let mark = seen.marks.get(&batch.head.boot).copied().unwrap_or(0);
    let (status, mark) = match take(mark, &batch) {
        Ok(fresh) => {
            for line in fresh.lines {
                if let Fact::Session(session) = &line.fact {
                    seen.totals.entry(session.session.clone()).or_default().add(session);
                }
                seen.facts.push(line.fact.clone());
            }
            seen.lost += fresh.lost;
            ("200 OK", fresh.mark)
        }
        Err(mark) => ("409 Conflict", mark),
    };
    seen.marks.insert(batch.head.boot, mark);
    seen.octets.extend(body);
    let answer = format!("{{\"mark\":{mark}}}");
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
}
